"""Years and periods: where they stand and what role they play."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from extract.tokens import Token
from extract.vocabulary import phrase_table, word_set

FIRST_YEAR, LAST_YEAR = 1986, 2100
Role = Literal["by", "in", "period", "from", "baseline", "context", "season"]
TARGET_ROLES: tuple[Role, ...] = ("by", "in", "period")
_LONGEST_PREFIX = 9


@dataclass(frozen=True, slots=True)
class Time:
    """A year or a period at tokens[start:end]. A period has `period_start`; `stamp` marks a day or a month."""

    role: Role
    year: int
    period_start: int | None
    start: int
    end: int
    stamp: bool = False
    month: int | None = None

    @property
    def of_target(self) -> bool:
        """Whether a target may be due then: not a day or a month, nor a year to compare with."""
        return self.role in TARGET_ROLES and not self.stamp


def still_open(year: int, document_year: int | None) -> bool:
    """Whether `year` is not past for a document of `document_year`; without a date nothing is past."""
    return document_year is None or year >= document_year


def year_at(tokens: Sequence[Token], i: int) -> int | None:
    """The year that tokens[i] writes, if it can be one."""
    text = tokens[i].text
    if len(text) == 4 and text.isdecimal() and FIRST_YEAR <= (year := int(text)) <= LAST_YEAR:
        return year
    return None


def _prefix(words: Sequence[str], i: int) -> tuple[Role, int] | None:
    """Role and first token of the longest time phrase that ends just before words[i]."""
    table = phrase_table("time_prefixes")
    for start in range(max(0, i - _LONGEST_PREFIX), i):
        hit = table.at(words, start)
        if hit and hit.end == i:
            return hit.entry.fields["role"], start  # type: ignore[return-value]
    return None


def _period_end(tokens: Sequence[Token], words: Sequence[str], i: int) -> tuple[int, int] | None:
    """(last year, end token) when a period goes on behind the year at tokens[i]."""
    j = i + 1
    if j < len(words) and words[j] in ("-", "~", "đến", "tới"):
        j += 1
        while j < len(words) and words[j] in ("hết", "cuối", "năm", "đến"):
            j += 1
        if j < len(words) and (year := year_at(tokens, j)) and not _glued_behind(tokens, j):
            return year, j + 1
    return None


def _glued_behind(tokens: Sequence[Token], i: int) -> bool:
    """True inside document numbers such as 28/2018/QĐ-TTg."""
    j = i + 1
    return (
        j + 1 < len(tokens)
        and tokens[j].text == "/"
        and tokens[j].start == tokens[i].end
        and tokens[j + 1].start == tokens[j].end
        and not tokens[j + 1].is_number
    )


def _stamp_start(tokens: Sequence[Token], words: Sequence[str], i: int) -> int | None:
    """First token of 30/9/2025, 6/2025, quý III/2025 or "ngày 30 tháng 9 năm 2025" that ends at the year tokens[i]."""
    if i >= 2 and words[i - 1] in ("/", "-", ".") and (tokens[i - 2].is_number or words[i - 2] in _ROMAN):
        start = i - 2
        if start >= 2 and words[start - 1] == words[i - 1] and tokens[start - 2].is_number:
            start -= 2
    elif (i >= 2 and words[i - 1] == "năm" and tokens[i - 2].is_number and i >= 3 and words[i - 3] == "tháng") or (
        i >= 2 and words[i - 1] == "năm" and words[i - 2] in _ROMAN and i >= 3 and words[i - 3] == "quý"
    ):
        start = i - 3
    else:
        return None
    if start >= 2 and words[start] == "tháng" and tokens[start - 1].is_number:
        start -= 1
    while start > 0 and words[start - 1] in ("tháng", "ngày", "quý", "mùng"):
        start -= 1
    return start


def _month(words: Sequence[str], start: int, year: int) -> int | None:
    """Month of the stamp words[start:year], a quarter counted by its last month."""
    for i in range(year - 1, start - 1, -1):
        if words[i].isdecimal() and int(words[i]) <= 12:
            return int(words[i])
        if words[i] in _ROMAN:
            return 3 * (_ROMAN.index(words[i]) + 1)
    return None


_ROMAN = ("i", "ii", "iii", "iv")


def find_times(tokens: Sequence[Token], words: Sequence[str]) -> list[Time]:
    """All years and periods, left to right. `words` are the canonical texts of `tokens`."""
    times: list[Time] = []
    resume, length = 0, len(tokens)
    for i in [i for i, token in enumerate(tokens) if len(token[0]) == 4 and token[0].isdecimal()]:
        year = year_at(tokens, i)
        if i < resume or year is None or _glued_behind(tokens, i):
            continue
        stamp_start = _stamp_start(tokens, words, i)
        start = i if stamp_start is None else stamp_start
        prefix = _prefix(words, start)
        listed = (
            bool(times)
            and times[-1].end < start
            and all(word in (",", "và", ";", "năm", "hoặc") for word in words[times[-1].end : start])
            and times[-1].role in ("in", "by", "baseline")
            and not times[-1].stamp
        )
        if stamp_start is not None:
            role: Role = prefix[0] if prefix and prefix[0] in ("by", "from", "baseline") else "in"
            first = prefix[1] if prefix else start
            times.append(Time(role, year, None, first, i + 1, stamp=True, month=_month(words, start, i)))
            continue
        period = _period_end(tokens, words, i)
        if period and year < period[0] <= year + 40:
            role = prefix[0] if prefix and prefix[0] in ("baseline", "context", "season") else "period"
            first_word = _length_before(tokens, words, prefix[1]) if prefix else start
            if role == "period" and (_names_criterion(words, first_word) or _term_of_office(words, first_word)):
                role = "context"
            times.append(Time(role, period[0], year, first_word, period[1]))
            resume = period[1]
            continue
        if prefix and prefix[0] in ("in", "by") and _names_criterion(words, prefix[1]):
            times.append(Time("context", year, None, prefix[1], i + 1))
            continue
        if prefix and prefix[0] == "in" and _multiple_before(words, prefix[1]):
            times.append(Time("baseline", year, None, prefix[1], i + 1))
            continue
        if prefix and prefix[0] == "in" and _names_document(tokens, words, prefix[1]):
            times.append(Time("context", year, None, prefix[1], i + 1))
            continue
        if prefix and not (listed and prefix[0] == "in" and times[-1].role == "baseline"):
            role = prefix[0]
            if role == "period":
                role = "in"
            if role == "season" and i + 2 < length and words[i + 1] == "-" and year_at(tokens, i + 2):
                times.append(Time("season", year + 1, year, prefix[1], i + 3))
                resume = i + 3
                continue
            times.append(Time(role, year, None, prefix[1], i + 1))
        elif not listed and _names_paper(words, i):
            times.append(Time("context", year, None, start, i + 1))
        elif listed or _alone(tokens, words, i):
            times.append(Time(times[-1].role if listed else "in", year, None, start, i + 1))
    return times


def _length_before(tokens: Sequence[Token], words: Sequence[str], first: int) -> int:
    """trong 4 năm 2007 - 2010: the length of a period is part of it."""
    if words[first] != "năm" or first == 0 or not (tokens[first - 1].is_number and len(words[first - 1]) <= 2):
        return first
    return first - 2 if words[first - 2 : first - 1] == ["trong"] else first - 1


def _names_document(tokens: Sequence[Token], words: Sequence[str], first: int) -> bool:
    """Quyết định 2367/QĐ-UBND năm 2025, Luật Đất đai năm 2024: the year tells which document, not when."""
    if (
        first >= 3
        and words[first - 1].isalpha()
        and words[first - 2] in ("-", "/")
        and tokens[first - 2].end == (tokens[first - 1].start)
    ):
        return words[first - 3].isalpha() or words[first - 3][0].isdigit()
    return "luật" in words[max(0, first - 6) : first] and "kỉ" not in words[max(0, first - 6) : first]


def _names_paper(words: Sequence[str], i: int) -> bool:
    """Luật Giáo dục 2019, Chương trình giáo dục phổ thông 2018: a bare year that tells papers apart."""
    front = words[max(0, i - 6) : i]
    return "luật" in front or any(front[k : k + 2] == ["chương", "trình"] for k in range(len(front)))


def _names_criterion(words: Sequence[str], first: int) -> bool:
    """Bộ tiêu chí quốc gia ... giai đoạn 2021-2025; theo Chương trình ... giai đoạn ...: the period of a standard."""
    for i in range(first - 1, max(-1, first - 16), -1):
        if words[i] in (",", ";", ".", ":", "%", "và"):
            return False
        if words[i] == "tiêu" and words[i + 1] == "chí":
            return True
        if words[i] == "theo" and words[i + 1] in _PROGRAMMES:
            return True
    return False


_PROGRAMMES = word_set("programme_openers")


def _term_of_office(words: Sequence[str], first: int) -> bool:
    """Bầu cử đại biểu Hội đồng nhân dân nhiệm kỳ 2026-2031: the term of those who are elected."""
    if words[first : first + 1] != ["nhiệm"]:
        return False
    front = words[max(0, first - 16) : first]
    return ("bầu" in front and "cử" in front) or ("đại" in front and "biểu" in front and "nhân" in front)


def _multiple_before(words: Sequence[str], first: int) -> bool:
    """gấp đôi năm 2021, gấp 1,5 lần năm 2020, bằng 120% năm 2020: the year compared with."""
    if words[first - 1 : first] == ["lần"] or words[max(0, first - 2) : first] == ["gấp", "đôi"]:
        return "gấp" in words[max(0, first - 6) : first] or "bằng" in words[max(0, first - 6) : first]
    return False


def _alone(tokens: Sequence[Token], words: Sequence[str], i: int) -> bool:
    """A bare year counts as one unless a unit or a noun follows that it could be counting."""
    if i + 1 >= len(tokens):
        return True
    following = words[i + 1]
    return (not following[0].isalpha() and following not in ("%", "‰", "$", "/")) or following in _AFTER_BARE_YEAR


_AFTER_BARE_YEAR = word_set("words_after_a_bare_year")
