"""Which file of a bucketed table holds a document: a hash of its id, so that a changed document touches one file.

The number of buckets is a power of two that follows from the number of documents alone, never from history: the same
inbox gives the same files. It doubles as the inbox doubles; such a night rewrites everything once.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

DOCUMENTS_PER_BUCKET = 256
MOST_BUCKETS = 4096
GROUP_BYTES = 48_000_000
"""Rows that a group of neighbouring buckets may have, in bytes; a few times that is what a publish takes."""
_KEPT_GROUPS = 2
"""Groups in memory: writers work on neighbouring buckets, which may lie in two."""


def bucket_count(documents: int) -> int:
    """1, 2, 4 ... 4096: the smallest that leaves at most DOCUMENTS_PER_BUCKET documents to a bucket on average."""
    count = 1
    while count < MOST_BUCKETS and count * DOCUMENTS_PER_BUCKET < documents:
        count *= 2
    return count


@lru_cache(maxsize=1 << 16)
def _hash(document_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(document_id.encode("utf-8"), digest_size=4).digest(), "big")


def bucket_of(document_id: str, count: int) -> int:
    return _hash(document_id) % count


def bucket_numbers(document_ids: pa.ChunkedArray, count: int) -> npt.NDArray[np.int32]:
    """Bucket of every row (int32, one per row)."""
    encoded = pc.dictionary_encode(document_ids.combine_chunks())
    numbers = np.fromiter((bucket_of(text, count) for text in encoded.dictionary.to_pylist()), np.int32)
    if not len(encoded):
        return np.zeros(0, np.int32)
    rows: npt.NDArray[np.int32] = numbers[encoded.indices.to_numpy()]
    return rows


def bucket_file(number: int, count: int) -> str:
    return f"bucket-{number:04d}-of-{count:04d}.parquet"


def split(table: pa.Table, count: int) -> dict[int, pa.Table]:
    """Rows of each bucket that has any; key: its number."""
    if not table.num_rows:
        return {}
    if count == 1:
        return {0: table}
    numbers = bucket_numbers(table["document_id"], count)
    order = np.argsort(numbers, kind="stable")
    present, starts = np.unique(numbers[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)]
    ordered = table.combine_chunks().take(order)
    return {
        int(number): ordered.slice(start, end - start)
        for number, start, end in zip(present, starts.tolist(), ends, strict=True)
    }


def by_bucket(table: pa.Table, count: int) -> Mapping[int, pa.Table]:
    """As `split`, but of a large table only a group of neighbouring buckets is copied at a time."""
    groups = min(count, -(-table.nbytes // GROUP_BYTES))
    if groups <= 1:
        return split(table, count)
    numbers = bucket_numbers(table["document_id"], count)
    of_rows = group_of(numbers, count, groups)
    return Groups(lambda group: table.filter(pa.array(of_rows == group)), numbers, count, groups)


def group_of(numbers: npt.NDArray[np.int32], count: int, groups: int) -> npt.NDArray[np.int64]:
    """The group that each bucket lies in."""
    found: npt.NDArray[np.int64] = numbers.astype(np.int64) * groups // count
    return found


class Groups(Mapping[int, pa.Table]):
    """Rows by bucket, read by groups of neighbouring buckets; ask for them in the order of their numbers. Threads may
    ask."""

    def __init__(
        self, read: Callable[[int], pa.Table], numbers: npt.NDArray[np.int32], count: int, groups: int
    ) -> None:
        """`read` gives all rows of a group, `numbers` the bucket of every row of the table."""
        self._read, self._count, self._groups = read, count, groups
        self._present = frozenset(np.unique(numbers).tolist())
        self._kept: OrderedDict[int, dict[int, pa.Table]] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, number: object) -> bool:
        return number in self._present

    def __len__(self) -> int:
        return len(self._present)

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._present))

    def __getitem__(self, number: int) -> pa.Table:
        if number not in self._present:
            raise KeyError(number)
        group = number * self._groups // self._count
        with self._lock:
            if group not in self._kept:
                while len(self._kept) >= _KEPT_GROUPS:
                    self._kept.popitem(last=False)
                pa.default_memory_pool().release_unused()
                self._kept[group] = split(self._read(group), self._count)
            return self._kept[group][number]
