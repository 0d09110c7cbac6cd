"""Names of files and folders below the warehouse root: the only place that knows them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import WarehouseError

CATALOGUE = "targets.duckdb"
CURRENT = "current"
SNAPSHOTS = "snapshots"
MANIFEST = "manifest.json"
CONTRACT = "contract.yaml"
DATAPACKAGE = "datapackage.json"
VALIDATION = "validation.json"
LOCK = ".writer.lock"
STAGING_PREFIX = ".new-"
TRASH_PREFIX = ".trash-"


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of one warehouse. `root` is absolute; nothing need exist."""

    root: Path

    @classmethod
    def at(cls, root: Path | str) -> Layout:
        return cls(Path(os.path.abspath(root)))

    @property
    def catalogue(self) -> Path:
        return self.root / CATALOGUE

    @property
    def current(self) -> Path:
        return self.root / CURRENT

    @property
    def snapshots(self) -> Path:
        return self.root / SNAPSHOTS

    @property
    def lock(self) -> Path:
        return self.root / LOCK

    def snapshot(self, snapshot_id: str) -> Path:
        return self.snapshots / snapshot_id

    def staging(self, snapshot_id: str) -> Path:
        return self.snapshots / f"{STAGING_PREFIX}{snapshot_id}"

    def snapshot_ids(self) -> list[str]:
        """Ids of the snapshots that have their name, oldest first. A folder without manifest.json is no snapshot."""
        try:
            entries = sorted(entry.name for entry in os.scandir(self.snapshots) if not entry.name.startswith("."))
        except FileNotFoundError:
            return []
        return [name for name in entries if (self.snapshots / name / MANIFEST).is_file()]

    def current_id(self) -> str | None:
        """The snapshot that `current` points at, None before the first publish."""
        try:
            target = os.readlink(self.current)
        except FileNotFoundError:
            return None
        except OSError as trouble:
            raise WarehouseError(
                f"{self.current} is no symbolic link ({trouble.strerror}); move it away, `muctieu snapshots --repair`"
            ) from trouble
        return Path(target).name
