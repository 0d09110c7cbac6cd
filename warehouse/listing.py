"""Content hashes of an inbox, without reading again what has visibly not been touched.

The index keeps size, time of change and inode of each file beside its SHA-256, as git's does. A file changed shortly
before the index was written is hashed again, because a second change within the clock's grain could not be seen. The
index is a cache: it may be deleted at any time."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.durable import replace_file

INDEX = ".inbox-index.parquet"
_GRAIN_NANOSECONDS = 2_000_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Listing:
    """`hashes`: SHA-256 of every file by its path below the inbox. `hashed`: how many files had to be read for it.
    `unreadable`: files that could not be opened; they get a hash that equals no document's, so that they are tried
    again."""

    hashes: Mapping[str, str]
    hashed: int
    unreadable: tuple[str, ...] = ()


def hash_inbox(files: Mapping[str, str], index: Path) -> Listing:
    """Hashes of `files` (path below the inbox -> path to open), with the cache at `index`, which is brought up to
    date."""
    known = _read(index)
    hashes: dict[str, str] = {}
    rows: list[tuple[str, int, int, int, int, str]] = []
    unreadable = []
    hashed = 0
    now = time.time_ns()
    for source_file, path in files.items():
        try:
            status = os.stat(path)
            seen = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            entry = known.get(source_file)
            if entry is not None and entry[0] == seen:
                digest = entry[1]
            else:
                digest = _hash(path)
                hashed += 1
        except OSError:
            unreadable.append(source_file)
            hashes[source_file] = "unreadable"
            continue
        hashes[source_file] = digest
        if max(status.st_mtime_ns, status.st_ctime_ns) < now - _GRAIN_NANOSECONDS:
            rows.append((source_file, *seen, digest))
    if hashed or len(rows) != len(known):
        _write(index, rows)
    return Listing(hashes, hashed, tuple(unreadable))


def _hash(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


_COLUMNS = ("source_file", "size", "mtime", "ctime", "inode", "sha256")


def _read(index: Path) -> dict[str, tuple[tuple[int, int, int, int], str]]:
    with contextlib.suppress(OSError, pa.ArrowInvalid, KeyError):
        table = pq.ParquetFile(index).read(columns=list(_COLUMNS))  # read_table would import pyarrow.dataset: 0.2 s
        columns = [table[name].to_pylist() for name in _COLUMNS]
        return {name: ((a, b, c, d), digest) for name, a, b, c, d, digest in zip(*columns, strict=True)}
    return {}


def _write(index: Path, rows: list[tuple[str, int, int, int, int, str]]) -> None:
    """Replace the index; a cache that cannot be written is no reason to stop."""
    arrays = list(zip(*rows, strict=True)) if rows else [()] * len(_COLUMNS)
    types = [pa.string(), pa.int64(), pa.int64(), pa.int64(), pa.uint64(), pa.string()]
    table = pa.table({name: pa.array(values, kind) for name, values, kind in zip(_COLUMNS, arrays, types, strict=True)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    with contextlib.suppress(OSError):
        os.makedirs(index.parent, exist_ok=True)
        replace_file(index, sink.getvalue(), durable=False)
