"""Units of tables: in a cell, in brackets in a header or behind a label, in the line above."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extract.quantities import scan
from extract.tokens import tokenise
from extract.vocabulary import canonical_words, phrase_table

_UNIT_IN_CAPTION = re.compile(r"(?:đơn vị tính|đơn vị|ĐVT|đvt)\s*:?\s*([^,;.)]{1,30})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit cell as read: factor to the dimension's base unit, dimension, base."""

    factor: float
    dimension: str
    per: str | None
    text: str


def read_unit(unit: str) -> Unit | None:
    """Unit cell such as Nghìn tấn, Triệu USD, %/năm, Doanh nghiệp; None when the cell says nothing."""
    unit = unit.strip()
    if not unit:
        return None
    folded = unit.casefold()
    if "hạng" in folded or folded in ("thứ bậc", "vị trí"):
        return Unit(1.0, "rank", None, unit)
    tokens = tokenise(unit if unit[0].isdigit() else f"1 {unit}")
    words = canonical_words(tokens)
    found = scan(tokens, words, ()).quantities
    if not found:
        return Unit(1.0, "count", None, unit)
    quantity = found[0]
    dimension = "count" if quantity.dimension == "bare" else quantity.dimension
    return Unit(quantity.value, dimension, quantity.per or _base_behind(words), unit)


def _base_behind(words: Sequence[str]) -> str | None:
    hits = phrase_table("bases").find(words)
    return hits[-1].entry.fields["per"] if hits else None


def caption_unit(above: Sequence[str]) -> Unit | None:
    """Unit that the lines above a table give: (đơn vị tính: ha)."""
    for line in reversed(above[-2:]):
        match = _UNIT_IN_CAPTION.search(line)
        if match:
            return read_unit(match.group(1).strip(" )."))
    return None


def header_unit(words: Sequence[str]) -> str:
    """Unit in brackets in a header: Lượng (tấn)."""
    if "(" in words and ")" in words:
        low, high = words.index("("), len(words) - 1 - list(reversed(words)).index(")")
        if low < high:
            return " ".join(words[low + 1 : high])
    return ""


def label_unit(label: str) -> Unit | None:
    """Unit named at the end of the label: Diện tích gieo trồng (ha)."""
    if label.endswith(")") and "(" in label:
        return read_unit(label[label.rindex("(") + 1 : -1])
    return None
