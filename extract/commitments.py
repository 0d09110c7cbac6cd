"""Qualitative end states: hoàn thành chính quyền số, phủ sóng 5G toàn tỉnh. They carry a year but no number."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from extract.decisions import Surroundings
from extract.model import Measure, Statement
from extract.statements import Sentence
from extract.territories import Territory
from extract.times import still_open
from extract.vocabulary import phrase_table
from extract.year_scopes import YearScope, scope_of

_FEWEST_WORDS = 4


def read_commitments(text: str, sentence: Sentence, around: Surroundings, territory: Territory) -> list[Statement]:
    """One statement a clause that opens with a verb of an end state and holds no number."""
    _tokens, words = sentence.tokens, sentence.words
    opening = next((t for t in sentence.times if t.of_target), None)
    own = scope_of(opening, "sentence") if opening and still_open(opening.year, around.document_year) else None
    scope = own or (around.scopes[0] if around.scopes else None)
    if scope is None or not _committed(around, own):
        return []
    found: list[Statement] = []
    numbered = [range(quantity.start, quantity.end) for quantity in sentence.scan.quantities]
    for low, high in _clauses(words):
        if any(span.start < high and span.stop > low for span in numbered) or high - low < _FEWEST_WORDS:
            continue
        if words[high - 1] == ":":
            continue
        hits = phrase_table("state_verbs").find(words[low:high])
        if not hits or any(word in ("đã", "đang", "nhằm", "để") for word in words[low : low + hits[0].start]):
            continue
        found.append(_statement(text, sentence, (low, high), scope, around, territory))
    return found


def _committed(around: Surroundings, own: YearScope | None) -> bool:
    if around.mode in ("achievement", "organisation", "task"):
        return False
    return around.mode == "objective" or around.dated_heading or around.carried or own is not None


def _clauses(words: Sequence[str]) -> list[tuple[int, int]]:
    """Stretches between semicolons and full stops; a comma opens a new one where a verb of an end state follows it."""
    table = phrase_table("state_verbs")
    cuts = [0]
    for i, word in enumerate(words[:-1]):
        if word in (";", ".", ":") or (word == "," and table.at(words, i + 1) is not None):
            cuts.append(i + 1)
    cuts.append(len(words))
    return [(low, high) for low, high in itertools.pairwise(cuts) if high > low]


def _statement(
    text: str,
    sentence: Sentence,
    span: tuple[int, int],
    scope: YearScope,
    around: Surroundings,
    territory: Territory,
) -> Statement:
    low, high = span
    hidden = {i for time in sentence.times for i in range(time.start, time.end)}
    tokens = sentence.tokens
    while high - 1 > low and tokens[high - 1].text in (";", ".", ",", ":"):
        high -= 1
    start, end = tokens[low].start, tokens[high - 1].end
    label = " ".join(sentence.words[i] for i in range(low, high) if i not in hidden)
    return Statement(
        label=label,
        value=None,
        value_max=None,
        comparator=None,
        value_basis="stated",
        measure=Measure("status"),
        year=scope.year,
        year_basis="by",
        period_start=None,
        baseline_year=None,
        levels=(),
        territory=territory.home,
        territory_level=territory.level,  # type: ignore[arg-type]
        quote=text[start:end],
        char_start=start,
        char_end=end,
        value_start=start,
        value_end=start,
        section=around.path,
        year_source=scope.source,
        qualitative=True,
        context=" ".join(around.path[-2:]),
        rules=("end_state", f"year:{scope.source}", f"mode:{around.mode}"),
    )
