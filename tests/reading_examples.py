"""What the engine answers to an example of the corpora, in the words of the corpora."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from extract.blocks import plain, split_blocks
from extract.corpus.examples import Example, document_text, split_unit
from extract.model import Reading, Statement
from extract.numbers import parse_number
from extract.places import Places
from extract.quantities import Quantity
from extract.reading import read_document
from extract.sentences import split_sentences
from extract.statements import open_sentence
from extract.times import find_times
from extract.tokens import tokenise
from extract.vocabulary import canonical_words
from flows.places import places_from
from schemas.standard import load_standard


@cache
def places() -> Places:
    return places_from(load_standard())


def read_text(text: str) -> Reading:
    return read_document(text, places())


def mistakes(example: Example) -> list[str]:
    """Everything in which the engine's answer differs from the expected one; empty when all is well."""
    return _READERS[example.reader](example)


def _number(example: Example) -> list[str]:
    return _differences({"value": example.answer["value"]}, {"value": parse_number(example.text)})


def _quantities(example: Example) -> list[str]:
    scan = open_sentence(tokenise(example.text)).scan
    found = [_quantity(quantity) for quantity in scan.quantities if not quantity.baseline]
    return _compare(example, found, [refused.reason for refused in scan.refused])


def _quantity(quantity: Quantity) -> dict[str, Any]:
    return {
        "value": quantity.value,
        "value_max": quantity.value_max,
        "comparator": quantity.comparator,
        "value_basis": quantity.value_basis,
        "unit": quantity.dimension,
        "per": quantity.per,
    }


def _times(example: Example) -> list[str]:
    tokens = tokenise(example.text)
    found = [
        {"role": time.role, "year": time.year, "period_start": time.period_start, "stamp": time.stamp}
        for time in find_times(tokens, canonical_words(tokens))
    ]
    expected = example.answer["times"]
    if len(found) != len(expected):
        return [f"{len(expected)} times expected, found {found}"]
    return [line for want, have in zip(expected, found, strict=True) for line in _differences(want, have)]


def _sentences(example: Example) -> list[str]:
    found = [example.text[start:end].strip() for start, end in split_sentences(example.text, 0, len(example.text))]
    return [] if found == example.answer["sentences"] else [f"found {found}"]


def _blocks(example: Example) -> list[str]:
    found = []
    for block in split_blocks(example.text):
        words = plain(example.text, block.body, block.end)
        found.append(f"{block.kind}: {' '.join(words.split())}" if block.kind != "table" else "table")
    return [] if found == example.answer["blocks"] else [f"found {found}"]


def _document(example: Example) -> list[str]:
    text = document_text(example)
    reading = read_document(text, places(), thorough=True)
    assert read_document(text, places()).statements == reading.statements, "passing over sentences early changes rows"
    sound = [statement for statement in reading.statements if statement.objection is None]
    found = [_statement(statement) for statement in sound if not statement.qualitative]
    lines = _compare(example, found, [refusal.reason for refusal in reading.refusals])
    if "commitments" in example.answer:
        expected = example.answer["commitments"]
        states = [statement.label for statement in sound if statement.qualitative]
        if len(states) != len(expected) or not all(map(_holds, states, expected)):
            lines.append(f"commitments {expected} expected, found {states}")
    return lines


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "value": statement.value,
        "value_max": statement.value_max,
        "comparator": statement.comparator,
        "value_basis": statement.value_basis,
        "unit": statement.measure.dimension,
        "per": statement.measure.per,
        "change": statement.measure.change,
        "year": statement.year,
        "year_basis": statement.year_basis,
        "period_start": statement.period_start,
        "baseline_year": statement.baseline_year,
        "levels": list(statement.levels),
        "territory": statement.territory,
        "territory_level": statement.territory_level,
        "label": statement.label,
        "context": statement.context,
    }


_READERS = {
    "number": _number,
    "quantities": _quantities,
    "times": _times,
    "sentences": _sentences,
    "blocks": _blocks,
    "document": _document,
}


def _compare(example: Example, found: Sequence[Mapping[str, Any]], reasons: Sequence[str]) -> list[str]:
    """Rows one for one in the order of the text; reasons as a set that must be among those given."""
    lines: list[str] = []
    expected = example.answer.get("rows", ())
    if len(found) != len(expected):
        lines.append(f"{len(expected)} rows expected, found {len(found)}: {[_brief(row) for row in found]}")
    else:
        for n, (want, have) in enumerate(zip(expected, found, strict=True), 1):
            lines += [f"row {n}: {line}" for line in _differences(_full(want), have)]
    missing = [reason for reason in example.answer.get("refused", ()) if reason not in reasons]
    if missing:
        lines.append(f"not refused as {missing}; reasons given: {list(reasons)}")
    return lines


def _full(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what an example leaves unsaid, its value in the base unit of the engine."""
    full = {"comparator": "eq", "value_max": None, **row}
    if "unit" in full:
        factor, full["unit"] = split_unit(full["unit"])
        for key in ("value", "value_max"):
            if full.get(key) is not None:
                full[key] *= factor
    return full


def _brief(row: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in row.items() if value not in (None, [], "stated", False))


def _differences(want: Mapping[str, Any], have: Mapping[str, Any]) -> list[str]:
    return [
        f"{key} expected {value!r}, found {have[key]!r}"
        for key, value in want.items()
        if not _same(key, value, have[key])
    ]


def _same(key: str, want: Any, have: Any) -> bool:
    if key in ("label", "context"):
        return _holds(str(have), want)
    if isinstance(want, int | float) and not isinstance(want, bool) and isinstance(have, int | float):
        return abs(want - have) <= 1e-6 * max(1.0, abs(want))
    return bool(want == have)


def _holds(label: str, parts: str | Sequence[str]) -> bool:
    """Whether the words of each part stand in the label together."""
    return all(_words(part) in _words(label) for part in ([parts] if isinstance(parts, str) else parts))


def _words(phrase: str) -> str:
    return f" {' '.join(token.text for token in tokenise(phrase) if token.text[0].isalnum())} "
