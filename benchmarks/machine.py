"""What every figure needs beside it: the machine, the versions, the date and what else the machine was doing."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("pyarrow", "duckdb", "prefect", "great-expectations", "dask")


def about(extra: Mapping[str, str] | None = None) -> str:
    """One line for below a table."""
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    versions = ", ".join(f"{name} {number}" for name, number in {**_versions(), **(extra or {})}.items())
    load = os.getloadavg()[0]
    return f"{date}; {_processor()}, {_cores()} cores, {_memory_gb():.0f} GB; load {load:.1f}; {versions}"


def _versions() -> dict[str, str]:
    project = Path(__file__).resolve().parents[1]
    commit = subprocess.run(
        ["git", "-C", str(project), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    name = os.environ.get("MUCTIEU_COMMIT") or commit or "unknown"
    return {"muctieu": name, "Python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def processor_seconds(work: Callable[[], object]) -> float:
    """Processor time of this process: what other processes do at the same time counts little."""
    start = time.process_time()
    work()
    return time.process_time() - start


def side_by_side(works: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Each work once a round, one after the other, so that all see the same machine; it gives its own seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seconds[name].append(work())
    return seconds


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median of the ratios of pairs taken in the same round."""
    return statistics.median(first / second for first, second in zip(above, below, strict=True))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Markdown; numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(_shown(cell) for cell in row) + " |" for row in rows)])


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:,.2f}" if abs(cell) >= 1 else f"{cell:.3f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
