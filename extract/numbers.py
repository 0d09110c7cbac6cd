"""Numbers as Vietnamese documents write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.vocabulary import load_entries

_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?\Z")
_THOUSANDS_ENGLISH = re.compile(r"[1-9]\d{0,2}(?:,\d{3}){2,}(?:\.\d+)?\Z")
_DECIMAL = re.compile(r"\d+,\d+\Z")
_DECIMAL_ENGLISH = re.compile(r"\d+\.\d+\Z")
_LONGEST = 24
RANGE_WORDS = ("-", "~", "đến", "tới")
"""Between the two numbers of a range."""


def parse_number(token: str) -> float | None:
    """Value of a number token, or None when it is no number (a date, a version, an identifier).

    12.300 -> 12300 (dots group thousands); 57,5 -> 57.5; 1.234,5 -> 1234.5; 9.5 -> 9.5 (English decimal);
    1,234,567 -> 1234567; 0.125 -> 0.125 (a group of thousands cannot start with zero); 12.2023 -> None.
    """
    if len(token) > _LONGEST:
        return None
    if token.isdecimal():
        return float(token)
    if _THOUSANDS.match(token):
        return float(token.replace(".", "").replace(",", "."))
    if _DECIMAL.match(token):
        return float(token.replace(",", "."))
    if _THOUSANDS_ENGLISH.match(token):
        return float(token.replace(",", ""))
    if _DECIMAL_ENGLISH.match(token):
        whole, _, fraction = token.partition(".")
        if len(fraction) <= 2 or whole == "0":
            return float(token)
    return None


_DIGITS = {entry.phrase: float(entry.fields["value"]) for entry in load_entries("spelled_digits")}
_MULTIPLIERS = {"trăm": 100.0, "nghìn": 1000.0, "ngàn": 1000.0}
_TENS = "mươi"


def spelled_number(words: Sequence[str], i: int) -> tuple[float, int] | None:
    """Value and end of a number of two words or more at words[i]: hai mươi lăm, một trăm linh hai, ba nghìn rưỡi.

    "năm" is five only in front of another number word: hai mươi năm are twenty years.
    """
    total = part = 0.0
    j, length = i, len(words)
    while j < length:
        word = words[j]
        following = words[j + 1] if j + 1 < length else ""
        if word == _TENS and 1 < part % 10 == part:
            part *= 10
        elif word in _MULTIPLIERS and part:
            factor = _MULTIPLIERS[word]
            if factor == 1000:
                total, part = total + part * factor, 0.0
            elif part < 10:
                part *= factor
            else:
                break
        elif word in ("linh", "lẻ") and part >= 100 and following in _DIGITS:
            pass
        elif word == "năm" and not (following == _TENS or following in _MULTIPLIERS):
            break
        elif word in _DIGITS and _fits(_DIGITS[word], part):
            part += _DIGITS[word]
            if following == _TENS and part > 10:
                part += 9 * _DIGITS[word]
                j += 1
        else:
            break
        j += 1
    return (total + part, j) if j - i >= 2 and total + part > 0 else None


def _fits(digit: float, part: float) -> bool:
    """Whether a digit may follow what stands: nothing, whole tens or whole hundreds."""
    if digit == 10:
        return part % 100 == 0
    return part % 10 == 0
