"""The start page and the list of documents: what the latest night brought, and how far the table reaches."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from warehouse.report.collected import CELL, Collected
from warehouse.report.formatting import read_rows
from warehouse.report.names import NATION
from warehouse.report.site import Page
from warehouse.report.source import Published, Row

CHANGES_SHOWN = 100
DOCUMENTS_A_PAGE = 250
_SAID = ("value", "value_max", "comparator")


def pages(data: Collected) -> Iterator[Page]:
    runs = data.published.rows("runs")
    run = max(runs, key=lambda row: row["started_at"], default={})
    previous = data.published.previous()
    by_province = Counter(row["province"] for row in data.targets)
    themes = Counter(data.names.theme(row["indicator"]) for row in data.targets)
    reach: dict[str, set[str]] = defaultdict(set)
    for row in data.targets:
        if row["province"] != NATION:
            reach[data.names.theme(row["indicator"])].add(row["province"])
    latest = {row["province"]: row for row in sorted(data.documents, key=lambda r: str(r["document_date"] or ""))}
    documents = Counter(row["province"] for row in data.documents)
    yield Page(
        "index.html",
        "start.html.j2",
        {
            "snapshot": data.published.name,
            "run": {key: run.get(key) for key in ("started_at", "validation", "duration_seconds", "rejected")},
            "versions": _loaded(run.get("versions")),
            "counts": {
                "documents": len(data.documents),
                "targets": len(data.targets),
                "provisional": len(data.provisional),
                "commitments": len(data.commitments),
                "rejected": sum(_rows(data.published, "rejected")),
                "provinces": len({name for name in by_province if name != NATION}),
                "indicators": len({row["indicator"] for row in data.targets}),
            },
            "trouble": [row for row in data.documents if row["status"] != "processed"],
            "changes": changes(data, previous),
            "themes": [(theme, count, len(reach[theme])) for theme, count in themes.most_common()],
            "years": sorted(Counter(row["year"] for row in data.targets).items()),
            "tiles": tiles(by_province, data),
            "provinces": [
                {
                    "name": name,
                    "region": str(rows[-1].get("region") or ""),
                    "targets": by_province[name],
                    "documents": documents[name],
                    "successor": data.names.successors[name],
                    "latest": latest.get(name),
                }
                for name, rows in data.names.provinces.items()
                if name != NATION
            ],
        },
    )
    yield from document_lists(data)


def document_lists(data: Collected) -> Iterator[Page]:
    """The documents, newest first, in pages that open at once however many there are."""
    newest = sorted(data.documents, key=lambda row: (str(row["document_date"] or ""), row["source_file"]), reverse=True)
    parts = [newest[at : at + DOCUMENTS_A_PAGE] for at in range(0, len(newest), DOCUMENTS_A_PAGE)] or [[]]
    names = ["documents.html", *(f"documents-{number}.html" for number in range(2, len(parts) + 1))]
    spans = [_span(part) for part in parts]
    for name, part in zip(names, parts, strict=True):
        yield Page(name, "documents.html.j2", {"documents": part, "parts": list(zip(names, spans, strict=True))})


def _span(rows: list[Row]) -> str:
    years = [str(row["document_date"].year) for row in rows if row["document_date"]]
    return "–".join(dict.fromkeys((years[-1], years[0]))) if years else "?"


def tiles(counts: Counter[str], data: Collected) -> dict[str, list[dict[str, Any]]]:
    """The two tile maps: 63 units by name; 34 units with the targets of all that went into them."""
    rolled: Counter[str] = Counter()
    for name, count in counts.items():
        rolled[data.names.successors.get(name, name)] += count
    maps: dict[str, list[dict[str, Any]]] = {"63": [], "34": []}
    for row in read_rows("tiles.csv"):
        of_era = counts if row["era"] == "63" else rolled
        count = of_era[row["name"]] + (of_era[row["former"]] if row["former"] else 0)
        maps[row["era"]].append(
            {
                "name": row["name"],
                "label": row["label"] or row["name"],
                "row": row["row"],
                "column": row["column"],
                "count": count,
            }
        )
    for drawn in maps.values():
        highest = max((tile["count"] for tile in drawn), default=0)
        for tile in drawn:
            share = tile["count"] / highest if highest else 0
            tile["shade"] = 0 if not tile["count"] else 1 + min(4, int(5 * share**0.5 - 1e-9))
    return maps


def changes(data: Collected, previous: Published | None) -> dict[str, Any] | None:
    """Targets added, changed and gone since `previous`, by cell; None for the first snapshot."""
    if previous is None:
        return None
    before = {tuple(row[name] for name in CELL): row for row in previous.rows("targets")}
    now = {tuple(row[name] for name in CELL): row for row in data.targets}
    added = [row for key, row in now.items() if key not in before]
    changed = [
        {**row, "was": {name: before[key][name] for name in (*_SAID, "unit")}}
        for key, row in now.items()
        if key in before and any(before[key][name] != row[name] for name in _SAID)
    ]
    gone = [row for key, row in before.items() if key not in now]
    rows = [("changed", row) for row in changed] + [("gone", row) for row in gone] + [("added", row) for row in added]
    return {
        "previous": previous.name,
        "added": len(added),
        "changed": len(changed),
        "gone": len(gone),
        "rows": [
            (kind, {key: value for key, value in row.items() if key != "history"}) for kind, row in rows[:CHANGES_SHOWN]
        ],
        "more": max(0, len(rows) - CHANGES_SHOWN),
    }


def _rows(published: Published, table: str) -> list[int]:
    import pyarrow.parquet as pq

    return [int(pq.read_metadata(path).num_rows) for path in published.files(table)]


def _loaded(value: Any) -> dict[str, Row]:
    try:
        found = json.loads(value or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
