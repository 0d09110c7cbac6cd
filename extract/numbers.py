"""Numbers as Vietnamese documents write them."""

from __future__ import annotations

import re

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
