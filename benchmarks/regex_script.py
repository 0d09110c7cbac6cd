"""The afternoon's script that people write instead: one expression for "by such a year, something reaches so much".

It knows no province, indicator, unit, bound, inherited year, achievement or document number; it stands here for its
speed alone.
"""

from __future__ import annotations

import re

_TARGET = re.compile(
    r"(?:đến|vào|trong)\s+(?:cuối\s+)?năm\s+(20\d\d)[^.;\n]{0,200}?"
    r"(?:đạt|chiếm|tăng|giảm|còn|có|dưới|trên)[^.;\n\d]{0,60}?"
    r"(\d+(?:[.,]\d+)*)\s*(%|phần trăm|tỷ|triệu|nghìn|người|xã|ha)?",
    re.IGNORECASE,
)


def find(text: str) -> list[tuple[str, str, str]]:
    """(year, number, unit) of everything that looks like a target."""
    return [(found[1], found[2], found[3] or "") for found in _TARGET.finditer(text)]
