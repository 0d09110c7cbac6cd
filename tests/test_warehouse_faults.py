"""A run killed at any file operation: readers never notice, the next run repairs and completes."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

import warehouse
from tests import warehouse_fault as fault
from tests import warehouse_samples as samples


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.warehouse_fault"])
    return context


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(warehouse.buckets, "DOCUMENTS_PER_BUCKET", fault.DOCUMENTS_PER_BUCKET)
    samples.night(tmp_path / "w", fault.EDITIONS)
    return tmp_path / "w"


@contextmanager
def readers(processes: ForkServerContext, root: Path, count: int = 2) -> Iterator[list[Path]]:
    """`count` processes that read all the time; what they saw is in the files afterwards."""
    stop = processes.Event()
    told = [root.parent / f"reader-{number}" for number in range(count)]
    started = [processes.Process(target=fault.read_all_the_time, args=(str(root), stop, str(path))) for path in told]
    for process in started:
        process.start()
    try:
        yield told
    finally:
        stop.set()
        for process in started:
            process.join(60)


def _run(processes: ForkServerContext, root: Path, turn: int, kill_at: int = 0, after: float | None = None) -> int:
    """Exit code of one night in a process of its own; -9 when it was killed."""
    process = processes.Process(target=fault.run, args=(str(root), turn, kill_at, str(root.parent / "operations")))
    process.start()
    if after is not None:
        time.sleep(after)
        process.kill()
    process.join(120)
    assert process.exitcode is not None
    return process.exitcode


def _operations(processes: ForkServerContext, root: Path) -> list[str]:
    """Every file operation of a whole night, from a night that is not killed."""
    assert _run(processes, root, 1) == 0
    return (root.parent / "operations").read_text().splitlines()


def _survive(processes: ForkServerContext, root: Path, points: list[int]) -> tuple[int, int]:
    """Kill a night at each point and let the next one finish. (points reached, rounds of reading)"""
    killed = 0
    with readers(processes, root) as told:
        for turn, point in enumerate(points, 2):
            code = _run(processes, root, turn, point)
            killed += code == -signal.SIGKILL
            assert code in (0, -signal.SIGKILL)
            assert _run(processes, root, turn) == 0
            _is_clean(root, turn)
    rounds = 0
    for path in told:
        *troubles, last = path.read_text().splitlines()
        assert not troubles, troubles[:5]
        rounds += int(last)
    return killed, rounds


def _is_clean(root: Path, turn: int) -> None:
    """Catalogue and `current` agree, no leftovers, and the inbox of that night is what is published."""
    assert not [path.name for path in (root / "snapshots").iterdir() if path.name.startswith(".")]
    names = {path.name for path in root.iterdir()}
    assert names - {".label-names.parquet"} == {"targets.duckdb", "current", "snapshots", ".writer.lock"}
    with warehouse.connect(root) as connection:
        assert connection.execute("SELECT snapshot_id FROM about").fetchone() == ((root / "current").resolve().name,)
        found = dict(connection.execute("SELECT source_file, document_id FROM documents").fetchall())
    assert found == samples.listing_of(fault.editions_of(turn))


def test_killed_at_some_points(root: Path, processes: ForkServerContext) -> None:
    operations = len(_operations(processes, root))
    assert operations >= 50
    draw = random.Random(4)
    points = sorted(draw.sample(range(1, operations + 1), 2)) + list(range(operations - 14, operations, 5))
    killed, rounds = _survive(processes, root, points)
    assert killed >= len(points) - 2
    assert rounds > 0
    print(f"\nkilled at {killed} of {operations} file operations, {rounds} rounds of reading all tables")
    assert samples.parquet_bytes((root / "current").resolve()) == _expected(root, len(points) + 1)


def _expected(root: Path, turn: int) -> dict[str, bytes]:
    return samples.parquet_bytes(samples.night(root.parent / "expected", fault.editions_of(turn)).path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_every_operation(root: Path, processes: ForkServerContext) -> None:
    operations = _operations(processes, root)
    points = list(range(1, len(operations) + 1))
    killed, rounds = _survive(processes, root, points)
    print(f"\nkilled at {killed} of {len(operations)} file operations, {rounds} rounds of reading all tables")
    assert killed >= 50
    assert samples.parquet_bytes((root / "current").resolve()) == _expected(root, len(points) + 1)
    assert warehouse.validate(root).passed


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_any_moment(root: Path, processes: ForkServerContext) -> None:
    """Also inside DuckDB and Arrow, where no operation of Python's is: at 30 moments of a night."""
    start = time.monotonic()
    assert _run(processes, root, 1) == 0
    usual = time.monotonic() - start
    draw = random.Random(9)
    killed = 0
    with readers(processes, root) as told:
        for turn in range(2, 32):
            killed += _run(processes, root, turn, after=draw.uniform(0.05, usual)) == -signal.SIGKILL
            assert _run(processes, root, turn) == 0
            _is_clean(root, turn)
    troubles = [line for path in told for line in path.read_text().splitlines()[:-1]]
    assert not troubles, troubles[:5]
    print(f"\nkilled at {killed} moments")
    assert killed >= 15


def test_two_runs_at_once(root: Path, processes: ForkServerContext) -> None:
    """One publishes, the other is refused or finds nothing left to do: never both, never neither."""
    both = [
        processes.Process(target=fault.run, args=(str(root), 5, 0, str(root.parent / f"operations-{number}")))
        for number in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert sorted(process.exitcode or 0 for process in both) in ([0, 1], [0, 0])
    _is_clean(root, 5)
    assert len(list((root / "snapshots").iterdir())) == 2
