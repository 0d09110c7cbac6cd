"""Clauses: which words of a sentence belong to which quantity, and the indicator phrase that they make."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from extract.model import Level
from extract.quantities import Quantity
from extract.times import Time
from extract.vocabulary import phrase_table, word_set

_SEPARATORS = frozenset((";", ",", "và", "(", ")", ":", ".", "-", "“", "”", '"'))
_STRONG = frozenset((";", "."))
_OPENING_MARKS = frozenset((",", ";", ":", "-", "+", ".", ")", "“", "”", '"', "*"))
_CLOSING_MARKS = frozenset((",", ";", ":", "-", "(", "“", '"', ".", "*", "/"))
_LIGHT = word_set("light_words")


@dataclass(frozen=True, slots=True)
class Clause:
    """Token ranges of one quantity: words before it, words behind it, and the phrase they make together."""

    start: int
    end: int
    pre: tuple[int, int]
    post: tuple[int, int]
    label: str
    own_words: int
    """Content words of the clause itself, before anything was handed down."""
    levels: tuple[Level, ...]
    paired: bool = False
    """True for a member of a list that is paired with its subjects by lần lượt or tương ứng."""


def cut_clauses(words: Sequence[str], quantities: Sequence[Quantity], start: int, end: int) -> list[tuple[int, int]]:
    """Token range of the clause of each quantity within words[start:end]."""
    first = next((i + 1 for i in range(quantities[0].start - 1, start - 1, -1) if words[i] in _STRONG), start)
    cuts = [first]
    for left, right in itertools.pairwise(quantities):
        cuts.append(_cut(words, left, right))
    cuts.append(end)
    return list(itertools.pairwise(cuts))


def _cut(words: Sequence[str], left: Quantity, right: Quantity) -> int:
    """Where the clause of `left` ends and that of `right` begins."""
    low, high = left.end, right.start
    if low >= high:
        return high
    marks = [i for i in range(low, high) if words[i] in _SEPARATORS]
    strong = [i for i in marks if words[i] in _STRONG]
    if strong:
        return strong[-1] + 1
    child = phrase_table("subject_openers")
    inside = [i for i in range(low, high - 1) if words[i] == "trong" and words[i + 1] == "đó"]
    if inside:
        return inside[-1]
    if not marks:
        return high
    last = marks[-1]
    if words[last] == ":" and len(marks) > 1:
        before = [i for i in marks[:-1] if words[i] in (",", "và", "(")]
        if before:
            return before[-1] + 1
    if all(word in _LIGHT or word[0].isdigit() for word in words[last + 1 : high]):
        if words[last] == "và" or words[last] != "(":
            earlier = [i for i in marks if i < last and words[i] in (",", "và")]
            if words[last] in (":",) and earlier and left.end in marks:
                return left.end + 1
            return last + 1
        return last
    if marks[0] == low or (
        marks[0] - low <= 3 and all(word in _LIGHT or word[0].isdigit() for word in words[low : marks[0]])
    ):
        return marks[0] + 1
    commas = [i for i in marks if words[i] in (",", "và", "(")]
    for i in reversed(commas):
        if child.at(words, i + 1):
            return i + 1
    plain_commas = [i for i in commas if words[i] == ","]
    if plain_commas:
        return plain_commas[-1] + 1
    return (commas or marks)[-1] + 1


def label_words(words: Sequence[str], span: tuple[int, int], masked: Sequence[bool]) -> list[str]:
    """Words of words[span] that name the indicator: times, numbers and comparators masked, edges trimmed."""
    low, high = span
    edges = phrase_table("label_edges")
    kept = [i for i in range(low, high) if not masked[i]]
    while kept:
        hit = edges.at(words, kept[0])
        if (hit and hit.entry.fields["edge"] == "start") or words[kept[0]] in _OPENING_MARKS:
            size = hit.end - hit.start if hit and hit.entry.fields["edge"] == "start" else 1
            kept = kept[size:]
        else:
            break
    return [words[i] for i in kept]


def trim_end(phrase: list[str]) -> list[str]:
    """Drop verbs, comparators and signs that only lead over to the number."""
    edges = phrase_table("label_edges")
    while phrase:
        for size in (4, 3, 2, 1):
            if len(phrase) >= size:
                hit = edges.at(phrase, len(phrase) - size)
                if hit and hit.end == len(phrase) and hit.entry.fields["edge"] in ("end", "start"):
                    phrase = phrase[:-size]
                    break
        else:
            if phrase[-1] in _CLOSING_MARKS:
                phrase = phrase[:-1]
            else:
                return phrase
    return phrase


def content_count(phrase: Sequence[str]) -> int:
    return sum(1 for word in phrase if word[0].isalpha() and word not in _LIGHT)


def mask(words: Sequence[str], quantities: Sequence[Quantity], times: Sequence[Time]) -> list[bool]:
    """True for tokens that never belong to a label."""
    hidden = [False] * len(words)
    for quantity in quantities:
        for i in range(quantity.start, quantity.end):
            hidden[i] = True
    for time in times:
        for i in range(time.start, time.end):
            hidden[i] = True
    return hidden


def find_levels(words: Sequence[str], span: tuple[int, int]) -> tuple[Level, ...]:
    """Levels of government named in words[span], in order, each once."""
    found: list[Level] = []
    table = phrase_table("levels")
    i = span[0]
    while i < span[1]:
        hit = table.at(words, i)
        if hit and hit.end <= span[1]:
            for level in hit.entry.fields["level"].split("|"):
                if level and level not in found:
                    found.append(level)  # type: ignore[arg-type]
            i = hit.end
        else:
            i += 1
    return tuple(found)


def says_annual(words: Sequence[str], clause: Clause) -> bool:
    table = phrase_table("annual_phrases")
    return any(table.at(words, i) is not None for i in range(clause.start, clause.end))
