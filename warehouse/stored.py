"""Documents that are too long to hold: their texts stay in Parquet parts on disk, and only a share is read at a time.

Everything else about a document is a few hundred bytes and is kept in memory. Before the buckets of a snapshot are
written, the texts are dealt out once to files of neighbouring buckets, so that every text is read and written once
more, whatever the number of documents.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.tables import DOCUMENTS
from warehouse.buckets import GROUP_BYTES, Groups, bucket_numbers, group_of, split
from warehouse.parquet import conform, file_schema

Opener = Callable[[str], AbstractContextManager[Any]]
"""path of a part -> file to read"""


@dataclass(frozen=True, slots=True)
class StoredDocuments:
    """Rows of `documents` in parts on disk. `known`: all columns but text, in the order of the parts, as they are to
    be published (the parts may say otherwise). `text_bytes`: of all texts together."""

    known: pa.Table
    paths: Sequence[str]
    text_bytes: int
    opened: Opener
    group_bytes: int = GROUP_BYTES

    @property
    def num_rows(self) -> int:
        return int(self.known.num_rows)

    def outline(self) -> pa.Table:
        """The whole table with null for every text, for checks that ask nothing about texts."""
        return self._with_text(self.known, pa.nulls(self.num_rows, pa.string()))

    def chunks(self) -> Iterator[pa.Table]:
        """All rows, some megabytes at a time."""
        start = 0
        for path in self.paths:
            with self.opened(path) as file:
                part = pq.ParquetFile(file)
                for group in range(part.num_row_groups):
                    text = part.read_row_group(group, columns=["text"], use_threads=False)["text"]
                    yield self._with_text(self.known.slice(start, len(text)), text)
                    start += len(text)

    @staticmethod
    def _with_text(rows: pa.Table, text: pa.ChunkedArray | pa.Array) -> pa.Table:
        index = DOCUMENTS.names.index("text")
        return rows.add_column(index, DOCUMENTS.arrow_schema().field("text"), text)

    @contextmanager
    def by_bucket(self, count: int) -> Iterator[Mapping[int, pa.Table]]:
        """Rows of each bucket that has any, conforming to the file schema; read them in the order of their
        numbers."""
        groups = min(count, -(-self.text_bytes // self.group_bytes))
        if groups <= 1:
            yield split(conform(pa.concat_tables([_empty(), *self.chunks()]), DOCUMENTS), count)
            return
        numbers = bucket_numbers(self.known["document_id"], count)
        with tempfile.TemporaryDirectory(prefix="muctieu-buckets-") as folder:
            _deal(self.chunks(), group_of(numbers, count, groups), groups, folder)
            yield Groups(lambda group: _dealt(folder, group), numbers, count, groups)


def _empty() -> pa.Table:
    return DOCUMENTS.arrow_schema().empty_table()


def _deal(chunks: Iterator[pa.Table], group_of_row: Any, groups: int, folder: str) -> None:
    """Write each row to the file of its group."""
    options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    schema = file_schema(DOCUMENTS)
    with ExitStack() as stack:
        sinks = [stack.enter_context(pa.OSFile(_path(folder, group), "wb")) for group in range(groups)]
        files = [stack.enter_context(pa.ipc.new_stream(sink, schema, options=options)) for sink in sinks]
        start = 0
        for held in _gathered(chunks, GROUP_BYTES // 2):
            of_rows = group_of_row[start : start + held.num_rows]
            start += held.num_rows
            for group in np.unique(of_rows).tolist():
                files[group].write_table(held.take(np.flatnonzero(of_rows == group)).combine_chunks())
            pa.default_memory_pool().release_unused()


def _gathered(chunks: Iterator[pa.Table], size: int) -> Iterator[pa.Table]:
    """Conforming tables of about `size` bytes."""
    held: list[pa.Table] = []
    held_bytes = 0
    for chunk in chunks:
        held.append(conform(chunk, DOCUMENTS))
        held_bytes += pc.sum(pc.binary_length(chunk["text"])).as_py() or 0
        if held_bytes >= size:
            yield pa.concat_tables(held)
            held, held_bytes = [], 0
    if held:
        yield pa.concat_tables(held)


def _dealt(folder: str, group: int) -> pa.Table:
    with pa.OSFile(_path(folder, group)) as file, pa.ipc.open_stream(file) as stream:
        return stream.read_all()


def _path(folder: str, group: int) -> str:
    return str(Path(folder, f"group-{group:05d}.arrow"))
