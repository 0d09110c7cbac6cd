"""One file of an inbox: its name and its bytes.

Nothing outside the inbox is ever opened, whatever links and names say.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from extract.limits import Limits
from extract.sources import SourceDocument, SourceStatus, read_source

ATTEMPTS = 3
"""To read a file that changes meanwhile."""
_PAUSE = 0.2
_CHUNK = 1 << 20
_UNFINISHED = (".part", ".crdownload", ".tmp", ".swp", "~")
_LITTER = ("Thumbs.db", "desktop.ini", "__MACOSX")


class InboxMissing(FileNotFoundError):
    """The inbox is not there, is no folder, or cannot be reached."""


class FileProblem(Exception):
    """A file of the inbox that cannot be read: `status` and `reason` for the record; `vanished` when it is gone."""

    def __init__(self, reason: str, status: SourceStatus = "unreadable", *, vanished: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status: SourceStatus = status
        self.vanished = vanished


@dataclass(frozen=True, slots=True)
class InboxFile:
    """`path` opens the file; `source_file` is its place below the inbox, with slashes, in valid Unicode.

    A file that must not be opened (a link that leads out, a pipe, a folder without permission) has an empty `path` and
    a `problem` in words. `root` is the real path of the inbox.
    """

    path: str
    source_file: str
    problem: str | None = None
    root: str = ""
    status: SourceStatus = "unreadable"
    """Of the record of a file with a problem."""


def read_file(file: InboxFile, limits: Limits) -> bytes:
    """Bytes of a file that did not change while they were read. Raises FileProblem."""
    if file.problem is not None:
        raise FileProblem(file.problem, file.status)
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE * attempt)
        try:
            data = _read_steady(file, limits)
        except FileNotFoundError as error:
            raise FileProblem("the file vanished while the inbox was read", "failed", vanished=True) from error
        except PermissionError as error:
            raise FileProblem("no permission to read the file; let the service's user read it") from error
        except OSError as error:
            raise FileProblem(
                f"cannot be read ({error.strerror}); check the disk or the link, then run again"
            ) from error
        if data is not None:
            return data
    raise FileProblem("the file changes while it is read; it is read in the next run after it is finished", "failed")


def documents_of(file: InboxFile, limits: Limits, skip: Mapping[int, str] | None = None) -> Iterator[SourceDocument]:
    """Documents of one file, whatever it is. Never raises; yields nothing for a file that vanished."""
    try:
        data = read_file(file, limits)
    except FileProblem as problem:
        if not problem.vanished:
            name = file.source_file
            yield SourceDocument(name, name.encode(), None, None, problem.status, problem.reason)
        return
    yield from read_source(file.source_file, data, limits, skip)


def is_left_out(name: str) -> bool:
    """Of one file or folder: hidden, unfinished, or litter of a desktop."""
    return name.startswith((".", "~$")) or name.endswith(_UNFINISHED) or name in _LITTER


def readable_name(name: bytes) -> str:
    r"""A name of any bytes as valid Unicode that prints on one line: what is no UTF-8 and every control character
    becomes an escape (\xe1, \n)."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def without_twins(files: list[InboxFile]) -> list[InboxFile]:
    """Different names of bytes may read the same once escaped; the later ones get a number."""
    seen: dict[str, int] = {}
    named = []
    for file in files:
        count = seen[file.source_file] = seen.get(file.source_file, 0) + 1
        name = file.source_file if count == 1 else f"{file.source_file}#{count}"
        named.append(file if count == 1 else replace(file, source_file=name))
    return named


def is_inside(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


def _read_steady(file: InboxFile, limits: Limits) -> bytes | None:
    """Bytes, or None when the file changed meanwhile. O_NONBLOCK: a pipe put in its place must not hang the run."""
    handle = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise FileProblem("no regular file (a pipe, socket or device); remove it from the inbox")
        if file.root and not is_inside(_opened_path(handle, file.path), file.root):
            raise FileProblem("the file's folder leads out of the inbox; put the file itself there")
        if before.st_size > limits.bytes:
            reason = f"{before.st_size} bytes, {limits.bytes} are allowed (limit bytes)"
            raise FileProblem(reason, "too_large")
        parts: list[bytes] = []
        left = before.st_size + 1  # a file that grows as fast as it is read must not be followed
        while left > 0 and (part := os.read(handle, min(_CHUNK, left))):
            parts.append(part)
            left -= len(part)
        after = os.fstat(handle)
    finally:
        os.close(handle)
    data = b"".join(parts)
    steady = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and len(data) == after.st_size
    return data if steady else None


def _opened_path(handle: int, path: str) -> str:
    """Where an open file really is, links in its folders resolved at the time of opening."""
    try:
        return os.readlink(f"/proc/self/fd/{handle}")
    except OSError:
        return os.path.realpath(path)
