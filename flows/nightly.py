"""The night, from top to bottom: discover, read, reconcile, validate, publish.

Prefect's tasks carry batches of documents and paths of Parquet parts, never rows. The steps themselves are plain functions
of the other packages; what is here is the order, the retries and the report.
"""

from __future__ import annotations

import contextlib
import datetime
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

import warehouse as warehouse_files
from flows.assemble import assemble
from flows.batches import BatchReader, BatchResult, batch_reader, batches
from flows.inbox import InboxFile, discover
from flows.settings import Settings
from flows.summary import RunSummary, counts, publish_artifacts, rejected_rows
from flows.versions import extractor_version, package_version
from schemas.standard import Standard, load_standard
from schemas.standard.publish import standard_tables
from schemas.suite import CheckedStatements, check_statements, check_tables
from transform.reconcile import reconcile
from warehouse import Published

Progress = Callable[[str, int, int], None]
"""(step, documents done, documents in all)"""

_listeners: list[Progress] = []


@contextlib.contextmanager
def listening(listener: Progress) -> Iterator[None]:
    """Tell `listener` how far the runs in this process are."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _tell(step: str, done: int, total: int) -> None:
    for listener in _listeners:
        listener(step, done, total)


class GateFailed(RuntimeError):
    """The new tables did not pass the gate: nothing was published, the snapshot before stays."""


@dataclass(frozen=True, slots=True)
class Night:
    """Everything that the steps of one run share."""

    inbox: Path
    root: Path
    started_at: datetime.datetime
    settings: Settings
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time of each step so far."""

    @contextlib.contextmanager
    def timed(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - start


@flow(
    name="muctieu-nightly",
    task_runner=ThreadPoolTaskRunner(max_workers=8),  # type: ignore[arg-type]
    validate_parameters=False,
    persist_result=False,
)
def nightly(
    inbox: str | None = None, warehouse: str | None = None, settings: dict[str, Any] | None = None
) -> RunSummary:
    """Read `inbox` and publish a snapshot to `warehouse`; both default to the settings.

    Raises InboxMissing, WriterBusy, GateFailed or WarehouseError; in each case the snapshot before stays the current one.
    """
    night = _night(inbox, warehouse, settings or {})
    files = discover(night.inbox)
    if not files:
        return nothing_to_read(night)
    with warehouse_files.writer(night.root), tempfile.TemporaryDirectory(prefix="muctieu-parts-") as folder:
        with night.timed("read"):
            documents, statements = assemble(read(files, Path(folder), night.settings))
            standard = load_standard()
        _tell("validating", len(files), len(files))
        with night.timed("validate"):
            checked = validate_statements(statements, documents, standard)
        with night.timed("reconcile"):
            tables = reconciled_tables(checked, documents, standard)
        with night.timed("validate"):
            validate_tables(tables, night)
        with night.timed("publish"):
            published = publish(tables, night, standard, len(files))
    summary = summarise(night, tables, published)
    publish_artifacts(summary)
    return summary


def read(files: Sequence[InboxFile], folder: Path, settings: Settings) -> list[BatchResult]:
    """All files in batches, each a task; the parts are in the order of the files whatever finished first."""
    done = 0
    with batch_reader(settings.workers, len(files), settings.small_run_documents) as reader:
        futures: list[tuple[int, PrefectFuture[BatchResult]]] = [
            (len(batch), read_documents.submit(number, batch, str(folder), reader))
            for number, batch in enumerate(batches(files, settings.batch_size))
        ]
        parts = []
        for size, future in futures:
            parts.append(future.result())
            done += size
            _tell("reading", done, len(files))
    return parts


@task(name="read documents", task_run_name="read batch {number}", retries=2, retry_delay_seconds=[1, 10],
      persist_result=False, cache_policy=None)
def read_documents(number: int, files: Sequence[InboxFile], folder: str, reader: BatchReader) -> BatchResult:
    return reader(number, files, folder)


@task(name="validate statements", persist_result=False, cache_policy=None)
def validate_statements(statements: pa.Table, documents: pa.Table, standard: Standard) -> CheckedStatements:
    return check_statements(statements, documents, standard)


def reconciled_tables(checked: CheckedStatements, documents: pa.Table, standard: Standard) -> dict[str, pa.Table]:
    result = reconcile(checked.statements)
    return {
        "targets": result.targets,
        "targets_provisional": result.targets_provisional,
        "statements": result.statements,
        "documents": documents,
        "rejected": checked.rejected,
        "commitments": result.commitments,
        **standard_tables(standard),
    }


@task(name="validate tables", persist_result=False, cache_policy=None)
def validate_tables(tables: dict[str, pa.Table], night: Night) -> None:
    failures = check_tables(tables, _targets_before(night.root))
    if failures:
        raise GateFailed("not published, the snapshot before stays:\n" + "\n".join(f"  {failure}" for failure in failures))


@task(name="publish", persist_result=False, cache_policy=None)
def publish(tables: dict[str, pa.Table], night: Night, standard: Standard, documents_read: int) -> Published:
    versions = {"muctieu": package_version(), "extractor": extractor_version(), "standard": standard.version}
    run = warehouse_files.Run(
        run_id=str(flow_run.get_id() or night.started_at.isoformat()),
        started_at=night.started_at,
        inbox=str(night.inbox),
        documents_read=documents_read,
        versions=versions,
    )
    retention = warehouse_files.Retention(keep=night.settings.keep_snapshots)
    return warehouse_files.publish(night.root, tables, run, retention=retention)


def nothing_to_read(night: Night) -> RunSummary:
    message = f"The inbox {night.inbox} holds no documents: nothing was published"
    return RunSummary(str(night.inbox), str(night.root), published=False, message=message)


def summarise(night: Night, tables: dict[str, pa.Table], published: Published) -> RunSummary:
    documents = tables["documents"]
    not_read = documents.filter(pc.not_equal(documents["status"], "processed"))
    said = "published" if published.new else "nothing has changed, the snapshot stays"
    return RunSummary(
        inbox=str(night.inbox),
        warehouse=str(night.root),
        published=published.new,
        message=f"Snapshot {published.snapshot_id}: {said}",
        snapshot_id=published.snapshot_id,
        snapshot_path=str(published.path),
        documents_by_status=counts(documents, "status"),
        statements_by_status=counts(tables["statements"], "status"),
        rows={name: table.num_rows for name, table in sorted(tables.items())},
        rejected=rejected_rows(tables["rejected"]),
        troubled_documents=not_read.select(["source_file", "status", "status_reason"]).to_pylist(),
        seconds=dict(night.seconds),
    )


def _targets_before(root: Path) -> int | None:
    path = root / "current" / "targets.parquet"
    return pq.read_metadata(path).num_rows if path.exists() else None


def _night(inbox: str | None, warehouse: str | None, given: dict[str, Any]) -> Night:
    flags = {"inbox": inbox, "warehouse": warehouse}
    settings = Settings(**given, **{name: value for name, value in flags.items() if value is not None})
    return Night(settings.inbox, settings.warehouse.absolute(), datetime.datetime.now(datetime.UTC), settings)
