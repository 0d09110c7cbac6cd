"""Which file of a bucketed table holds a document: a hash of its id, so that a changed document touches one file.

The number of buckets is a power of two that follows from the number of documents alone, never from history: the same
inbox gives the same files. It doubles as the inbox doubles; such a night rewrites everything once.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

DOCUMENTS_PER_BUCKET = 256
MOST_BUCKETS = 4096


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
