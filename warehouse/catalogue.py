"""targets.duckdb: views and macros over one snapshot, built beside the old catalogue and put in its place in one
step.

The views hold the absolute path of the snapshot, with a variable in front: in a warehouse that was moved or copied,
`SET VARIABLE muctieu_root = '/new/place'` makes every view work again, and `muctieu snapshots --repair` for good.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from schemas.tables import TABLES, Table
from warehouse.definitions import TABLE_NAMES
from warehouse.durable import sync_file, sync_folder
from warehouse.errors import WarehouseError
from warehouse.layout import SNAPSHOTS, Layout

VARIABLE = "muctieu_root"
SQL_FILE = Path(__file__).with_name("catalogue.sql")
REPAIR = "`muctieu snapshots --repair --warehouse {root}`"


@dataclass(frozen=True, slots=True)
class About:
    """What a catalogue says of itself: the snapshot that its views read and the warehouse folder it was made for."""

    snapshot_id: str
    root: str


def build_catalogue(layout: Layout, snapshot_id: str, destination: Path) -> None:
    """Write a catalogue of a snapshot that has its name.

    Raises WarehouseError naming the snapshot when it cannot be read.
    """
    snapshot = layout.snapshot(snapshot_id)
    remove_catalogue(destination)
    try:
        with duckdb.connect(destination) as connection:
            connection.execute("BEGIN")
            for name in TABLE_NAMES:
                _create_view(connection, layout, snapshot_id, TABLES[name])
            _create_about(connection, layout, snapshot_id)
            connection.execute(SQL_FILE.read_text(encoding="utf-8"))
            connection.execute("COMMIT")
            connection.execute("CHECKPOINT")
    except (duckdb.Error, OSError) as trouble:
        remove_catalogue(destination)
        raise WarehouseError(f"cannot make the catalogue {destination} of {snapshot}: {trouble}") from trouble
    sync_file(destination)


def put_in_place(layout: Layout, built: Path) -> None:
    """The moment from which new readers see the new snapshot."""
    os.replace(built, layout.catalogue)
    sync_folder(layout.root)


def remove_catalogue(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)


def read_about(catalogue: Path) -> About | None:
    """What the catalogue reads; None when there is none or it cannot be opened."""
    if not catalogue.is_file():
        return None
    with contextlib.suppress(duckdb.Error), duckdb.connect(catalogue, read_only=True) as connection:
        row = connection.execute("SELECT snapshot_id, warehouse_root FROM about").fetchone()
        return About(row[0], row[1]) if row else None
    return None


def connect(root: Path | str) -> duckdb.DuckDBPyConnection:
    """Read-only connection to the catalogue of the warehouse at `root`, also when the warehouse was moved or copied.

    Raises WarehouseError when nothing was published there.
    """
    layout = Layout.at(root)
    if not layout.catalogue.is_file():
        raise WarehouseError(f"no {layout.catalogue}: nothing was published there yet; run `muctieu run` first")
    try:
        connection = duckdb.connect(layout.catalogue, read_only=True)
    except duckdb.Error as trouble:
        raise WarehouseError(
            f"{layout.catalogue} cannot be opened ({trouble}); {REPAIR.format(root=layout.root)} makes it anew"
        ) from trouble
    connection.execute(f"SET VARIABLE {VARIABLE} = {_text(str(layout.root))}")
    return connection


def _create_view(connection: duckdb.DuckDBPyConnection, layout: Layout, snapshot_id: str, table: Table) -> None:
    files = f"{table.name}/*.parquet" if table.bucketed else f"{table.name}.parquet"
    root = f"coalesce(getvariable('{VARIABLE}'), {_text(str(layout.root))})"
    path = f"{root} || {_text(f'/{SNAPSHOTS}/{snapshot_id}/{files}')}"
    connection.execute(f'CREATE VIEW "{table.name}" AS SELECT * FROM read_parquet({path})')
    connection.execute(f'COMMENT ON VIEW "{table.name}" IS {_text(table.description)}')
    for column in table.columns:
        connection.execute(f'COMMENT ON COLUMN "{table.name}"."{column.name}" IS {_text(column.description)}')


def _create_about(connection: duckdb.DuckDBPyConnection, layout: Layout, snapshot_id: str) -> None:
    hint = f"if views say that no files were found, this folder was moved: SET VARIABLE {VARIABLE} = '<new folder>'"
    connection.execute(
        f"CREATE TABLE about AS SELECT {_text(snapshot_id)} AS snapshot_id, "
        f"{_text(str(layout.root))} AS warehouse_root, {_text(hint)} AS hint"
    )
    connection.execute(
        "COMMENT ON TABLE about IS 'Which snapshot the views read, and the folder that they were made for.'"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
