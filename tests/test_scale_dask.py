"""The night on a Dask cluster: real scheduler and worker processes on this machine, and one of them dies at work."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.nightly import nightly
from flows.runners import RunnerError
from tests.conftest import PROJECT, SAMPLES
from tests.test_flow import fingerprint

WORKERS = 3
COPIES = 12
WAIT_SECONDS = 240.0


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples again and again, each time with other figures; one file that hangs no run: it is no text at all."""
    folder = tmp_path_factory.mktemp("scale") / "inbox"
    folder.mkdir()
    for copy in range(COPIES):
        for sample in sorted(SAMPLES.iterdir()):
            (folder / f"{copy:02d}-{sample.name}").write_bytes(with_other_figures(sample.read_bytes(), copy))
    (folder / "broken.txt").write_bytes(bytes(range(256)) * 10)
    return folder


def with_other_figures(text: bytes, copy: int) -> bytes:
    return re.sub(rb"\b(\d)(\d)%", lambda found: b"%d%b%%" % ((int(found[1]) + copy) % 9 + 1, found[2]), text)


@pytest.fixture(scope="module")
def alone(prefect_server: None, inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What one process makes of the inbox."""
    root = tmp_path_factory.mktemp("alone") / "warehouse"
    nightly(str(inbox), str(root), {"small_run_documents": 10_000, "batch_size": 10_000})
    return fingerprint(root)


class Cluster:
    """`dask scheduler` and worker processes as anybody would start them."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.file = folder / "scheduler.json"
        self.log = (folder / "cluster.log").open("wb")
        dask = [sys.executable, "-m", "dask"]
        quiet = ("--no-dashboard", "--scheduler-file", str(self.file))
        self.processes = [self._start([*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", *quiet])]
        until(self.file.exists, "the scheduler")
        shape = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--scheduler-file", str(self.file))
        self.workers = [self._start([*dask, "worker", *shape]) for _ in range(workers)]
        self.processes += self.workers

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=PROJECT)

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait(30)
        self.log.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    started = Cluster(tmp_path, WORKERS)
    try:
        yield started
    finally:
        started.stop()


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what} did not come within {WAIT_SECONDS:.0f} s"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_killed_dask_worker_costs_nothing_but_time(
    alone: dict[str, bytes], inbox: Path, cluster: Cluster, tmp_path: Path
) -> None:
    shared, root = tmp_path / "parts", tmp_path / "warehouse"
    written: list[int] = []

    def kill_one() -> None:
        until(lambda: len(list(shared.rglob("documents-*.parquet"))) >= 4, "the first parts")
        written.append(len(list(shared.rglob("documents-*.parquet"))))
        cluster.workers[0].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    summary = nightly(
        str(inbox),
        str(root),
        {"runner": "dask", "dask_address": cluster.address, "parts": str(shared), "batch_size": 2},
    )
    killer.join()
    batches = -(-len(list(inbox.iterdir())) // 2)
    assert written[0] < batches, "the worker must die before the work is done"
    assert cluster.workers[0].poll() == -signal.SIGKILL
    assert all(worker.poll() is None for worker in cluster.workers[1:])
    assert summary.published
    assert fingerprint(root) == alone
    assert list(shared.iterdir()) == [], "the parts of a run are removed in the end"


@pytest.mark.slow
def test_without_an_address_a_cluster_is_started_here(alone: dict[str, bytes], inbox: Path, tmp_path: Path) -> None:
    nightly(str(inbox), str(tmp_path / "w"), {"runner": "dask", "workers": 2, "batch_size": 9})
    assert fingerprint(tmp_path / "w") == alone


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_named(inbox: Path, prefect_server: None, tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match=r"127\.0\.0\.1:9"):
        nightly(str(inbox), str(tmp_path / "w"), {"runner": "dask", "dask_address": "tcp://127.0.0.1:9"})
    assert not (tmp_path / "w" / "current").exists()
