"""Copies of the published snapshot at another address: whole for whoever reads them, and never a reason to fail."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec
import pyarrow.parquet as pq
import pytest
import typer.main
from typer.testing import CliRunner

from flows.cli import app, assemble
from flows.copies import Copies, copy_out
from flows.copy_record import read_record
from flows.journal import new_record, read_history, write_run
from flows.nightly import nightly
from flows.settings import Settings
from flows.status import status_of
from tests.conftest import SAMPLES
from tests.object_store import BUCKET, free_port, google_store, object_store
from tests.test_night_watch import NOW
from warehouse.durable import replace_link
from warehouse.layout import Layout

COMMAND = assemble(typer.Typer(rich_markup_mode=None)) if not app.registered_commands else app
PLAN = "01-ke-hoach-chuyen-doi-so-yen-bai.txt"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with object_store(tmp_path_factory.mktemp("store")) as options:
        yield options


@dataclass(frozen=True)
class Place:
    """An empty address, and a reader of its copies that knows nothing but current.json."""

    address: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        return {"publish_to": self.address, "publish_options": dict(self.options)}

    def system(self) -> tuple[Any, str]:
        system, base = fsspec.core.url_to_fs(
            self.address, skip_instance_cache=True, use_listings_cache=False, **self.options
        )
        return system, base

    def pointer(self) -> dict[str, Any]:
        system, base = self.system()
        return dict(json.loads(system.cat_file(f"{base}/current.json")))

    def files(self) -> dict[str, bytes]:
        """What a reader gets: the files that the manifest of the current copy names, checked against it."""
        system, base = self.system()
        folder = f"{base}/{json.loads(system.cat_file(f'{base}/current.json'))['folder']}"
        manifest = json.loads(system.cat_file(f"{folder}/manifest.json"))
        entries = [*manifest["files"], *(entry for table in manifest["tables"].values() for entry in table)]
        found = {entry["path"]: system.cat_file(f"{folder}/{entry['path']}") for entry in entries}
        for entry in entries:
            assert hashlib.sha256(found[entry["path"]]).hexdigest() == entry["sha256"], entry["path"]
        return found

    def snapshots(self) -> list[str]:
        system, base = self.system()
        return sorted(
            {name.split("/snapshots/")[1].partition("/")[0] for name in system.find(base) if "/snapshots/" in name}
        )


@pytest.fixture(scope="module")
def google() -> Iterator[dict[str, Any]]:
    with google_store() as options:
        yield options


@pytest.fixture(params=["memory", "s3", "gs", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    name = uuid.uuid4().hex[:10]
    if request.param == "s3":
        return Place(f"s3://{BUCKET}/{name}/tables", request.getfixturevalue("store"))
    if request.param == "gs":
        return Place(f"gs://{BUCKET}/{name}/tables", request.getfixturevalue("google"))
    return Place(f"memory://{name}/tables" if request.param == "memory" else str(tmp_path / "mounted" / "tables"))


@pytest.fixture(scope="module")
def four_nights(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of four snapshots that differ in a target; not to be written to."""
    inbox, root = tmp_path_factory.mktemp("inbox"), tmp_path_factory.mktemp("nights") / "w"
    text = (SAMPLES / PLAN).read_text(encoding="utf-8")
    for number in range(4):
        (inbox / PLAN).write_text(text.replace("15%", f"{15 + number}%"), encoding="utf-8")
        nightly(str(inbox), str(root))
    return root


@pytest.fixture
def root(four_nights: Path, tmp_path: Path) -> Path:
    """The same, of one's own, in its first night."""
    shutil.copytree(four_nights, tmp_path / "w", symlinks=True)
    night(tmp_path / "w", 0)
    return tmp_path / "w"


def night(root: Path, number: int) -> str:
    """Make one of the snapshots the current one, as its night did; gives its id."""
    snapshot_id = ids(root)[number]
    replace_link(root / "current", f"snapshots/{snapshot_id}")
    return snapshot_id


def ids(root: Path) -> list[str]:
    return Layout.at(root).snapshot_ids()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    shutil.copy(SAMPLES / PLAN, folder)
    return folder


def local_files(root: Path) -> dict[str, bytes]:
    folder = (root / "current").resolve()
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if name != "manifest.json"}


def test_each_snapshot_is_copied(root: Path, place: Place) -> None:
    """Whole, readable by whoever has the address, and as many old ones as the warehouse keeps."""
    for number, snapshot_id in enumerate(ids(root)):
        night(root, number)
        assert copy_out(root, Settings(**place.settings, keep_snapshots=2)) == ()
        assert place.files() == local_files(root)
        assert place.pointer()["snapshot_id"] == snapshot_id
        assert place.pointer()["previous"] == (ids(root)[number - 1] if number else None)
    assert place.snapshots() == ids(root)[-2:]
    system, base = place.system()
    with system.open(f"{base}/{place.pointer()['folder']}/targets.parquet", "rb") as file:
        assert pq.read_table(file).equals(pq.read_table(root / "current" / "targets.parquet"))
    assert status_of(root, 26).reasons == ()


def test_what_has_not_changed_is_not_sent_again(root: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    opened = Copies.at

    def watched(*given: Any) -> Copies:
        copies = opened(*given)
        put = copies.system.put_file
        monkeypatch.setattr(copies.system, "put_file", lambda *given: (sent.append(Path(given[0]).name), put(*given)))
        return copies

    monkeypatch.setattr(Copies, "at", watched)
    copy_out(root, Settings(**place.settings))
    assert set(sent) == {path.name for path in (root / "current").resolve().rglob("*") if path.is_file()}
    sent.clear()
    copy_out(root, Settings(**place.settings))
    assert sent == [], "a night without changes sends nothing"
    night(root, 1)
    copy_out(root, Settings(**place.settings))
    assert {"targets.parquet", "manifest.json"} <= set(sent)
    assert not {"provinces.parquet", "indicators.parquet", "units.parquet", "contract.yaml"} & set(sent)


def test_a_store_that_is_down_fails_no_night_and_is_told(
    prefect_server: None, tmp_path: Path, inbox: Path, store: dict[str, Any]
) -> None:
    """The next night catches up, although it finds nothing new to publish."""
    root, place = tmp_path / "w", Place(f"s3://{BUCKET}/{uuid.uuid4().hex}", store)
    down = {**store, "endpoint_url": f"http://127.0.0.1:{free_port()}",
            "config_kwargs": {"retries": {"max_attempts": 1}, "connect_timeout": 1}}  # fmt: skip
    night = nightly(str(inbox), str(root), {"publish_to": place.address, "publish_options": down})
    assert night.published
    (warning,) = night.warnings
    assert warning.startswith(f"the copy at {place.address} failed: ")
    assert [run.state for run in read_history(root)] == ["published"]
    told = CliRunner().invoke(COMMAND, ["status", "-w", str(root), "--oldest", "26"])
    assert told.exit_code == 1
    assert f"the copy at {place.address} failed at " in told.stdout
    assert "it holds nothing yet; the next run tries again" in told.stdout
    again = nightly(str(inbox), str(root), place.settings)
    assert (again.published, again.warnings) == (False, ())
    assert place.files() == local_files(root)
    assert status_of(root, 26).level == "OK"
    nightly(str(inbox), str(root))
    assert read_record(root) is None, "no copies are wanted any more"


def test_a_copy_that_breaks_off_leaves_readers_the_one_before(
    root: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each of its files in turn."""
    copy_out(root, Settings(**place.settings))
    before = place.files()
    night(root, 1)
    opened = Copies.at
    breaks = 0
    for last in range(1, 100):
        left = [last]

        def breaking(*given: Any, left: list[int] = left) -> Copies:
            copies = opened(*given)
            for name in ("put_file", "cp_file", "pipe_file"):
                monkeypatch.setattr(copies.system, name, _breaking(getattr(copies.system, name), left))
            return copies

        with monkeypatch.context() as patch:
            patch.setattr(Copies, "at", breaking)
            warnings = copy_out(root, Settings(**place.settings))
        monkeypatch.undo()
        if not warnings:
            break
        breaks += 1
        assert place.files() == before
        assert "the cable was pulled" in status_of(root, 26).reasons[0]
    assert breaks > 8
    assert place.files() == local_files(root) != before


def _breaking(function: Any, left: list[int]) -> Any:
    def call(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise OSError("the cable was pulled")
        return function(*given, **named)

    return call


def test_a_reader_never_sees_two_snapshots_at_once(root: Path, place: Place) -> None:
    copy_out(root, Settings(**place.settings))
    done = threading.Event()
    seen: list[str] = []
    wrong: list[str] = []

    def reader() -> None:
        while not done.is_set():
            try:
                seen.append(hashlib.sha256(place.files()["targets.parquet"]).hexdigest())
            except Exception as trouble:
                wrong.append(f"{type(trouble).__name__}: {trouble}")

    thread = threading.Thread(target=reader)
    thread.start()
    for number in range(1, 4):
        night(root, number)
        assert copy_out(root, Settings(**place.settings)) == ()
    done.set()
    thread.join(60)
    assert wrong == []
    assert len(set(seen)) > 1, "the reader saw the tables change"


def test_copies_of_two_warehouses_do_not_overwrite_each_other(root: Path, tmp_path: Path) -> None:
    place, other = Place(f"memory://{uuid.uuid4().hex}"), tmp_path / "other"
    shutil.copytree(root, other, symlinks=True)
    assert copy_out(root, Settings(**place.settings)) == ()
    (warning,) = copy_out(other, Settings(**place.settings))
    assert f"it holds copies of the warehouse {root}; name another address" in warning
    assert place.pointer()["warehouse"] == str(root)


@pytest.mark.parametrize("where", [".", "snapshots", ".."], ids=repr)
def test_a_copy_onto_the_warehouse_itself_is_refused(root: Path, where: str) -> None:
    before = local_files(root)
    (warning,) = copy_out(root, Settings(publish_to=str(root / where)))
    assert "is the warehouse itself" in warning
    assert local_files(root) == before


def test_folders_that_are_no_copies_are_left_alone(root: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    for name in ("of somebody else", "20200101T000000Z-000"):
        (there / "snapshots" / name).mkdir(parents=True)
        (there / "snapshots" / name / "targets.parquet").touch()
    assert copy_out(root, Settings(publish_to=str(there), keep_snapshots=1)) == ()
    names = {path.parent.name for path in (there / "snapshots").glob("*/targets.parquet")}
    assert names == {"of somebody else", (root / "current").resolve().name}


def test_a_copy_that_is_behind_is_told(root: Path) -> None:
    record = {"address": "s3://b/x", "snapshot_id": "20200101T000000Z-000", "tried_at": "2020-01-01T00:00:00+00:00"}
    (root / ".copy.json").write_text(json.dumps(record))
    assert "is behind: it holds snapshot 20200101T000000Z-000, the warehouse 2" in status_of(root, 26).reasons[0]
    write_run(root, new_record("run", "inbox", NOW))
    assert status_of(root, 26).reasons == (), "a run is at work and may be copying"


def test_a_dry_run_copies_nothing(
    prefect_server: None, tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUCTIEU_PUBLISH_TO", str(tmp_path / "there"))
    call = ["backfill", str(inbox), "--warehouse", str(tmp_path / "w"), "--dry-run"]
    result = CliRunner().invoke(COMMAND, call)
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "there").exists()


def test_from_a_bucket_to_a_bucket_by_settings_alone(
    prefect_server: None, tmp_path: Path, store: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys and endpoint come from muctieu.toml and the environment, not from the environment of the AWS tools."""
    name = uuid.uuid4().hex
    system = fsspec.filesystem("s3", **store)
    system.put_file(str(SAMPLES / PLAN), f"{BUCKET}/{name}/inbox/{PLAN}")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "muctieu.toml").write_text(
        f'inbox = "s3://{BUCKET}/{name}/inbox"\nwarehouse = "{tmp_path}/w"\npublish_to = "s3://{BUCKET}/{name}/tables"\n'
        f'[inbox_options]\nkey = "key"\nendpoint_url = "{store["endpoint_url"]}"\n'
        f'[publish_options]\nkey = "key"\nsecret = "secret"\nendpoint_url = "{store["endpoint_url"]}"\n'
    )
    monkeypatch.setenv("MUCTIEU_INBOX_OPTIONS__SECRET", "secret")
    result = CliRunner().invoke(COMMAND, ["run", "--quiet"])
    assert result.exit_code == 0, result.output
    assert Place(f"s3://{BUCKET}/{name}/tables", store).files() == local_files(tmp_path / "w")
