"""The standard page: indicators, units, provinces, and the gaps that provisional targets show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from warehouse.report.collected import Collected
from warehouse.report.site import Page
from warehouse.report.source import Row

GAPS_SHOWN = 500


def pages(data: Collected) -> Iterator[Page]:
    targets: Counter[str] = Counter()
    provinces: dict[str, set[str]] = defaultdict(set)
    for row in data.targets:
        targets[row["indicator"]] += 1
        provinces[row["indicator"]].add(row["province"])
    order = list(data.names.themes)
    indicators = sorted(
        data.names.indicators.values(),
        key=lambda row: (order.index(row["theme"]) if row.get("theme") in order else len(order), row["name_vi"]),
    )
    yield Page(
        "standard.html",
        "standard.html.j2",
        {
            "indicators": [
                {
                    "id": row["indicator"],
                    "theme": row.get("theme") or "",
                    "unit": row.get("unit") or "",
                    "targets": targets[row["indicator"]],
                    "provinces": len(provinces[row["indicator"]]),
                }
                for row in indicators
            ],
            "units": data.published.rows("units"),
            "provinces": [
                {
                    key: row[key]
                    for key in ("province", "province_code", "region", "valid_from", "valid_to", "province_2025")
                }
                for rows in data.names.provinces.values()
                for row in rows
            ],
            "gaps": gaps(data.provisional)[:GAPS_SHOWN],
            "gap_count": len({row["indicator"] for row in data.provisional}),
        },
    )


def gaps(provisional: tuple[Row, ...]) -> list[dict[str, Any]]:
    """Provisional indicators by how many provinces and documents use them: the queue for the standard."""
    cells: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in provisional:
        cells[row["indicator"], row["unit"]].append(row)
    found = [
        {
            "indicator": indicator,
            "unit": unit,
            "label": rows[0]["label"],
            "targets": len(rows),
            "provinces": len({row["province"] for row in rows}),
            "documents": len({row["source_file"] for row in rows}),
            "example": {key: rows[0][key] for key in ("statement_id", "document_id", "source_file", "quote")},
        }
        for (indicator, unit), rows in cells.items()
    ]
    return sorted(found, key=lambda gap: (-gap["provinces"], -gap["documents"], -gap["targets"], gap["indicator"]))
