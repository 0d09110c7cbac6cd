"""Which year each quantity of a sentence is due: in the phrase, at the opening of the sentence, or handed down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extract.model import YearSource
from extract.quantities import Quantity
from extract.times import Time
from extract.vocabulary import word_set

_LIST_WORDS = frozenset((",", "và", ";", "năm", "hoặc"))
_OPENERS = frozenset((",", ";", ":", "(", "-", "+", "“", '"', ".", "*", "/")) | word_set("words_before_a_leading_year")
_CLOSERS = frozenset((",", ";", ".", ")", ":", "và", "/", "…"))
_CLAUSE_MARKS = frozenset((",", ";", ".", ":"))


@dataclass(frozen=True, slots=True)
class YearScope:
    """The year that holds for a quantity, and where it was said."""

    year: int
    period_start: int | None
    role: str
    source: YearSource

    @property
    def single(self) -> bool:
        """In that one year: neither by its end nor over a period."""
        return self.role == "in" and self.period_start is None


def scope_of(time: Time, source: YearSource) -> YearScope:
    return YearScope(time.year, time.period_start, time.role, source)


def own_years(
    words: Sequence[str], quantities: Sequence[Quantity], times: Sequence[Time], *, handed_down: bool
) -> list[list[YearScope]]:
    """For each quantity the years that its own sentence gives it; more than one where one value is due in each year.

    `handed_down` tells whether a heading or an earlier sentence has a year too: then a year that closes the sentence
    does not reach back over a semicolon.
    """
    result: list[list[YearScope]] = [[] for _ in quantities]
    usable = [time for time in times if time.role in ("by", "in", "period", "from", "season") and _due(time)]
    if not usable or not quantities:
        return result
    groups = _groups(words, usable)
    leading: list[Time] = []
    claimed: set[int] = set()
    for group in groups:
        first = group[0]
        before = [n for n, quantity in enumerate(quantities) if quantity.end <= first.start]
        after = [n for n, quantity in enumerate(quantities) if quantity.start >= group[-1].end]
        if len(group) > 1 and _paired(words, quantities, group, before, after, groups, result):
            continue
        if before and _trails(words, quantities, group[-1], quantities[before[-1]], group[0], bool(after)):
            scopes = [scope_of(time, "phrase") for time in group]
            last = before[-1]
            if last not in claimed:
                result[last] = scopes
                claimed.add(last)
            _reach_back(words, quantities, last, result, scopes, led=bool(leading), handed_down=handed_down)
            continue
        if not after:
            if before and not any(result):
                result[before[-1]] = [scope_of(time, "phrase") for time in group]
                _reach_back(
                    words, quantities, before[-1], result, result[before[-1]], led=False, handed_down=handed_down
                )
            continue
        leading.append(first)
        closing = _bracket_end(words, first.start)
        source: YearSource = "phrase" if first.start > 3 and _mid_phrase(words, first) else "sentence"
        scopes = [scope_of(time, source) for time in group]
        for n in after:
            if closing is not None and quantities[n].start > closing:
                break
            result[n] = scopes
    return result


def _due(time: Time) -> bool:
    return not time.stamp or time.role == "by"


def _groups(words: Sequence[str], times: Sequence[Time]) -> list[list[Time]]:
    """Runs of single years with nothing but commas and và between them."""
    groups: list[list[Time]] = []
    for time in times:
        if (
            groups
            and time.period_start is None
            and groups[-1][-1].period_start is None
            and all(word in _LIST_WORDS for word in words[groups[-1][-1].end : time.start])
        ):
            groups[-1].append(time)
        else:
            groups.append([time])
    return groups


def _paired(
    words: Sequence[str],
    quantities: Sequence[Quantity],
    group: Sequence[Time],
    before: Sequence[int],
    after: Sequence[int],
    groups: Sequence[Sequence[Time]],
    result: list[list[YearScope]],
) -> bool:
    """Pair n years with the n quantities of a list, by position (lần lượt, tương ứng)."""
    size = len(group)
    for candidates in (before[-size:], after[:size]):
        if len(candidates) != size:
            continue
        chosen = [quantities[n] for n in candidates]
        if any(chosen[0].dimension != quantity.dimension for quantity in chosen):
            continue
        low, high = chosen[0].start, chosen[-1].end
        if any(low < time.start < high for other in groups if other is not group for time in other):
            continue
        if any(word == ";" for word in words[low:high]) and "lượt" not in words and "ứng" not in words:
            continue
        for n, time in zip(candidates, group, strict=True):
            result[n] = [scope_of(time, "phrase")]
        return True
    return False


def _trails(
    words: Sequence[str], quantities: Sequence[Quantity], time: Time, quantity: Quantity, first: Time, more: bool
) -> bool:
    """True when the year belongs to the quantity in front of it: "đạt 50% vào năm 2025"."""
    if first.start == quantity.end:
        return True
    if words[first.start - 1] == "(" and quantity.end == first.start - 1 and words[time.end : time.end + 1] == [")"]:
        return True
    between = words[quantity.end : first.start]
    if any(word in (";", ".") for word in between):
        return False
    at_opening = words[first.start - 1] in _OPENERS
    if not more:
        return not (at_opening and words[first.start - 1] in (",", ":", "("))
    if at_opening:
        return False
    if any(word in _CLAUSE_MARKS for word in between[-12:]) and words[time.end : time.end + 1] != [";"]:
        closes = time.end >= len(words) or words[time.end] in _CLOSERS
        return closes
    return time.end >= len(words) or words[time.end] in _CLOSERS


def _reach_back(
    words: Sequence[str],
    quantities: Sequence[Quantity],
    last: int,
    result: list[list[YearScope]],
    scopes: list[YearScope],
    *,
    led: bool,
    handed_down: bool,
) -> None:
    """A year behind a list holds for the members before it that have none of their own."""
    if led:
        return
    for n in range(last - 1, -1, -1):
        if result[n]:
            return
        between = words[quantities[n].end : quantities[n + 1].start]
        if handed_down and ";" in between:
            return
        if "." in between:
            return
        result[n] = list(scopes)


def _bracket_end(words: Sequence[str], start: int) -> int | None:
    """Index of the closing bracket when words[start] stands inside brackets."""
    for i in range(start - 1, max(-1, start - 25), -1):
        if words[i] == ")":
            return None
        if words[i] == "(":
            for j in range(start, len(words)):
                if words[j] == ")":
                    return j
            return None
    return None


def _mid_phrase(words: Sequence[str], time: Time) -> bool:
    return time.start > 0 and words[time.start - 1] not in _OPENERS
