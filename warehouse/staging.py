"""The folder in which a snapshot grows: files are written once, or linked from the snapshot before when unchanged."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.tables import DOCUMENTS, STATEMENTS, TABLES, Table
from warehouse.buckets import bucket_count, bucket_file, bucket_of, by_bucket, split
from warehouse.definitions import BUCKETED
from warehouse.durable import link_or_copy, sync_folder, write_file
from warehouse.engine import engine
from warehouse.layout import MANIFEST
from warehouse.manifest import FileEntry, Manifest, entry_of
from warehouse.parquet import conform, encode, encode_rows, file_schema, in_order
from warehouse.stored import StoredDocuments

WRITERS = 2
"""Threads that read, encode and write buckets; Arrow works outside the interpreter lock."""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the current snapshot, for a publish that carries the rest over.

    `gone`: source_file -> document_id (as in the current snapshot) of every document whose old rows must not be
    carried over, because it left the inbox or was read again. `prevails`: statement_id -> (document_id, prevails) of
    carried statements whose `prevails` is not what it was."""

    gone: Mapping[str, str] = field(default_factory=dict)
    prevails: Mapping[str, tuple[str, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file of the snapshot, and whether it is one of the snapshot before."""

    entry: FileEntry
    linked: bool


class RunFacts(Protocol):
    @property
    def versions(self) -> Mapping[str, str]: ...
    @property
    def containers(self) -> Mapping[str, str]: ...
    @property
    def corrections(self) -> str | None: ...
    @property
    def run_id(self) -> str: ...
    @property
    def inbox(self) -> str: ...


class Staging:
    """A snapshot in the making at `folder`; `before` is the current snapshot and `old` its manifest, None at
    first."""

    def __init__(self, folder: Path, before: Path | None, old: Manifest | None) -> None:
        self.folder = folder
        self.before = before
        self.old = old
        self.written = 0
        self.linked = 0
        self._tables: dict[str, list[FileEntry]] = {}
        self._extra: list[FileEntry] = []
        self._old_entries = {entry.path: entry for entries in (old.tables.values() if old else ()) for entry in entries}
        self._buckets = 1

    def open(self) -> None:
        os.makedirs(self.folder)
        for name in BUCKETED:
            os.mkdir(self.folder / name)

    def write_tables(self, tables: Mapping[str, pa.Table]) -> None:
        """Tables of one file each, one after the other: sorting one takes as much memory again as it has."""
        for name, rows in tables.items():
            self._record(name, self._put(f"{name}.parquet", encode(rows, TABLES[name]), rows.num_rows))

    def write_extra(self, name: str, data: bytes) -> None:
        """A file beside the tables: contract, validation result."""
        self._extra = [entry for entry in self._extra if entry.path != name]
        (self.folder / name).unlink(missing_ok=True)
        write_file(self.folder / name, data)
        self._extra.append(entry_of(name, data))

    def write_buckets(self, documents: pa.Table | StoredDocuments, statements: pa.Table, change: Change | None) -> None:
        """Both bucketed tables. Without `change` the given rows are all rows; with it, the rows read again."""
        carried = 0
        if change is not None and self.old is not None:
            carried = self.old.rows("documents") - len(change.gone)
        self._buckets = bucket_count(documents.num_rows + carried)
        if isinstance(documents, StoredDocuments):
            with documents.by_bucket(self._buckets) as fresh:
                self._write_bucketed(DOCUMENTS, fresh, change)
        else:
            self._write_bucketed(DOCUMENTS, by_bucket(conform(documents, DOCUMENTS), self._buckets), change)
        self._write_bucketed(STATEMENTS, by_bucket(conform(statements, STATEMENTS), self._buckets), change)

    def _write_bucketed(self, definition: Table, fresh: Mapping[int, pa.Table], change: Change | None) -> None:
        """`fresh`: rows of each bucket that has any."""
        if change is None or self.old is None:
            self._all_buckets(definition.name, lambda number: self._bucket(definition, number, fresh.get(number)))
            return
        gone: dict[int, list[str]] = {}
        for source_file, document_id in change.gone.items():
            gone.setdefault(bucket_of(document_id, self._buckets), []).append(source_file)
        turned: dict[int, dict[str, bool]] = {}
        if definition is STATEMENTS:
            for statement_id, (document_id, prevails) in change.prevails.items():
                turned.setdefault(bucket_of(document_id, self._buckets), {})[statement_id] = prevails
        same_layout = self._buckets == self.old.buckets

        def bucket(number: int) -> _Kept | None:
            if same_layout and not (number in fresh or number in gone or number in turned):
                return self._carry(definition, number)
            rest = _without(self._old_rows(definition, number), gone.get(number, []))
            whole = pa.concat_tables([rest, fresh[number]]) if number in fresh else rest
            return self._bucket(definition, number, _turn(whole, turned[number]) if number in turned else whole)

        self._all_buckets(definition.name, bucket)

    def _all_buckets(self, name: str, bucket: Callable[[int], _Kept | None]) -> None:
        """Every bucket of a table, a few at a time; the manifest lists them in their order."""
        with ThreadPoolExecutor(WRITERS) as pool:
            for kept in pool.map(bucket, range(self._buckets)):
                if kept is not None:
                    self._record(name, kept)

    def _old_rows(self, definition: Table, number: int) -> pa.Table:
        """Rows of the snapshot before that fall into bucket `number` now."""
        assert self.old is not None and self.before is not None
        before = self.old.buckets
        sources = range(number % before, before, self._buckets) if before > self._buckets else (number % before,)
        empty = file_schema(definition).empty_table()
        parts = [empty]
        for source in sources:
            path = self.before / definition.name / bucket_file(source, before)
            if not path.exists():
                continue
            rows = pq.ParquetFile(path).read(columns=list(definition.names), use_threads=False)
            rows = rows.select(list(definition.names)).cast(empty.schema)
            parts.append(rows if before >= self._buckets else split(rows, self._buckets).get(number, empty))
        return pa.concat_tables(parts)

    def _bucket(self, definition: Table, number: int, rows: pa.Table | None) -> _Kept | None:
        """A bucket without rows has no file, but bucket 0 always has one, so that readers find the columns."""
        if rows is None or not rows.num_rows:
            if number:
                return None
            rows = file_schema(definition).empty_table()
        path = f"{definition.name}/{bucket_file(number, self._buckets)}"
        data = encode_rows(in_order(rows, definition.sort))
        return self._put(path, data, rows.num_rows)

    def _carry(self, definition: Table, number: int) -> _Kept | None:
        entry = self._old_entries.get(f"{definition.name}/{bucket_file(number, self._buckets)}")
        return self._link(entry) if entry is not None else None

    def _put(self, path: str, data: bytes, rows: int) -> _Kept:
        entry = entry_of(path, data, rows)
        if self._old_entries.get(path) == entry:
            return self._link(entry)
        write_file(self.folder / path, data)
        return _Kept(entry, linked=False)

    def _link(self, entry: FileEntry) -> _Kept:
        assert self.before is not None
        link_or_copy(self.before / entry.path, self.folder / entry.path)
        return _Kept(entry, linked=True)

    def _record(self, table: str, kept: _Kept) -> None:
        self._tables.setdefault(table, []).append(kept.entry)
        self.linked += kept.linked
        self.written += not kept.linked

    def paths(self) -> dict[str, list[str]]:
        """Files of every table so far, below the snapshot."""
        return {name: [entry.path for entry in entries] for name, entries in self._tables.items()}

    def statuses(self, table: str) -> str:
        """Rows per status, JSON, from the staged files."""
        with engine() as connection:
            path = str(self.folder / table / "*.parquet").replace("'", "''")
            counts = connection.execute(
                f"SELECT status, count(*) FROM read_parquet('{path}') GROUP BY ALL ORDER BY status"
            ).fetchall()
        return json.dumps(dict(counts))

    def manifest(self, snapshot_id: str, published_at: datetime.datetime, contract: str, run: RunFacts) -> Manifest:
        return Manifest(
            snapshot_id=snapshot_id,
            published_at=published_at.astimezone(datetime.UTC).isoformat(timespec="seconds"),
            contract_version=contract,
            tables={name: tuple(entries) for name, entries in self._tables.items()},
            files=tuple(self._extra),
            versions=dict(run.versions),
            buckets=self._buckets,
            previous=self.old.snapshot_id if self.old else None,
            run={"run_id": run.run_id, "inbox": run.inbox},
            containers=dict(run.containers),
            corrections=run.corrections,
        )

    def finish(self, snapshot_id: str, published_at: datetime.datetime, contract: str, run: RunFacts) -> Manifest:
        """Write the manifest and make every name durable."""
        manifest = self.manifest(snapshot_id, published_at, contract, run)
        write_file(self.folder / MANIFEST, manifest.to_json())
        for name in BUCKETED:
            sync_folder(self.folder / name)
        sync_folder(self.folder)
        return manifest


def _without(rows: pa.Table, source_files: list[str]) -> pa.Table:
    if not source_files:
        return rows
    return rows.filter(pc.invert(pc.is_in(rows["source_file"], pa.array(source_files, pa.string()))))


def _turn(rows: pa.Table, prevails: Mapping[str, bool]) -> pa.Table:
    """`prevails` set anew for the statements named."""
    where = pc.index_in(rows["statement_id"], pa.array(list(prevails), pa.string()))
    values: Any = np.array(list(prevails.values()), dtype=bool)
    found = where.to_numpy()
    column = rows["prevails"].to_numpy().copy()
    hit = ~np.isnan(found.astype(float))
    column[hit] = values[found[hit].astype(int)]
    index = rows.schema.get_field_index("prevails")
    return rows.set_column(index, rows.schema.field(index), pa.array(column))
