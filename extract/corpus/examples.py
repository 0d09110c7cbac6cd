"""The corpora of this folder as values: loading, checking their shape, and the document that stands around a phrase.

A file holds `title`, `about`, `reader`, optionally `context`, and `examples`. `reader` names what reads the text:

- number: one token (extract.numbers.parse_number); `value`, null when the token is no number.
- quantities: a phrase (numbers with bound, unit and base); `rows`, `refused`.
- times: a phrase; `times` as {role, year, period_start}.
- sentences: a line; `sentences` as they are cut.
- blocks: some lines; `blocks` as "kind: words".
- document: a sentence, list or table inside a whole document; `rows`, `refused`.

Rows must be found one for one, in the order of the text. Of a row the written fields are compared, except that an
unwritten comparator is eq and an unwritten value_max none; `label` and `context` hold words that must be in theirs.
`refused` lists reasons that must be among those given. `commitments` are words of each end state without a number, one
for one; without that key end states are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

READERS = ("number", "quantities", "times", "sentences", "blocks", "document")
OTHER_CORPORA = ("facts", "furniture", "places")
"""Files of this folder with shapes of their own; read by tests/test_facts.py and tests/test_places.py."""
OPEN = "open"
"""The file of known gaps: examples that the engine does not read yet, each with its cause."""

_FILE_KEYS = {"title", "about", "reader", "context", "examples"}
_EXAMPLE_KEYS = {"id", "text", "note", "context", "cause", "reader", "family"}
_ANSWERS: dict[str, set[str]] = {
    "number": {"value"},
    "quantities": {"rows", "refused"},
    "times": {"times"},
    "sentences": {"sentences"},
    "blocks": {"blocks"},
    "document": {"rows", "refused", "commitments"},
}
ROW_FIELDS = {
    "value", "value_max", "comparator", "value_basis", "unit", "per", "change", "year", "year_basis", "period_start",
    "baseline_year", "levels", "territory", "territory_level", "label", "context",
}  # fmt: skip
_TIME_FIELDS = {"role", "year", "period_start", "stamp"}
_CONTEXT_KEYS = {"kind", "province", "date", "title", "headings"}
_COMPARATORS = {"eq", "ge", "gt", "le", "lt", "approx", "between"}
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_DEFAULT_CONTEXT: dict[str, Any] = {
    "kind": "plan",
    "province": "tỉnh Cà Mau",
    "date": "2021-02-05",
    "title": "Phát triển kinh tế - xã hội",
    "headings": ["I. MỤC TIÊU"],
}


@dataclass(frozen=True, slots=True)
class Example:
    """One line of a corpus. `answer` holds what must come out, by the keys of its reader."""

    family: str
    id: str
    line: int
    reader: str
    text: str
    answer: Mapping[str, Any]
    context: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """One corpus file."""

    name: str
    title: str
    about: str
    examples: tuple[Example, ...]


class CorpusError(ValueError):
    """A corpus file breaks its shape; the message names file, line, example and remedy."""


class _Lined(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Keeps the line of every mapping under "__line__"."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        mapping["__line__"] = node.start_mark.line + 1
        return mapping


def corpus_files() -> list[Traversable]:
    """Files of this folder in the shape described above, by name; the known gaps last."""
    folder = resources.files("extract") / "corpus"
    found = [path for path in folder.iterdir() if path.name.endswith(".yml") and path.name[:-4] not in OTHER_CORPORA]
    return sorted(found, key=lambda path: (path.name == f"{OPEN}.yml", path.name))


@cache
def load_families() -> tuple[Family, ...]:
    """All corpora. Raises CorpusError with every problem found."""
    problems: list[str] = []
    families = [family for path in corpus_files() if (family := read_family(path, problems))]
    if problems:
        raise CorpusError("\n".join(problems))
    return tuple(families)


def read_family(path: Traversable, problems: list[str]) -> Family | None:
    """One corpus file; what is wrong with it is appended to `problems`."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Lined)
    except yaml.YAMLError as error:
        problems.append(f"{path.name}: no YAML: {str(error).splitlines()[0]}; quote texts that hold ': ' or '#'")
        return None
    if not isinstance(content, dict) or not isinstance(content.get("examples"), list):
        problems.append(f"{path.name}:1: must be a mapping with title, about, reader and examples")
        return None
    name = path.name[:-4]
    unknown = set(content) - _FILE_KEYS - {"__line__"}
    if unknown:
        problems.append(f"{path.name}:1: unknown key {sorted(unknown)}; known are {sorted(_FILE_KEYS)}")
    for key in ("title", "about"):
        if not content.get(key):
            problems.append(f"{path.name}:1: {key} is missing; say in a sentence what the family shows")
    examples: list[Example] = []
    seen: set[str] = set()
    for item in content["examples"]:
        where = f"{path.name}:{item.get('__line__', '?')}" if isinstance(item, dict) else path.name
        before = len(problems)
        problems.extend(f"{where}: {problem}" for problem in _problems(item, content, name))
        if len(problems) > before:
            continue
        identity = str(item["id"])
        if identity in seen:
            problems.append(f"{where}: id {identity!r} stands twice; give each example a name of its own")
        seen.add(identity)
        reader = str(item.get("reader") or content["reader"])
        context = {**_DEFAULT_CONTEXT, **_plain(content.get("context") or {}), **_plain(item.get("context") or {})}
        answer = {key: _plain(item[key]) for key in _ANSWERS[reader] if key in item}
        examples.append(
            Example(
                str(item.get("family") or name),
                identity,
                item["__line__"],
                reader,
                str(item["text"]),
                answer,
                context,
                str(item.get("note") or ""),
                str(item.get("cause") or ""),
            )
        )
    return Family(name, str(content.get("title")), str(content.get("about")), tuple(examples))


def _plain(value: Any) -> Any:
    """The value without line marks."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != "__line__"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _problems(item: Any, content: Mapping[str, Any], name: str) -> Iterator[str]:
    """What is wrong with one example, each with its remedy."""
    if not isinstance(item, dict):
        yield f"example {item!r} is no mapping; write '- id: ...' and below it 'text: ...'"
        return
    identity = item.get("id")
    if not identity or not isinstance(identity, str):
        yield f"id is {identity!r}; give the example a short English name (quote it when YAML reads a number)"
    if not isinstance(item.get("text"), str) or not item["text"].strip():
        yield f"{identity!r}: text is {item.get('text')!r}; write the phrase, in quotes when YAML reads a number"
    reader = item.get("reader") or content.get("reader")
    if reader not in READERS:
        yield f"{identity!r}: reader is {reader!r}; use one of {', '.join(READERS)}"
        return
    unknown = set(item) - _EXAMPLE_KEYS - _ANSWERS[reader] - {"__line__"}
    if unknown:
        yield f"{identity!r}: unknown key {sorted(unknown)}; reader {reader} takes {sorted(_ANSWERS[reader])}"
    if not set(item) & _ANSWERS[reader]:
        yield f"{identity!r}: says nothing to expect; add {' or '.join(sorted(_ANSWERS[reader]))}"
    if name == OPEN and not item.get("cause"):
        yield f"{identity!r}: a known gap needs its cause; add 'cause: ...'"
    for key in set(_plain(item.get("context") or {})) - _CONTEXT_KEYS:
        yield f"{identity!r}: unknown context {key!r}; known are {sorted(_CONTEXT_KEYS)}"
    for row in item.get("rows") or ():
        yield from (f"{identity!r}: {problem}" for problem in _row_problems(row))
    for time in item.get("times") or ():
        if not isinstance(time, dict) or set(_plain(time)) - _TIME_FIELDS or "role" not in time:
            yield f"{identity!r}: time {_plain(time)!r}; write role, year and, for a period, period_start"


def _row_problems(row: Any) -> Iterator[str]:
    if not isinstance(row, dict):
        yield f"row {row!r} is no mapping; write {{value: 80, unit: percent, year: 2025}}"
        return
    row = _plain(row)
    if unknown := set(row) - ROW_FIELDS:
        yield f"unknown row field {sorted(unknown)}; known are {sorted(ROW_FIELDS)}"
    if "value" not in row:
        yield f"row {row!r} has no value"
    if row.get("comparator", "eq") not in _COMPARATORS:
        yield f"comparator {row['comparator']!r}; use one of {sorted(_COMPARATORS)}"
    if ("value_max" in row) != (row.get("comparator") == "between"):
        yield f"row {row!r}: value_max and comparator between go together"
    for key in ("value", "value_max"):
        if key in row and (isinstance(row[key], bool) or not isinstance(row[key], int | float)):
            yield f"{key} is {row[key]!r}, no number"


def split_unit(unit: str) -> tuple[float, str]:
    """(factor, dimension) of a unit as the corpora write it: "billion vnd" -> (1e9, "vnd")."""
    scale, _, dimension = unit.rpartition(" ")
    return (_SCALES[scale] if scale else 1.0), dimension


def document_text(example: Example) -> str:
    """The whole document in which the text of a document example stands: header, title and headings by its context."""
    context = example.context
    year, month, day = str(context["date"]).split("-")
    province = str(context["province"])
    name = province.removeprefix("tỉnh ").removeprefix("thành phố ")
    headings = "".join(f"{heading}\n" for heading in context["headings"] or ())
    if context["kind"] == "article":
        return f"{context['title']}\n\n{day}/{month}/{year}   08:15 (GMT+07:00)\n\n{headings}{example.text}\n"
    return (
        f"ỦY BAN NHÂN DÂN\n{province.upper()}\n-------\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n"
        f"Độc lập - Tự do - Hạnh phúc\n\nSố: 12/KH-UBND\n\n{name}, ngày {day} tháng {month} năm {year}\n\n"
        f"KẾ HOẠCH\n{context['title']}\n\n{headings}{example.text}\n"
    )
