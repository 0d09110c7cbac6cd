"""The national target beside a provincial one: the same indicator, year and breakdown, as the nation's plans
say it, else as the standard lists it from the national framework."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from warehouse.report.names import NATION
from warehouse.report.source import Row

Side = Literal["above", "equal", "below"]
_CELL = ("indicator", "unit", "year", "year_basis", "breakdown")
_LISTED = re.compile(r"(>=|>|<=|<|~)?(-?[0-9.]+(?:e[+-]?[0-9]+)?)(?:-([0-9.]+(?:e[+-]?[0-9]+)?))?@([0-9]{4}) \((.*)\)")
_COMPARATORS = {">=": "ge", ">": "gt", "<=": "le", "<": "lt", "~": "approx"}


@dataclass(frozen=True, slots=True)
class NationalTargets:
    """National rows by cell, found in documents; and by indicator and year, listed in the standard."""

    by_cell: Mapping[tuple[Any, ...], tuple[Row, ...]]
    listed: Mapping[tuple[str, int], Row]

    @classmethod
    def of(cls, targets: Iterable[Row], indicators: Mapping[str, Row]) -> NationalTargets:
        cells: dict[tuple[Any, ...], tuple[Row, ...]] = defaultdict(tuple)
        for row in targets:
            if row["province"] == NATION:
                key = tuple(row[name] for name in _CELL)
                cells[key] = (*cells[key], row)
        listed = {(name, row["year"]): row for name, entry in indicators.items() for row in listed_targets(entry)}
        return cls(dict(cells), listed)

    def beside(self, target: Row) -> Row | None:
        """The national row for the same cell: the same level of government, else the one said for no level."""
        found = self.by_cell.get(tuple(target[name] for name in _CELL), ())
        same = [row for row in found if row["admin_level"] == target["admin_level"]]
        plain = [row for row in found if row["admin_level"] is None]
        ordered = sorted(same or plain, key=lambda row: bool(row["period_start"] != target["period_start"]))
        if ordered:
            return ordered[0]
        whole = target["breakdown"] is None and target["year_basis"] != "period"
        return self.listed.get((target["indicator"], target["year"])) if whole else None


def listed_targets(indicator: Row) -> list[Row]:
    """`national_targets` of an indicator, such as `80@2025 (749/QĐ-TTg)|>=90@2030 (749/QĐ-TTg)`, as rows."""
    rows = []
    for entry in (indicator.get("national_targets") or "").split("|"):
        if match := _LISTED.fullmatch(entry.strip()):
            sign, value, upper, year, source = match.groups()
            rows.append(
                {
                    "value": float(value),
                    "value_max": float(upper) if upper else None,
                    "unit": indicator["unit"],
                    "year": int(year),
                    "comparator": _COMPARATORS.get(sign or "", "between" if upper else "eq"),
                    "period_start": None,
                    "statement_id": None,
                    "document_number": source,
                    "document_date": None,
                }
            )
    return rows


def side(target: Row, national: Row | None) -> Side | None:
    """Where the provincial number lies; a range counts by its lower end, as everywhere."""
    if national is None:
        return None
    if target["value"] == national["value"]:
        return "equal"
    return "above" if target["value"] > national["value"] else "below"
