"""Digits that are no quantity: parts of names, references, dates, clock times, telephone numbers."""

from __future__ import annotations

from collections.abc import Sequence

from extract.tokens import Token, glued
from extract.vocabulary import phrase_table, word_set

_BASE_NOUNS = word_set("base_nouns")
_DOCUMENT_CODES = word_set("document_codes")
_BEFORE_DATE = word_set("words_before_a_date")


def name_at(tokens: Sequence[Token], words: Sequence[str], i: int) -> tuple[int, str] | None:
    """(end, reason) when the digits at i belong to a name, a reference, a date or a clock time."""
    length = len(tokens)
    following = words[i + 1] if i + 1 < length else ""
    if following == "/" and glued(tokens, i, i + 1) and i + 2 < length and glued(tokens, i + 1, i + 2):
        third = tokens[i + 2]
        if third.is_number:
            if i + 4 < length and words[i + 3] == "/" and glued(tokens, i + 2, i + 3):
                end = i + 5
                while end + 1 < length and words[end] in ("/", "-") and glued(tokens, end - 1, end):
                    end += 2
                return min(end, length), "date or document number"
            if (
                (words[i - 1] == "(" or words[i - 1] in _BEFORE_DATE)
                and i > 0
                and (len(words[i]) <= 2 and len(words[i + 2]) <= 2)
            ):
                return i + 3, "date"
        elif (
            third.text not in _BASE_NOUNS
            and not phrase_table("units").at(words, i + 2)
            and not phrase_table("bases").at(words, i + 1)
        ):
            end = i + 3
            while (
                end + 1 < length
                and words[end] in ("-", "/")
                and glued(tokens, end - 1, end)
                and glued(tokens, end, end + 1)
            ):
                end += 2
            return end, "document number"
    if following == "-" and glued(tokens, i, i + 1) and i + 2 < length and glued(tokens, i + 1, i + 2):
        code = tokens[i + 2].text
        if code in _DOCUMENT_CODES:
            return i + 3, "document number"
    if following[:1] == "h" and following[1:].isdecimal() and glued(tokens, i, i + 1):
        return i + 2, "clock time"
    hour = following in (":", "h", "g", "giờ") and i + 2 < length and tokens[i + 2].is_number and len(words[i]) <= 2
    if hour and (
        following != ":" or (glued(tokens, i, i + 1) and glued(tokens, i + 1, i + 2) and len(words[i + 2]) == 2)
    ):
        return i + 3, "clock time"
    if (
        i >= 2
        and words[i - 1] in (".", "-")
        and glued(tokens, i - 1, i)
        and glued(tokens, i - 2, i - 1)
        and (words[i - 2].isalpha() and len(words[i - 2]) <= 5)
    ):
        return i + 1, "name with digits"
    if i > 0 and words[i - 1] in ("ngày", "tháng", "mùng") and len(words[i]) <= 2:
        return i + 1, "date"
    if i > 0 and words[i - 1] == "quý" and len(words[i]) == 1:
        return i + 1, "date"
    if len(words[i]) >= 8 and words[i].isdecimal() and words[i][0] == "0":
        return i + 1, "telephone"
    if following == "." and i + 2 < length and len(words[i]) >= 3 and words[i][0] == "0" and tokens[i + 2].is_number:
        return i + 1, "telephone"
    return None


def named_before(words: Sequence[str], i: int) -> str | None:
    """Reason when words such as Điều, mức độ, Nghị quyết stand right before the digits."""
    table = phrase_table("names_before")
    for start in range(max(0, i - 4), i):
        hit = table.at(words, start)
        if hit and hit.end == i:
            return hit.entry.fields["reason"] or None
    return None
