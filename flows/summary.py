"""What a run tells about itself: plain values for the terminal, and the same as Prefect artifacts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

SHOWN_REJECTED = 50


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Outcome of one night. `snapshot_path` is None when there is none yet; `published` is false when nothing changed."""

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
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time of each step."""

    @property
    def own_seconds(self) -> float:
        """Time of our own code: without Prefect's start and without Great Expectations."""
        return sum(spent for step, spent in self.seconds.items() if step != "validate")


def counts(table: pa.Table, column: str) -> dict[str, int]:
    return dict(sorted(Counter(table[column].to_pylist()).items()))


def rejected_rows(rejected: pa.Table) -> list[dict[str, Any]]:
    names = ["source_file", "quote", "expectation", "expectation_detail"]
    rows: list[dict[str, Any]] = rejected.select(names).slice(0, SHOWN_REJECTED).to_pylist()
    return rows


def publish_artifacts(summary: RunSummary) -> None:
    """Counts by status, rejected rows and a link to the snapshot, on the page of the flow run."""
    from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

    create_markdown_artifact(key="muctieu-summary", description="What the night found", markdown=as_markdown(summary))
    create_table_artifact(
        key="muctieu-rejected",
        description=f"Statements that failed validation (the first {SHOWN_REJECTED})",
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
        lines += [f"## {title}", "", "| | |", "|---|---:|", *(f"| {name} | {count} |" for name, count in values.items())]
        lines.append("")
    if summary.troubled_documents:
        lines += ["## Documents that were not read", "", "| document | status | reason |", "|---|---|---|"]
        lines += [f"| {row['source_file']} | {row['status']} | {row['status_reason']} |"
                  for row in summary.troubled_documents]
    return "\n".join(lines)
