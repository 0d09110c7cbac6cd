"""Ranks: thứ 10; xếp hạng 10 - 15; nhóm 20 tỉnh dẫn đầu; top 5; trong 30 tỉnh, thành phố đứng đầu."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from extract.model import Comparator
from extract.numbers import RANGE_WORDS, parse_number
from extract.vocabulary import word_set

_LOWEST = 63
"""There were never more provinces to rank."""
_TOP_WORDS = frozenset(("nhóm", "top", "tốp"))
_ORDINAL_WORDS = frozenset(("thứ", "hạng", "vị", "trí"))
_RANK_NOUNS = word_set("words_after_a_rank") | {"/"}
_INDEX_NAMES = word_set("index_names") | {"index"}
_COUNTED_ORDINALS = word_set("counted_ordinals")
_RANK_SIGNS = word_set("rank_signs")
_RANKING_WORDS = word_set("ranking_words")
_RANK_OPENERS = word_set("rank_openers")
_BEFORE_RANK = word_set("words_before_a_rank")


class Rank(NamedTuple):
    """A rank at words[start:end]; `high` is the end of a range of ranks."""

    start: int
    end: int
    high: float | None
    comparator: Comparator


def rank_at(words: Sequence[str], i: int, value: float) -> Rank | None:
    """thứ 10; xếp hạng 10 - 15; nhóm 20 tỉnh dẫn đầu; top 5; trong 30 tỉnh, thành phố đứng đầu."""
    if value != int(value) or value > _LOWEST:
        return None
    k = i - 1
    while k >= 0 and words[k] in _BEFORE_RANK:
        k -= 1
    if k < 0:
        return None
    before = words[k]
    top = before in _TOP_WORDS
    ordinal = _ordinal(words, k)
    among = before in ("trong", "vào", "thuộc") and _leading_group(words, i + 1)
    if not (top or ordinal or among):
        return None
    if top and not _speaks_of_ranks(words, i + 1, k):
        return None
    end, high = i + 1, None
    if end + 1 < len(words) and words[end] in RANGE_WORDS and words[end + 1][0].isdigit():
        second = parse_number(words[end + 1])
        if second is not None and second > value:
            high, end = second, end + 2
    if end + 1 < len(words) and words[end] == "/" and words[end + 1][0].isdigit():
        end += 2
    start = k
    while start > 0 and words[start - 1] in _RANK_OPENERS:
        start -= 1
    comparator: Comparator = "between" if high is not None else "le" if (top or among) else "eq"
    if words[end : end + 2] == ["trở", "lên"]:
        comparator, end = "le", end + 2
    if ordinal and i - 1 > k and "dưới" in words[k:i]:
        comparator = "le"
    return Rank(start, end, high, comparator)


def opens_rank(words: Sequence[str], i: int) -> bool:
    """Whether the word in front of words[i] makes a rank of it: hạng 15/63."""
    return i > 0 and (words[i - 1] in _TOP_WORDS or words[i - 1] in _ORDINAL_WORDS)


def ranked_among(words: Sequence[str], i: int) -> bool:
    """Whether words of ranking stand a little before words[i]: chỉ số PCI xếp thứ hạng cao 15/63."""
    return any(word in _RANK_SIGNS for word in words[max(0, i - 6) : i])


def _ordinal(words: Sequence[str], k: int) -> bool:
    """words[k] says that a place in a ranking follows: thứ, xếp hạng, vị trí."""
    in_front = words[k - 1] if k else ""
    if words[k] == "thứ":
        return in_front not in _COUNTED_ORDINALS and _ranked(words, k)
    if words[k] == "hạng":
        return in_front in ("thứ", "xếp", "đứng") or any(word in _INDEX_NAMES for word in words[max(0, k - 4) : k])
    return words[k] == "trí" and in_front == "vị"


def _ranked(words: Sequence[str], k: int) -> bool:
    """Words of ranking in front of "thứ" at k."""
    return any(word in _RANKING_WORDS or word in _INDEX_NAMES for word in words[max(0, k - 8) : k])


def _leading_group(words: Sequence[str], j: int) -> bool:
    """tỉnh, thành phố đứng đầu / dẫn đầu behind the number."""
    window = words[j : j + 9]
    return (
        bool(window)
        and window[0] in ("tỉnh", "địa", "thành", "/")
        and any(word in ("đầu", "nhất", "cao", "tốt", "khá") for word in window)
    )


def _speaks_of_ranks(words: Sequence[str], end: int, k: int) -> bool:
    if end < len(words) and words[end] in _RANK_NOUNS:
        return True
    if end >= len(words) or not words[end][0].isalpha():
        return True
    return any(word in ("hạng", "xếp", "chỉ") for word in words[max(0, k - 10) : k])
