"""The floor: what any program must do that looks for figures in a text. Nothing that reads Vietnamese can be faster."""

from __future__ import annotations

import re
import unicodedata

_DIGIT = re.compile(r"\d")


def floor(data: bytes) -> int:
    """Decode UTF-8 with replacement, NFC, split lines, one compiled digit search a line; lines with a digit."""
    text = unicodedata.normalize("NFC", data.decode("utf-8", "replace"))
    return sum(1 for line in text.splitlines() if _DIGIT.search(line))
