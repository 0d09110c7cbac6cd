"""Batches of documents: read in worker processes, handed on as Parquet parts, never as rows.

No row passes through the process of the flow: the worker that reads a batch writes its parts, and says where they are.
"""

from __future__ import annotations

import hashlib
import heapq
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from operator import itemgetter
from queue import SimpleQueue

from extract.limits import Limits
from flows import parts
from flows.inbox_file import InboxFile
from flows.parts import Spool, Spooled
from flows.process import ProcessedDocument, given_up, process_file, shipped_tools
from flows.workers import Outcome, WorkerPool

SHOWN_SLOWEST = 10
MOST_BYTES = 16_000_000
"""Of the files of one batch."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Where the rows of a batch are. `containers`: SHA-256 of the files that hold several documents."""

    documents_path: str
    statements_path: str
    documents: int
    statements: int
    containers: dict[str, str] = field(default_factory=dict)
    slowest: tuple[tuple[str, float], ...] = ()
    """The files that took longest, with their seconds."""


class BatchNotWritten(RuntimeError):
    """The parts of a batch could not be written."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file for a worker, and what its rows are to be stamped and limited with. `spool`: folder for its rows."""

    file: InboxFile
    version: str
    limits: Limits
    spool: str


@dataclass(frozen=True, slots=True)
class FileRead:
    """What became of one file: where its documents' rows are, and why it was given up, if it was."""

    file: InboxFile
    places: tuple[Spooled, ...]
    failure: str | None


@dataclass(frozen=True, slots=True)
class WriteJob:
    """The last job of a batch: its spooled rows become the parts numbered `number` in `folder`."""

    number: int
    files: tuple[FileRead, ...]
    folder: str
    version: str


BatchReader = Callable[[int, Sequence[InboxFile], str], BatchResult]
"""(number of the batch, its files, folder of the parts) -> where the rows are"""

_Pool = WorkerPool[Job | WriteJob, Spooled | BatchResult]


def batches(files: Sequence[InboxFile], size: int, most_bytes: int = MOST_BYTES) -> Iterator[tuple[InboxFile, ...]]:
    """Up to `size` files each, and no more than `most_bytes` of them unless a single one is larger: archives and JSON
    Lines hold many documents a file."""
    batch: list[InboxFile] = []
    held = 0
    for file in files:
        length = _length(file)
        if batch and (len(batch) >= size or held + length > most_bytes):
            yield tuple(batch)
            batch, held = [], 0
        batch.append(file)
        held += length
    if batch:
        yield tuple(batch)


def _length(file: InboxFile) -> int:
    try:
        return os.stat(file.path).st_size if file.path else 0
    except OSError:
        return 0


def work(job: Job | WriteJob, skip: Mapping[int, str]) -> Iterator[Spooled | BatchResult]:
    """It tells of each document of a file when that is read, and where the parts of a batch are."""
    if isinstance(job, WriteJob):
        yield write_parts(job)
        return
    tools = shipped_tools(job.version)
    spool = Spool(job.spool)
    try:
        for document in process_file(job.file, tools, job.limits, skip):
            yield spool.add(document)
    finally:
        spool.close()


def write_parts(job: WriteJob) -> BatchResult:
    """Write the rows of one batch to two Parquet parts; the same rows give the same bytes."""
    paths = [parts.join(job.folder, f"{name}-{job.number:06d}.parquet") for name in ("documents", "statements")]
    documents, statements = parts.write(_documents(job), *paths)
    containers = {
        read.file.source_file: _hash_of(read.file)
        for read in job.files
        if any(place.source_file != read.file.source_file for place in read.places)
    }
    return BatchResult(*paths, documents, statements, containers)


def _documents(job: WriteJob) -> Iterator[ProcessedDocument]:
    for read in job.files:
        yield from parts.spooled(read.places)
        if read.failure is not None:
            yield given_up(read.file, read.failure, shipped_tools(job.version))


def _hash_of(file: InboxFile) -> str:
    try:
        with open(file.path, "rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError:
        return "unreadable"


def read_batch(
    pool: _Pool, number: int, files: Sequence[InboxFile], folder: str, version: str, limits: Limits
) -> BatchResult:
    """Read and write one batch in `pool`. Raises BatchNotWritten, for instance when the disk is full."""
    with tempfile.TemporaryDirectory(prefix="muctieu-batch-") as spool:
        (read,) = pool.run([[Job(file, version, limits, spool) for file in files]])
        job = WriteJob(number, tuple(_file_read(outcome) for outcome in read.outcomes), folder, version)
        (written,) = pool.run([[job]])
    (outcome,) = written.outcomes
    if outcome.failure is not None or not outcome.values:
        raise BatchNotWritten(
            f"batch {number}: writing its parts to {folder} failed: {outcome.failure}; "
            "free space there or name another folder in the setting parts"
        )
    (result,) = outcome.values
    assert isinstance(result, BatchResult)
    return replace(result, slowest=slowest_of((each.item.file.source_file, each.seconds) for each in read.outcomes))


def slowest_of(spent: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Of files with their seconds those that a report shows, the slowest first."""
    return tuple(heapq.nlargest(SHOWN_SLOWEST, spent, key=itemgetter(1)))


def _file_read(outcome: Outcome[Job | WriteJob, Spooled | BatchResult]) -> FileRead:
    assert isinstance(outcome.item, Job)
    places = tuple(value for value in outcome.values if isinstance(value, Spooled))
    return FileRead(outcome.item.file, places, outcome.failure)


@contextmanager
def batch_reader(workers: int, version: str, limits: Limits | None = None) -> Iterator[BatchReader]:
    """A function that reads one batch and may be called from `workers` threads at once.

    Each thread has a worker process of its own, so that a document that hangs or dies costs its batch nothing else.
    With no workers everything is read in this process: right for a handful of documents, for workers cost a start.
    """
    limits = limits or Limits()
    free: SimpleQueue[_Pool] = SimpleQueue()
    pools = [guarded_pool(1 if workers else 0, limits) for _ in range(max(workers, 1))]
    for pool in pools:
        free.put(pool)

    def read(number: int, files: Sequence[InboxFile], folder: str) -> BatchResult:
        pool = free.get()
        try:
            return read_batch(pool, number, files, folder, version, limits)
        finally:
            free.put(pool)

    try:
        yield read
    finally:
        for pool in pools:
            pool.close()


def guarded_pool(workers: int, limits: Limits) -> _Pool:
    """Worker processes that a document cannot hold up for longer, or grow by more, than the limits allow."""
    return WorkerPool(
        work,
        workers=workers,
        seconds_per_document=limits.seconds,
        memory_bytes=limits.memory_bytes,
        modules=("flows.tools_ready",),
    )
