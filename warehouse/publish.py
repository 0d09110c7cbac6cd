"""Publishing: a snapshot is written whole beside the old ones, checked, named, then announced in one step.

stage    snapshots/.new-<id>/ with every file fsynced; unchanged files are second names of the old ones
gate     cross-table checks over the staged files
name     rename to snapshots/<id>: from here on it is whole and stays
announce replace targets.duckdb, then `current`
prune    remove snapshots that retention lets go
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.tables import CONTRACT_VERSION, RUNS
from warehouse.catalogue import build_catalogue, put_in_place, read_about
from warehouse.contract import contract_yaml, datapackage
from warehouse.definitions import SINGLE_FILE
from warehouse.durable import remove_folder, replace_link, sync_folder
from warehouse.errors import WarehouseError
from warehouse.layout import CONTRACT, DATAPACKAGE, SNAPSHOTS, TRASH_PREFIX, VALIDATION, Layout
from warehouse.lock import WriterLock, writer_lock
from warehouse.manifest import Manifest, container_of, read_manifest
from warehouse.repair import fresh_catalogue, repair
from warehouse.retention import Retention, prune, retire
from warehouse.staging import Change, Staging

Gate = Callable[[Path, Path | None], Mapping[str, Any]]
"""(staged snapshot, snapshot before or None) -> record for validation.json; raises GateFailed to stop the publish."""


@dataclass(frozen=True, slots=True)
class Run:
    """Facts of the run that the warehouse cannot know.

    `versions`: muctieu, extractor, standard ...: a change of any of them publishes. `containers`: content hash of
    inbox files that hold several documents. `corrections`: hash of corrections.yml."""

    run_id: str
    started_at: datetime.datetime
    inbox: str
    documents_read: int
    versions: Mapping[str, str] = field(default_factory=dict)
    validation: str = "passed"
    containers: Mapping[str, str] = field(default_factory=dict)
    corrections: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """`new` is false when nothing had changed: then `snapshot_id` and `path` are those of the snapshot that stays."""

    snapshot_id: str
    path: Path
    new: bool
    rows: Mapping[str, int]
    files_written: int = 0
    files_linked: int = 0
    removed_snapshots: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()


@contextlib.contextmanager
def writer(root: Path | str, wait_seconds: float = 0.0) -> Iterator[tuple[str, ...]]:
    """Hold the warehouse for a whole run; gives what had to be repaired after a killed run (empty: nothing).

    Raises WriterBusy (pid and start time of the holder) when another run holds it for longer than `wait_seconds`.
    """
    layout = Layout.at(root)
    with writer_lock(layout, wait_seconds) as lock, naming_the_path(layout):
        yield tuple(repair(layout, lock))


def publish(
    root: Path | str,
    tables: Mapping[str, pa.Table],
    run: Run,
    *,
    change: Change | None = None,
    gate: Gate | None = None,
    extra_files: Mapping[str, bytes] | None = None,
    retention: Retention | None = None,
    wait_seconds: float = 0.0,
) -> Published:
    """Publish one snapshot below `root`.

    `tables`: targets, targets_provisional, commitments, rejected, indicators, provinces, units, statements,
    documents, with the columns of schemas/tables.py in any row order; `runs` is written from `run`. With `change`,
    statements and documents hold only the rows of documents that were read again; all other rows are carried over
    from the current snapshot. `extra_files` go into the folder of the snapshot (a validation result, say). Gives the
    old snapshot back, new=False, when every table would have the same bytes and the versions are the same.

    Raises WarehouseError (path and remedy), WriterBusy, or what `gate` raises; the old snapshot is still current.
    """
    layout = Layout.at(root)
    with writer_lock(layout, wait_seconds) as lock, naming_the_path(layout):
        repaired = repair(layout, lock)
        published = _publish(layout, lock, tables, run, change, gate, extra_files or {}, retention or Retention())
        return replace(published, repaired=tuple(repaired))


def _publish(
    layout: Layout,
    lock: WriterLock,
    tables: Mapping[str, pa.Table],
    run: Run,
    change: Change | None,
    gate: Gate | None,
    extra_files: Mapping[str, bytes],
    retention: Retention,
) -> Published:
    missing = [name for name in (*SINGLE_FILE, "statements", "documents") if name not in tables]
    if missing:
        raise WarehouseError(f"publish needs the tables {', '.join(missing)} as well; an empty table is fine")
    before_id = layout.current_id()
    before = layout.snapshot(before_id) if before_id else None
    old = read_manifest(before) if before else None
    if change is not None and old is not None:
        run = replace(run, containers=_containers(old, change, run))
    snapshot_id = _fresh_id(layout, run)
    staging = Staging(layout.staging(snapshot_id), before, old)
    try:
        staging.open()
        staging.write_tables({name: tables[name] for name in SINGLE_FILE})
        staging.write_buckets(tables["documents"], tables["statements"], change)
        draft = staging.manifest(snapshot_id, run.started_at, CONTRACT_VERSION, run)
        if old is not None and before is not None and draft.same_content(old):
            shutil.rmtree(staging.folder)
            rows = {name: old.rows(name) for name in old.tables}
            return Published(old.snapshot_id, before, False, rows)
        staging.write_tables({"runs": _runs(before, run, snapshot_id, draft, staging)})
        staging.write_extra(CONTRACT, contract_yaml())
        staging.write_extra(DATAPACKAGE, datapackage(staging.paths()))
        for name, data in extra_files.items():
            staging.write_extra(name, data)
        if gate is not None:
            record = gate(staging.folder, before)
            staging.write_extra(VALIDATION, json.dumps(record, ensure_ascii=False, indent=1, default=str).encode())
        manifest = staging.finish(snapshot_id, run.started_at, CONTRACT_VERSION, run)
    except BaseException:
        shutil.rmtree(staging.folder, ignore_errors=True)
        raise
    removed = _announce(layout, lock, snapshot_id, before_id, retention)
    rows = {name: manifest.rows(name) for name in manifest.tables}
    return Published(
        snapshot_id, layout.snapshot(snapshot_id), True, rows, staging.written, staging.linked, tuple(removed)
    )


def _containers(old: Manifest, change: Change, run: Run) -> dict[str, str]:
    """Hashes of the containers that were read, and of those whose documents are carried over."""
    changed = {container_of(name, old.containers) for name in change.gone}
    carried = {name: digest for name, digest in old.containers.items() if name not in changed}
    return {**carried, **run.containers}


def _announce(
    layout: Layout, lock: WriterLock, snapshot_id: str, before_id: str | None, retention: Retention
) -> list[str]:
    lock.announce(snapshot_id)
    os.rename(layout.staging(snapshot_id), layout.snapshot(snapshot_id))
    sync_folder(layout.snapshots)
    try:
        point_at(layout, snapshot_id, before_id)
    except BaseException:
        _take_back(layout, snapshot_id)
        raise
    lock.announce(None)
    with contextlib.suppress(OSError):
        return prune(layout, retention)
    return []


def _take_back(layout: Layout, snapshot_id: str) -> None:
    """Remove a snapshot that could not be announced, unless readers see it already."""
    about = read_about(layout.catalogue)
    if about is None or about.snapshot_id != snapshot_id:
        with contextlib.suppress(OSError):
            remove_folder(layout.snapshot(snapshot_id), layout.snapshots / f"{TRASH_PREFIX}{snapshot_id}")


def point_at(layout: Layout, snapshot_id: str, before_id: str | None) -> None:
    """Make catalogue and `current` name a snapshot that is there already."""
    built = fresh_catalogue(layout)
    build_catalogue(layout, snapshot_id, built)
    retire(layout, before_id)
    put_in_place(layout, built)
    replace_link(layout.current, f"{SNAPSHOTS}/{snapshot_id}")


def _fresh_id(layout: Layout, run: Run) -> str:
    """UTC start of the run, to the second, and a counter: sorts by time.

    When the newest snapshot is later than the clock (it was wrong then, or is now), the name goes on counting from
    that one: an unattended night must not wait for the day that somebody once set by mistake. `published_at` has the
    clock's time in any case."""
    stem = run.started_at.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    newest_stem, _, newest_counter = max(layout.snapshot_ids(), default="").partition("-")
    counter = 0
    if stem <= newest_stem:
        stem, counter = newest_stem, int(newest_counter) + 1
    if counter > 999:
        raise WarehouseError(
            f"snapshot {newest_stem} in {layout.snapshots} is newer than this run's clock ({run.started_at}), and so "
            "are a thousand that came after it; set the clock right, or move these snapshots away"
        )
    while layout.snapshot(f"{stem}-{counter:03d}").exists():
        counter += 1
    return f"{stem}-{counter:03d}"


def _runs(before: Path | None, run: Run, snapshot_id: str, manifest: Manifest, staging: Staging) -> pa.Table:
    """All rows of runs so far and one for this run. Its duration ends here, just before the snapshot gets its
    name."""
    started = run.started_at.astimezone(datetime.UTC)
    row = {
        "run_id": run.run_id,
        "snapshot_id": snapshot_id,
        "started_at": started,
        "duration_seconds": max(time.time() - started.timestamp(), 0.0),
        "inbox": run.inbox,
        "documents": manifest.rows("documents"),
        "documents_read": run.documents_read,
        "documents_by_status": staging.statuses("documents"),
        "statements": manifest.rows("statements"),
        "statements_by_status": staging.statuses("statements"),
        "targets": manifest.rows("targets"),
        "targets_provisional": manifest.rows("targets_provisional"),
        "rejected": manifest.rows("rejected"),
        "validation": run.validation,
        "versions": json.dumps({**run.versions, "contract": CONTRACT_VERSION}, sort_keys=True, ensure_ascii=False),
    }
    fresh = pa.Table.from_pylist([row], schema=RUNS.arrow_schema())
    if before is None:
        return fresh
    past = pq.ParquetFile(before / "runs.parquet").read().select(list(RUNS.names)).cast(RUNS.arrow_schema())
    past = past.filter(pc.not_equal(past["run_id"], run.run_id))
    return pa.concat_tables([past, fresh])


@contextlib.contextmanager
def naming_the_path(layout: Layout) -> Iterator[None]:
    """An OSError on the way becomes a WarehouseError that says where, why and what to do."""
    try:
        yield
    except OSError as trouble:
        where = trouble.filename2 or trouble.filename or layout.root
        remedy = {
            errno.ENOSPC: "free space there, then run again",
            errno.EDQUOT: "the quota there is used up: free space, then run again",
            errno.EACCES: "give the user of the nightly job the right to write there",
            errno.EPERM: "give the user of the nightly job the right to write there",
            errno.EROFS: "that file system is mounted read-only: mount it for writing",
        }.get(trouble.errno or 0, "see to it, then run again")
        raise WarehouseError(
            f"cannot write to the warehouse {layout.root}: {trouble.strerror or trouble} ({where}); "
            f"the snapshot published before stays; {remedy}"
        ) from trouble
