"""The national target beside a provincial one: the same indicator, year and breakdown, as the nation's plans say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from warehouse.report.names import NATION
from warehouse.report.source import Row

Side = Literal["above", "equal", "below"]
_CELL = ("indicator", "unit", "year", "year_basis", "breakdown")


@dataclass(frozen=True, slots=True)
class NationalTargets:
    """National rows by cell."""

    by_cell: Mapping[tuple[Any, ...], tuple[Row, ...]]

    @classmethod
    def of(cls, targets: Iterable[Row]) -> NationalTargets:
        cells: dict[tuple[Any, ...], tuple[Row, ...]] = defaultdict(tuple)
        for row in targets:
            if row["province"] == NATION:
                key = tuple(row[name] for name in _CELL)
                cells[key] = (*cells[key], row)
        return cls(dict(cells))

    def beside(self, target: Row) -> Row | None:
        """The national row for the same cell: the same level of government, else the one said for no level."""
        found = self.by_cell.get(tuple(target[name] for name in _CELL), ())
        same = [row for row in found if row["admin_level"] == target["admin_level"]]
        plain = [row for row in found if row["admin_level"] is None]
        ordered = sorted(same or plain, key=lambda row: row["period_start"] != target["period_start"])
        return ordered[0] if ordered else None


def side(target: Row, national: Row | None) -> Side | None:
    """Where the provincial number lies; a range counts by its lower end, as everywhere."""
    if national is None:
        return None
    if target["value"] == national["value"]:
        return "equal"
    return "above" if target["value"] > national["value"] else "below"
