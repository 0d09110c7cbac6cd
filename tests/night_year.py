"""Many nights in minutes: an inbox that changes, nights that are killed or find a full disk or a wrong clock.

Run as `python -m tests.night_year FOLDER NIGHTS SEED`: a process of its own, for every night is a fork of it (cheap:
the standard and the rules are loaded once) and a fork should not carry a Prefect server's threads. The night is the
real one, flows.nightly.nightly, without Prefect: its tasks are called as the plain functions that they are. Prints a
JSON report; the test judges it.
"""

from __future__ import annotations

import datetime
import errno
import functools
import json
import os
import random
import shutil
import signal
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

import flows.nightly
import warehouse.buckets
from flows.journal import read_history
from flows.status import status_of
from tests.conftest import SAMPLES
from warehouse.layout import Layout

OPERATIONS = (
    "open", "write", "pwrite", "fsync", "ftruncate", "link", "symlink", "replace", "rename", "unlink", "mkdir", "rmdir",
    "utime",
)  # fmt: skip
GROWING = ("open", "write", "pwrite", "fsync", "link", "symlink", "mkdir")
"""Operations that a full disk refuses."""
OPERATIONS_OF_A_NIGHT = 240
"""About as many as were counted."""
TABLES = ("targets", "targets_provisional", "commitments", "rejected", "indicators", "provinces", "units")
BEGIN = datetime.datetime(2025, 1, 1, 18, 0, tzinfo=datetime.UTC)
LOCK = Layout.at(Path()).lock.name
SETTINGS = {"accept_drift": True, "keep_snapshots": 3, "small_run_documents": 1_000, "log": "off", "workers": 1}
FAULTS = ("none", "none", "none", "none", "killed", "killed", "full disk", "clock back", "clock ahead", "killed twice")


class Plain:
    """A Prefect task as a plain function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *given: Any) -> Any:
        return self._function(*given)

    def submit(self, *given: Any) -> Plain:
        return Plain(functools.partial(self._function, *given))

    def result(self) -> Any:
        return self._function()


def without_prefect() -> None:
    for name in ("read_documents", "validate_statements", "validate_tables", "publish"):
        setattr(flows.nightly, name, Plain(getattr(flows.nightly, name).fn))
    warehouse.buckets.DOCUMENTS_PER_BUCKET = 5


def weekly(
    number: int,
    check_tables: Callable[..., Any] = flows.nightly.check_tables,
    is_small: Callable[..., bool] = flows.nightly._is_small,
) -> None:
    """The gate over whole tables is two thirds of a small night and changes no row, and starting worker processes for
    an archive takes seconds: both are real on one night of seven. Statements are checked every night, and so are the
    warehouse's own checks across tables."""
    real = number % 7 == 0
    flows.nightly.check_tables = check_tables if real else lambda *_: ()  # type: ignore[attr-defined]
    flows.nightly._is_small = is_small if real else lambda *_: True


def night(inbox: Path, root: Path, now: datetime.datetime, **settings: Any) -> Any:
    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
            return now.astimezone(tz)

    shifted = type(sys)("datetime_of_the_night")
    shifted.__dict__.update({**datetime.__dict__, "datetime": Clock})
    flows.nightly.datetime = shifted  # type: ignore[attr-defined]
    return flows.nightly.nightly.fn(str(inbox), str(root), {**SETTINGS, **settings})


def strike_at(wanted: int, how: str) -> None:
    """At file operation `wanted` from now the process is killed, or from then on the disk is full."""
    count = 0

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*given: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if how == "killed" and count == wanted:
                os.kill(os.getpid(), signal.SIGKILL)
            if how == "full disk" and count >= wanted and name in GROWING and _grows(name, given):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(given[0]))
            return function(*given, **named)

        return call

    for name in OPERATIONS:
        setattr(os, name, counted(name, getattr(os, name)))


def _grows(name: str, given: tuple[Any, ...]) -> bool:
    return name != "open" or bool(given[1] & os.O_CREAT)


def in_a_fork(run: Callable[[], None]) -> int:
    """Exit code of `run` in a child: 0, 3 when it raised, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = 3
        try:
            run()
            code = 0
        except BaseException as trouble:
            print(f"{type(trouble).__name__}: {trouble}"[:400], file=sys.stderr)
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


class Inbox:
    """Documents that come, change, go, come back, and some that cannot be read."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        self.gone: dict[str, bytes] = {}
        self.texts = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("0[1-79]*"))]
        self.changes: Counter[str] = Counter()
        folder.mkdir()
        for number in range(6):
            self._write(f"document-{number}.txt", number)

    def a_day(self) -> None:
        for _ in range(self.chance.choice((0, 1, 1, 2, 3))):
            action = self.chance.choice(("come", "edit", "edit", "go", "return", "bad", "twin", "archive", "folder"))
            self.changes[action] += 1
            getattr(self, f"_{action}")()

    def _come(self) -> None:
        self._write(f"document-{self.chance.randrange(14)}.txt", self.chance.randrange(99))

    def _edit(self) -> None:
        if name := self._any("document-*.txt"):
            self._write(name, self.chance.randrange(99))

    def _go(self) -> None:
        if len(list(self.folder.rglob("*.*"))) > 4 and (name := self._any("*.*")):
            self.gone[name] = (self.folder / name).read_bytes()
            (self.folder / name).unlink()

    def _return(self) -> None:
        if self.gone:
            name = self.chance.choice(sorted(self.gone))
            self._put(name, self.gone.pop(name))

    def _bad(self) -> None:
        data = self.chance.choice((b"", bytes(range(256)) * 4, b" \n\n", b"PK\x03\x04 torn", b"%PDF-1.4 torn"))
        ending = self.chance.choice((".txt", ".docx", ".pdf", ".zip"))
        self._put(f"bad-{self.chance.randrange(4)}{ending}", data)

    def _twin(self) -> None:
        if name := self._any("document-*.txt"):
            self._put(f"twin-{self.chance.randrange(3)}.txt", (self.folder / name).read_bytes())

    def _folder(self) -> None:
        self._write(f"sub/document-{self.chance.randrange(5)}.md", self.chance.randrange(99))

    def _archive(self) -> None:
        path = self.folder / f"archive-{self.chance.randrange(2)}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(self.chance.randrange(1, 3)):
                entry = zipfile.ZipInfo(f"plan-{number}.txt", (2025, 1, 1, 0, 0, 0))
                archive.writestr(entry, self._text(self.chance.randrange(99)))

    def _write(self, name: str, variant: int) -> None:
        self._put(name, self._text(variant).encode())

    def _put(self, name: str, data: bytes) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(data)

    def _text(self, variant: int) -> str:
        """A sample with other values: the shares of a plan differ between its editions."""
        text = self.texts[variant % len(self.texts)]
        return text.replace("80%", f"{60 + variant % 40}%").replace("15%", f"{10 + variant % 20}%")

    def _any(self, pattern: str) -> str | None:
        found = sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob(pattern))
        return self.chance.choice(found) if found else None


def traces(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file of a warehouse; an empty lock file was taken by nobody and has no time."""
    found = {path.relative_to(root).as_posix(): path.lstat() for path in root.rglob("*")}
    return {
        name: (state.st_size, 0 if name == LOCK and not state.st_size else state.st_mtime_ns)
        for name, state in found.items()
    }


def rows(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every published table but runs, sorted."""
    current = (root / "current").resolve()
    with duckdb.connect(config={"threads": 1}) as connection:
        paths = {name: f"{current}/{name}.parquet" for name in TABLES}
        paths |= {name: f"{current}/{name}/*.parquet" for name in ("statements", "documents")}
        return {
            name: connection.execute(f"SELECT * FROM read_parquet('{path}') ORDER BY ALL").fetchall()
            for name, path in paths.items()
        }


def current_copy(folder: Path) -> dict[str, bytes]:
    return whole(folder / json.loads((folder / "current.json").read_bytes())["folder"])


def whole(snapshot: Path) -> dict[str, bytes]:
    found = (path for path in snapshot.resolve().rglob("*") if path.is_file())
    return {path.relative_to(snapshot.resolve()).as_posix(): path.read_bytes() for path in found}


def simulate(folder: Path, nights: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    inbox, root = Inbox(folder / "inbox", chance), folder / "warehouse"
    copies = {"publish_to": str(folder / "copies")}
    faults: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    problems: list[str] = []
    untold: list[str] = []
    told_dead = without_trace = killed = snapshots = 0
    last_names: set[str] = set()
    for number in range(nights):
        inbox.a_day()
        weekly(number)
        now = BEGIN + datetime.timedelta(days=number)
        fault = chance.choice(FAULTS) if number else "none"
        faults[fault] += 1
        now += {"clock back": -datetime.timedelta(days=40), "clock ahead": datetime.timedelta(days=3650)}.get(
            fault, datetime.timedelta()
        )
        for _ in range({"killed": 1, "killed twice": 2, "full disk": 1}.get(fault, 0)):
            how = "full disk" if fault == "full disk" else "killed"
            before, traces_before = (root / "current").resolve(), traces(root)
            wanted = chance.randrange(1, OPERATIONS_OF_A_NIGHT)

            def struck(wanted: int = wanted, how: str = how, now: datetime.datetime = now) -> None:
                strike_at(wanted, how)
                night(inbox.folder, root, now, **copies)

            code = in_a_fork(struck)
            codes[code] += 1
            if code not in (0, 3, -signal.SIGKILL) or (how == "killed" and code == 3):
                problems.append(f"night {number}: {how} at operation {wanted} ended with code {code}")
            if not (root / "current" / "targets.parquet").exists():
                problems.append(f"night {number}: {how} at operation {wanted} left nothing to read (before: {before})")
            if code == -signal.SIGKILL:
                killed += 1
                state = status_of(root, 1e9)
                changed = sorted(dict(traces(root).items() ^ traces_before.items()))
                if any("died" in reason for reason in state.reasons):
                    told_dead += 1
                elif changed:
                    untold.append(f"night {number}: killed at operation {wanted}, which had changed {changed}")
                else:
                    without_trace += 1
        if fault in ("killed", "killed twice", "full disk") and chance.random() < 0.5:
            continue  # nobody comes to help: the next night has to repair
        code = in_a_fork(lambda now=now: night(inbox.folder, root, now, **copies))  # type: ignore[misc]
        codes[code] += 1
        if code != 0:
            problems.append(f"night {number} ({fault}) ended with code {code}")
        names = set(os.listdir(root / "snapshots"))
        snapshots += len(names - last_names)
        last_names = names
    end = BEGIN + datetime.timedelta(days=nights)
    weekly(0)
    code = in_a_fork(lambda: night(inbox.folder, root, end, **copies))
    problems += [f"the last night ended with code {code}"] if code else []
    code = in_a_fork(lambda: night(inbox.folder, folder / "fresh", end))
    problems += [f"the fresh run ended with code {code}"] if code else []
    ours, fresh = rows(root), rows(folder / "fresh")
    differing = {name: len(set(ours[name]) ^ set(fresh[name])) for name in ours if ours[name] != fresh[name]}
    left = [name for name in os.listdir(root / "snapshots") if name.startswith(".")]
    return {
        "nights": nights,
        "faults": dict(faults),
        "exit codes": {str(code): count for code, count in sorted(codes.items())},
        "inbox changes": dict(inbox.changes),
        "snapshots": snapshots,
        "killed": killed,
        "status said died": told_dead,
        "killed before they had touched the warehouse": without_trace,
        "untold": untold,
        "history": dict(Counter(run.state for run in read_history(root))),
        "rows": {name: len(found) for name, found in ours.items()},
        "documents by status": dict(Counter(row[0] for row in _statuses(root))),
        "differing": differing,
        "left over": left,
        "copy is whole": current_copy(folder / "copies") == whole(root / "current"),
        "copies": len(os.listdir(folder / "copies" / "snapshots")),
        "problems": problems,
    }


def _statuses(root: Path) -> list[tuple[str]]:
    with duckdb.connect() as connection:
        path = f"{(root / 'current').resolve()}/documents/*.parquet"
        return connection.execute(f"SELECT status FROM read_parquet('{path}')").fetchall()


def main(folder: str, nights: str, seed: str) -> None:
    without_prefect()
    begin = time.perf_counter()
    # the standard, the rules and Great Expectations are loaded once, by a night that counts for nothing
    night(SAMPLES, Path(folder) / "warm", BEGIN)
    shutil.rmtree(Path(folder) / "warm")
    report = simulate(Path(folder), int(nights), int(seed))
    print(json.dumps({**report, "seconds": round(time.perf_counter() - begin, 1)}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
