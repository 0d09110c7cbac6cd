"""What is read again, and that carrying the rest over gives the bytes of a full run."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import warehouse
import warehouse.buckets
from benchmarks import synthetic
from tests import warehouse_samples as samples
from transform.reconcile import reconcile
from transform.slug import with_slugs
from warehouse import hash_inbox, plan_changes
from warehouse.engine import engine
from warehouse.label_names import Namer, name_labels
from warehouse.snapshots import rollback

NAME = synthetic.source_file


@pytest.fixture(autouse=True)
def small_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse.buckets, "DOCUMENTS_PER_BUCKET", 8)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))])
def test_nights_give_the_bytes_of_a_full_run(tmp_path: Path, seed: int) -> None:
    """Documents come, go and change; buckets double and halve on the way."""
    draw = random.Random(seed)
    editions = dict.fromkeys(range(40), 0)
    samples.night(tmp_path / "nights", editions)
    for turn in range(3):
        for number in draw.sample(sorted(editions), 4):
            editions[number] = turn + 1
        for number in draw.sample(sorted(editions), min(draw.choice((2, 20)), len(editions) // 2)):
            editions.pop(number)
        editions |= dict.fromkeys(range(100 * (turn + 1), 100 * (turn + 1) + draw.choice((3, 30))), 0)
        nightly = samples.night(tmp_path / "nights", editions, gate=warehouse.Gate(accept_drift=True))
    full = samples.night(tmp_path / "full", editions)
    assert samples.parquet_bytes(nightly.path) == samples.parquet_bytes(full.path)
    assert warehouse.validate(tmp_path / "nights").passed


WORDINGS = (
    "tỷ lệ hộ dùng nước sạch",
    "Tỉ lệ hộ dùng nước sạch",
    "đến năm 2025, tỷ lệ hộ dùng nước sạch",
    "tỷ lệ hộ có điện",
)


@pytest.mark.parametrize("namer", [None, with_slugs], ids=["without names", "with names"])
@pytest.mark.parametrize("wording", WORDINGS)
def test_wordings_of_one_provisional_indicator_meet(tmp_path: Path, wording: str, namer: Namer | None) -> None:
    """Two nights, one document each, say it in other words: the cell is that of a full run over both."""
    documents, statements = samples.tables_of({1: 0, 2: 0})
    heads = documents.to_pylist()
    template = next(row for row in statements.to_pylist() if row["status"] == "uncatalogued")
    rows = [
        template
        | {"statement_id": f"s{number}", "label": label, "value": 10.0 * number}
        | {"document_id": heads[number]["document_id"], "source_file": heads[number]["source_file"]}
        for number, label in enumerate((WORDINGS[0], wording))
    ]
    said = [pa.Table.from_pylist([row], schema=statements.schema) for row in rows]
    rejected = samples.REJECTED.arrow_schema().empty_table()
    listing = {head["source_file"]: head["document_id"] for head in heads}
    for night in range(2):
        seen = {name: listing[name] for name in sorted(listing)[: night + 1]}
        changes = plan_changes(tmp_path, seen, samples.VERSIONS)
        found = warehouse.assemble(
            tmp_path, changes, documents.slice(night, 1), said[night], rejected, reconcile, namer
        )
        run = samples.run_facts(str(night))
        path = warehouse.publish(tmp_path, {**found.tables, **samples.standard_tables()}, run, change=found.change).path
    full = reconcile(pa.concat_tables(said))
    published = pq.read_table(path / "targets_provisional.parquet")
    assert published.to_pylist() == full.targets_provisional.to_pylist()
    assert published.num_rows == (2 if wording == WORDINGS[3] else 1)


def test_names_of_labels_are_kept_while_versions_are(tmp_path: Path) -> None:
    asked: list[int] = []

    def namer(pairs: pa.Table) -> pa.Table:
        asked.append(pairs.num_rows)
        return pairs.append_column("slug", pairs["label"])

    for versions, labels in (("1", ["a", "b"]), ("1", ["b", "c"]), ("2", ["b"])):
        with engine() as connection:
            wanted = pa.table({"label": labels, "unit": ["percent"] * len(labels)})
            connection.register("pairs", wanted)
            name_labels(connection, "pairs", namer, tmp_path / "names.parquet", {"extractor": versions})
            named = connection.execute("SELECT label, slug FROM named ORDER BY label").fetchall()
        assert named == [(label, label) for label in labels]
    assert asked == [2, 1, 1]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published") / "w"
    samples.night(root, dict.fromkeys(range(10), 0))
    return root


LISTING = samples.listing_of(dict.fromkeys(range(10), 0))
EDITED = synthetic.document_id(1, 1)


@pytest.mark.parametrize(
    ("listing", "more", "read", "gone", "reasons"),
    [
        pytest.param(LISTING, {}, [], [], {}, id="nothing"),
        pytest.param({**LISTING, "new.txt": "ff"}, {}, ["new.txt"], [], {"new": 1}, id="new"),
        pytest.param({**LISTING, NAME(1): EDITED}, {}, [NAME(1)], [NAME(1)], {"edited": 1}, id="edited"),
        pytest.param(
            {name: value for name, value in LISTING.items() if name != NAME(2)},
            {},
            [],
            [NAME(2)],
            {"removed": 1},
            id="removed",
        ),
        pytest.param(
            {("z.txt" if name == NAME(3) else name): value for name, value in LISTING.items()},
            {},
            ["z.txt"],
            [NAME(3)],
            {"new": 1, "removed": 1},
            id="renamed",
        ),
        pytest.param(
            {**LISTING, "a.txt": LISTING[NAME(4)]},
            {},
            [NAME(4), "a.txt"],
            [NAME(4)],
            {"new": 1, "same bytes as a changed document": 1},
            id="same bytes again",
        ),
        pytest.param(
            LISTING,
            {"corrections": "abc", "corrected_files": [NAME(5)]},
            [NAME(5)],
            [NAME(5)],
            {"corrections": 1},
            id="corrections changed",
        ),
        pytest.param(
            {**LISTING, NAME(6): "unreadable"}, {}, [NAME(6)], [NAME(6)], {"edited": 1}, id="cannot be opened now"
        ),
    ],
)
def test_plan(
    published: Path,
    listing: dict[str, str],
    more: dict[str, object],
    read: list[str],
    gone: list[str],
    reasons: dict[str, int],
) -> None:
    changes = plan_changes(published, listing, samples.VERSIONS, **more)  # type: ignore[arg-type]
    assert list(changes.to_read) == sorted(read)
    assert sorted(changes.gone) == sorted(gone)
    assert dict(changes.reasons) == reasons
    assert changes.nothing == (not read and not gone)


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"full": True}, "full"), ({"versions": {"extractor": "2", "standard": "1"}}, "versions")],
    ids=["full", "new extractor"],
)
def test_everything_is_read_again(published: Path, more: dict[str, object], reason: str) -> None:
    changes = plan_changes(published, LISTING, **{"versions": samples.VERSIONS, **more})  # type: ignore[arg-type]
    assert changes.base is None
    assert dict(changes.reasons) == {reason: 10}


def test_containers_are_known_by_their_own_hash(tmp_path: Path) -> None:
    tables = samples.whole({1: 0, 2: 0})
    index = tables["documents"].schema.get_field_index("source_file")
    for name in ("documents", "statements"):
        column = tables[name]["source_file"].to_pylist()
        index = tables[name].schema.get_field_index("source_file")
        packed = [f"archive.zip/{value}" for value in column]
        tables[name] = tables[name].set_column(index, tables[name].schema.field(index), [packed])
    run = samples.run_facts(containers={"archive.zip": "hash 1"})
    warehouse.publish(tmp_path, tables, run)
    assert plan_changes(tmp_path, {"archive.zip": "hash 1"}, samples.VERSIONS).nothing
    changed = plan_changes(tmp_path, {"archive.zip": "hash 2"}, samples.VERSIONS)
    assert changed.to_read == ("archive.zip",)
    assert sorted(changed.gone) == [f"archive.zip/{NAME(1)}", f"archive.zip/{NAME(2)}"]
    gone = plan_changes(tmp_path, {}, samples.VERSIONS)
    assert (gone.removed, len(gone.gone)) == (("archive.zip",), 2)
    change = warehouse.Change()
    nothing = {**tables, "documents": tables["documents"].slice(0, 0), "statements": tables["statements"].slice(0, 0)}
    carried = warehouse.publish(
        tmp_path, nothing, samples.run_facts("v2", {**samples.VERSIONS, "x": "1"}), change=change
    )
    assert carried.new
    assert plan_changes(tmp_path, {"archive.zip": "hash 1"}, {**samples.VERSIONS, "x": "1"}).nothing
    rollback(tmp_path)
    twin = {"archive.zip": "hash 1", "b.txt": synthetic.document_id(1)}
    assert plan_changes(tmp_path, twin, samples.VERSIONS).to_read == ("archive.zip", "b.txt")


def test_twins_of_what_was_read_from_a_container(published: Path) -> None:
    changes = plan_changes(published, {**LISTING, "box.zip": "ff"}, samples.VERSIONS)
    documents, _ = samples.tables_of({7: 0})
    grown = warehouse.twins(published, changes, documents)
    assert grown.to_read == tuple(sorted((NAME(7), "box.zip")))
    assert warehouse.twins(published, changes, samples.tables_of({70: 0})[0]) == changes


# ---------------------------------------------------------------- listing


def test_listing_hashes_only_what_was_touched(tmp_path: Path) -> None:
    long_ago = time.time() - 100
    files = {}
    for number in range(5):
        path = tmp_path / f"{number}.txt"
        path.write_text(str(number))
        os.utime(path, (long_ago, long_ago))
        files[path.name] = str(path)
    index = tmp_path / "index" / "cache.parquet"
    first = hash_inbox(files, index)
    assert first.hashed == 5
    (tmp_path / "3.txt").write_text("changed")
    (tmp_path / "4.txt").unlink()
    second = hash_inbox(files, index)
    assert second.hashes["3.txt"] != first.hashes["3.txt"]
    assert second.unreadable == ("4.txt",)
    assert {name for name in files if first.hashes[name] == second.hashes[name]} == {"0.txt", "1.txt", "2.txt"}


def test_listing_trusts_no_file_changed_just_now(tmp_path: Path) -> None:
    """Two writes of the same length within the clock's grain must both be seen."""
    path = tmp_path / "a.txt"
    path.write_text("1")
    index = tmp_path / "cache.parquet"
    before = hash_inbox({"a.txt": str(path)}, index)
    status = path.stat()
    path.write_text("2")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert hash_inbox({"a.txt": str(path)}, index).hashes != before.hashes


def test_damaged_listing_cache_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1")
    index = tmp_path / "cache.parquet"
    index.write_bytes(b"PAR1 no")
    assert hash_inbox({"a.txt": str(path)}, index).hashed == 1
