"""Parquet parts of a batch: written by the worker that read it, beside all others in one folder or object store.

While a batch is read, each document's rows go to a spool file on the worker's own disk, so that a document that ends
its worker costs none of those before it; the parts are written from the spool, a few megabytes at a time.
"""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.process import ProcessedDocument, documents_table, statements_table
from schemas.tables import DOCUMENTS, STATEMENTS

TEXT_PER_GROUP = 8_000_000
"""Characters of text after which the rows so far become a row group: what a worker or a reader of parts holds."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """Where the rows of one document are; `source_file` is the document's own, which differs from its container's."""

    path: str
    offset: int
    source_file: str


class Spool:
    """A file that rows of documents are added to; one a worker process and batch, so that no two write to one."""

    def __init__(self, folder: str) -> None:
        self.path = str(Path(folder, f"{os.getpid()}-{uuid.uuid4().hex}"))
        self._file: IO[bytes] = open(self.path, "wb", buffering=0)  # noqa: SIM115

    def add(self, document: ProcessedDocument) -> Spooled:
        offset = self._file.tell()
        self._file.write(pickle.dumps(document.without_reading(), pickle.HIGHEST_PROTOCOL))
        return Spooled(self.path, offset, str(document.document["source_file"]))

    def close(self) -> None:
        self._file.close()


def spooled(places: Iterable[Spooled]) -> Iterator[ProcessedDocument]:
    """The documents in the order of `places`, one at a time."""
    files: dict[str, IO[bytes]] = {}
    try:
        for place in places:
            if place.path not in files:
                files[place.path] = open(place.path, "rb")  # noqa: SIM115
            files[place.path].seek(place.offset)
            document = pickle.load(files[place.path])
            assert isinstance(document, ProcessedDocument)
            yield document
    finally:
        for file in files.values():
            file.close()


def write(documents: Iterable[ProcessedDocument], documents_path: str, statements_path: str) -> tuple[int, int]:
    """Write both parts; gives (documents, statements). A reader finds a whole part or none."""
    count = statements = 0
    with (
        _writer(documents_path, DOCUMENTS.arrow_schema()) as into_documents,
        _writer(statements_path, STATEMENTS.arrow_schema()) as into_statements,
    ):
        for group in _groups(documents):
            count += len(group)
            into_documents.write_table(documents_table(group))
            rows = statements_table(group)
            statements += rows.num_rows
            into_statements.write_table(rows)
    return count, statements


def _groups(documents: Iterable[ProcessedDocument]) -> Iterator[list[ProcessedDocument]]:
    group: list[ProcessedDocument] = []
    size = 0
    for document in documents:
        group.append(document)
        size += len(document.document["text"] or "")
        if size >= TEXT_PER_GROUP:
            yield group
            group, size = [], 0
    yield group


def is_address(path: str) -> bool:
    """Of an object store (s3://bucket/parts), not of a folder."""
    return "://" in path


def join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


@contextmanager
def opened(path: str) -> Iterator[Any]:
    """A part as a file to read."""
    if not is_address(path):
        with pa.OSFile(path) as file:
            yield file
        return
    import fsspec

    with fsspec.open(path, "rb") as file:
        yield file


@contextmanager
def parts_folder(root: str | None) -> Iterator[str]:
    """A fresh folder for the parts of one run, below `root` or for this machine alone; removed in the end."""
    if root is None:
        with tempfile.TemporaryDirectory(prefix="muctieu-parts-") as folder:
            yield folder
        return
    folder = join(root, f"run-{uuid.uuid4().hex}")
    make_folder(folder)
    try:
        yield folder
    finally:
        remove_folder(folder)


def make_folder(folder: str) -> None:
    if not is_address(folder):
        Path(folder).mkdir(parents=True, exist_ok=True)


def remove_folder(folder: str) -> None:
    """Remove a folder of parts; one that is gone already is fine."""
    if not is_address(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    import fsspec

    system, path = fsspec.core.url_to_fs(folder)
    if system.exists(path):
        system.rm(path, recursive=True)


@contextmanager
def _writer(path: str, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A part that gets its name when it is whole: two workers at the same batch never mix their bytes."""
    if is_address(path):
        import fsspec

        with fsspec.open(path, "wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
            yield writer
        return
    unfinished = f"{path}.{uuid.uuid4().hex}.tmp"
    try:
        with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            yield writer
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
