"""Batches of documents: read in worker processes, handed on as Parquet parts, never as rows."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from flows.inbox import InboxFile
from flows.process import ProcessedDocument, Tools, documents_table, process_file, shipped_tools, statements_table


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Where the rows of a batch are, and how many documents of each status it had."""

    documents_path: str
    statements_path: str
    documents_by_status: dict[str, int]
    statements: int


BatchReader = Callable[[int, Sequence[InboxFile], str], BatchResult]


def batches(files: Sequence[InboxFile], size: int) -> list[tuple[InboxFile, ...]]:
    return [tuple(files[start : start + size]) for start in range(0, len(files), size)]


def read_batch(number: int, files: Sequence[InboxFile], folder: str, tools: Tools | None = None) -> BatchResult:
    """Read the files of one batch and write their rows to two Parquet parts in `folder`."""
    tools = tools or shipped_tools()
    read = [document.without_reading() for file in files for document in process_file(file, tools)]
    return write_parts(number, read, folder)


def write_parts(number: int, read: Sequence[ProcessedDocument], folder: str) -> BatchResult:
    documents_path = Path(folder, f"documents-{number:06d}.parquet")
    statements_path = Path(folder, f"statements-{number:06d}.parquet")
    statements = statements_table(read)
    pq.write_table(documents_table(read), documents_path, compression="zstd")
    pq.write_table(statements, statements_path, compression="zstd")
    statuses = Counter(document.document["status"] for document in read)
    return BatchResult(str(documents_path), str(statements_path), dict(statuses), statements.num_rows)


@contextmanager
def batch_reader(workers: int, documents: int, small_run: int) -> Iterator[BatchReader]:
    """A function that reads one batch: in this process for a small run, else in one of `workers` processes.

    Workers are started by a clean server process (forkserver), because Prefect's own threads make a plain fork unsafe.
    """
    if documents <= small_run or workers == 1:
        yield read_batch
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["flows.process"])
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield lambda number, files, folder: pool.submit(read_batch, number, files, folder).result()
