"""Batches of documents: read in worker processes, handed on as Parquet parts, never as rows."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from flows.inbox import InboxFile
from flows.process import ProcessedDocument, Tools, documents_table, process_file, shipped_tools, statements_table


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Where the rows of a batch are. `containers`: files that hold several documents, and the SHA-256 of their bytes."""

    documents_path: str
    statements_path: str
    documents: int
    statements: int
    containers: dict[str, str] = field(default_factory=dict)


BatchReader = Callable[[int, Sequence[InboxFile], str], BatchResult]
"""(number of the batch, its files, folder of the parts) -> where the rows are"""


def batches(files: Sequence[InboxFile], size: int) -> list[tuple[InboxFile, ...]]:
    return [tuple(files[start : start + size]) for start in range(0, len(files), size)]


def read_batch(
    number: int, files: Sequence[InboxFile], folder: str, version: str | None = None, tools: Tools | None = None
) -> BatchResult:
    """Read the files of one batch and write their rows to two Parquet parts in `folder`."""
    tools = tools or shipped_tools(version)
    read: list[ProcessedDocument] = []
    containers: dict[str, str] = {}
    for file in files:
        found = process_file(file, tools)
        read += [document.without_reading() for document in found]
        if any(document.document["source_file"] != file.source_file for document in found):
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
def batch_reader(workers: int, documents: int, small_run: int, version: str) -> Iterator[BatchReader]:
    """A function that reads one batch: in this process for a small run, else in one of `workers` processes.

    Workers are started by a clean server process (forkserver), because Prefect's own threads make a plain fork unsafe.
    """
    if documents <= small_run or workers == 1:
        yield partial(read_batch, version=version)
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["flows.process"])
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield lambda number, files, folder: pool.submit(read_batch, number, files, folder, version).result()
