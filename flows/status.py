"""Is the table fresh, and how did the last night end? Read from the warehouse alone: works without Prefect, and when a
run was killed."""

from __future__ import annotations

import datetime
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from flows.alive import process_started
from flows.copy_record import CopyRecord, read_record
from flows.journal import GOOD, RunRecord, is_alive, read_history, read_run
from warehouse.errors import WarehouseError
from warehouse.layout import Layout
from warehouse.lock import read_holder
from warehouse.manifest import read_manifest

Level = Literal["OK", "WARNING", "CRITICAL", "UNKNOWN"]
EXIT_CODES: dict[Level, int] = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
"""Those of Nagios plugins."""
_WORST_FIRST: tuple[Level, ...] = ("CRITICAL", "UNKNOWN", "WARNING")
_SKEW = datetime.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Status:
    """`reasons`: what is not as it should be, worst first. `good_at`: when a night last ended well (its tables are
    those of the inbox), None when never. `last`: the run at work, or the last one that held the warehouse. `copy`:
    what publish_to holds, None when no copies are wanted."""

    level: Level
    reasons: tuple[str, ...]
    warehouse: str
    snapshot_id: str | None = None
    published_at: str | None = None
    good_at: str | None = None
    age_seconds: float | None = None
    oldest_seconds: float = 0.0
    targets: int | None = None
    documents: int | None = None
    last: RunRecord | None = None
    at_work: bool = False
    copy: CopyRecord | None = None
    history: tuple[RunRecord, ...] = ()

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.level]


def status_of(root: Path, oldest_hours: float, now: datetime.datetime | None = None) -> Status:
    """What `muctieu status` says about the warehouse at `root`."""
    now = now or datetime.datetime.now(datetime.UTC)
    oldest = oldest_hours * 3600.0
    layout = Layout.at(root)
    history = tuple(read_history(layout.root))
    record = read_run(layout.root)
    last, dead = _last(record, history)
    at_work = last is not None and last.state == "running" and not dead
    left_behind = None if dead or at_work else _died_beside_its_journal(layout)
    found: list[tuple[Level, str]] = []
    snapshot: dict[str, Any] = {}
    if not layout.root.is_dir():
        found.append(
            ("UNKNOWN", f"there is no warehouse {layout.root}; publish one: muctieu run INBOX --warehouse DIR")
        )
    else:
        snapshot = _snapshot(layout, found)
    good = _last_good(snapshot, history)
    age = (now - good).total_seconds() if good else None
    if age is not None and age > oldest:
        found.append(("CRITICAL", f"the last good night is {_span(age)} ago, at most {_span(oldest)} are allowed"))
    if good is not None and good > now + _SKEW:
        found.append(("WARNING", f"the last good night is in the future ({good.isoformat()}): check the clock"))
    _judge_last(last, dead, found)
    if left_behind:
        found.append(("WARNING", left_behind))
    copy = read_record(layout.root)
    if copy is not None and not at_work:
        _judge_copy(copy, snapshot.get("snapshot_id"), found)
    found.sort(key=lambda entry: _WORST_FIRST.index(entry[0]))
    return Status(
        level=found[0][0] if found else "OK",
        reasons=tuple(reason for _, reason in found),
        warehouse=str(layout.root),
        good_at=good.isoformat(timespec="seconds") if good else None,
        age_seconds=age,
        oldest_seconds=oldest,
        last=last,
        at_work=at_work,
        copy=copy,
        history=history,
        **snapshot,
    )


def _snapshot(layout: Layout, found: list[tuple[Level, str]]) -> dict[str, Any]:
    try:
        current = layout.current_id()
        if current is None:
            found.append(("CRITICAL", "nothing was published yet"))
            return {}
        manifest = read_manifest(layout.snapshot(current))
    except WarehouseError as trouble:
        found.append(("CRITICAL", str(trouble)))
        return {}
    return {
        "snapshot_id": current,
        "published_at": manifest.published_at,
        "targets": manifest.rows("targets"),
        "documents": manifest.rows("documents"),
    }


def _last(record: RunRecord | None, history: tuple[RunRecord, ...]) -> tuple[RunRecord | None, bool]:
    """(the run at work or the last that ended, whether it died). Refused runs stand in the history only."""
    if record is not None and record.state == "running":
        return record, is_alive(record) is False
    ended = [run for run in history if run.state != "refused"]
    if not ended:
        return record, False
    if record is not None and record.run_id != ended[-1].run_id and record.ended_at > ended[-1].ended_at:
        return record, False  # the disk was full when its line was to be added
    return ended[-1], False


def _died_beside_its_journal(layout: Layout) -> str | None:
    """A run that was killed after it had taken the warehouse and before its journal began, or after that was closed:
    the lock's own record, which a run takes back at its end, is all that it left."""
    holder = read_holder(layout)
    if holder is None or holder.host != socket.gethostname():
        return None
    if process_started(holder.pid) is not None:
        return None
    return f"a run died without a word: outside its steps, {holder}; the next run repairs what it left"


def _last_good(snapshot: dict[str, Any], history: tuple[RunRecord, ...]) -> datetime.datetime | None:
    """When the current snapshot was last known to be what the inbox gives."""
    moments = [snapshot.get("published_at")]
    moments += [run.ended_at for run in history if run.state in GOOD and run.snapshot_id == snapshot.get("snapshot_id")]
    times = [moment for moment in map(_moment, moments) if moment is not None]
    return max(times) if snapshot and times else None


def _judge_last(last: RunRecord | None, dead: bool, found: list[tuple[Level, str]]) -> None:
    if last is None:
        return
    if dead or last.state == "died":
        message = last.message if last.state == "died" else f"the run died without a word: {last.where()}"
        found.append(("WARNING", f"{message}; the next run repairs what it left"))
    elif last.state == "failed":
        found.append(("WARNING", f"the last run failed at {last.ended_at} in step {last.step}: {last.message}"))
    elif last.state == "empty":
        found.append(("WARNING", f"{last.message} ({last.ended_at}); is the inbox mounted?"))


def _judge_copy(copy: CopyRecord, current: str | None, found: list[tuple[Level, str]]) -> None:
    holds = f"holds snapshot {copy.snapshot_id}" if copy.snapshot_id else "holds nothing yet"
    if copy.trouble:
        reason = f"the copy at {copy.address} failed at {copy.tried_at}: {copy.trouble}; it {holds}"
        found.append(("WARNING", f"{reason}; the next run tries again"))
    elif copy.snapshot_id != current:
        reason = f"the copy at {copy.address} is behind: it {holds}, the warehouse {current}"
        found.append(("WARNING", f"{reason}; the next run brings it there"))


def as_line(status: Status) -> str:
    """One line with performance data, as Nagios plugins print it."""
    text = "; ".join(status.reasons) if status.reasons else "tables are fresh"
    if status.snapshot_id and status.age_seconds is not None:
        text += f"; snapshot {status.snapshot_id}, confirmed {_span(status.age_seconds)} ago"
    if status.at_work and status.last is not None:
        text += f"; a run is at work: {status.last.where()}"
    values = []
    if status.age_seconds is not None:
        values.append(f"age={max(status.age_seconds, 0):.0f}s;;{status.oldest_seconds:.0f};0")
    values += [f"{name}={value}" for name in ("targets", "documents") if (value := getattr(status, name)) is not None]
    line = f"MUCTIEU {status.level} - {' '.join(text.replace('|', '/').split())}"
    return f"{line} | {' '.join(values)}" if values else line


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _moment(text: str | None) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=datetime.UTC) if moment is not None and moment.tzinfo is None else moment
