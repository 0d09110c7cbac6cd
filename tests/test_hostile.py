"""Hostile and broken input: 380 files of every kind, and an inbox that changes under the reader.

Every file gets its record, none takes the others down, none takes more than its limits, nothing outside the inbox is
read or written. The files come from tests/documents/hostile.py.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from documents.hostile import CANARY, KINDS, hostile_files, write_names

from extract.limits import MIB, Limits
from extract.sources import SourceDocument
from flows.inbox import discover
from flows.inbox_file import FileProblem, InboxFile, InboxMissing, documents_of, read_file
from flows.workers import run_batches

LIMITS = Limits(bytes=30_000_000, characters=3_000_000, unpacked_bytes=100_000_000, seconds=20, memory_bytes=2048 * MIB)
PLAN = "Đến năm 2025 đạt 80%".encode()
STATUSES = {"processed", "unreadable", "empty", "too_large", "failed"}
ENDLESS = {
    "pdf/catalog-is-itself.pdf",
    "pdf/contents-loop.pdf",
    "pdf/states.pdf",
    "pdf/bomb.pdf",
    "pdf/bomb-of-text.pdf",
}
"""The library never ends on these, or takes minutes: the pool must stop it."""


@dataclass(frozen=True)
class Told:
    """What a worker tells of one document, and its peak memory in bytes."""

    document: SourceDocument
    peak: int


def read(file: InboxFile, skip: Mapping[int, str]) -> Iterator[Told]:
    for document in documents_of(file, LIMITS, skip):
        yield Told(document, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def write_inbox(folder: Path, names: list[str]) -> Path:
    inbox = folder / "inbox"
    (folder / "outside").mkdir(parents=True)
    (folder / "outside" / "secret.txt").write_text(CANARY)
    wanted = set(names)
    for name, data in hostile_files():
        if name in wanted:
            place = inbox / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    return inbox


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def survive(folder: Path, names: list[str], limits: Limits) -> dict[str, str]:
    """Read all through the pool; check what holds for every file; give the status of each (of its first document)."""
    inbox = write_inbox(folder, names)
    files = discover(inbox)
    assert len(files) == len(names)
    before = tree(folder)
    statuses: dict[str, str] = {}
    batches = [files[start : start + 16] for start in range(0, len(files), 16)]
    modules = ("extract.sources.html", "extract.sources.pdf")
    for result in run_batches(
        read, batches, workers=2, seconds_per_document=limits.seconds, memory_bytes=limits.memory_bytes, modules=modules
    ):
        for outcome in result.outcomes:
            name = outcome.item.source_file
            assert outcome.failure is None, f"{name}: {outcome.failure}"
            assert outcome.values, f"{name} has no record"
            losses = 2 + len([told for told in outcome.values if told.document.status == "failed"])
            assert outcome.seconds < losses * (limits.seconds + 2) + len(outcome.values), (
                f"{name} took {outcome.seconds}"
            )
            for told in outcome.values:
                document = told.document
                assert document.status in STATUSES
                assert (document.text is None) == (document.status != "processed"), name
                assert document.status == "processed" or document.status_reason, name
                assert len(document.text or "") <= limits.characters
                assert told.peak < limits.memory_bytes + 1024 * MIB
                for shown in (document.text or "", document.status_reason or "", document.source_file):
                    assert CANARY not in shown
                    assert "root:x:0" not in shown
                    shown.encode()
                assert ".." not in document.source_file.split("/")
            assert {told.document.source_file for told in outcome.values} >= {name} or all(
                told.document.source_file.startswith(f"{name}!") or name.endswith(".gz") for told in outcome.values
            )
            statuses[name] = outcome.values[0].document.status
    assert statuses.keys() == set(names)
    assert tree(folder) == before, "a file was written, changed or removed"
    return statuses


@pytest.fixture(scope="module")
def names() -> list[str]:
    return [name for name, _ in hostile_files()]


def test_there_are_hundreds_of_files_of_every_kind(names: list[str]) -> None:
    assert len(names) == len(set(names)) >= 300
    assert {name.split("/")[0] for name in names} == set(KINDS)


def test_a_part_of_the_hostile_files(names: list[str], tmp_path: Path) -> None:
    heavy = (
        "many",
        "paragraphs",
        "links",
        "runs",
        "spans",
        "mojibake",
        "bombs",
        "signs",
        "ascii85",
        "deep-arrays",
        "svg",
    )
    light = [name for name in names if name not in ENDLESS and not any(word in name for word in heavy)]
    survive(tmp_path, light[::5], LIMITS)


def test_a_reader_that_never_ends_is_stopped(tmp_path: Path) -> None:
    quick = Limits(seconds=3, memory_bytes=LIMITS.memory_bytes, characters=LIMITS.characters)
    statuses = survive(tmp_path, ["pdf/catalog-is-itself.pdf", "txt/utf8-whole.txt", "jsonl/types.jsonl"], quick)
    assert statuses == {
        "pdf/catalog-is-itself.pdf": "failed", "txt/utf8-whole.txt": "processed", "jsonl/types.jsonl": "unreadable",
    }  # fmt: skip


@pytest.mark.slow
def test_all_hostile_files(names: list[str], tmp_path: Path) -> None:
    statuses = survive(tmp_path, names, LIMITS)
    for name in (
        "txt/utf8-whole.txt",
        "txt/tcvn3-whole.txt",
        "txt/vni-whole.txt",
        "txt/cp1258-whole.txt",
        "txt/utf16-whole.txt",
    ):
        assert statuses[name] == "processed"
    for name in ("txt/random-3.txt", "txt/zeros.txt", "txt/ones.txt", "txt/elf.txt", "zip/bomb.docx", "other/file.exe"):
        assert statuses[name] != "processed", name


# --- the inbox itself -------------------------------------------------------------------------------------------------


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text(CANARY)
    return folder


def found(inbox: Path) -> dict[str, list[SourceDocument]]:
    return {file.source_file: list(documents_of(file, Limits())) for file in discover(inbox)}


def test_links_out_of_the_inbox_are_recorded_and_never_read(inbox: Path) -> None:
    (inbox / "sub").mkdir()
    (inbox / "real.txt").write_bytes(PLAN)
    (inbox / "file.txt").symlink_to("../outside/secret.txt")
    (inbox / "absolute.txt").symlink_to(inbox.parent / "outside" / "secret.txt")
    (inbox / "folder").symlink_to("../outside")
    (inbox / "device.txt").symlink_to("/dev/zero")
    (inbox / "nothing.txt").symlink_to("nowhere")
    (inbox / "loop").symlink_to(".")
    (inbox / "circle.txt").symlink_to("circle.txt")
    (inbox / "sub" / "inside.txt").symlink_to("../real.txt")
    (inbox / "chain.txt").symlink_to("sub/../file.txt")
    documents = found(inbox)
    read_ones = {name for name, [document] in documents.items() if document.status == "processed"}
    assert read_ones == {"real.txt", "sub/inside.txt"}
    assert documents.keys() - read_ones == {
        "file.txt", "absolute.txt", "folder", "device.txt", "nothing.txt", "circle.txt", "chain.txt",
    }  # fmt: skip
    for name in documents.keys() - read_ones:
        assert "link" in (documents[name][0].status_reason or ""), name


def test_a_folder_swapped_for_a_link_after_the_listing_is_not_followed(inbox: Path) -> None:
    (inbox / "sub").mkdir()
    (inbox / "sub" / "secret.txt").write_bytes(PLAN)
    [file] = discover(inbox)
    (inbox / "sub" / "secret.txt").unlink()
    (inbox / "sub").rmdir()
    (inbox / "sub").symlink_to("../outside")
    with pytest.raises(FileProblem, match="leads out"):
        read_file(file, Limits())


def test_a_file_swapped_for_a_link_or_pipe_after_the_listing_is_not_followed(inbox: Path) -> None:
    (inbox / "a.txt").write_bytes(PLAN)
    (inbox / "b.txt").write_bytes(PLAN)
    first, second = discover(inbox)
    (inbox / "a.txt").unlink()
    (inbox / "a.txt").symlink_to("../outside/secret.txt")
    (inbox / "b.txt").unlink()
    os.mkfifo(inbox / "b.txt")
    for file in (first, second):
        with pytest.raises(FileProblem):
            read_file(file, Limits())


def test_pipes_and_sockets_do_not_hang(inbox: Path) -> None:
    os.mkfifo(inbox / "pipe.txt")
    [[document]] = found(inbox).values()
    assert (document.status, "no regular file" in (document.status_reason or "")) == ("unreadable", True)


def test_names_of_any_bytes(inbox: Path) -> None:
    names = write_names(inbox)
    documents = found(inbox)
    assert len(documents) == len(names)
    for name, [document] in documents.items():
        assert document.status == "processed", name
        assert document.text == PLAN.decode()
        assert name.isprintable()
        name.encode()


def test_names_that_read_the_same_once_escaped_stay_apart(inbox: Path) -> None:
    (inbox / os.fsdecode(b"n\xe1m.txt")).write_bytes(b"1")
    (inbox / "n\\xe1m.txt").write_bytes(b"2")
    assert sorted(found(inbox)) == ["n\\xe1m.txt", "n\\xe1m.txt#2"]


def test_hidden_and_unfinished_files_are_left_out(inbox: Path) -> None:
    for name in (
        ".x",
        ".git/config",
        "~$plan.docx",
        "a.part",
        "b.crdownload",
        "c.txt~",
        "d.tmp",
        "Thumbs.db",
        "good.txt",
    ):
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_bytes(PLAN)
    assert list(found(inbox)) == ["good.txt"]


def test_a_file_that_changes_while_it_is_read_is_recorded_as_changing(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = inbox / "growing.txt"
    place.write_bytes(PLAN)
    [file] = discover(inbox)
    real = os.read

    def read_while_written(handle: int, size: int) -> bytes:
        data = real(handle, size)
        with place.open("ab") as other:
            other.write(b"0" if data else b"")
        return data

    monkeypatch.setattr("flows.inbox_file.os.read", read_while_written)
    documents = list(documents_of(file, Limits()))
    assert [document.status for document in documents] == ["failed"]
    assert "changes while it is read" in (documents[0].status_reason or "")
    monkeypatch.undo()
    place.write_bytes(PLAN)
    assert read_file(file, Limits()) == PLAN


def test_a_file_that_vanished_leaves_no_record(inbox: Path) -> None:
    (inbox / "a.txt").write_bytes(PLAN)
    [file] = discover(inbox)
    (inbox / "a.txt").unlink()
    assert list(documents_of(file, Limits())) == []


def test_a_large_file_is_not_loaded(inbox: Path) -> None:
    with (inbox / "sparse.txt").open("wb") as handle:
        handle.truncate(50_000_000_000)
    started = time.monotonic()
    [[document]] = found(inbox).values()
    assert document.status == "too_large"
    assert time.monotonic() - started < 1


def test_an_inbox_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InboxMissing, match="create it"):
        discover(tmp_path / "none")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InboxMissing):
        discover(tmp_path / "file")
