"""What a run leaves on its page in Prefect besides its summary: progress, what changed since the night before, the
slowest documents. Nothing here may fail a night whose tables are published."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.logs import log
from flows.summary import RunSummary

SHOWN_CHANGES = 100
_PAUSE_SECONDS = 2.0


class ProgressArtifact:
    """A listener of the night that keeps a progress bar on the page of the run."""

    def __init__(self, in_prefect: bool) -> None:
        self._in_prefect = in_prefect
        self._artifact: Any = None
        self._told_at = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._in_prefect or not total or (done < total and now - self._told_at < _PAUSE_SECONDS):
            return
        self._told_at = now
        with forgiving("progress"):
            from prefect.artifacts import create_progress_artifact, update_progress_artifact

            share = 100.0 * done / total
            if self._artifact is None:
                self._artifact = create_progress_artifact(share, key="muctieu-progress", description="Documents read")
            else:
                update_progress_artifact(self._artifact, share)


def publish_more_artifacts(summary: RunSummary) -> None:
    """What changed since the night before, the slowest documents, and where everything is."""
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    if summary.published:
        with forgiving("muctieu-changes"):
            text, rows = changes(Path(summary.warehouse))
            create_markdown_artifact(key="muctieu-changes", description="Changed since the night before", markdown=text)
            create_table_artifact(key="muctieu-changed-targets", description=f"The first {SHOWN_CHANGES}", table=rows)
    with forgiving("muctieu-slowest"):
        create_table_artifact(
            key="muctieu-slowest",
            description="The documents that took longest",
            table=[{"document": name, "seconds": round(seconds, 3)} for name, seconds in summary.slowest],
        )
    with forgiving("muctieu-links"):
        create_markdown_artifact(key="muctieu-links", description="Where everything is", markdown=links(summary))


def changes(root: Path) -> tuple[str, list[dict[str, Any]]]:
    """(by province as Markdown, changed targets as rows) between the current snapshot and the one before it."""
    from warehouse.layout import Layout
    from warehouse.snapshots import diff_snapshots

    if len(Layout.at(root).snapshot_ids()) < 2:
        return "The first snapshot of this warehouse: nothing to compare with.", []
    found = diff_snapshots(root)
    lines = [f"# {found.old} to {found.new}", ""]
    lines += [f"{len(found.documents_added)} documents came, {len(found.documents_gone)} left.", ""]
    if found.by_province.num_rows:
        lines += ["| province | added | changed | gone |", "|---|---:|---:|---:|"]
        lines += [
            f"| {r['province']} | {r['added']} | {r['changed']} | {r['gone']} |" for r in found.by_province.to_pylist()
        ]
    else:
        lines.append("No target differs.")
    wanted = ("kind", "province", "indicator", "year", "old_value", "new_value", "old_quote", "new_quote")
    rows = found.rows.slice(0, SHOWN_CHANGES).select(list(wanted)).to_pylist()
    return "\n".join(lines), rows


def links(summary: RunSummary) -> str:
    if not summary.snapshot_path:
        return f"No snapshot yet in `{summary.warehouse}`."
    places = {
        "the snapshot": summary.snapshot_path,
        "the catalogue for DuckDB": f"{summary.warehouse}/targets.duckdb",
        "the contract": f"{summary.snapshot_path}/contract.yaml",
        "the record of the gate": f"{summary.snapshot_path}/validation.json",
        "the inbox": str(Path(summary.inbox).absolute()) if "://" not in summary.inbox else summary.inbox,
    }
    return "\n".join(
        f"- {name}: [{place}]({place if '://' in place else f'file://{place}'})" for name, place in places.items()
    )


@contextlib.contextmanager
def forgiving(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as trouble:
        log.warning("artifact not written", artifact=what, reason=f"{type(trouble).__name__}: {trouble}")
