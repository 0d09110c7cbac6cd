"""What a run does first: clear away what a killed run left, finish what it had finished but not announced."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from warehouse.catalogue import build_catalogue, put_in_place, read_about, remove_catalogue
from warehouse.durable import left_unfinished, replace_link, sync_folder
from warehouse.errors import WarehouseError
from warehouse.layout import CATALOGUE, CURRENT, SNAPSHOTS, STAGING_PREFIX, TRASH_PREFIX, Layout
from warehouse.lock import WriterLock
from warehouse.manifest import read_manifest


def repair(layout: Layout, lock: WriterLock) -> list[str]:
    """Make catalogue and `current` name the same whole snapshot; say in words what had to be done (empty: nothing).

    A snapshot that has its name is whole and passed the gate: when its run died before announcing it, that is done
    now. Must hold the lock. Raises WarehouseError when no whole snapshot is left that could be announced."""
    done = _clear(layout)
    unannounced = lock.left_behind.publishing if lock.left_behind else None
    wanted = _wanted(layout, unannounced)
    if wanted is not None:
        about = read_about(layout.catalogue)
        if about is None or about.snapshot_id != wanted or about.root != str(layout.root):
            done.append(f"catalogue made anew for snapshot {wanted}")
            built = fresh_catalogue(layout)
            build_catalogue(layout, wanted, built)
            put_in_place(layout, built)
        if layout.current_id() != wanted:
            done.append(f"current pointed at {wanted}")
            replace_link(layout.current, f"{SNAPSHOTS}/{wanted}")
    if lock.left_behind:
        done.insert(0, f"a run had died: {lock.left_behind}")
        lock.announce(None)
    return done


def fresh_catalogue(layout: Layout) -> Path:
    return layout.root / f"{CATALOGUE}.new"


def _wanted(layout: Layout, unannounced: str | None) -> str | None:
    """The snapshot that readers should see: one about to be announced, else the catalogue's, else current's."""
    about = read_about(layout.catalogue)
    candidates = [unannounced, about.snapshot_id if about else None, layout.current_id()]
    for candidate in candidates:
        if candidate and _is_whole(layout, candidate):
            return candidate
    remaining = [name for name in layout.snapshot_ids() if _is_whole(layout, name)]
    if remaining:
        return remaining[-1]
    if any(candidates):
        raise WarehouseError(
            f"{layout.root} names snapshot {next(filter(None, candidates))}, but no whole snapshot is left in "
            f"{layout.snapshots}; restore one from a backup, or remove {layout.catalogue} and {layout.current} "
            "and run again"
        )
    return None


def _is_whole(layout: Layout, snapshot_id: str) -> bool:
    try:
        return read_manifest(layout.snapshot(snapshot_id)).snapshot_id == snapshot_id
    except WarehouseError:
        return False


def _clear(layout: Layout) -> list[str]:
    done = []
    for entry in sorted(os.scandir(layout.snapshots), key=lambda entry: entry.name):
        if entry.name.startswith((STAGING_PREFIX, TRASH_PREFIX)):
            shutil.rmtree(entry.path)
            done.append(f"removed the unfinished {entry.name}")
    if done:
        sync_folder(layout.snapshots)
    remove_catalogue(layout.root / f"{CATALOGUE}.new")
    for path in left_unfinished(layout.root):
        path.unlink(missing_ok=True)
        done.append(f"removed the unfinished {path.name}")
    for name in (f"{CURRENT}.new",):
        if os.path.lexists(layout.root / name):
            os.unlink(layout.root / name)
    return done
