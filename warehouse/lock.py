"""One writer at a time: an advisory lock on a file that also says who holds it.

The operating system drops the lock when the holder dies, however it dies, so a lock can never be stale; the record
that the dead holder left behind is, and is recognised by the lock being free. A reused process id can therefore not
mislead."""

from __future__ import annotations

import contextlib
import contextvars
import datetime
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from warehouse.errors import WarehouseError, WriterBusy
from warehouse.layout import Layout

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes: process id, host, UTC start; `publishing` is the snapshot that is about to get its name."""

    pid: int
    host: str
    started_at: str
    publishing: str | None = None

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, started {self.started_at}"


class WriterLock:
    """A held lock. `left_behind` is the record of a writer that died without finishing, else None."""

    def __init__(self, descriptor: int, holder: Holder, left_behind: Holder | None) -> None:
        self._descriptor = descriptor
        self._holder = holder
        self.left_behind = left_behind

    def announce(self, snapshot_id: str | None) -> None:
        """Record which snapshot is about to be named, for the run that has to repair."""
        self._holder = Holder(self._holder.pid, self._holder.host, self._holder.started_at, snapshot_id)
        self._write(json.dumps(asdict(self._holder)).encode("utf-8"))

    def _write(self, data: bytes) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, data, 0)
        os.fsync(self._descriptor)


_held: dict[Path, WriterLock] = {}
_inside: contextvars.ContextVar[frozenset[Path]] = contextvars.ContextVar("muctieu_writer", default=frozenset())
"""Warehouses that this context holds: a task that the flow starts inherits it, an unrelated thread does not."""


def _forget_in_child() -> None:
    """A forked worker must not keep the lock alive after its parent died."""
    for lock in _held.values():
        with contextlib.suppress(OSError):
            os.close(lock._descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)


def read_holder(layout: Layout) -> Holder | None:
    """What the lock file says, whether or not the lock is held; None when it says nothing."""
    try:
        return Holder(**json.loads(layout.lock.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def writer_lock(layout: Layout, wait_seconds: float = 0.0) -> Iterator[WriterLock]:
    """Hold the warehouse for writing; a caller that holds it already goes straight on.

    Raises WriterBusy with the holder's pid and start time when it is not free within `wait_seconds`.
    """
    if layout.lock in _inside.get() and layout.lock in _held:
        yield _held[layout.lock]
        return
    lock = _acquire(layout, wait_seconds)
    _held[layout.lock] = lock
    token = _inside.set(_inside.get() | {layout.lock})
    try:
        yield lock
    finally:
        _inside.reset(token)
        _held.pop(layout.lock, None)
        with contextlib.suppress(OSError):
            os.ftruncate(lock._descriptor, 0)
        os.close(lock._descriptor)


def _acquire(layout: Layout, wait_seconds: float) -> WriterLock:
    try:
        os.makedirs(layout.snapshots, exist_ok=True)
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as trouble:
        raise WarehouseError(
            f"cannot write to the warehouse {layout.root}: {trouble.strerror} ({trouble.filename}); "
            "nothing was changed; check the permissions and the free space of that folder"
        ) from trouble
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                holder = read_holder(layout) or "another process"
                raise WriterBusy(
                    f"the warehouse {layout.root} is being written by {holder}; wait for it to end, "
                    "or give a longer waiting time"
                ) from None
            time.sleep(_POLL_SECONDS)
    left_behind = read_holder(layout)
    started_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    lock = WriterLock(descriptor, Holder(os.getpid(), socket.gethostname(), started_at), left_behind)
    lock.announce(left_behind.publishing if left_behind else None)
    return lock
