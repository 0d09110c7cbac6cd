"""Sentences of a block, as spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from extract.vocabulary import alternatives

LONGEST = 3000
"""Characters of a sentence; a longer one is cut, so that time grows in step with the text."""
MOST_NUMBERS = 60
_CROWDED = 12
"""Characters to a number, below which a piece with many numbers is no sentence."""
_NUMBER = re.compile(r"\d+")

_END = re.compile(r"[.!?…]+[\"”’)]*\s+(?=[\"“‘(]*[A-ZÀ-ỸĐ0-9+\-–•])")
_ABBREVIATION = re.compile(rf"(?:\b(?:{alternatives('abbreviations')})|\b[A-ZĐ]|\d)\.\s*\Z")
_NUMBERED = re.compile(r"(?:^|\s)\d{1,2}(?:\.\d{1,2})*\.\s*\Z")


def split_sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence in text[start:end]. A dot behind TP, Th. or an enumerating number ends none."""
    first = start
    for match in _END.finditer(text, start, end):
        head = text[max(first, match.start() - 12) : match.start() + 1]
        if match.group()[0] == "." and (_stops_short(head)):
            continue
        yield from _cut(text, first, match.end())
        first = match.end()
    if first < end:
        yield from _cut(text, first, end)


def crowded(text: str, start: int, end: int) -> bool:
    """True for rows of bare numbers without words between them."""
    numbers = len(_NUMBER.findall(text, start, end))
    return numbers >= MOST_NUMBERS // 2 and (end - start) < numbers * _CROWDED


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """text[start:end] in pieces of at most LONGEST characters and MOST_NUMBERS numbers, cut at semicolons if may be."""
    while start < end:
        stop = min(end, start + LONGEST)
        if stop - start > 2 * MOST_NUMBERS:
            number = next(islice(_NUMBER.finditer(text, start, stop), MOST_NUMBERS, None), None)
            stop = number.start() if number else stop
        if stop < end:
            stop = next((at + 1 for mark in _CUTS if (at := text.rfind(mark, start + 1, stop)) > 0), stop)
        yield start, stop
        start = stop


_CUTS = (";", ",", " ")


def _stops_short(head: str) -> bool:
    if _NUMBERED.search(head) and head.rstrip(". ").split()[-1:] and len(head.split()[-1].rstrip(".")) <= 2:
        return head.split()[-1].rstrip(".").isdigit() and len(head.split()) == 1
    match = _ABBREVIATION.search(head)
    return match is not None and not match.group()[0].isdigit()
