"""The snapshots of a warehouse: list them, compare two, go back to one."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from schemas.tables import TARGET_GRAIN
from warehouse.engine import engine
from warehouse.errors import WarehouseError
from warehouse.layout import Layout
from warehouse.lock import writer_lock
from warehouse.manifest import read_manifest
from warehouse.publish import naming_the_path, point_at
from warehouse.repair import repair

_COMPARED = ("value", "value_max", "comparator", "agreement", "statement_id", "quote")


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """One line of the list. `own_bytes`: bytes of files that no other snapshot shares. `problem`: why it is not
    whole."""

    snapshot_id: str
    current: bool
    published_at: str = ""
    documents: int = 0
    statements: int = 0
    targets: int = 0
    targets_provisional: int = 0
    bytes: int = 0
    own_bytes: int = 0
    problem: str | None = None


def list_snapshots(root: Path | str) -> list[SnapshotInfo]:
    """All snapshots, oldest first."""
    layout = Layout.at(root)
    current = layout.current_id()
    return [_info(layout, snapshot_id, snapshot_id == current) for snapshot_id in layout.snapshot_ids()]


def _info(layout: Layout, snapshot_id: str, current: bool) -> SnapshotInfo:
    folder = layout.snapshot(snapshot_id)
    try:
        manifest = read_manifest(folder)
    except WarehouseError as trouble:
        return SnapshotInfo(snapshot_id, current, problem=str(trouble))
    sizes = [(file.stat().st_size, file.stat().st_nlink) for file in folder.rglob("*") if file.is_file()]
    return SnapshotInfo(
        snapshot_id,
        current,
        manifest.published_at,
        manifest.rows("documents"),
        manifest.rows("statements"),
        manifest.rows("targets"),
        manifest.rows("targets_provisional"),
        sum(size for size, _ in sizes),
        sum(size for size, names in sizes if names == 1),
    )


@dataclass(frozen=True, slots=True)
class SnapshotDiff:
    """Targets (provisional ones too) that differ. Tables with the grain, `kind` (added, changed, gone) and old and
    new value; `by_province`: province, added, changed, gone."""

    old: str
    new: str
    rows: pa.Table
    by_province: pa.Table
    documents_added: tuple[str, ...]
    documents_gone: tuple[str, ...]


def diff_snapshots(root: Path | str, old: str | None = None, new: str | None = None) -> SnapshotDiff:
    """Compare two snapshots; without names the current one with the one before it."""
    layout = Layout.at(root)
    new = _existing(layout, new or layout.current_id())
    old = _existing(layout, old or _before(layout, new))
    grain = ", ".join(TARGET_GRAIN)
    joined = " AND ".join(f"o.{name} IS NOT DISTINCT FROM n.{name}" for name in TARGET_GRAIN[1:])
    changed = " OR ".join(f"o.{name} IS DISTINCT FROM n.{name}" for name in _COMPARED)
    with engine() as connection:
        for side, snapshot_id in (("o", old), ("n", new)):
            folder = str(layout.snapshot(snapshot_id)).replace("'", "''")
            connection.execute(
                f"CREATE TEMP VIEW {side}_targets AS SELECT {grain}, {', '.join(_COMPARED)} FROM read_parquet("
                f"['{folder}/targets.parquet', '{folder}/targets_provisional.parquet'], union_by_name = true)"
            )
            connection.execute(
                f"CREATE TEMP VIEW {side}_documents AS SELECT source_file, document_id "
                f"FROM read_parquet('{folder}/documents/*.parquet')"
            )
        named = ", ".join(f"coalesce(o.{name}, n.{name}) AS {name}" for name in TARGET_GRAIN)
        connection.execute(
            f"CREATE TEMP TABLE rows AS SELECT CASE WHEN o.statement_id IS NULL THEN 'added' "
            f"WHEN n.statement_id IS NULL THEN 'gone' ELSE 'changed' END AS kind, {named}, o.value AS old_value, "
            "n.value AS new_value, o.quote AS old_quote, n.quote AS new_quote "
            "FROM o_targets AS o FULL JOIN n_targets AS n "
            f"ON o.province = n.province AND {joined} WHERE {changed}"
        )
        rows = connection.execute(f"FROM rows ORDER BY {grain}, kind").to_arrow_table()
        by_province = connection.execute(
            "SELECT province, count(*) FILTER (kind = 'added') AS added, "
            "count(*) FILTER (kind = 'changed') AS changed, "
            "count(*) FILTER (kind = 'gone') AS gone FROM rows GROUP BY province ORDER BY province"
        ).to_arrow_table()
        query = "SELECT source_file FROM {}_documents EXCEPT SELECT source_file FROM {}_documents ORDER BY source_file"
        added = tuple(name for (name,) in connection.execute(query.format("n", "o")).fetchall())
        gone = tuple(name for (name,) in connection.execute(query.format("o", "n")).fetchall())
    return SnapshotDiff(old, new, rows, by_province, added, gone)


def rollback(root: Path | str, snapshot_id: str | None = None, wait_seconds: float = 0.0) -> str:
    """Make an older snapshot the current one (without a name: the one before the current); its id.

    Nothing is deleted. The next run compares the inbox with it, so it publishes again what the inbox holds then.
    """
    layout = Layout.at(root)
    with writer_lock(layout, wait_seconds) as lock, naming_the_path(layout):
        repair(layout, lock)
        current = layout.current_id()
        wanted = _existing(layout, snapshot_id or _before(layout, _existing(layout, current)))
        read_manifest(layout.snapshot(wanted))
        point_at(layout, wanted, current)
    return wanted


def repair_warehouse(root: Path | str, wait_seconds: float = 0.0) -> list[str]:
    """Do what a run does first: clear away what a killed run left, make catalogue and `current` agree, here and
    now."""
    layout = Layout.at(root)
    if not layout.root.is_dir():
        raise WarehouseError(f"there is no warehouse folder {layout.root}")
    with writer_lock(layout, wait_seconds) as lock, naming_the_path(layout):
        return repair(layout, lock)


def age(published_at: str, now: datetime.datetime) -> str:
    """How long ago in words: 3 h, 2 d."""
    try:
        seconds = (now - datetime.datetime.fromisoformat(published_at)).total_seconds()
    except ValueError:
        return ""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return "now"


def _existing(layout: Layout, snapshot_id: str | None) -> str:
    known = layout.snapshot_ids()
    if snapshot_id in known:
        return str(snapshot_id)
    if not known:
        raise WarehouseError(f"{layout.root} has no snapshots: nothing was published there yet")
    matching = [name for name in known if snapshot_id and name.startswith(snapshot_id)]
    if len(matching) == 1:
        return matching[0]
    raise WarehouseError(f"{layout.root} has no snapshot {snapshot_id}; it has {', '.join(known[-5:])}")


def _before(layout: Layout, snapshot_id: str) -> str:
    earlier = [name for name in layout.snapshot_ids() if name < snapshot_id]
    if not earlier:
        raise WarehouseError(f"there is no snapshot before {snapshot_id} in {layout.snapshots}")
    previous = read_manifest(layout.snapshot(snapshot_id)).previous
    return previous if previous in earlier else earlier[-1]
