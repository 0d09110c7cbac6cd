"""What a run tells about itself: plain values for the terminal, and the same as Prefect artifacts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

SHOWN = 50
TROUBLED = ("source_file", "status", "status_reason")
REJECTED = ("source_file", "quote", "expectation", "expectation_detail")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Outcome of one night. `snapshot_path` is None when there is none; `published` is false when nothing changed."""

    inbox: str
    warehouse: str
    published: bool
    message: str
    snapshot_id: str | None = None
    snapshot_path: str | None = None
    documents_by_status: dict[str, int] = field(default_factory=dict)
    statements_by_status: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    troubled_documents: list[dict[str, Any]] = field(default_factory=list)
    warnings: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time of each step."""
    slowest: tuple[tuple[str, float], ...] = ()
    """Files that took longest to read, with their seconds."""

    @property
    def own_seconds(self) -> float:
        """Time of our own code: without Prefect's start and without Great Expectations."""
        return sum(spent for step, spent in self.seconds.items() if step != "validate")


def contents_of(snapshot: Path) -> dict[str, Any]:
    """Counts of the run that published `snapshot`; the first of its troubled documents and rejected statements."""
    with duckdb.connect() as connection:
        run = connection.execute(
            "SELECT documents_by_status, statements_by_status, targets, targets_provisional, rejected "
            "FROM read_parquet(?) ORDER BY started_at DESC LIMIT 1",
            [str(snapshot / "runs.parquet")],
        ).fetchone()
        troubled = connection.execute(
            "SELECT source_file, status, status_reason FROM read_parquet(?) WHERE status <> 'processed' "
            f"ORDER BY source_file LIMIT {SHOWN}",
            [str(snapshot / "documents" / "*.parquet")],
        ).fetchall()
        rejected = connection.execute(
            "SELECT source_file, quote, expectation, expectation_detail FROM read_parquet(?) "
            f"ORDER BY ALL LIMIT {SHOWN}",
            [str(snapshot / "rejected.parquet")],
        ).fetchall()
    assert run is not None
    return {
        "documents_by_status": json.loads(run[0]),
        "statements_by_status": json.loads(run[1]),
        "rows": {"targets": run[2], "targets_provisional": run[3], "rejected": run[4]},
        "troubled_documents": [dict(zip(TROUBLED, row, strict=True)) for row in troubled],
        "rejected": [dict(zip(REJECTED, row, strict=True)) for row in rejected],
    }


def publish_artifacts(summary: RunSummary) -> None:
    """Counts by status, rejected rows and a link to the snapshot, on the page of the flow run."""
    from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

    create_markdown_artifact(key="muctieu-summary", description="What the night found", markdown=as_markdown(summary))
    create_table_artifact(
        key="muctieu-rejected",
        description=f"Statements that failed validation (the first {SHOWN})",
        table=summary.rejected,
    )
    if summary.snapshot_path:
        create_link_artifact(
            key="muctieu-snapshot",
            link=f"file://{summary.snapshot_path}",
            link_text=summary.snapshot_id,
            description="The published snapshot",
        )


def as_markdown(summary: RunSummary) -> str:
    lines = [f"# {summary.message}", "", f"Inbox `{summary.inbox}`, warehouse `{summary.warehouse}`.", ""]
    for title, values in (
        ("Documents by status", summary.documents_by_status),
        ("Statements by status", summary.statements_by_status),
        ("Rows per table", summary.rows),
    ):
        lines += [
            f"## {title}",
            "",
            "| | |",
            "|---|---:|",
            *(f"| {name} | {count} |" for name, count in values.items()),
        ]
        lines.append("")
    if summary.warnings:
        lines += ["## Warnings", "", *(f"- {warning}" for warning in summary.warnings), ""]
    if summary.troubled_documents:
        lines += ["## Documents that were not read", "", "| document | status | reason |", "|---|---|---|"]
        lines += [
            f"| {row['source_file']} | {row['status']} | {row['status_reason']} |" for row in summary.troubled_documents
        ]
    return "\n".join(lines)
