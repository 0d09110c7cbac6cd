"""Sentences of a block, as spans."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?…]+[\"”’)]*\s+(?=[\"“‘(]*[A-ZÀ-ỸĐ0-9+\-–•])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:TP|Tp|tp|TX|Tx|TT|Th|ThS|TS|GS|PGS|KS|BS|Ths|Ts|St|Tr|Mr|Mrs|Dr|No|Q|P|H|X|đ/c|Đ/c|tr|vv)|\b[A-ZĐ]|\d)\.\s*\Z"
)
_NUMBERED = re.compile(r"(?:^|\s)\d{1,2}(?:\.\d{1,2})*\.\s*\Z")


def split_sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence in text[start:end]. A dot behind TP, Th. or an enumerating number ends none."""
    first = start
    for match in _END.finditer(text, start, end):
        head = text[max(first, match.start() - 12) : match.start() + 1]
        if match.group()[0] == "." and (_stops_short(head)):
            continue
        yield first, match.end()
        first = match.end()
    if first < end:
        yield first, end


def _stops_short(head: str) -> bool:
    if _NUMBERED.search(head) and head.rstrip(". ").split()[-1:] and len(head.split()[-1].rstrip(".")) <= 2:
        return head.split()[-1].rstrip(".").isdigit() and len(head.split()) == 1
    match = _ABBREVIATION.search(head)
    return match is not None and not match.group()[0].isdigit()
