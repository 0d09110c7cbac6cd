"""The gate page: every expectation, what it means, whether it held, and the rows that failed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from schemas import tables
from schemas.suite import row_expectations, table_expectations
from warehouse.report.collected import Collected
from warehouse.report.formatting import read_rows
from warehouse.report.site import Page
from warehouse.report.source import Row

FAILING_ROWS_SHOWN = 100
WHOLE_TABLES = ("TARGETS", "TARGETS_PROVISIONAL", "STATEMENTS", "DOCUMENTS", "REJECTED", "COMMITMENTS")


def pages(data: Collected) -> Iterator[Page]:
    failing: dict[str, list[Row]] = defaultdict(list)
    for row in data.published.rows("rejected"):
        failing[row["expectation"]].append(row)
    meanings = {row["expectation"]: row["vi"] for row in read_rows("expectations.csv")}
    rules = []
    for expectation in row_expectations():
        rows = failing.pop(expectation.name, [])
        rules.append(_rule(expectation.name, expectation.reason, meanings, rows))
    for name, rows in sorted(failing.items()):
        rules.append(_rule(name, "", meanings, rows))
    runs = data.published.rows("runs")
    run = max(runs, key=lambda row: row["started_at"], default={})
    yield Page(
        "gate.html",
        "gate.html.j2",
        {
            "rules": sorted(rules, key=lambda rule: -rule["count"]),
            "validation": run.get("validation"),
            "tables": [_table(getattr(tables, name), data) for name in WHOLE_TABLES],
            "shown": FAILING_ROWS_SHOWN,
            "night": _night(data.published.json("validation.json")),
        },
    )


def _night(record: Any) -> dict[str, Any] | None:
    """What the gate of the warehouse wrote into the snapshot: checks between tables, drift, warnings."""
    if not isinstance(record, dict):
        return None
    return {
        "checks": [
            {key: check.get(key) for key in ("name", "table", "reason", "failing", "rows", "error", "passed")}
            for check in record.get("checks", [])
        ],
        "drift": [
            {key: entry.get(key) for key in ("name", "found", "most", "outcome", "reason")}
            for entry in record.get("drift", [])
        ],
        "accepted": bool(record.get("drift_accepted")),
    }


def _rule(name: str, reason: str, meanings: dict[str, str], rows: list[Row]) -> dict[str, Any]:
    column, _, tail = name.rpartition("_is_")
    pattern = meanings.get("*_is_" + tail, "").replace("*", column)
    kept = (
        "statement_id",
        "document_id",
        "source_file",
        "province",
        "indicator",
        "label",
        "unit",
        "value",
        "value_max",
        "comparator",
        "year",
        "quote",
        "expectation_detail",
    )
    return {
        "name": name,
        "vi": meanings.get(name) or pattern or reason,
        "en": reason or meanings.get(name) or name,
        "count": len(rows),
        "rows": [{key: row[key] for key in kept} for row in rows[:FAILING_ROWS_SHOWN]],
    }


def _table(table: tables.Table, data: Collected) -> dict[str, Any]:
    expectations = table_expectations(table)
    import pyarrow.parquet as pq

    return {
        "name": table.name,
        "description": table.description,
        "expectations": [e.name for e in expectations],
        "rows": sum(pq.read_metadata(path).num_rows for path in data.published.files(table.name)),
    }
