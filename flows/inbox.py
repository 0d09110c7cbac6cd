"""Which files an inbox holds, and their bytes: a local folder, or anything that fsspec knows (s3://, gs://, memory://).

A remote inbox is mirrored into a folder of the warehouse first, object by object where its stamp changed, so that
everything after it reads local files. Nothing outside the inbox is ever opened, whatever links and names say.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extract.limits import Limits
from extract.sources import SourceDocument, SourceStatus, read_source

_UNFINISHED = (".part", ".crdownload", ".tmp", ".swp", "~")
_LITTER = ("Thumbs.db", "desktop.ini", "__MACOSX")
_CHUNK = 1 << 20
_ATTEMPTS = 3
_PAUSE = 0.2


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


def discover(
    inbox: Path | str,
    mirror: Path | None = None,
    options: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
) -> list[InboxFile]:
    """Every file below `inbox`, by name. Hidden and unfinished files (.part, .tmp, names with ~) are left out.

    An address (s3://bucket/folder) is mirrored into `mirror`; `options` are those of its fsspec file system.
    Raises InboxMissing with a remedy when there is no such folder.
    """
    address = str(inbox)
    if address.startswith("file://"):
        inbox, address = Path(address.removeprefix("file://")), ""
    if "://" in address or (isinstance(inbox, Path) and ":/" in address and not inbox.exists()):
        address = address if "://" in address else address.replace(":/", "://", 1)  # Path("s3://b") drops a slash
        if mirror is None:
            raise InboxMissing(f"the inbox {address} needs a folder to be mirrored into; name one in the settings")
        return _mirrored(address, mirror, dict(options or {}), limits or Limits())
    inbox = Path(inbox)
    if not inbox.is_dir():
        raise InboxMissing(f"there is no inbox folder {inbox}; create it or name another: muctieu run FOLDER")
    root = os.path.realpath(inbox)
    return _without_twins(sorted(_walk(root), key=lambda file: (file.source_file, file.path)))


def read_file(file: InboxFile, limits: Limits) -> bytes:
    """Bytes of a file that did not change while they were read. Raises FileProblem."""
    if file.problem is not None:
        raise FileProblem(file.problem, file.status)
    for attempt in range(_ATTEMPTS):
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


def _walk(root: str) -> Iterator[InboxFile]:
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            if folder == root:
                raise InboxMissing(f"the inbox {root} cannot be listed ({error.strerror}); check its rights") from error
            yield InboxFile("", _source_file(root, folder), f"the folder cannot be listed ({error.strerror})", root)
            continue
        for entry in found:
            if entry.name.startswith(".") or entry.name.endswith(_UNFINISHED) or entry.name.startswith("~$"):
                continue
            if entry.name in _LITTER:
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif (file := _inbox_file(root, entry)) is not None:
                    yield file
            except OSError:
                continue  # vanished between the listing and the look at it


def _inbox_file(root: str, entry: os.DirEntry[str]) -> InboxFile | None:
    """None for a link to a folder of the inbox: its files are listed where they are."""
    name = _source_file(root, entry.path)
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        if not _is_inside(target, root):
            return InboxFile("", name, "a symbolic link that leads out of the inbox; put the file itself there", root)
        if os.path.isdir(target):
            return None
        if not os.path.exists(target):
            return InboxFile("", name, "a symbolic link to nothing; put the file itself there", root)
        path = target
    else:
        path = entry.path
    if not stat.S_ISREG(os.stat(path).st_mode):
        return InboxFile("", name, "no regular file (a pipe, socket or device); remove it from the inbox", root)
    return InboxFile(path, name, None, root)


def _is_inside(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


def _source_file(root: str, path: str) -> str:
    return readable_name(os.fsencode(os.path.relpath(path, root)))


def readable_name(name: bytes) -> str:
    r"""A name of any bytes as valid Unicode that prints on one line: what is no UTF-8 and every control character
    becomes an escape (\xe1, \n)."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def _without_twins(files: list[InboxFile]) -> list[InboxFile]:
    """Different names of bytes may read the same once escaped; the later ones get a number."""
    seen: dict[str, int] = {}
    named = []
    for file in files:
        count = seen[file.source_file] = seen.get(file.source_file, 0) + 1
        name = file.source_file if count == 1 else f"{file.source_file}#{count}"
        named.append(file if count == 1 else replace(file, source_file=name))
    return named


def _read_steady(file: InboxFile, limits: Limits) -> bytes | None:
    """Bytes, or None when the file changed meanwhile. O_NONBLOCK: a pipe put in its place must not hang the run."""
    handle = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise FileProblem("no regular file (a pipe, socket or device); remove it from the inbox")
        if file.root and not _is_inside(_opened_path(handle, file.path), file.root):
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


# --- remote inboxes ---------------------------------------------------------------------------------------------------


def _mirrored(address: str, mirror: Path, options: dict[str, Any], limits: Limits) -> list[InboxFile]:
    """Objects below `address`, each as a local file named after the hash of its key; those that left are removed."""
    system, root = _open_file_system(address, options)
    try:
        system.invalidate_cache()
        listing: dict[str, dict[str, Any]] = system.find(root, detail=True)
        if not listing and not system.exists(root):
            raise InboxMissing(f"there is nothing at {address}; check the name and the rights")
    except InboxMissing:
        raise
    except Exception as error:  # every file system has errors of its own
        raise InboxMissing(f"the inbox {address} cannot be listed ({type(error).__name__}: {error})") from error
    mirror.mkdir(parents=True, exist_ok=True)
    stamps_file = mirror / "stamps.json"
    stamps = _read_stamps(stamps_file)
    kept: dict[str, str] = {}
    files: list[InboxFile] = []
    for key, details in sorted(listing.items()):
        name = key.removeprefix(root).lstrip("/")
        if details.get("type") == "directory" or not name or name.endswith("/") or _is_left_out(name):
            continue
        place = mirror / hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        shown = readable_name(name.encode("utf-8", "surrogatepass"))
        problem: str | None = None
        status: SourceStatus = "unreadable"
        try:
            stamp = _stamp(details)
            if stamps.get(place.name) != stamp or not place.exists():
                stamp = _fetch(system, key, details, place, limits)
            kept[place.name] = stamp
        except FileNotFoundError:
            continue  # it left the inbox between listing and reading
        except FileProblem as error:
            problem, status = error.reason, error.status
        except Exception as error:  # one object that cannot be fetched must not stop the others
            problem = f"cannot be fetched ({type(error).__name__}: {str(error)[:200]}); the next run tries again"
        path, inside = ("", "") if problem else (str(place.resolve()), str(mirror.resolve()))
        files.append(InboxFile(path, shown, problem, inside, status))
    for leftover in mirror.iterdir():
        if leftover.name not in kept and leftover != stamps_file:
            leftover.unlink(missing_ok=True)
    _write_whole(stamps_file, json.dumps(kept, indent=0, sort_keys=True).encode())
    return _without_twins(sorted(files, key=lambda file: file.source_file))


def _open_file_system(address: str, options: dict[str, Any]) -> tuple[Any, str]:
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(address, **options)
    except ImportError as error:
        scheme = address.split("://", 1)[0]
        raise InboxMissing(f"{scheme}:// needs a package that is not installed: {error}") from error
    except Exception as error:
        raise InboxMissing(
            f"the inbox address {address} is not understood ({type(error).__name__}: {error})"
        ) from error
    return system, str(root)


def _is_left_out(name: str) -> bool:
    parts = name.split("/")
    return any(part.startswith(".") or part in _LITTER for part in parts) or parts[-1].endswith(_UNFINISHED)


def _stamp(details: Mapping[str, Any]) -> str:
    """Changes whenever the object does: size with ETag, checksum or generation; where there is none, with its time.
    A listing and a look at one object word times differently, so they count as seconds."""
    strong = [f"{name}={details[name]}" for name in ("ETag", "etag", "md5Hash", "generation") if details.get(name)]
    times = [details[name] for name in ("LastModified", "mtime", "modified", "updated", "created") if details.get(name)]
    weak = [str(time_.timestamp() if hasattr(time_, "timestamp") else time_) for time_ in times[:1]]
    return "|".join([str(details.get("size")), *(strong or weak)])


def _fetch(system: Any, key: str, details: Mapping[str, Any], place: Path, limits: Limits) -> str:
    """Copy an object whole; again when it changed meanwhile. Gives the stamp of what was copied."""
    for _ in range(_ATTEMPTS):
        size = int(details.get("size") or 0)
        if size > limits.bytes:
            raise FileProblem(f"{size} bytes, {limits.bytes} are allowed (limit bytes)", "too_large")
        with system.open(key, "rb") as handle:
            data = handle.read(limits.bytes + 1)
        system.invalidate_cache()
        after = system.info(key)
        if _stamp(after) == _stamp(details) and len(data) == size:
            _write_whole(place, data)
            return _stamp(details)
        details = after
    raise FileProblem("the object changes while it is read; it is read in the next run after it is finished", "failed")


def _read_stamps(path: Path) -> dict[str, str]:
    try:
        stamps = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _write_whole(path: Path, data: bytes) -> None:
    """A reader sees the old file or the new one."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)
