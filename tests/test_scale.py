"""Bounded memory and bounded work under way: what keeps a night over a large inbox small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import synthetic
from flows.batches import BatchResult, batch_reader, batches
from flows.inbox import discover
from flows.inbox_file import InboxFile
from flows.nightly import nightly
from flows.parts import opened
from flows.runners import Runner
from schemas.tables import DOCUMENTS
from tests.conftest import SAMPLES
from tests.test_flow import fingerprint
from warehouse.buckets import split
from warehouse.parquet import conform
from warehouse.stored import StoredDocuments


class Handed:
    """A future of a batch; counts how many are on their way."""

    under_way = 0
    most = 0

    def __init__(self, number: int) -> None:
        self.number = number
        Handed.under_way += 1
        Handed.most = max(Handed.most, Handed.under_way)

    def result(self) -> BatchResult:
        Handed.under_way -= 1
        return BatchResult(f"documents-{self.number}", "", 1, 0)


def test_batches_are_taken_only_as_earlier_ones_finish() -> None:
    taken = []

    def inbox() -> Iterator[Sequence[InboxFile]]:
        for number in range(100):
            taken.append(number)
            yield (InboxFile("", str(number)),)

    runner = Runner(lambda number, files, folder: Handed(number), lambda: 6)
    results = runner.read(inbox(), "parts")
    next(results)
    assert len(taken) == 6
    assert [part.documents_path for _, part in results] == [f"documents-{number}" for number in range(1, 100)]
    assert Handed.most <= 6 and Handed.under_way == 0


BATCHES = {
    "by number": ([1] * 5, 2, 100, [2, 2, 1]),
    "by bytes": ([40, 40, 40, 10], 100, 80, [2, 2]),
    "a large file stands alone": ([10, 500, 10], 100, 80, [1, 1, 1]),
    "none": ([], 2, 80, []),
}


@pytest.mark.parametrize("case", BATCHES)
def test_batches_are_bounded_in_files_and_bytes(case: str, tmp_path: Path) -> None:
    lengths, size, most_bytes, expected = BATCHES[case]
    files = []
    for number, length in enumerate(lengths):
        path = tmp_path / f"{number}.txt"
        path.write_bytes(b"x" * length)
        files.append(InboxFile(str(path), path.name))
    found = list(batches(files, size, most_bytes))
    assert [len(batch) for batch in found] == expected
    assert [file for batch in found for file in batch] == files


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[tuple[StoredDocuments, pa.Table]]:
    """300 documents in three parts of several row groups, and the same as one table."""
    whole, _ = synthetic.tables(range(300), length=3000)
    paths = []
    for part in range(3):
        path = tmp_path / f"documents-{part}.parquet"
        pq.write_table(whole.slice(part * 100, 100), path, row_group_size=30)
        paths.append(str(path))
    known = whole.drop_columns(["text"])
    yield StoredDocuments(known, paths, 900_000, opened, group_bytes=200_000), whole


def test_stored_documents_are_those_of_the_parts(stored: tuple[StoredDocuments, pa.Table]) -> None:
    documents, whole = stored
    assert pa.concat_tables(documents.chunks()).equals(whole)
    assert documents.outline().drop_columns(["text"]).equals(whole.drop_columns(["text"]))


@pytest.mark.parametrize("count", [1, 2, 8, 64])
@pytest.mark.parametrize("group_bytes", [200_000, 10**9])
def test_documents_dealt_out_on_disk_lie_in_the_same_buckets(
    stored: tuple[StoredDocuments, pa.Table], count: int, group_bytes: int
) -> None:
    documents, whole = stored
    documents = StoredDocuments(documents.known, documents.paths, documents.text_bytes, opened, group_bytes)
    expected = split(conform(whole, DOCUMENTS), count)
    with documents.by_bucket(count) as found:
        assert sorted(found) == sorted(expected)
        for number, rows in expected.items():
            assert found[number].equals(rows), number
        assert count + 1 not in found


def test_a_batch_gives_the_same_parts_in_this_process_and_in_a_worker(tmp_path: Path) -> None:
    files = discover(SAMPLES)
    parts = []
    for workers in (0, 1):
        folder = tmp_path / str(workers)
        folder.mkdir()
        with batch_reader(workers, "version") as reader:
            result = reader(0, files, str(folder))
        assert result.documents == len(files) and result.slowest
        parts.append([Path(path).read_bytes() for path in (result.documents_path, result.statements_path)])
        assert sorted(path.name for path in folder.iterdir()) == [
            "documents-000000.parquet",
            "statements-000000.parquet",
        ]
    assert parts[0] == parts[1]


def test_parts_may_lie_in_an_object_store(tmp_path: Path) -> None:
    files = discover(SAMPLES)[:3]
    with batch_reader(0, "version") as reader:
        here = reader(0, files, str(tmp_path))
        there = reader(0, files, "memory://bucket/parts")
    with opened(there.documents_path) as far, opened(here.documents_path) as near:
        assert pq.ParquetFile(far).read().equals(pq.ParquetFile(near).read())


def test_a_night_whose_parts_lie_in_an_object_store_publishes_the_same(
    prefect_server: None, sample_warehouse: Path, tmp_path: Path
) -> None:
    nightly(str(SAMPLES), str(tmp_path / "w"), {"parts": "memory://bucket/night"})
    assert fingerprint(tmp_path / "w") == fingerprint(sample_warehouse)
    assert not fsspec.filesystem("memory").find("bucket/night"), "the parts of a run are removed in the end"
