"""manifest.json: what a snapshot holds, file by file, with row counts and checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.errors import WarehouseError
from warehouse.layout import MANIFEST

MANIFEST_VERSION = 1
MEMBER_SEPARATORS = "/!#:|"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: path below the snapshot, size in bytes, SHA-256 of the bytes; rows of Parquet files, else None."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


def entry_of(path: str, data: bytes, rows: int | None = None) -> FileEntry:
    return FileEntry(path, len(data), hashlib.sha256(data).hexdigest(), rows)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`tables`: files of each table. `versions`: what made the rows. `run`: facts of the run. `previous`: id
    before."""

    snapshot_id: str
    published_at: str
    contract_version: str
    tables: Mapping[str, tuple[FileEntry, ...]]
    files: tuple[FileEntry, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    buckets: int = 1
    previous: str | None = None
    run: Mapping[str, Any] = field(default_factory=dict)
    containers: Mapping[str, str] = field(default_factory=dict)
    """Content hash of every inbox file that holds several documents, by path below the inbox."""
    corrections: str | None = None
    """SHA-256 of the corrections that were applied."""

    def rows(self, table: str) -> int:
        return sum(entry.rows or 0 for entry in self.tables.get(table, ()))

    def same_content(self, other: Manifest) -> bool:
        """Whether all tables but runs have the same bytes, made by the same versions."""
        names = set(self.tables) | set(other.tables)
        return (
            self.versions == other.versions
            and self.corrections == other.corrections
            and self.containers == other.containers
            and all(self.tables.get(name) == other.tables.get(name) for name in names - {"runs"})
        )

    def to_json(self) -> bytes:
        record = {
            "manifest_version": MANIFEST_VERSION,
            "snapshot_id": self.snapshot_id,
            "published_at": self.published_at,
            "previous": self.previous,
            "contract_version": self.contract_version,
            "versions": dict(self.versions),
            "corrections": self.corrections,
            "buckets": self.buckets,
            "rows": {name: self.rows(name) for name in sorted(self.tables)},
            "run": dict(self.run),
            "containers": dict(sorted(self.containers.items())),
            "tables": {name: [_record(entry) for entry in self.tables[name]] for name in sorted(self.tables)},
            "files": [_record(entry) for entry in self.files],
        }
        return (json.dumps(record, ensure_ascii=False, indent=1, default=str) + "\n").encode("utf-8")


def _record(entry: FileEntry) -> dict[str, Any]:
    record: dict[str, Any] = {"path": entry.path, "bytes": entry.bytes, "sha256": entry.sha256}
    return record if entry.rows is None else record | {"rows": entry.rows}


def read_manifest(snapshot: Path) -> Manifest:
    """Manifest of a snapshot folder. Raises WarehouseError naming the file when it is missing or damaged."""
    path = snapshot / MANIFEST
    try:
        record = json.loads(path.read_bytes())
        return Manifest(
            snapshot_id=record["snapshot_id"],
            published_at=record["published_at"],
            contract_version=record["contract_version"],
            tables={name: tuple(_entry(item) for item in items) for name, items in record["tables"].items()},
            files=tuple(_entry(item) for item in record["files"]),
            versions=record["versions"],
            buckets=record["buckets"],
            previous=record.get("previous"),
            run=record.get("run", {}),
            containers=record.get("containers", {}),
            corrections=record.get("corrections"),
        )
    except OSError as trouble:
        raise WarehouseError(f"cannot read {path}: {trouble.strerror}; is {snapshot} a whole snapshot?") from trouble
    except (ValueError, KeyError, TypeError, AttributeError) as trouble:
        remedy = "roll back to another snapshot (`muctieu snapshots`) or copy this one again"
        raise WarehouseError(f"{path} is damaged ({type(trouble).__name__}: {trouble}); {remedy}") from trouble


def _entry(record: Mapping[str, Any]) -> FileEntry:
    return FileEntry(record["path"], record["bytes"], record["sha256"], record.get("rows"))


def container_of(source_file: str, containers: Mapping[str, str]) -> str:
    """The inbox file that holds the document: itself, or the container whose name and a separator its name begins
    with."""
    for position, character in enumerate(source_file):
        if character in MEMBER_SEPARATORS and source_file[:position] in containers:
            return source_file[:position]
    return source_file
