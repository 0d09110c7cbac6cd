"""Where batches are read: worker processes of this machine, or the workers of a Dask cluster through prefect-dask.

Either way a batch is one Prefect task, its files are read in a guarded process (flows/workers.py), and what comes back
is where its parts are. Only so many batches are on their way at a time, whatever the size of the inbox.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from extract.limits import Limits
from flows.batches import BatchReader, BatchResult, batch_reader, guarded_pool, read_batch
from flows.inbox_file import InboxFile

RunnerName = Literal["local", "dask"]
AHEAD = 3
"""Batches on their way for each worker: enough that none waits for the flow, few enough to hold nothing back."""
LEAST_AHEAD = 8
ALLOWED_FAILURES = 5
"""Workers that a batch of the local cluster may lose before the run stops."""


class RunnerError(RuntimeError):
    """The runner cannot be used as it is set up."""


class Future(Protocol):
    def result(self) -> BatchResult: ...


class BatchTask(Protocol):
    """The Prefect task that reads a batch: (number, files, folder, reader) -> BatchResult."""

    def submit(self, number: int, files: Sequence[InboxFile], folder: str, reader: BatchReader) -> Future: ...


@dataclass(frozen=True, slots=True)
class Where:
    """`workers`: processes of this machine (0: in the flow's own process). `address`: of a Dask scheduler; with None a
    cluster of `workers` processes is started here."""

    name: RunnerName
    workers: int
    address: str | None = None


Submit = Callable[[int, Sequence[InboxFile], str], Future]


@dataclass(frozen=True, slots=True)
class Runner:
    """`submit` starts a batch; `ahead` says how many should be on their way now (a cluster may grow and shrink)."""

    submit: Submit
    ahead: Callable[[], int]

    def read(self, batches: Iterable[Sequence[InboxFile]], folder: str) -> Iterator[tuple[int, BatchResult]]:
        """(files of the batch, its result), in the order of `batches`, which are taken only as earlier ones finish."""
        under_way: deque[tuple[int, Future]] = deque()
        for number, batch in enumerate(batches):
            under_way.append((len(batch), self.submit(number, batch, folder)))
            while len(under_way) >= self.ahead():
                yield _finished(under_way)
        while under_way:
            yield _finished(under_way)


def _finished(under_way: deque[tuple[int, Future]]) -> tuple[int, BatchResult]:
    size, future = under_way.popleft()
    return size, future.result()


@contextmanager
def runner(where: Where, task: Any, version: str, limits: Limits) -> Iterator[Runner]:
    """The runner that `where` names, for the Prefect task `task`. Raises RunnerError when no cluster answers."""
    if where.name == "dask":
        with _on_dask(where, task, version, limits) as ready:
            yield ready
        return
    with batch_reader(where.workers, version, limits) as reader:
        ahead = max(LEAST_AHEAD, AHEAD * where.workers)
        yield Runner(lambda number, files, folder: task.submit(number, files, folder, reader), lambda: ahead)


@contextmanager
def _on_dask(where: Where, task: Any, version: str, limits: Limits) -> Iterator[Runner]:
    import dask
    from prefect_dask import DaskTaskRunner

    reader = ClusterReader(version, limits)
    with dask.config.set(
        {"distributed.worker.daemon": False, "distributed.scheduler.allowed-failures": ALLOWED_FAILURES}
    ):
        if where.address:
            dask_runner = DaskTaskRunner(address=where.address)
        else:
            shape = {"n_workers": max(where.workers, 1), "threads_per_worker": 1, "dashboard_address": None}
            shape["silence_logs"] = logging.ERROR
            dask_runner = DaskTaskRunner(cluster_kwargs=shape)
        with dask_runner as running:
            client = _client(running, where)

            def submit(number: int, files: Sequence[InboxFile], folder: str) -> Future:
                given = {"number": number, "files": tuple(files), "folder": folder, "reader": reader}
                future: Future = running.submit(task, given)
                return future

            def ahead() -> int:
                return max(LEAST_AHEAD, AHEAD * sum(client.nthreads().values()))

            yield Runner(submit, ahead)


def _client(running: Any, where: Where) -> Any:
    try:
        return running.client
    except (OSError, TimeoutError) as trouble:
        raise RunnerError(
            f"no Dask scheduler answers at {where.address} ({type(trouble).__name__}); "
            "start one with `dask scheduler`, or leave --dask-address out for a cluster on this machine"
        ) from trouble


@dataclass(frozen=True, slots=True)
class ClusterReader:
    """A BatchReader that can travel: on the worker it uses a guarded process that is kept for the next batch."""

    version: str
    limits: Limits

    def __call__(self, number: int, files: Sequence[InboxFile], folder: str) -> BatchResult:
        if multiprocessing.current_process().daemon:
            raise RunnerError(
                "this Dask worker may not start processes of its own, which hold documents to their limits; "
                "start it with DASK_DISTRIBUTED__WORKER__DAEMON=False or with --no-nanny"
            )
        return read_batch(self._pool(), number, files, folder, self.version, self.limits)

    def _pool(self) -> Any:
        """One pool a thread, for as long as the worker lives; its process ends with the worker."""
        kept = getattr(_of_this_thread, "pool", None)
        if kept is None or kept[0] != self.limits:
            kept = _of_this_thread.pool = (self.limits, guarded_pool(1, self.limits))
        return kept[1]


_of_this_thread = threading.local()
