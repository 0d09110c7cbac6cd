"""Which old snapshots go: all but the last few, and never one that a reader may still be reading."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from warehouse.durable import remove_folder
from warehouse.layout import TRASH_PREFIX, Layout

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Retention:
    """`keep`: how many snapshots stay, the current one included. `grace_seconds`: how long after it stopped being
    current a snapshot stays in any case: the longest time that a reader keeps a catalogue open."""

    keep: int = 14
    grace_seconds: float = DAY_SECONDS


def retire(layout: Layout, snapshot_id: str | None) -> None:
    """Note, in the folder's modification time, that the snapshot stops being current. Called just before it does."""
    if snapshot_id and layout.snapshot(snapshot_id).is_dir():
        os.utime(layout.snapshot(snapshot_id))


def prune(layout: Layout, retention: Retention, now: float | None = None) -> list[str]:
    """Remove what retention allows; ids of what went. Never the current one."""
    now = time.time() if now is None else now
    current = layout.current_id()
    gone = []
    for snapshot_id in layout.snapshot_ids()[: -max(retention.keep, 1)]:
        folder = layout.snapshot(snapshot_id)
        if snapshot_id == current or now - folder.stat().st_mtime < retention.grace_seconds:
            continue
        remove_folder(folder, layout.snapshots / f"{TRASH_PREFIX}{snapshot_id}")
        gone.append(snapshot_id)
    return gone
