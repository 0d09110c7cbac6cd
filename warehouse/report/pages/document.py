"""Document pages: the whole text with its statements and refused numbers, and the form for corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from warehouse.report.formatting import anchor
from warehouse.report.marking import Mark, lines
from warehouse.report.names import document_page
from warehouse.report.site import Page
from warehouse.report.source import Row

Marks = Callable[[str, str], Iterable[tuple[int, int, str]]]
"""(text, source_file) -> (start, end, reason) of every number that was read: refused for a reason, or kept (no
reason)."""

_CORRECTED = (
    "statement_id",
    "quote",
    "province",
    "indicator",
    "unit",
    "value",
    "value_max",
    "comparator",
    "year",
    "year_basis",
    "period_start",
    "admin_level",
    "breakdown",
    "status",
)
_SHOWN = (
    *_CORRECTED,
    "document_id",
    "source_file",
    "label",
    "match_score",
    "section",
    "status_reason",
    "prevails",
    "rules",
    "runner_up",
    "runner_up_score",
    "year_source",
    "corrected_by",
    "value_basis",
    "baseline_year",
    "char_start",
    "char_end",
)


def inputs(document: Row, statements: list[Row]) -> list[Any]:
    """What decides whether the page must be made again."""
    return [document, statements]


def page(document: Row, statements: list[Row], marks: Marks | None) -> Page:
    """`statements` are rows of `statements`; those of `rejected` add expectation and expectation_detail."""
    text = document["text"] or ""
    refused = marks(text, document["source_file"]) if marks is not None and text else ()
    ordered = sorted(statements, key=lambda row: (row["char_start"], row["char_end"], row["statement_id"]))
    spans = [Mark(row["char_start"], row["char_end"], anchor(row["statement_id"]), row["status"]) for row in ordered]
    spans += [Mark(start, end, "", "refused", reason) for start, end, reason in refused]
    counts: dict[str, int] = {}
    for row in ordered:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    return Page(
        path(document),
        "document.html.j2",
        {
            "document": {key: value for key, value in document.items() if key != "text"},
            "lines": lines(text, spans),
            "statements": [
                {key: row.get(key) for key in (*_SHOWN, "expectation", "expectation_detail")} for row in ordered
            ],
            "counts": counts,
            "refused": sum(1 for span in spans if span.reason),
            "rows": {anchor(row["statement_id"]): {key: row[key] for key in _CORRECTED} for row in ordered},
        },
    )


def path(document: Row) -> str:
    return document_page(document["document_id"], document["source_file"])
