"""Resident memory of a running night, process by process: the flow's own, its workers, Prefect's server."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

EVERY_SECONDS = 0.5
KINDS = ("main", "worker", "server", "other")


@dataclass
class Curve:
    """Megabytes over seconds: of the main process, and of the largest process of each other kind at the time."""

    seconds: list[float] = field(default_factory=list)
    megabytes: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def peak(self, kind: str) -> float:
        return max(self.megabytes[kind], default=0.0)


class Sampler(threading.Thread):
    """Watches process `pid` and all below it until `stop`."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.curve = Curve()
        self._pid = pid
        self._done = threading.Event()

    def run(self) -> None:
        start = time.perf_counter()
        while not self._done.wait(EVERY_SECONDS):
            largest = dict.fromkeys(KINDS, 0.0)
            for pid in _family(self._pid):
                kind, size = _kind(pid, self._pid), _megabytes(pid)
                largest[kind] = max(largest[kind], size)
            self.curve.seconds.append(time.perf_counter() - start)
            for kind, size in largest.items():
                self.curve.megabytes[kind].append(size)

    def stop(self) -> Curve:
        self._done.set()
        self.join()
        return self.curve


def _family(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                after_name = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(after_name[1]), []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _kind(pid: int, root: int) -> str:
    if pid == root:
        return "main"
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "other"
    if b"forkserver" in command or b"multiprocessing" in command:
        return "worker"
    return "server" if b"prefect" in command or b"uvicorn" in command else "other"


def _megabytes(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
