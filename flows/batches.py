"""Batches of documents: read in worker processes, handed on as Parquet parts, never as rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

import pyarrow.parquet as pq

from extract.limits import Limits
from flows.inbox import InboxFile
from flows.process import (
    ProcessedDocument,
    documents_table,
    given_up,
    process_file,
    shipped_tools,
    statements_table,
)
from flows.workers import Outcome, WorkerPool


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Where the rows of a batch are. `containers`: SHA-256 of the files that hold several documents."""

    documents_path: str
    statements_path: str
    documents: int
    statements: int
    containers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """One file for a worker, and what its rows are to be stamped and limited with."""

    file: InboxFile
    version: str
    limits: Limits


BatchReader = Callable[[int, Sequence[InboxFile], str], BatchResult]
"""(number of the batch, its files, folder of the parts) -> where the rows are"""


def batches(files: Sequence[InboxFile], size: int) -> list[tuple[InboxFile, ...]]:
    return [tuple(files[start : start + size]) for start in range(0, len(files), size)]


def read_file_of_batch(job: Job, skip: Mapping[int, str]) -> Iterator[ProcessedDocument]:
    """What a worker does with one file; it tells of each document as soon as that is read."""
    tools = shipped_tools(job.version)
    for document in process_file(job.file, tools, job.limits, skip):
        yield document.without_reading()


def write_parts(number: int, outcomes: Sequence[Outcome[Job, ProcessedDocument]], folder: str) -> BatchResult:
    """Write the rows of one batch to two Parquet parts in `folder`."""
    read: list[ProcessedDocument] = []
    containers: dict[str, str] = {}
    for outcome in outcomes:
        file = outcome.item.file
        read += outcome.values
        if outcome.failure is not None:
            read.append(given_up(file, outcome.failure, shipped_tools(outcome.item.version)))
        if any(document.document["source_file"] != file.source_file for document in outcome.values):
            containers[file.source_file] = _hash_of(file)
    documents_path = Path(folder, f"documents-{number:06d}.parquet")
    statements_path = Path(folder, f"statements-{number:06d}.parquet")
    statements = statements_table(read)
    pq.write_table(documents_table(read), documents_path, compression="zstd")
    pq.write_table(statements, statements_path, compression="zstd")
    return BatchResult(str(documents_path), str(statements_path), len(read), statements.num_rows, containers)


def _hash_of(file: InboxFile) -> str:
    try:
        with open(file.path, "rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()
    except OSError:
        return "unreadable"


@contextmanager
def batch_reader(workers: int, version: str, limits: Limits | None = None) -> Iterator[BatchReader]:
    """A function that reads one batch and may be called from `workers` threads at once.

    Each thread has a worker process of its own, so that a document that hangs or dies costs its batch nothing else.
    With no workers everything is read in this process: right for a handful of documents, for workers cost a start.
    """
    limits = limits or Limits()
    free: SimpleQueue[WorkerPool[Job, ProcessedDocument]] = SimpleQueue()
    pools = [_pool(1 if workers else 0, limits) for _ in range(max(workers, 1))]
    for pool in pools:
        free.put(pool)

    def read(number: int, files: Sequence[InboxFile], folder: str) -> BatchResult:
        pool = free.get()
        try:
            (result,) = pool.run([[Job(file, version, limits) for file in files]])
        finally:
            free.put(pool)
        return write_parts(number, result.outcomes, folder)

    try:
        yield read
    finally:
        for pool in pools:
            pool.close()


def _pool(workers: int, limits: Limits) -> WorkerPool[Job, ProcessedDocument]:
    return WorkerPool(
        read_file_of_batch,
        workers=workers,
        seconds_per_document=limits.seconds,
        memory_bytes=limits.memory_bytes,
        modules=("flows.process", "extract.reading", "transform.standardise"),
    )
