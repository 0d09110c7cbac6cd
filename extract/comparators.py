"""Bounds around a number: ít nhất, trên, từ ... trở lên, không để vượt."""

from __future__ import annotations

from collections.abc import Sequence

from extract.vocabulary import phrase_table

_BOUND_AT_MOST = 14
_FORBIDS_AT_MOST = 14


def comparator_before(words: Sequence[str], i: int, taken: Sequence[int]) -> tuple[str, int, bool]:
    """(comparator, first token of the comparator, whether "từ" opened it) in front of the number at words[i].

    `taken` marks the words of years and bases, which no comparator starts with."""
    best, start, opener = "eq", i, False
    k, table = i, phrase_table("comparators")
    for _ in range(2):
        found = None
        for first in range(max(0, k - 3), k):
            hit = table.at(words, first)
            if hit and hit.end == k and hit.entry.fields["place"] == "before" and not taken[first]:
                found = hit
                break
        if not found:
            break
        kind = found.entry.fields["comparator"]
        if kind == "from":
            opener = True
        if best in ("eq", "from") or kind not in ("from", "approx"):
            best = kind if not (best != "eq" and kind == "from") else best
        k = start = found.start
    if best in ("gt", "ge") and _forbidden(words, start, i):
        best = "le"
    return best, start, opener


def bound_behind(words: Sequence[str], j: int) -> bool:
    """True when "trở lên" closes the phrase that "từ" opened, before the next sign or number."""
    for k in range(j, min(len(words), j + _BOUND_AT_MOST)):
        word = words[k]
        if word == "trở" and k + 1 < len(words) and words[k + 1] == "lên":
            return True
        if word in (",", ";", ".", ":") or word[0].isdigit():
            return False
    return False


def _forbidden(words: Sequence[str], start: int, i: int) -> bool:
    """không để ... vượt 4%: what may not be exceeded is an upper bound."""
    if "vượt" not in words[start:i] and words[start - 1 : start] != ["vượt"]:
        return False
    return any(words[k : k + 2] == ["không", "để"] for k in range(max(0, start - _FORBIDS_AT_MOST), start))
