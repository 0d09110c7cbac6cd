"""Worker processes for batches of documents: one that hangs, dies or grows loses only the document that it was at.

Every worker tells where it is, so nothing has to be guessed after its death: the batch goes on in a fresh worker, with
the position that ended the last one named in `skip`. Workers are forked from a server process that has imported the
modules once, so that a fresh one costs milliseconds.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")

ReadItem = Callable[[Item, Mapping[int, str]], Iterable[Value]]
"""`function(item, skip)` yields the values of an item, one a position (one a document of the file). Positions in `skip`
ended a worker before: it must not work on them and yields a value that records the reason `skip[position]` instead."""

MOST_ATTEMPTS = 6
"""How many workers one item may cost before it is given up."""
_GRACE = 0.5


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Value]):
    """What became of an item: its values in order; `failure` in words when it was given up (values so far are kept)."""

    item: Item
    values: tuple[Value, ...]
    failure: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[Item, Value]):
    """`number` counts batches from 0 in the order they were handed in; results come in the order they finish."""

    number: int
    outcomes: tuple[Outcome[Item, Value], ...]
    seconds: float
    workers_lost: int = 0


@dataclass(slots=True)
class _Batch:
    number: int
    items: Sequence[Any]
    started: float
    outcomes: list[Outcome[Any, Any]] = field(default_factory=list)
    skip: dict[int, str] = field(default_factory=dict)
    """For the item in work: positions that ended a worker, and why."""
    values: list[Any] = field(default_factory=list)
    item_started: float = 0.0
    lost: int = 0


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    batch: _Batch | None = None
    deadline: float = 0.0
    documents: int = 0
    retiring: bool = False


class WorkerPool(Generic[Item, Value]):
    """Processes that run `function`; use as a context manager. Started once, used for any number of `run` calls.

    seconds_per_document: between two values of an item (and before the first). memory_bytes: that a worker may take on
    top of what it starts with. recycle_after: documents after which a worker is replaced (libraries leak).
    modules: imported once by the server that workers are forked from. workers=0 runs everything in this process,
    without limits: for debugging.
    """

    def __init__(
        self,
        function: ReadItem[Item, Value],
        *,
        workers: int,
        seconds_per_document: float,
        memory_bytes: int | None = None,
        recycle_after: int = 2_000,
        modules: Sequence[str] = (),
    ) -> None:
        if workers < 0:
            raise ValueError(f"workers is {workers}; it must be 0 (in this process) or more")
        self._function = function
        self._count = workers
        self._seconds = seconds_per_document
        self._memory = memory_bytes
        self._recycle_after = recycle_after
        self._context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        self._context.set_forkserver_preload([function.__module__, *modules])
        self._workers: list[_Worker] = []

    def __enter__(self) -> WorkerPool[Item, Value]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all workers, also busy ones."""
        for worker in self._workers:
            self._stop(worker)
        self._workers.clear()

    def run(self, batches: Iterable[Sequence[Item]]) -> Iterator[BatchResult[Item, Value]]:
        """Results as they finish. Batches are taken from `batches` only when a worker is free, so that neither a long
        inbox nor a slow consumer fills the memory."""
        numbered = ((number, tuple(batch)) for number, batch in enumerate(batches))
        if self._count == 0:
            yield from (self._run_here(number, items) for number, items in numbered)
            return
        waiting: deque[_Batch] = deque()
        done: deque[BatchResult[Item, Value]] = deque()
        try:
            while True:
                self._hand_out(waiting, numbered)
                busy = [worker for worker in self._workers if worker.batch is not None]
                if not busy and not waiting:
                    return
                self._listen(busy, waiting, done)
                while done:
                    yield done.popleft()
        finally:
            for worker in [worker for worker in self._workers if worker.batch is not None]:
                self._stop(worker)
                self._workers.remove(worker)

    def _hand_out(self, waiting: deque[_Batch], numbered: Iterator[tuple[int, Sequence[Item]]]) -> None:
        while sum(1 for worker in self._workers if worker.batch is not None) < self._count:
            if waiting:
                batch = waiting.popleft()
            else:
                following = next(numbered, None)
                if following is None:
                    return
                batch = _Batch(following[0], following[1], time.monotonic())
            worker = next((worker for worker in self._workers if worker.batch is None), None) or self._start()
            try:
                done = len(batch.outcomes)
                worker.pipe.send((batch.items[done:], batch.skip))
            except (BrokenPipeError, OSError):
                self._stop(worker)
                self._workers.remove(worker)
                waiting.appendleft(batch)
                continue
            worker.batch = batch
            batch.values.clear()
            batch.item_started = time.monotonic()
            worker.deadline = batch.item_started + self._seconds + _GRACE

    def _listen(self, busy: list[_Worker], waiting: deque[_Batch], done: deque[BatchResult[Item, Value]]) -> None:
        """Take what workers say; what they have said counts before their time is looked at."""
        now = time.monotonic()
        handles = {worker.pipe: worker for worker in busy} | {worker.process.sentinel: worker for worker in busy}
        pause = max(0.0, min(worker.deadline for worker in busy) - now)
        ready = {id(handles[handle]): handles[handle] for handle in wait(list(handles), timeout=pause)}
        for worker in ready.values():
            if not self._take(worker, done):
                self._after_loss(worker, self._cause_of_death(worker), waiting, done)
        now = time.monotonic()
        for worker in busy:
            if worker.batch is not None and now > worker.deadline and not worker.pipe.poll():
                self._after_loss(worker, f"took more than {self._seconds:g} s (limit seconds)", waiting, done)

    def _take(self, worker: _Worker, done: deque[BatchResult[Item, Value]]) -> bool:
        """Read all messages that are there; False when the worker is gone before its batch was finished."""
        while worker.batch is not None:
            try:
                if not worker.pipe.poll():
                    return bool(worker.process.is_alive())
                kind, content = worker.pipe.recv()
            except (EOFError, OSError):
                return False
            except Exception as error:  # a value that cannot be unpickled here
                kind, content = "raised", f"{type(error).__name__}: {error}"
            self._note(worker, kind, content, done)
        return True

    def _note(self, worker: _Worker, kind: str, content: Any, done: deque[BatchResult[Item, Value]]) -> None:
        batch = worker.batch
        assert batch is not None
        worker.deadline = time.monotonic() + self._seconds + _GRACE
        if kind == "value":
            batch.values.append(content)
            worker.documents += 1
        elif kind == "raised":
            position = len(batch.values)
            known = position in batch.skip or len(batch.skip) >= MOST_ATTEMPTS
            if known:
                self._finish_item(batch, failure=content)
            else:
                batch.skip[position] = content
                batch.values.clear()
            worker.pipe.send((known, dict(batch.skip)))
        elif kind == "item":
            self._finish_item(batch)
        elif kind == "batch":
            worker.batch = None
            done.append(BatchResult(batch.number, tuple(batch.outcomes), time.monotonic() - batch.started, batch.lost))
            if worker.documents >= self._recycle_after or content:
                self._stop(worker)
                self._workers.remove(worker)

    def _finish_item(self, batch: _Batch, failure: str | None = None) -> None:
        now = time.monotonic()
        item = batch.items[len(batch.outcomes)]
        batch.outcomes.append(Outcome(item, tuple(batch.values), failure, now - batch.item_started))
        batch.values.clear()
        batch.skip = {}
        batch.item_started = now

    def _after_loss(
        self, worker: _Worker, cause: str, waiting: deque[_Batch], done: deque[BatchResult[Item, Value]]
    ) -> None:
        """The worker is lost: its batch goes on elsewhere, past the position that it was at."""
        batch = worker.batch
        self._stop(worker)
        if worker in self._workers:
            self._workers.remove(worker)
        if batch is None:
            return
        worker.batch = None
        batch.lost += 1
        if len(batch.outcomes) < len(batch.items):
            position = len(batch.values)
            if position in batch.skip or len(batch.skip) >= MOST_ATTEMPTS:
                self._finish_item(batch, failure=cause)
            else:
                batch.skip[position] = cause
        if len(batch.outcomes) < len(batch.items):
            waiting.appendleft(batch)
        else:
            done.append(BatchResult(batch.number, tuple(batch.outcomes), time.monotonic() - batch.started, batch.lost))

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(theirs, self._function, self._memory), name="muctieu-worker", daemon=True
        )
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    @staticmethod
    def _cause_of_death(worker: _Worker) -> str:
        worker.process.join(1)
        code = worker.process.exitcode
        if code is not None and code < 0:
            return f"the worker was ended by signal {signal.Signals(-code).name}"
        return f"the worker ended with code {code}"

    @staticmethod
    def _stop(worker: _Worker) -> None:
        worker.pipe.close()
        if worker.process.is_alive():
            worker.process.kill()
        worker.process.join(5)

    def _run_here(self, number: int, items: Sequence[Item]) -> BatchResult[Item, Value]:
        started = time.monotonic()
        outcomes = []
        for item in items:
            begun, failure, values = time.monotonic(), None, []
            skip: dict[int, str] = {}
            while True:
                values.clear()
                try:
                    values.extend(_counted(self._function(item, skip), values_so_far := itertools.count()))
                except Exception as error:
                    position = next(values_so_far)
                    cause = _words(error)
                    if position in skip or len(skip) >= MOST_ATTEMPTS:
                        failure = cause
                        break
                    skip[position] = cause
                else:
                    break
            outcomes.append(Outcome(item, tuple(values), failure, time.monotonic() - begun))
        return BatchResult(number, tuple(outcomes), time.monotonic() - started)


def run_batches(
    function: ReadItem[Item, Value],
    batches: Iterable[Sequence[Item]],
    *,
    workers: int,
    seconds_per_document: float,
    memory_bytes: int | None = None,
    recycle_after: int = 2_000,
    modules: Sequence[str] = (),
) -> Iterator[BatchResult[Item, Value]]:
    """One run over a pool of its own. `function` must be importable (defined at the top of a module)."""
    with WorkerPool(
        function,
        workers=workers,
        seconds_per_document=seconds_per_document,
        memory_bytes=memory_bytes,
        recycle_after=recycle_after,
        modules=modules,
    ) as pool:
        yield from pool.run(batches)


def _counted(values: Iterable[Value], counter: Iterator[int]) -> Iterator[Value]:
    for value in values:
        next(counter)
        yield value


def _words(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "needs more memory than a worker may take (limit memory_bytes)"
    return f"reading failed ({type(error).__name__}: {str(error)[:300]})"


def _work(pipe: Connection, function: ReadItem[Any, Any], memory_bytes: int | None) -> None:
    """Life of a worker: batches come in, values go out; it ends when the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    start = _resident_bytes()
    if memory_bytes is not None:
        limit = _virtual_bytes() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    grown_above = start + (memory_bytes or 4 << 30) // 3
    try:
        while True:
            items, skip = pipe.recv()
            for item in items:
                _read_item(pipe, function, item, skip)
                skip = {}
            pipe.send(("batch", _resident_bytes() > grown_above))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _read_item(pipe: Connection, function: ReadItem[Any, Any], item: Any, skip: Mapping[int, str]) -> None:
    """Send the values of one item; after an error the parent says whether to give it up or what to skip next time."""
    while True:
        try:
            for value in function(item, skip):
                pipe.send(("value", value))
        except (BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:
            cause = _words(error)
            del error
            pipe.send(("raised", cause))
            given_up, skip = pipe.recv()
            if given_up:
                return
        else:
            pipe.send(("item", None))
            return


def _virtual_bytes() -> int:
    return _pages(0)


def _resident_bytes() -> int:
    return _pages(1)


def _pages(field_number: int) -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as handle:
            return int(handle.read().split()[field_number]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
