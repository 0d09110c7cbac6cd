"""The night, from top to bottom: discover, read, reconcile, validate, publish, copy.

Prefect's tasks carry batches of documents and paths of Parquet parts, never rows. The steps themselves are plain
functions of the other packages; what is here is the order, the retries and the report.
"""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from prefect import flow, task
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

import warehouse as warehouse_files
from flows.again import read_again
from flows.artifacts import ProgressArtifact, forgiving, publish_more_artifacts
from flows.assemble import assemble
from flows.batches import BatchReader, BatchResult, batches, slowest_of
from flows.copies import copy_out
from flows.copy_record import forget_copies
from flows.fetch import fetch_web
from flows.inbox import discover
from flows.inbox_file import InboxFile
from flows.parts import join, make_folder, parts_folder
from flows.runners import Where, runner
from flows.settings import Settings
from flows.summary import RunSummary, contents_of, publish_artifacts
from flows.versions import extractor_version, package_version
from flows.watch import Watch, watched
from schemas.standard import Standard, load_standard
from schemas.standard.publish import standard_tables
from schemas.suite import CheckedStatements, check_statements, check_tables, record_of
from transform.reconcile import reconcile
from transform.slug import with_slugs
from warehouse import Assembled, Changes, Corrections, Published, StoredDocuments
from warehouse.drift import SETTINGS as GATE_SETTINGS
from warehouse.manifest import read_manifest

Progress = Callable[[str, int, int], None]
"""(step, documents done, documents in all)"""

_listeners: list[Progress] = []

MIRROR = ".inbox-mirror"
"""Folder of the warehouse that a remote inbox is copied to, object by object where it changed."""


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
        _tell(step, 0, 0)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: rows of the files that changed, and of no other."""

    changes: Changes
    documents: StoredDocuments
    statements: pa.Table
    containers: dict[str, str]
    corrections: str | None = None
    """Hash of the corrections that were applied."""
    stale_corrections: tuple[str, ...] = ()
    """Corrections that no longer find what they expect, in words."""
    slowest: tuple[tuple[str, float], ...] = ()
    """Files that took longest to read, with their seconds."""


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

    Raises InboxMissing, WriterBusy, GateFailed or WarehouseError; in each case the snapshot before stays current.
    """
    night = _night(inbox, warehouse, settings or {})
    run_id = flow_run.get_id()
    given = (night.root, str(night.inbox), night.settings, night.started_at)
    with watched(*given, run_id or night.started_at.isoformat(), in_prefect=run_id is not None) as watch:
        with listening(watch.progress), listening(ProgressArtifact(in_prefect=run_id is not None)):
            summary = run_night(night, watch)
        if run_id is not None:
            with forgiving("muctieu-summary"):
                publish_artifacts(summary)
            publish_more_artifacts(summary)
    return summary


def run_night(night: Night, watch: Watch) -> RunSummary:
    """The steps in their order."""
    watch.warnings += fetch_web(night.settings, night.inbox)
    settings = night.settings
    files = discover(night.inbox, night.root / MIRROR, settings.inbox_options, settings.limits())
    if not files:
        return nothing_to_read(night, watch)
    with (
        warehouse_files.writer(night.root) as repaired,
        watch.holding(repaired),
        parts_folder(night.settings.parts) as folder,
    ):
        with night.timed("compare"):
            standard = load_standard()
            corrections = warehouse_files.load_corrections(night.settings.corrections)
            changes = find_changes(files, night, standard, corrections)
        if changes.nothing:
            watch.reached(changes.base, new=False)
            copy(night, watch)
            return summarise(night, None, watch.warnings)
        with night.timed("read"):
            found = corrected(read_changed(files, changes, night, folder, watch), corrections)
        with night.timed("validate"):
            checked = validate_statements(found.statements, found.documents, standard)
        with night.timed("reconcile"):
            assembled = reconcile_cells(found, checked, standard, night)
        with night.timed("validate"):
            validate_tables(assembled, night)
        with night.timed("publish"):
            published = publish(assembled, found, night, standard)
            watch.reached(published.snapshot_id, published.new)
        copy(night, watch)
    summary = summarise(night, published, (*watch.warnings, *found.stale_corrections))
    return replace(summary, slowest=found.slowest)


def find_changes(files: Sequence[InboxFile], night: Night, standard: Standard, corrections: Corrections) -> Changes:
    """Which files have to be read again: by their bytes, the versions of rules and standard, and the corrections."""
    night.root.mkdir(parents=True, exist_ok=True)
    paths = {file.source_file: file.path for file in files}
    listing = warehouse_files.hash_inbox(paths, night.root / warehouse_files.INDEX)
    hashes = read_again(listing.hashes, paths, night.root, night.settings.since)
    return warehouse_files.plan_changes(
        night.root,
        hashes,
        _versions(standard),
        full=night.settings.full,
        corrections=corrections.sha256,
        corrected_files=corrections.files(hashes),
    )


def read_changed(files: Sequence[InboxFile], changes: Changes, night: Night, folder: str, watch: Watch) -> Found:
    """Read what changed, and then what turns out to have the same bytes as something within a changed archive."""
    by_name = {file.source_file: file for file in files}
    parts: list[BatchResult] = []
    wanted: Sequence[str] = changes.to_read
    while True:
        parts += read([by_name[name] for name in wanted], join(folder, str(len(parts))), night.settings, watch)
        documents, statements = assemble(parts)
        grown = warehouse_files.twins(night.root, changes, documents.known)
        wanted = sorted(set(grown.to_read) - set(changes.to_read))
        changes = grown
        if not wanted:
            break
    containers = {name: digest for part in parts for name, digest in part.containers.items()}
    slowest = slowest_of(entry for part in parts for entry in part.slowest)
    return Found(changes, documents, statements, containers, slowest=slowest)


def corrected(found: Found, corrections: Corrections) -> Found:
    """`found` with what reviewers say about single statements; validation still checks them."""
    statements, outcomes = warehouse_files.apply_corrections(found.statements, corrections)
    stale = tuple(str(outcome) for outcome in outcomes if outcome.stale)
    return replace(found, statements=statements, corrections=corrections.sha256, stale_corrections=stale)


def read(files: Sequence[InboxFile], folder: str, settings: Settings, watch: Watch) -> list[BatchResult]:
    """All files in batches, each a task; the parts are in the order of the files whatever finished first."""
    make_folder(folder)
    done = 0
    parts = []
    with runner(_where(files, settings), read_documents, extractor_version(), settings.limits()) as ready:
        for number, (size, part) in enumerate(ready.read(batches(files, settings.batch_size), folder)):
            watch.batch_read(number, part)
            parts.append(part)
            done += size
            _tell("read", done, len(files))
    return parts


def _where(files: Sequence[InboxFile], settings: Settings) -> Where:
    workers = 0 if settings.runner == "local" and _is_small(files, settings) else settings.workers
    return Where(settings.runner, workers, settings.dask_address)


def _is_small(files: Sequence[InboxFile], settings: Settings) -> bool:
    """A few plain texts need no worker processes; other kinds of file get them, for what their libraries may do."""
    plain = all(file.source_file.lower().endswith((".txt", ".md")) for file in files)
    return plain and len(files) <= settings.small_run_documents


@task(
    name="read documents",
    task_run_name="read batch {number}",
    retries=2,
    retry_delay_seconds=[1, 10],
    persist_result=False,
    cache_policy=None,
)
def read_documents(number: int, files: Sequence[InboxFile], folder: str, reader: BatchReader) -> BatchResult:
    return reader(number, files, folder)


@task(name="validate statements", persist_result=False, cache_policy=None)
def validate_statements(statements: pa.Table, documents: StoredDocuments, standard: Standard) -> CheckedStatements:
    return check_statements(statements, documents.chunks(), standard)


def reconcile_cells(found: Found, checked: CheckedStatements, standard: Standard, night: Night) -> Assembled:
    """The prevailing target of every cell that changed, and everything else carried over."""
    assembled = warehouse_files.assemble(
        night.root, found.changes, found.documents, checked.statements, checked.rejected, reconcile, with_slugs
    )
    return replace(assembled, tables={**assembled.tables, **standard_tables(standard)})


@task(name="validate tables", persist_result=False, cache_policy=None)
def validate_tables(assembled: Assembled, night: Night) -> None:
    documents = assembled.tables["documents"]
    tables = {**assembled.tables, "documents": documents.outline()}
    failures = check_tables(tables, _targets_before(night.root))
    if failures:
        found = "\n".join(f"  {failure}" for failure in failures)
        raise warehouse_files.GateFailed(
            f"not published, the snapshot before stays:\n{found}", tuple(str(failure) for failure in failures)
        )


@task(name="publish", persist_result=False, cache_policy=None)
def publish(assembled: Assembled, found: Found, night: Night, standard: Standard) -> Published:
    run = warehouse_files.Run(
        run_id=str(flow_run.get_id() or night.started_at.isoformat()),
        started_at=night.started_at,
        inbox=str(night.inbox),
        documents_read=found.documents.num_rows,
        versions=_versions(standard),
        containers=_containers(found, night.root),
        corrections=found.corrections,
    )
    retention = warehouse_files.Retention(keep=night.settings.keep_snapshots)
    gate = warehouse_files.Gate(
        accept_drift=night.settings.accept_drift,
        settings=night.settings.gate or GATE_SETTINGS,
        suite=record_of(assembled.tables["rejected"]),
    )
    return warehouse_files.publish(
        night.root, assembled.tables, run, change=assembled.change, gate=gate, retention=retention
    )


def copy(night: Night, watch: Watch) -> None:
    """The snapshot to where publish_to says; a copy that fails is told, and no reason for the night to fail."""
    if night.settings.publish_to is None:
        forget_copies(night.root)
        return
    with night.timed("copy"):
        watch.warnings += copy_out(night.root, night.settings)


def _versions(standard: Standard) -> dict[str, str]:
    return {"muctieu": package_version(), "extractor": extractor_version(), "standard": standard.version}


def _containers(found: Found, root: Path) -> dict[str, str]:
    """Archives read now, and those of the snapshot before that are carried over."""
    if found.changes.base is None:
        return found.containers
    before = read_manifest(root / "snapshots" / found.changes.base).containers
    left = {*found.changes.to_read, *found.changes.removed}
    return {name: digest for name, digest in before.items() if name not in left} | found.containers


def nothing_to_read(night: Night, watch: Watch) -> RunSummary:
    message = f"The inbox {night.inbox} holds no documents: nothing was published"
    watch.nothing_to_read(message)
    return RunSummary(str(night.inbox), str(night.root), published=False, message=message)


def summarise(night: Night, published: Published | None, warnings: tuple[str, ...] = ()) -> RunSummary:
    """What `warehouse` holds now; `published` is None when nothing had changed."""
    snapshot = published.path if published else (night.root / "current").resolve()
    new = published is not None and published.new
    said = "published" if new else "nothing has changed since, so it stays"
    return RunSummary(
        inbox=str(night.inbox),
        warehouse=str(night.root),
        published=new,
        message=f"Snapshot {snapshot.name}: {said}",
        snapshot_id=snapshot.name,
        snapshot_path=str(snapshot),
        seconds=dict(night.seconds),
        warnings=warnings,
        **contents_of(snapshot),
    )


def _targets_before(root: Path) -> int | None:
    path = root / "current" / "targets.parquet"
    return pq.read_metadata(path).num_rows if path.exists() else None


def _night(inbox: str | None, warehouse: str | None, given: dict[str, Any]) -> Night:
    flags = {"inbox": inbox, "warehouse": warehouse}
    settings = Settings(**given, **{name: value for name, value in flags.items() if value is not None})
    return Night(settings.inbox, settings.warehouse.absolute(), datetime.datetime.now(datetime.UTC), settings)
