"""Indicator pages: all provinces compared, one view for each year and breakdown."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from warehouse.report.collected import Collected
from warehouse.report.formatting import amount_texts, read_rows
from warehouse.report.names import NATION, indicator_page
from warehouse.report.site import Page
from warehouse.report.source import Row

_VIEW = ("year", "admin_level", "breakdown", "year_basis", "unit")
CHART_FROM = 3
"""Fewer provinces than this are read faster in the table than in a chart."""


def pages(data: Collected) -> Iterator[Page]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in data.targets:
        rows[row["indicator"]].append(row)
    for indicator_id, entry in data.names.indicators.items():
        mine = rows.get(indicator_id, [])
        views = [_view(key, found) for key, found in _grouped(mine)]
        views.sort(key=lambda view: (-view["count"], view["year"]))
        yield Page(
            indicator_page(indicator_id),
            "indicator.html.j2",
            {
                "indicator_id": indicator_id,
                "entry": {key: ("" if value is None else value) for key, value in entry.items()},
                "views": views,
                "count": len(mine),
                "provinces": len({row["province"] for row in mine} - {NATION}),
            },
        )


def _grouped(rows: list[Row]) -> list[tuple[tuple[Any, ...], list[Row]]]:
    views: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        views[tuple(row[name] for name in _VIEW)].append(row)
    return list(views.items())


def _view(key: tuple[Any, ...], rows: list[Row]) -> dict[str, Any]:
    provincial = sorted(
        (row for row in rows if row["province"] != NATION),
        key=lambda r: (-r["value"], r["province"], r["statement_id"]),
    )
    values = [row["value"] for row in provincial]
    national = next((row for row in rows if row["province"] == NATION), None)
    national = national or next((row["national"] for row in provincial if row["national"]), None)
    return {
        **dict(zip(_VIEW, key, strict=True)),
        "rows": provincial,
        "national": national,
        "count": len({row["province"] for row in provincial}),
        "spread": _spread(values) if len(values) >= CHART_FROM else None,
        "sides": {
            name: [row["province"] for row in provincial if row["side"] == name] for name in ("above", "equal", "below")
        },
        "chart": len(provincial) >= CHART_FROM,
        "shades": _shades(provincial),
        "amounts": {row["province"]: amount_texts(row)[0] for row in reversed(provincial)},
        **_map({row["province"] for row in provincial}),
    }


def _map(present: set[str]) -> dict[str, Any]:
    """The tile map, of 63 or 34 units, that has more of the provinces; the older one when both have as many."""
    if len(present) < CHART_FROM:
        return {"tiles": [], "era": "63"}
    tiles: dict[str, list[dict[str, Any]]] = {"63": [], "34": []}
    for row in read_rows("tiles.csv"):
        tiles[row["era"]].append({**row, "label": row["label"] or row["name"]})
    era = max(
        tiles, key=lambda key: (sum(tile["name"] in present or tile["former"] in present for tile in tiles[key]), key)
    )
    return {"tiles": tiles[era], "era": era}


def _spread(values: list[float]) -> dict[str, float]:
    quartiles = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {
        "low": min(values),
        "lower": quartiles[0],
        "median": statistics.median(values),
        "upper": quartiles[2],
        "high": max(values),
    }


def _shades(rows: list[Row]) -> dict[str, int]:
    """Province -> 1 (lowest) to 5 (highest), by rank, so that one outlier does not bleach the map."""
    ordered = sorted({row["value"] for row in rows})
    steps = max(len(ordered) - 1, 1)
    return {
        row["province"]: 1 + round(4 * ordered.index(row["value"]) / steps) if len(ordered) > 1 else 3 for row in rows
    }
