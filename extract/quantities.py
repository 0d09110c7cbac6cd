"""Quantities: numbers with comparator, range, scale, unit and base; and the digits that are none, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from extract.comparators import bound_behind, comparator_before
from extract.digits_in_names import name_at, named_before
from extract.model import Comparator, ValueBasis
from extract.numbers import RANGE_WORDS, parse_number, spelled_number
from extract.ranks import Rank, opens_rank, rank_at, ranked_among
from extract.times import Time, year_at
from extract.tokens import Token, glued
from extract.vocabulary import Hit, PhraseTable, phrase_table, word_set


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number or range. Tokens [start, end): with comparator, scale, unit and base; [core, core_end): the number.

    `value` is multiplied by scale words and by the unit's factor (dimension's base unit). `noun` is set where no unit
    of the lexicon follows and the words behind are what is counted.
    """

    start: int
    end: int
    core: int
    core_end: int
    value: float
    value_max: float | None
    comparator: Comparator
    dimension: str
    per: str | None = None
    value_basis: ValueBasis = "stated"
    noun: bool = False
    scaled: bool = False
    baseline: bool = False
    spread_from: int | None = None
    """First token of a bound that stands in front of a colon and holds for a list."""
    risen_from: int | None = None
    """First token of the baseline in "từ 55% lên 65%", on the second number."""
    unit_text: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Digits at tokens[start:end] that are no quantity."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What scan() found, both lists from left to right."""

    quantities: tuple[Quantity, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as read at tokens[start:end], with its scale and unit, before comparators."""

    start: int
    end: int
    core_end: int
    value: float
    dimension: str | None
    factor: float
    per: str | None
    scaled: bool
    unit: bool


_YEARLESS_SCALES = ("tr", "k")


class _Scanner:
    """One pass over the tokens of one stretch of text."""

    def __init__(self, tokens: Sequence[Token], words: Sequence[str], times: Sequence[Time]) -> None:
        self.tokens, self.words = tokens, words
        self.taken = bytearray(len(tokens))
        for time in times:
            for i in range(time.start, time.end):
                self.taken[i] = 1
        self.quantities: list[Quantity] = []
        self.refused: list[Refused] = []
        self.units = phrase_table("units")
        self.unit_look_alikes = phrase_table("unit_look_alikes")
        self.bases = phrase_table("bases")
        self.scales = phrase_table("scales")
        self.before: PhraseTable = phrase_table("comparators")
        self.names_after = phrase_table("names_after")
        self.stop_nouns = phrase_table("stop_nouns")

    def scan(self) -> Scan:
        i, length = 0, len(self.tokens)
        self._base_spans()
        words_numbers = phrase_table("word_numbers")
        while i < length:
            word = self.words[i]
            if self.taken[i]:
                i += 1
            elif word[0].isdigit():
                i = self._number(i)
            elif word not in _NUMBER_OPENERS:
                i += 1
            elif (hit := words_numbers.at(self.words, i)) is not None:
                i = self._word_number(hit)
            elif (word in _WHOLE_OPENERS and (end := self._whole_set(i))) or (
                word in _CARDINAL_OPENERS and (end := self._cardinal(i))
            ):
                i = end
            else:
                i += 1
        return Scan(tuple(self.quantities), tuple(self.refused))

    # -- what is taken out first

    def _base_spans(self) -> None:
        """Numbers inside bases (trên 10.000 dân, /100.000 trẻ đẻ sống) are never values."""
        for hit in self.bases.find(self.words):
            phrase = self.words[hit.start : hit.end]
            if any(word[0].isdigit() for word in phrase) or "vạn" in phrase or "nghìn" in phrase:
                for k in range(hit.start, hit.end):
                    self.taken[k] = 2

    def _refuse(self, start: int, end: int, reason: str) -> int:
        self.refused.append(Refused(start, end, reason))
        return end

    def _read(self, i: int) -> _Number | None:
        """Number, scale and unit at tokens[i]."""
        value = parse_number(self.tokens[i].text)
        if value is None:
            return None
        j, scaled = i + 1, False
        core_end = j
        if j < len(self.tokens) and (hit := self.scales.at(self.words, j)):
            glued = self.tokens[j].start == self.tokens[i].end
            if not (self.words[j] in _YEARLESS_SCALES and not glued):
                value *= float(hit.entry.fields["factor"])
                scaled, j = True, hit.end
                core_end = j
        return self._with_unit(i, j, core_end, value, scaled)

    def _with_unit(self, i: int, j: int, core_end: int, value: float, scaled: bool) -> _Number:
        dimension, factor, per, unit = None, 1.0, None, False
        if j < len(self.tokens) and (hit := self.units.at(self.words, j)) and self._unit_fits(i, j, hit):
            dimension = hit.entry.fields["dimension"]
            factor = float(hit.entry.fields["factor"])
            per = hit.entry.fields["per"] or None
            unit, j = True, hit.end
        elif (scaled and self.words[core_end - 1] == "tỷ") or (
            scaled and self.words[core_end - 1] == "triệu" and j < len(self.words) and self.words[j] == "/"
        ):
            dimension, unit = "vnd", True
        elif j < len(self.tokens) and (base := self.bases.at(self.words, j)) and self.words[j] == "/":
            dimension, unit = "count", True
            if scaled:
                dimension = "vnd"
            per, j = base.entry.fields["per"], base.end
        base_hit = self._base(j) if unit and per is None else None
        if base_hit:
            per, j = base_hit.entry.fields["per"], base_hit.end
        return _Number(i, j, core_end, value, dimension, factor, per, scaled, unit)

    def _unit_fits(self, i: int, j: int, hit: Hit) -> bool:
        """One-letter and everyday words are units only in the right company."""
        word, tokens = self.words[j], self.tokens
        glued = tokens[j].start == tokens[j - 1].end
        if hit.end - hit.start > 1:
            return True
        if word in ("đ", "m", "g"):
            return glued or (word == "m" and not (j + 1 < len(tokens) and self.words[j + 1] == "."))
        if word == "điểm":
            following = self.words[j + 1] if j + 1 < len(tokens) else ""
            return not following[:1].isalpha() or following in _AFTER_POINTS
        if word == "năm" and (
            self.words[j - 1] in ("triệu", "tỷ", "nghìn") or (self.words[j + 1 : j + 2] and self._year(j + 1))
        ):
            return False
        return self.unit_look_alikes.at(self.words, j) is None

    def _year(self, j: int) -> bool:
        return len(self.words[j]) == 4 and self.words[j].isdecimal()

    def _base(self, j: int) -> Hit | None:
        """Base right behind a unit: /năm, mỗi năm, trên 10.000 dân; an opening bracket may stand between."""
        if j < len(self.tokens):
            return self.bases.at(self.words, j)
        return None

    def _number(self, i: int) -> int:
        tokens, words = self.tokens, self.words
        if name := name_at(tokens, words, i):
            return self._refuse(i, *name)
        if fraction := self._fraction(i):
            return fraction
        if (
            i + 1 < len(tokens)
            and glued(tokens, i, i + 1)
            and (after := self.names_after.at(words, i + 1))
            and after.end == i + 2
            and words[i + 1] in _GLUED_NAMES
        ):
            return self._refuse(i, i + 2, "name with digits")
        number = self._read(i)
        if number is None:
            return self._refuse(i, i + 1, "no number")
        if not number.unit and not number.scaled and year_at(self.tokens, i):
            return self._refuse(i, i + 1, "year")
        if words[i - 1 : i] == ["("] and self.quantities and self._says_again(i, number):
            return self._refuse(i, number.end, "number said again")
        reason = named_before(words, i)
        if reason == "name with digits" and (number.value % 1 or ((found := self._range(number)) and found[1].unit)):
            reason = None
        ordinal = reason == "ordinal" and words[i - 1] != "thứ"
        if not (number.unit or number.scaled or ordinal or reason in _NEVER_RANKS) and (
            rank := rank_at(words, i, number.value)
        ):
            return self._emit_rank(i, number, rank)
        if reason and not (number.unit and reason == "name with digits"):
            end = i + 1
            while (
                end + 1 < len(tokens)
                and words[end] in (",", "-", "và", "~")
                and tokens[end + 1].is_number
                and not (self._read(end + 1) or number).unit
            ):
                end += 2
            return self._refuse(i, end, reason)
        after = self.names_after.at(words, number.end) if not number.unit and number.end < len(words) else None
        if after is not None:
            return self._refuse(i, after.end, after.entry.fields["reason"])
        return self._finish(self._range(number) or number, number)

    def _range(self, first: _Number) -> tuple[_Number, _Number] | None:
        """The second number of a range that starts with `first`."""
        tokens, words = self.tokens, self.words
        j = first.end
        if not first.unit and not first.scaled and (repeated := self._repeated_noun(first.end)):
            j = repeated
        if j >= len(tokens) or words[j] not in RANGE_WORDS:
            return None
        k = j + 1
        if words[j] == "-" and k < len(tokens) and words[k] == "-":
            k += 1
        while k < len(tokens) and words[k] in _INSIDE_RANGE:
            k += 1
        if k >= len(tokens) or not tokens[k].is_number or self.taken[k]:
            return None
        if name_at(tokens, words, k):
            return None
        second = self._read(k)
        if second is None:
            return None
        if first.dimension and second.dimension and first.dimension != second.dimension:
            return None
        return first, second

    def _repeated_noun(self, j: int) -> int | None:
        """16 cầu cảng đến 18 cầu cảng: index of "đến" when the same noun stands behind both numbers."""
        words = self.words
        for size in (1, 2, 3):
            k = j + size
            if (
                k + 1 < len(words)
                and words[k] in ("đến", "-")
                and self.tokens[k + 1].is_number
                and (words[j:k] == words[k + 2 : k + 2 + size])
            ):
                return k
        return None

    def _finish(self, found: _Number | tuple[_Number, _Number], first: _Number) -> int:
        value_max = None
        if isinstance(found, tuple):
            low, high = found
            low_value, high_value = low.value * (low.factor if low.unit else high.factor), high.value * high.factor
            if not low.scaled and not low.unit and high.scaled:
                low_value = low.value * _scale_of(high, self.tokens)
                low_value *= high.factor
            if high_value > low_value:
                number = replace(
                    high,
                    start=low.start,
                    value=low_value,
                    dimension=high.dimension or low.dimension,
                    per=high.per or low.per,
                    unit=high.unit or low.unit,
                    factor=1.0,
                )
                value_max = high_value
            else:
                number = replace(first, value=first.value * first.factor, factor=1.0)
        else:
            number = replace(first, value=first.value * first.factor, factor=1.0)
        return self._emit(number, value_max)

    def _emit(self, number: _Number, value_max: float | None) -> int:
        comparator, start, opener = comparator_before(self.words, number.start, self.taken)
        end = number.end
        if end < len(self.words) and (hit := self.before.at(self.words, end)) and hit.entry.fields["place"] == "after":
            comparator, end = hit.entry.fields["comparator"], hit.end
            if number.unit and number.per is None and (base := self._base(end)):
                number = replace(number, per=base.entry.fields["per"])
                end = base.end
        noun = False
        dimension = number.dimension
        if dimension is None:
            if end >= len(self.words) or not self._opens_noun(end):
                dimension = "bare"
            else:
                dimension, noun = "count", True
        if value_max is not None:
            comparator = "between"
        elif comparator == "from":
            comparator = "ge" if opener and bound_behind(self.words, end) else "from"
        self.quantities.append(
            Quantity(
                start,
                end,
                number.start,
                number.core_end,
                number.value,
                value_max,
                comparator,  # type: ignore[arg-type]
                dimension,
                number.per,
                noun=noun,
                scaled=number.scaled,
                unit_text=self._text(number.core_end, number.end),
            )
        )
        return end

    def _opens_noun(self, j: int) -> bool:
        if self.words[j] in ('"', "“") and j + 1 < len(self.words):
            j += 1
        word = self.words[j]
        return word[0].isalpha() and self.stop_nouns.at(self.words, j) is None

    def _text(self, start: int, end: int) -> str:
        return " ".join(token.text for token in self.tokens[start:end])

    # -- special forms

    def _fraction(self, i: int) -> int | None:
        """2/3 số xã -> 66.666667 percent; 15/34 after a rank word is read as a rank; other a/b are refused."""
        tokens, words = self.tokens, self.words
        if not (i + 2 < len(tokens) and words[i + 1] == "/" and tokens[i + 2].is_number):
            return None
        if self.bases.at(words, i + 1):
            return None
        top, bottom = parse_number(words[i]), parse_number(words[i + 2])
        if top is None or bottom is None:
            return self._refuse(i, i + 3, "no number")
        if opens_rank(words, i) or (bottom > 10 and top < bottom and ranked_among(words, i)):
            return None
        if 0 < top < bottom <= 10 and i + 3 < len(words) and words[i + 3] not in ("%", "/"):
            return self._emit_plain(i, i + 3, round(100 * top / bottom, 6), "percent", "fraction")
        if bottom > 0 and i + 3 < len(words) and words[i + 3][0].isalpha() and top <= bottom:
            # 100/124 xã: so many out of so many, counted by the first number.
            return self._emit_plain(i, i + 3, top, "count", "out of", noun=True)
        return self._refuse(i, i + 3, "a pair of numbers")

    def _emit_plain(self, i: int, end: int, value: float, dimension: str, unit: str, *, noun: bool = False) -> int:
        """A quantity of words[i:end] that has its dimension already; only a comparator may stand in front."""
        comparator, start, _ = comparator_before(self.words, i, self.taken)
        if comparator == "from":
            comparator = "eq"
        self.quantities.append(
            Quantity(start, end, i, end, value, None, comparator, dimension, noun=noun, unit_text=unit)  # type: ignore[arg-type]
        )
        return end

    def _emit_rank(self, i: int, number: _Number, rank: Rank) -> int:
        self.quantities.append(
            Quantity(
                rank.start,
                rank.end,
                i,
                number.core_end,
                number.value,
                rank.high,
                rank.comparator,
                "rank",
                unit_text="rank",
            )
        )
        return rank.end

    def _word_number(self, hit: Hit) -> int:
        words = self.words
        kind = hit.entry.fields["kind"]
        following = words[hit.end] if hit.end < len(words) else ""
        if kind == "share" and following in _NOT_SHARED:
            return hit.end
        dimension = "percent" if kind == "share" else "multiple"
        return self._emit_plain(hit.start, hit.end, float(hit.entry.fields["value"]), dimension, kind)

    def _whole_set(self, i: int) -> int | None:
        """tất cả các xã ..., toàn bộ hộ ..., các xã đều ..., mỗi hộ ... đều: all of a countable base, 100 percent."""
        hit = phrase_table("whole_sets").at(self.words, i)
        if not hit:
            return None
        words, j = self.words, hit.end
        while j < len(words) and words[j] in ("các", "số", "những", "mọi", "cả"):
            j += 1
        if j < len(words) and self.tokens[j].is_number and hit.entry.fields["kind"] == "whole":
            j += 1
        base = phrase_table("countable_bases").at(words, j) if j < len(words) else None
        if not base or (words[i] == "mọi" and base.entry.phrase == "người dân"):
            return None
        kind = hit.entry.fields["kind"]
        evenly = one = False
        for k in range(j, min(len(words), j + 28)):
            if words[k] in (";", ".", ":"):
                break
            if words[k] == "đều":
                evenly = True
            if (
                words[k] == "có"
                and base.entry.phrase not in ("người dân", "người lao động")
                and self.tokens[min(k + 1, len(words) - 1)].is_number
            ):
                one = True
            if self.tokens[k].is_number and k + 1 < len(words) and words[k + 1] in ("%", "phần"):
                return None
        if kind == "each" and not evenly and not (words[i] == "mỗi" and one):
            return None
        self.quantities.append(
            Quantity(i, hit.end, i, hit.end, 100.0, None, "eq", "percent", value_basis="implied", unit_text="whole")
        )
        return j

    def _cardinal(self, i: int) -> int | None:
        """A number word in front of a scale word or of lần: một triệu tấn, ba lần. Written-out amounts (chín nghìn ...)
        only repeat digits, so lexicon/cardinals.csv lists few words."""
        if spelled := spelled_number(self.words, i):
            return self._spelled(i, *spelled)
        hit = phrase_table("cardinals").at(self.words, i)
        if not hit or hit.end >= len(self.words):
            return None
        value = float(hit.entry.fields["value"])
        scale = self.scales.at(self.words, hit.end)
        if scale and self.words[hit.end] != "trăm":
            number = self._with_unit(i, scale.end, scale.end, value * float(scale.entry.fields["factor"]), True)
        elif self.words[hit.end] == "lần" and i > 0 and self.words[i - 1] in _BEFORE_TIMES:
            number = self._with_unit(i, hit.end, hit.end, value, False)
        else:
            return None
        if not number.unit and not (number.end < len(self.words) and self._opens_noun(number.end)):
            return None
        return self._finish(number, number)

    def _says_again(self, i: int, number: _Number) -> bool:
        """hai mươi tám phần trăm (28%): the digits in brackets repeat the words."""
        last = self.quantities[-1]
        return (
            last.end == i - 1 and not self.words[last.core][0].isdigit() and last.value == number.value * number.factor
        )

    def _spelled(self, i: int, value: float, end: int) -> int | None:
        """A number of several words with a unit or a noun: hai mươi phần trăm, hai trăm năm mươi giáo viên."""
        if named_before(self.words, i) or self.words[i - 1 : i] == ["thứ"]:
            return None
        if self.words[i - 1 : i] == ["("]:
            return self._refuse(i, end, "number said again")
        scale = self.scales.at(self.words, end) if end < len(self.words) else None
        if scale:
            value, end = value * float(scale.entry.fields["factor"]), scale.end
        number = self._with_unit(i, end, end, value, scale is not None)
        if not number.unit and not (number.end < len(self.words) and self._opens_noun(number.end)):
            return None
        if not number.unit and self.names_after.at(self.words, number.end):
            return None
        return self._finish(number, number)


_WHOLE_OPENERS = phrase_table("whole_sets").first_words
_CARDINAL_OPENERS = phrase_table("cardinals", "spelled_digits").first_words
_NUMBER_OPENERS = phrase_table("word_numbers").first_words | _WHOLE_OPENERS | _CARDINAL_OPENERS
_NEVER_RANKS = frozenset(("document number", "article number", "telephone"))
_GLUED_NAMES = frozenset("abcdegk")
"""Letters that make a name of the digits they are glued to: 5G, quốc lộ 19C."""
_AFTER_POINTS = word_set("words_after_points")
_INSIDE_RANGE = word_set("words_inside_a_range")
_BEFORE_TIMES = word_set("words_before_times")
_NOT_SHARED = word_set("words_after_half_of_a_time")


def _scale_of(number: _Number, tokens: Sequence[Token]) -> float:
    """The factor that scale words gave to `number`."""
    parsed = parse_number(tokens[number.start].text)
    return number.value / parsed if parsed else 1.0


def scan(tokens: Sequence[Token], words: Sequence[str], times: Sequence[Time]) -> Scan:
    """Quantities and refused digits of one stretch of text, left to right; digits inside `times` are passed over."""
    return _Scanner(tokens, words, times).scan()
