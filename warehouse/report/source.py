"""Reading a published snapshot: nothing but its Parquet files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

Row = dict[str, Any]


class NoSnapshot(Exception):
    """There is nothing to report on; the message says what to run."""


@dataclass(frozen=True, slots=True)
class Published:
    """One snapshot folder, resolved once, so that all pages speak of the same one."""

    folder: Path

    @classmethod
    def open(cls, root: Path) -> Published:
        """The current snapshot of a warehouse, or `root` itself when it is a snapshot folder."""
        for folder in (root / "current", root):
            if (folder / "targets.parquet").is_file():
                return cls(folder.resolve())
        raise NoSnapshot(f"no snapshot in {root}: run `muctieu run --warehouse {root}` first")

    @property
    def name(self) -> str:
        return self.folder.name

    def previous(self) -> Published | None:
        """The snapshot before this one, if it is still kept."""
        if self.folder.parent.name != "snapshots":
            return None
        older = sorted(
            folder
            for folder in self.folder.parent.iterdir()
            if not folder.name.startswith(".") and folder.name < self.name and (folder / "targets.parquet").is_file()
        )
        return Published(older[-1]) if older else None

    def files(self, table: str) -> list[Path]:
        """The Parquet files of a table, in order; none when the snapshot lacks it."""
        single = self.folder / f"{table}.parquet"
        return [single] if single.is_file() else sorted((self.folder / table).glob("*.parquet"))

    def rows(self, table: str, columns: Sequence[str] | None = None) -> list[Row]:
        """All rows of a table."""
        found: list[Row] = []
        for path in self.files(table):
            found.extend(pq.read_table(path, columns=list(columns) if columns else None).to_pylist())
        return found

    def query(self, sql: str, tables: Iterable[str], parameters: Sequence[Any] = ()) -> list[Row]:
        """Rows of a query over views named like the tables; parameters are bound, never pasted."""
        with duckdb.connect() as connection:
            for table in tables:
                files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in self.files(table))
                connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet([{files}])")
            result = connection.execute(sql, list(parameters))
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def json(self, name: str) -> Any:
        """A JSON file of the snapshot, or None."""
        path = self.folder / name
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
