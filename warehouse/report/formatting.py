"""How values look: numbers the Vietnamese and the English way, comparators, years, and text that cannot misbehave."""

from __future__ import annotations

import csv
import datetime
import functools
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

DATA = Path(__file__).parent / "data"
BOUNDS = {"ge": "≥\u2009", "gt": ">\u2009", "le": "≤\u2009", "lt": "<\u2009", "approx": "≈\u2009"}
_SIGNIFICANT_DECIMALS = 4
# C0 and C1 controls except tab and newline, soft hyphen, zero-width and bidi marks, line separators, tag characters.
_CONTROL = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)


@functools.cache
def read_rows(name: str) -> list[dict[str, str]]:
    """Rows of a data file of the report, as dictionaries of strings; shared, so do not change them."""
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@functools.cache
def _texts() -> Mapping[str, tuple[str, str]]:
    return {row["key"]: (row["vi"], row["en"]) for row in read_rows("texts.csv")}


@functools.cache
def _symbols() -> Mapping[str, tuple[str, str]]:
    return {row["unit"]: (row["vi"], row["en"]) for row in read_rows("unit_symbols.csv")}


def text(key: str) -> tuple[str, str]:
    """Vietnamese and English wording of a key of data/texts.csv; KeyError names a key that the file lacks."""
    try:
        return _texts()[key]
    except KeyError:
        raise KeyError(f"warehouse/report/data/texts.csv has no line for {key!r}: add one with vi and en") from None


def neutral(value: Any) -> Any:
    """`value` with invisible and direction-changing characters shown as ‹U+202E›, so that they cannot act on
    the page."""
    if isinstance(value, Markup):
        return Markup(_CONTROL.sub(_shown, str(value)))
    return _CONTROL.sub(_shown, value) if isinstance(value, str) else value


def _shown(match: re.Match[str]) -> str:
    return f"‹U+{ord(match.group()):04X}›"


def both(vietnamese: str, english: str) -> Markup:
    """Markup with both wordings, of which the style sheet shows the one of the page's language."""
    first = escape(neutral(vietnamese))
    if vietnamese == english:
        return first
    second = escape(neutral(english))
    return Markup(f'<span class="vi" lang="vi">{first}</span><span class="en" lang="en">{second}</span>')


def number_vi(value: float) -> str:
    return number_en(value).translate({ord(","): ".", ord("."): ","})


def number_en(value: float) -> str:
    """At most four decimals, thousands grouped: 1,234.5"""
    shown = f"{value:,.{_SIGNIFICANT_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def number(value: float | None) -> Markup:
    return Markup("–") if value is None else both(number_vi(value), number_en(value))


def bound(value: Any) -> Markup:
    """A bound of the standard, a number or its text; an open one is shown as ∞."""
    try:
        return number(float(value))
    except (TypeError, ValueError):
        return Markup("∞")


def symbol(unit: str | None) -> tuple[str, str]:
    """Short form of a unit in both languages; an unknown unit is shown by its id."""
    if not unit:
        return "", ""
    return _symbols().get(unit, (unit.replace("_", " "), unit.replace("_", " ")))


def _joined(value: str, unit: str) -> str:
    return value + unit if not unit or unit.startswith(("%", "‰", "/")) else f"{value}\u00a0{unit}"


def amount_texts(row: Mapping[str, Any]) -> tuple[str, str]:
    """Comparator, number and unit of a row with value, value_max, comparator and unit, in both languages."""
    if row.get("value") is None:
        return "–", "–"
    bound = BOUNDS.get(row.get("comparator") or "", "")
    shown = []
    for write, unit in zip((number_vi, number_en), symbol(row.get("unit")), strict=True):
        value = write(row["value"])
        if row.get("value_max") is not None:
            value += "–" + write(row["value_max"])
        shown.append(bound + _joined(value, unit))
    return shown[0], shown[1]


def amount(row: Mapping[str, Any]) -> Markup:
    return both(*amount_texts(row))


def due(row: Mapping[str, Any]) -> str:
    """`2030`; `2026–2030` for an annual or period statement with a start."""
    year, start = row.get("year"), row.get("period_start")
    if year is None:
        return "–"
    return f"{start}–{year}" if start is not None and start != year else str(year)


def date(value: datetime.date | None) -> str:
    return value.strftime("%d/%m/%Y") if value else "–"


def fold(value: str) -> str:
    """Lower case without diacritics, đ included: what searching compares."""
    lowered = unicodedata.normalize("NFD", value.lower().replace("đ", "d"))
    return " ".join("".join(c for c in lowered if not unicodedata.combining(c)).split())


def slug(value: str) -> str:
    """A file name of letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", fold(value)).strip("-") or "x"


def anchor(statement_id: str) -> str:
    """A fragment for a statement: safe whatever the id holds."""
    return "s-" + re.sub(r"[^A-Za-z0-9_-]", "-", statement_id)
