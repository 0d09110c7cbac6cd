"""Remote inboxes: memory://, s3:// and gs:// (tests/object_store.py says which stores)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from extract.limits import Limits
from flows.inbox import discover
from flows.inbox_file import InboxMissing, documents_of, read_file
from tests.object_store import free_port, google_store, has_seaweed, object_store

PLAN = "Đến năm 2025 đạt 80% số xã.".encode()
FILES = {"2022/kế hoạch.txt": PLAN, "b/c/d.md": b"# Dat 81%", "e.html": b"<p>Dat 82%</p>"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with object_store(tmp_path_factory.mktemp("store")) as options:
        yield options


@pytest.fixture(scope="module")
def google() -> Iterator[dict[str, Any]]:
    with google_store() as options:
        yield options


@pytest.fixture(params=["memory", "s3", "gs"])
def remote(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any], Any]:
    """Address, options and file system of an empty inbox."""
    name = uuid.uuid4().hex[:10]
    stores = {"s3": "store", "gs": "google"}
    options = request.getfixturevalue(stores[request.param]) if request.param in stores else {}
    system = fsspec.filesystem(request.param, **options)
    address = f"{request.param}://probe/{name}/inbox"
    for key, data in FILES.items():
        system.pipe(f"probe/{name}/inbox/{key}", data)
    return address, options, system


def test_remote_files_are_listed_and_read(remote: tuple[str, dict[str, Any], Any], tmp_path: Path) -> None:
    address, options, _ = remote
    files = discover(address, tmp_path / "mirror", options)
    assert {file.source_file: read_file(file, Limits()) for file in files} == FILES
    [document] = documents_of(files[0], Limits())
    assert (document.source_file, document.text) == ("2022/kế hoạch.txt", PLAN.decode())


def test_only_what_changed_is_copied_again(remote: tuple[str, dict[str, Any], Any], tmp_path: Path) -> None:
    address, options, system = remote
    before = {file.source_file: file.path for file in discover(address, tmp_path, options)}
    stamps = {name: Path(path).stat().st_mtime_ns for name, path in before.items()}
    root = address.split("://")[1]
    time.sleep(1.1)
    system.pipe(f"{root}/e.html", b"<p>Dat 83%</p>")
    system.pipe(f"{root}/new.txt", b"Dat 84%")
    system.rm(f"{root}/b/c/d.md")
    after = {file.source_file: file for file in discover(address, tmp_path, options)}
    assert after.keys() == {"2022/kế hoạch.txt", "e.html", "new.txt"}
    assert read_file(after["e.html"], Limits()) == b"<p>Dat 83%</p>"
    plan = after["2022/kế hoạch.txt"].path
    assert Path(plan).stat().st_mtime_ns == stamps["2022/kế hoạch.txt"], "an unchanged object is not copied again"
    assert not Path(before["b/c/d.md"]).exists(), "a removed object leaves no copy behind"


def test_names_never_become_paths(remote: tuple[str, dict[str, Any], Any], tmp_path: Path) -> None:
    address, options, system = remote
    root = address.split("://")[1]
    for key in ("a b/c+d%20.txt", ".hidden", "x.part", "very" * 60 + ".txt"):
        system.pipe(f"{root}/{key}", PLAN)
    mirror = tmp_path / "mirror"
    files = discover(address, mirror, options)
    assert {file.source_file for file in files} == {*FILES, "a b/c+d%20.txt", "very" * 60 + ".txt"}
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {mirror}


def test_large_objects_are_recorded_not_copied(remote: tuple[str, dict[str, Any], Any], tmp_path: Path) -> None:
    address, options, _ = remote
    files = {file.source_file: file for file in discover(address, tmp_path, options, Limits(bytes=20))}
    assert "limit bytes" in (files["2022/kế hoạch.txt"].problem or "")
    assert files["b/c/d.md"].problem is None
    [document] = documents_of(files["2022/kế hoạch.txt"], Limits(bytes=20))
    assert document.status == "too_large"


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("s3://no-such-bucket-here/x", "s3://no-such-bucket-here"),
        ("nonsense://x", "nonsense"),
        ("memory://nothing/here", "nothing at"),
    ],
    ids=["bucket", "scheme", "folder"],
)
def test_an_inbox_that_is_not_there_stops_the_run_with_words(
    store: dict[str, Any], tmp_path: Path, address: str, word: str
) -> None:
    with pytest.raises(InboxMissing, match=word):
        discover(address, tmp_path, store if address.startswith("s3") else {})


def test_wrong_keys_stop_the_run_with_words(store: dict[str, Any], tmp_path: Path) -> None:
    if not has_seaweed():
        pytest.skip("moto checks no signatures")
    with pytest.raises(InboxMissing, match="cannot be listed"):
        discover("s3://probe", tmp_path, {**store, "secret": "wrong"})


def test_a_store_that_is_down_stops_the_run_and_keeps_the_mirror(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(PLAN)
    options = {"key": "k", "secret": "s", "client_kwargs": {"endpoint_url": f"http://127.0.0.1:{free_port()}"},
               "config_kwargs": {"retries": {"max_attempts": 1}, "connect_timeout": 1}}  # fmt: skip
    with pytest.raises(InboxMissing, match="cannot be listed"):
        discover("s3://bucket/inbox", tmp_path, options)
    assert (tmp_path / "kept").exists()


def test_an_address_needs_a_mirror() -> None:
    with pytest.raises(InboxMissing, match="mirrored"):
        discover("memory://x")


def test_file_address_is_the_local_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(PLAN)
    assert [file.source_file for file in discover(f"file://{tmp_path}")] == ["a.txt"]
