"""Snapshots: whole, the same bytes for the same rows, linked when unchanged, readable from anywhere."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import warehouse
import warehouse.buckets
from schemas.tables import ALL_TABLES, CONTRACT_VERSION, TABLES
from tests import warehouse_samples as samples
from warehouse import Retention, WarehouseError, WriterBusy
from warehouse.layout import Layout
from warehouse.lock import writer_lock
from warehouse.retention import prune
from warehouse.snapshots import diff_snapshots, list_snapshots, repair_warehouse, rollback

EDITIONS = dict.fromkeys(range(60), 0)


@pytest.fixture(autouse=True)
def small_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse.buckets, "DOCUMENTS_PER_BUCKET", 4)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "w"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warehouse.buckets, "DOCUMENTS_PER_BUCKET", 4)
        samples.night(root, EDITIONS)
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    return samples.copy_of(template, tmp_path / "w")


def test_layout_is_that_of_the_contract(root: Path) -> None:
    current = root / "current"
    assert current.is_symlink()
    assert (root / "targets.duckdb").is_file()
    names = {path.name for path in current.iterdir()}
    files = {f"{table.name}.parquet" for table in ALL_TABLES if not table.bucketed}
    assert names == files | {
        "statements",
        "documents",
        "manifest.json",
        "contract.yaml",
        "datapackage.json",
        "validation.json",
    }
    assert len(list((current / "documents").iterdir())) == 16
    manifest = json.loads((current / "manifest.json").read_text())
    assert manifest["rows"]["documents"] == 60
    assert json.loads((current / "validation.json").read_text())["passed"]


def test_plain_duckdb_reads_current(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    query = "SELECT province, indicator, unit, value, year FROM 'current/targets.parquet' ORDER BY ALL"
    rows = duckdb.sql(query).fetchall()
    assert len(rows) == pq.read_metadata(root / "current" / "targets.parquet").num_rows > 0


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_parquet_tells_contract_and_descriptions(root: Path, table: object) -> None:
    path = root / "current" / f"{table.name}.parquet"  # type: ignore[attr-defined]
    path = path if path.exists() else sorted((root / "current" / table.name).iterdir())[0]  # type: ignore[attr-defined]
    schema = pq.read_schema(path)
    assert schema.metadata[b"muctieu.contract_version"].decode() == CONTRACT_VERSION
    described = json.loads(schema.metadata[b"muctieu.columns"])
    assert described == {column.name: column.description for column in TABLES[table.name].columns}  # type: ignore[attr-defined]
    assert schema.field(0).metadata[b"description"].decode() == described[schema.field(0).name]


def test_catalogue_comments_every_column(root: Path) -> None:
    with warehouse.connect(root) as connection:
        missing = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND table_name IN "
            f"({', '.join(repr(table.name) for table in ALL_TABLES)})"
        ).fetchall()
        uncommented = connection.execute(
            "SELECT view_name FROM duckdb_views() WHERE NOT internal AND comment IS NULL"
        ).fetchall()
        bare = connection.execute(
            "SELECT function_name FROM duckdb_functions() WHERE database_name = 'targets' AND comment IS NULL"
        ).fetchall()
    assert (missing, uncommented, bare) == ([], [], [])


def test_same_rows_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    tables = samples.whole(EDITIONS)
    first = warehouse.publish(tmp_path / "a", tables, samples.run_facts())
    mixed = {name: samples.shuffled(table, 7) for name, table in tables.items()}
    second = warehouse.publish(tmp_path / "b", mixed, samples.run_facts("other"))
    assert samples.parquet_bytes(first.path) == samples.parquet_bytes(second.path)


def test_rows_dealt_to_buckets_in_groups_give_the_same_bytes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a table that is too large to be copied at a time."""
    monkeypatch.setattr(warehouse.buckets, "GROUP_BYTES", 20_000)
    grouped = samples.night(tmp_path / "grouped", EDITIONS)
    assert samples.parquet_bytes(grouped.path) == samples.parquet_bytes((root / "current").resolve())


@pytest.mark.parametrize("full", [False, True], ids=["incremental", "full"])
def test_nothing_changed_publishes_nothing(root: Path, full: bool) -> None:
    before = sorted(path.name for path in (root / "snapshots").iterdir())
    again = samples.night(root, EDITIONS, full=full)
    assert not again.new
    assert sorted(path.name for path in (root / "snapshots").iterdir()) == before
    if not full:
        assert warehouse.plan_changes(root, samples.listing_of(EDITIONS), samples.VERSIONS).nothing


def test_unchanged_files_are_linked(root: Path) -> None:
    before = (root / "current").resolve()
    after = samples.night(root, samples.edited(EDITIONS, [3], 1))
    assert after.files_linked >= 15
    same = [
        path
        for path in (after.path / "documents").iterdir()
        if os.path.samefile(path, before / "documents" / path.name)
    ]
    assert len(same) >= 14


def test_new_versions_publish_even_without_new_rows(root: Path) -> None:
    changes = warehouse.plan_changes(root, samples.listing_of(EDITIONS), {**samples.VERSIONS, "standard": "2"})
    assert changes.base is None
    assert len(changes.to_read) == len(EDITIONS)
    run = samples.run_facts("v2", {**samples.VERSIONS, "standard": "2"})
    assert warehouse.publish(root, samples.whole(EDITIONS), run).new


@pytest.mark.parametrize(
    ("break_table", "message"),
    [
        (lambda tables: tables.pop("targets"), "publish needs the tables targets"),
        (lambda tables: tables.update(targets=tables["targets"].drop_columns(["unit"])), "targets lacks column unit"),
        (
            lambda tables: tables.update(
                documents=tables["documents"].set_column(0, "document_id", pa.nulls(60, pa.string()))
            ),
            "60 rows without document_id",
        ),
        (
            lambda tables: tables.update(
                targets=tables["targets"].set_column(3, "value", pc.cast(tables["targets"]["province"], pa.string()))
            ),
            "does not fit schemas/tables.py",
        ),
    ],
    ids=["table missing", "column missing", "null where none may be", "wrong type"],
)
def test_tables_that_do_not_fit_are_refused(root: Path, break_table: object, message: str) -> None:
    before = samples.parquet_bytes((root / "current").resolve())
    tables = samples.whole(EDITIONS)
    break_table(tables)  # type: ignore[operator]
    with pytest.raises(WarehouseError, match=message):
        warehouse.publish(root, tables, samples.run_facts("broken"))
    assert samples.parquet_bytes((root / "current").resolve()) == before
    assert [path.name for path in (root / "snapshots").iterdir()] == [(root / "current").resolve().name]


def test_catalogue_opens_read_only_from_elsewhere(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with duckdb.connect(root / "targets.duckdb", read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM targets_wide").fetchone()[0] > 0  # type: ignore[index]
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{root}/targets.duckdb' AS w (READ_ONLY)")
        assert connection.execute("SELECT count(*) FROM w.all_targets").fetchone()[0] > 0  # type: ignore[index]
        connection.execute("USE w")
        assert connection.execute("SELECT count(*) FROM search_targets('ty le')").fetchone()[0] > 0  # type: ignore[index]


def test_moved_warehouse(root: Path, tmp_path: Path) -> None:
    """Plain DuckDB says which folder is missing and `about` what to do; the variable, muctieu and a repair all
    work."""
    moved = tmp_path / "moved here"
    root.rename(moved)
    with duckdb.connect(moved / "targets.duckdb", read_only=True) as connection:
        with pytest.raises(duckdb.IOException, match=str(root)):
            connection.execute("FROM targets")
        hint = connection.execute("SELECT hint FROM about").fetchone()[0]  # type: ignore[index]
        assert "SET VARIABLE muctieu_root" in hint
        connection.execute(f"SET VARIABLE muctieu_root = '{moved}'")
        assert connection.execute("SELECT count(*) FROM targets_wide").fetchone()[0] > 0  # type: ignore[index]
    with warehouse.connect(moved) as connection:
        assert connection.execute("SELECT count(*) FROM statements").fetchone()[0] > 0  # type: ignore[index]
    assert repair_warehouse(moved) == [f"catalogue made anew for snapshot {(moved / 'current').resolve().name}"]
    with duckdb.connect(moved / "targets.duckdb", read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM targets").fetchone()[0] > 0  # type: ignore[index]


def test_runs_under_a_reader_of_an_old_catalogue(root: Path) -> None:
    with duckdb.connect(root / "targets.duckdb", read_only=True) as reader:
        before = reader.execute("SELECT count(*), min(snapshot_id) FROM runs").fetchone()
        for edition in range(1, 6):
            samples.night(root, samples.edited(EDITIONS, [1], edition), retention=Retention(keep=1, grace_seconds=3600))
        assert reader.execute("SELECT count(*), min(snapshot_id) FROM runs").fetchone() == before
        assert reader.execute("SELECT count(*) FROM documents").fetchone() == (60,)


# ---------------------------------------------------------------- retention, list, difference, rollback


def test_retention_keeps_the_last_few_and_what_may_be_read(root: Path) -> None:
    names = [(root / "current").resolve().name]
    names += [samples.night(root, samples.edited(EDITIONS, [1], edition)).snapshot_id for edition in range(1, 5)]
    layout = Layout.at(root)
    now = time.time()
    assert prune(layout, Retention(keep=2, grace_seconds=60), now) == []
    assert prune(layout, Retention(keep=2, grace_seconds=60), now + 61) == names[:3]
    assert layout.snapshot_ids() == names[3:]
    rollback(root, names[3])
    assert prune(layout, Retention(keep=1, grace_seconds=0), now + 999) == []
    assert layout.current_id() == names[3]


def test_difference_names_provinces(root: Path) -> None:
    less = {number: edition for number, edition in EDITIONS.items() if number != 5}
    after = samples.night(root, less)
    found = diff_snapshots(root)
    assert (found.new, found.documents_gone) == (after.snapshot_id, ("0000/0000005.txt",))
    assert set(found.rows["kind"].to_pylist()) <= {"gone", "changed"}
    province = samples.document_tables(5, 0)[0]["province"][0].as_py()
    assert found.by_province["province"].to_pylist() == [province]
    assert found.by_province["gone"][0].as_py() > 0


def test_rollback_and_forward(root: Path) -> None:
    first = (root / "current").resolve().name
    second = samples.night(root, samples.edited(EDITIONS, [1], 1)).snapshot_id
    assert rollback(root) == first
    with warehouse.connect(root) as connection:
        assert connection.execute("SELECT snapshot_id FROM about").fetchone() == (first,)
    assert rollback(root, second) == second
    assert [(one.snapshot_id, one.current) for one in list_snapshots(root)] == [(first, False), (second, True)]
    with pytest.raises(WarehouseError, match="has no snapshot 1999"):
        rollback(root, "1999")


# ---------------------------------------------------------------- one writer


def _hold(root: Path, seconds: float) -> subprocess.Popen[str]:
    code = (
        "import sys, time, pathlib\nfrom warehouse.layout import Layout\nfrom warehouse.lock import writer_lock\n"
        f"with writer_lock(Layout.at({str(root)!r})):\n print('held', flush=True); time.sleep({seconds})\n"
    )
    held = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    assert held.stdout is not None
    assert held.stdout.readline() == "held\n"
    return held


def test_second_run_is_refused_with_pid_and_start(root: Path) -> None:
    holder = _hold(root, 30)
    try:
        with pytest.raises(WriterBusy, match=rf"process {holder.pid} on .*, started 20"):
            samples.night(root, EDITIONS)
    finally:
        holder.kill()
        holder.wait()
    assert not samples.night(root, EDITIONS).new


def test_second_run_waits(root: Path) -> None:
    holder = _hold(root, 0.5)
    with warehouse.writer(root, wait_seconds=20):
        assert holder.wait(10) == 0


def test_stale_lock_is_recognised_even_if_the_pid_lives_again(root: Path) -> None:
    record = {"pid": os.getpid(), "host": "here", "started_at": "2020-01-01T00:00:00+00:00", "publishing": None}
    (root / ".writer.lock").write_text(json.dumps(record))
    with warehouse.writer(root) as repaired:
        assert repaired == (f"a run had died: process {os.getpid()} on here, started 2020-01-01T00:00:00+00:00",)
    assert (root / ".writer.lock").read_bytes() == b""


def test_killed_holder_leaves_no_lock(root: Path) -> None:
    holder = _hold(root, 30)
    holder.kill()
    holder.wait()
    with writer_lock(Layout.at(root)) as lock:
        assert lock.left_behind is not None
        assert lock.left_behind.pid == holder.pid


def test_forked_worker_does_not_keep_the_lock(root: Path) -> None:
    """A pool worker that outlives its killed parent must not block the next night."""
    code = (
        "import os, time\nfrom warehouse.layout import Layout\nfrom warehouse.lock import writer_lock\n"
        f"with writer_lock(Layout.at({str(root)!r})):\n"
        " child = os.fork()\n"
        " if child == 0:\n  time.sleep(20); os._exit(0)\n"
        " print(child, flush=True); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    assert done.stdout is not None
    child = int(done.stdout.readline())
    done.wait()
    try:
        with writer_lock(Layout.at(root)) as lock:
            assert lock.left_behind is not None
    finally:
        os.kill(child, 9)


# ---------------------------------------------------------------- what a killed run can leave


def _unfinished(root: Path) -> None:
    shutil.copytree((root / "current").resolve(), root / "snapshots" / ".new-x")


def _named_but_not_announced(root: Path) -> None:
    name = "29990101T000000Z-000"
    shutil.copytree((root / "current").resolve(), root / "snapshots" / name)
    manifest = root / "snapshots" / name / "manifest.json"
    manifest.write_text(manifest.read_text().replace((root / "current").resolve().name, name, 1))
    record = {"pid": 1, "host": "h", "started_at": "2020-01-01T00:00:00+00:00", "publishing": name}
    (root / ".writer.lock").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_unfinished, "removed the unfinished .new-x"),
        (lambda root: (root / "targets.duckdb").unlink(), "catalogue made anew"),
        (lambda root: (root / "targets.duckdb").write_bytes(b"half"), "catalogue made anew"),
        (lambda root: (root / "current").unlink(), "current pointed at"),
        (lambda root: (root / "index.999999999.tmp").touch(), "removed the unfinished index.999999999.tmp"),
        (_named_but_not_announced, "current pointed at 29990101T000000Z-000"),
    ],
    ids=["staging folder", "no catalogue", "half catalogue", "no current", "half a cache", "named, not announced"],
)
def test_next_run_repairs(root: Path, damage: object, told: str) -> None:
    damage(root)  # type: ignore[operator]
    with warehouse.writer(root) as repaired:
        assert any(told in line for line in repaired), repaired
    with warehouse.writer(root) as repaired:
        assert repaired == ()
    with warehouse.connect(root) as connection:
        assert connection.execute("SELECT snapshot_id FROM about").fetchone() == ((root / "current").resolve().name,)
        assert connection.execute("SELECT count(*) FROM documents").fetchone() == (60,)


def test_no_whole_snapshot_left_is_told(root: Path) -> None:
    (root / "current" / "manifest.json").write_text("{")
    with pytest.raises(WarehouseError, match=r"no whole snapshot is left in .*restore one"), warehouse.writer(root):
        pass


# ---------------------------------------------------------------- trouble with the disk


def _mounted(options: list[str], target: Path) -> bool:
    return subprocess.run(["mount", *options, str(target)], capture_output=True, check=False).returncode == 0


def test_full_disk_leaves_the_old_snapshot(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() != 0 or not _mounted(["-t", "tmpfs", "-o", "size=4m", "tmpfs"], small):
        pytest.skip("mounting a small tmpfs is not permitted here")
    try:
        samples.night(small / "w", EDITIONS)
        before = samples.parquet_bytes((small / "w" / "current").resolve())
        with pytest.raises(WarehouseError, match=r"No space left on device .*free space there"):
            samples.night(small / "w", dict.fromkeys(range(60, 1200), 0), gate=None)
        assert samples.parquet_bytes((small / "w" / "current").resolve()) == before
        assert not list((small / "w" / "snapshots").glob(".new-*"))
        assert samples.night(small / "w", samples.edited(EDITIONS, [1], 1)).new
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


def test_no_space_for_the_catalogue_leaves_the_old_snapshot(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last large file of a publish: the snapshot has its name by then, and loses it again."""
    before = (root / "current").resolve()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device", str(root / "targets.duckdb.new"))

    monkeypatch.setattr(sys.modules["warehouse.publish"], "build_catalogue", no_space)
    with pytest.raises(WarehouseError, match="No space left on device"):
        samples.night(root, samples.edited(EDITIONS, [1], 1))
    monkeypatch.undo()
    assert (root / "current").resolve() == before
    assert [path.name for path in (root / "snapshots").iterdir()] == [before.name]
    monkeypatch.setattr(warehouse.buckets, "DOCUMENTS_PER_BUCKET", 4)
    assert samples.night(root, samples.edited(EDITIONS, [1], 1)).new


def test_read_only_file_system_is_told(root: Path, tmp_path: Path) -> None:
    frozen = tmp_path / "frozen"
    frozen.mkdir()
    if os.geteuid() != 0 or not _mounted(["--bind", str(root)], frozen):
        pytest.skip("a bind mount is not permitted here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(frozen)], check=True)
        with pytest.raises(WarehouseError, match=r"cannot write to the warehouse .*frozen.*Read-only file system"):
            samples.night(frozen, samples.edited(EDITIONS, [1], 1))
        with warehouse.connect(frozen) as connection:
            assert connection.execute("SELECT count(*) FROM documents").fetchone() == (60,)
    finally:
        subprocess.run(["umount", "-l", str(frozen)], check=False)


def test_read_only_folder_is_told(root: Path) -> None:
    """As a user without rights, because root may write everywhere."""
    if os.geteuid() != 0:
        for folder in (root, root / "snapshots"):
            folder.chmod(0o555)
        with pytest.raises(WarehouseError, match="Permission denied"):
            samples.night(root, samples.edited(EDITIONS, [1], 1))
        for folder in (root, root / "snapshots"):
            folder.chmod(0o755)
        return
    for folder in (root, *root.parents):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | stat.S_IROTH | stat.S_IXOTH)
    code = (
        f"import os, sys\nsys.path.insert(0, {str(Path(__file__).parents[1])!r})\nimport warehouse\n"
        f"os.setgid(65534); os.setuid(65534)\n"
        f"try:\n  with warehouse.writer({str(root)!r}): print('wrote')\n"
        f"except warehouse.WarehouseError as trouble: print(trouble)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "Permission denied" in told
    assert "check the permissions" in told


def test_file_system_without_hard_links(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    after = samples.night(root, samples.edited(EDITIONS, [3], 1))
    assert after.new
    assert warehouse.validate(after.path).passed
