"""The folder in which a snapshot grows: files are written once, or linked from the snapshot before when unchanged."""

from __future__ import annotations

import datetime
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.tables import DOCUMENTS, STATEMENTS, TABLES, Table
from warehouse.buckets import bucket_count, bucket_file, bucket_of, split
from warehouse.definitions import BUCKETED
from warehouse.durable import link_or_copy, sync_folder, write_file
from warehouse.layout import MANIFEST
from warehouse.manifest import FileEntry, Manifest, entry_of
from warehouse.parquet import conform, encode, file_schema


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the current snapshot, for a publish that carries the rest over.

    `gone`: source_file -> document_id (as in the current snapshot) of every document whose old rows must not be carried
    over, because it left the inbox or was read again. `prevails`: statement_id -> (document_id, prevails) of carried
    statements whose `prevails` is not what it was.
    """

    gone: Mapping[str, str] = field(default_factory=dict)
    prevails: Mapping[str, tuple[str, bool]] = field(default_factory=dict)


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
    """A snapshot in the making at `folder`; `before` is the current snapshot and `old` its manifest, None at first."""

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

    def write_table(self, name: str, rows: pa.Table) -> None:
        self._put(name, f"{name}.parquet", encode(rows, TABLES[name]), rows.num_rows)

    def write_extra(self, name: str, data: bytes) -> None:
        """A file beside the tables: contract, validation result."""
        self._extra = [entry for entry in self._extra if entry.path != name]
        (self.folder / name).unlink(missing_ok=True)
        write_file(self.folder / name, data)
        self._extra.append(entry_of(name, data))

    def write_buckets(self, documents: pa.Table, statements: pa.Table, change: Change | None) -> None:
        """Both bucketed tables. Without `change` the given rows are all rows; with it, the rows read again."""
        carried = 0
        if change is not None and self.old is not None:
            carried = self.old.rows("documents") - len(change.gone)
        self._buckets = bucket_count(documents.num_rows + carried)
        for definition, rows in ((DOCUMENTS, documents), (STATEMENTS, statements)):
            self._write_bucketed(definition, conform(rows, definition), change)

    def _write_bucketed(self, definition: Table, rows: pa.Table, change: Change | None) -> None:
        fresh = split(rows, self._buckets)
        if change is None or self.old is None:
            for number in range(self._buckets):
                self._put_bucket(definition, number, fresh.get(number))
            return
        gone: dict[int, list[str]] = {}
        for source_file, document_id in change.gone.items():
            gone.setdefault(bucket_of(document_id, self._buckets), []).append(source_file)
        turned: dict[int, dict[str, bool]] = {}
        if definition is STATEMENTS:
            for statement_id, (document_id, prevails) in change.prevails.items():
                turned.setdefault(bucket_of(document_id, self._buckets), {})[statement_id] = prevails
        same_layout = self._buckets == self.old.buckets
        for number in range(self._buckets):
            if same_layout and not (number in fresh or number in gone or number in turned):
                self._carry(definition, number)
                continue
            rest = self._old_rows(definition, number)
            parts = [_without(rest, gone.get(number, [])), fresh.get(number, rows.slice(0, 0))]
            whole = pa.concat_tables(parts)
            self._put_bucket(definition, number, _turn(whole, turned[number]) if number in turned else whole)

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
            rows = pq.read_table(path, partitioning=None).select(list(definition.names)).cast(empty.schema)
            parts.append(rows if before >= self._buckets else split(rows, self._buckets).get(number, empty))
        return pa.concat_tables(parts)

    def _put_bucket(self, definition: Table, number: int, rows: pa.Table | None) -> None:
        """A bucket without rows has no file, but bucket 0 always has one, so that readers find the columns."""
        if rows is None or not rows.num_rows:
            if number:
                return
            rows = file_schema(definition).empty_table()
        path = f"{definition.name}/{bucket_file(number, self._buckets)}"
        self._put(definition.name, path, encode(rows, definition), rows.num_rows)

    def _carry(self, definition: Table, number: int) -> None:
        path = f"{definition.name}/{bucket_file(number, self._buckets)}"
        entry = self._old_entries.get(path)
        if entry is not None:
            self._link(entry)
            self._tables.setdefault(definition.name, []).append(entry)

    def _put(self, table: str, path: str, data: bytes, rows: int) -> None:
        entry = entry_of(path, data, rows)
        old = self._old_entries.get(path)
        if old == entry:
            self._link(entry)
        else:
            write_file(self.folder / path, data)
            self.written += 1
        self._tables.setdefault(table, []).append(entry)

    def _link(self, entry: FileEntry) -> None:
        assert self.before is not None
        link_or_copy(self.before / entry.path, self.folder / entry.path)
        self.linked += 1

    def paths(self) -> dict[str, list[str]]:
        """Files of every table so far, below the snapshot."""
        return {name: [entry.path for entry in entries] for name, entries in self._tables.items()}

    def statuses(self, table: str) -> str:
        """Rows per status, JSON, from the staged files."""
        counts: Counter[str] = Counter()
        for entry in self._tables[table]:
            column = pq.read_table(self.folder / entry.path, columns=["status"], partitioning=None)["status"]
            for pair in pc.value_counts(column).to_pylist():
                counts[pair["values"]] += pair["counts"]
        return json.dumps(dict(sorted(counts.items())))

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
