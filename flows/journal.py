"""The journal of a warehouse: which run is at work or was the last, where it is, and how the ones before ended.

`.run.json` holds the run at work or the last one. It is replaced at every step, so that a run that was killed has left
its place behind: nothing has to run at its death. `.runs.jsonl` gets a line when a run ends, or when the next one finds
that it had died. Only the holder of the writer lock writes `.run.json`.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from flows.alive import boot_id, process_started
from warehouse.durable import replace_file

RUN = ".run.json"
HISTORY = ".runs.jsonl"
MOST_LINES = 1_000
_MOST_BYTES = 2_000_000

State = Literal["running", "published", "unchanged", "empty", "failed", "refused", "died"]
"""empty: no documents in the inbox, nothing done. refused: another run held the warehouse."""
GOOD: tuple[State, ...] = ("published", "unchanged")
"""Nights after which the tables are known to show what the inbox holds."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run. Times are UTC, ISO 8601. `done` of `total` documents in the step; `boot_id` and `process_started` (clock
    ticks since boot) tell the process from a later one with the same number."""

    run_id: str
    state: State
    pid: int
    host: str
    started_at: str
    step: str = "starting"
    step_started_at: str = ""
    done: int = 0
    total: int = 0
    ended_at: str = ""
    snapshot_id: str | None = None
    message: str = ""
    inbox: str = ""
    boot_id: str = ""
    process_started: int = 0

    def where(self) -> str:
        """In words: at which step, since when, on which host."""
        step = f"{self.step} ({self.done} of {self.total} documents)" if self.total else self.step
        return f"step {step}, process {self.pid} on {self.host}, started {self.started_at}"


def new_record(run_id: str, inbox: str, started_at: datetime.datetime) -> RunRecord:
    """A record of this process."""
    return RunRecord(
        run_id,
        "running",
        os.getpid(),
        socket.gethostname(),
        stamp(started_at),
        step_started_at=stamp(started_at),
        inbox=inbox,
        boot_id=boot_id(),
        process_started=process_started(os.getpid()) or 0,
    )


def read_run(root: Path) -> RunRecord | None:
    """The run at work or the last one; None when there was none or the file is damaged."""
    try:
        return _record(json.loads((root / RUN).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def read_history(root: Path) -> list[RunRecord]:
    """Runs that ended, oldest first. Lines that a full disk or a power cut tore are left out."""
    try:
        lines = (root / HISTORY).read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):
            found.append(_record(json.loads(line)))
    return found


def write_run(root: Path, record: RunRecord) -> None:
    """Replace `.run.json`; on a full disk, where no new file fits, write over the old one. Raises OSError."""
    data = _line(record)
    try:
        replace_file(root / RUN, data)
    except OSError:
        with contextlib.suppress(OSError):
            (root / f"{RUN}.new").unlink(missing_ok=True)
        with open(root / RUN, "r+b") as file:
            file.write(data)
            file.truncate()


def append_history(root: Path, record: RunRecord) -> None:
    """Add a line, whole or not at all for readers. Raises OSError."""
    descriptor = os.open(root / HISTORY, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (b"\n" if torn else b"") + _line(record))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def shorten_history(root: Path) -> None:
    """Keep the last lines of a long history. Only for the holder of the writer lock. Raises OSError."""
    path = root / HISTORY
    if path.exists() and path.stat().st_size > _MOST_BYTES:
        replace_file(path, b"".join(path.read_bytes().splitlines(keepends=True)[-MOST_LINES:]))


def is_alive(record: RunRecord) -> bool | None:
    """Whether the process of a running record is there; None when that cannot be known from this host."""
    if record.host != socket.gethostname():
        return None
    if record.boot_id and record.boot_id != boot_id():
        return False
    started = process_started(record.pid)
    if started is None:
        return False
    return not record.process_started or started == record.process_started


def died(record: RunRecord, found_at: datetime.datetime) -> RunRecord:
    """The record of a run that left no end of its own."""
    return replace(
        record, state="died", ended_at=stamp(found_at), message=f"the run died without a word: {record.where()}"
    )


def stamp(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).isoformat(timespec="seconds")


def _line(record: RunRecord) -> bytes:
    return (json.dumps(asdict(record), ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _record(value: Any) -> RunRecord:
    known = {field.name for field in fields(RunRecord)}
    return RunRecord(**{name: given for name, given in dict(value).items() if name in known})


class Journal:
    """Writes the record of one run as it goes. What cannot be written is no reason to stop a night: it is kept back,
    and `trouble` holds the last reason."""

    def __init__(self, root: Path, record: RunRecord) -> None:
        self.root = root
        self.record = record
        self.trouble: OSError | None = None
        self._written_at = 0.0

    def begin(self) -> RunRecord | None:
        """Take over the journal; gives the record of the run before when it had died. Hold the writer lock."""
        before = read_run(self.root)
        found = None
        if before is not None and before.state == "running":
            found = died(before, datetime.datetime.now(datetime.UTC))
            with self._forgiving():
                append_history(self.root, found)
        elif before is not None and before.run_id not in {run.run_id for run in read_history(self.root)[-20:]}:
            with self._forgiving():  # the disk was full when its line was to be added
                append_history(self.root, before)
        with self._forgiving():
            shorten_history(self.root)
        with self._forgiving():
            write_run(self.root, self.record)
        return found

    def step(self, name: str, done: int = 0, total: int = 0) -> None:
        """Note where the run is; progress within a step at most once a second."""
        now = datetime.datetime.now(datetime.UTC)
        same = name == self.record.step
        if same and done < total and abs(now.timestamp() - self._written_at) < 1.0:
            return
        since = self.record.step_started_at if same else stamp(now)
        self.record = replace(self.record, step=name, step_started_at=since, done=done, total=total)
        self._written_at = now.timestamp()
        with self._forgiving():
            write_run(self.root, self.record)

    def end(self, state: State, message: str, snapshot_id: str | None = None) -> RunRecord:
        """Close the record. Hold the writer lock."""
        self.record = replace(
            self.record,
            state=state,
            message=message,
            snapshot_id=snapshot_id,
            ended_at=stamp(datetime.datetime.now(datetime.UTC)),
        )
        with self._forgiving():
            write_run(self.root, self.record)
        self.note()
        return self.record

    def note(self) -> None:
        """Add the record to the history alone: for a run that never held the lock."""
        with self._forgiving():
            append_history(self.root, self.record)

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as trouble:
            self.trouble = trouble
