"""Province pages: targets by theme and year with the national one beside each, plan history, commitments."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from warehouse.report.collected import Collected
from warehouse.report.names import NATION, province_page
from warehouse.report.site import Page
from warehouse.report.source import Row

_FACTS = ("full_name", "province_code", "region", "valid_from", "valid_to")


def pages(data: Collected) -> Iterator[Page]:
    """One page for every name in the standard, and one for the nation."""
    targets, provisional, commitments, documents = (
        _by_province(rows) for rows in (data.targets, data.provisional, data.commitments, data.documents)
    )
    order = list(data.names.themes)
    for name in dict.fromkeys((NATION, *data.names.provinces)):
        mine = targets.get(name, [])
        themes: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(mine, key=lambda r: (_name(data, r), r["year"], r["admin_level"] or "", r["statement_id"])):
            themes[data.names.theme(row["indicator"])].append(row)
        ordered = sorted(themes.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))
        yield Page(
            province_page(name),
            "province.html.j2",
            {
                "name": name,
                "facts": [{key: row[key] for key in _FACTS} for row in data.names.provinces.get(name, ())],
                "successor": data.names.successors.get(name, name),
                "predecessors": [(old, len(targets.get(old, []))) for old in data.names.predecessors.get(name, ())],
                "themes": ordered,
                "sides": dict(Counter(row["side"] for row in mine if row["side"])),
                "count": len(mine),
                "conflicts": sum(row["agreement"] == "conflict" for row in mine),
                "provisional": sorted(
                    provisional.get(name, []), key=lambda r: (r["year"], r["label"] or "", r["statement_id"])
                ),
                "commitments": commitments.get(name, []),
                "documents": sorted(
                    documents.get(name, []),
                    key=lambda r: (str(r["document_date"] or ""), r["source_file"]),
                    reverse=True,
                ),
            },
        )


def _name(data: Collected, row: Row) -> str:
    return str((data.names.indicators.get(row["indicator"]) or {}).get("name_vi") or row["indicator"])


def _by_province(rows: tuple[Row, ...]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["province"] or ""].append(row)
    return found
