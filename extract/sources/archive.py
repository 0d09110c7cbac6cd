"""ZIP archives: members checked by declared and by real size before anything reads them. Nothing is written to disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from extract.limits import MIB, Limits
from extract.sources.document import Unreadable, harmless_name

_CHUNK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, OSError, ValueError, NotImplementedError, KeyError,
           IndexError, UnicodeError)  # fmt: skip


@dataclass(slots=True)
class Budget:
    """What reading one file of the inbox has left: `left` bytes to unpack. `position` counts documents so far; those in
    `skip` ended a worker before: they are not read but recorded with the reason."""

    left: int
    skip: Mapping[int, str] = field(default_factory=dict)
    position: int = 0

    def take(self, size: int, limits: Limits) -> None:
        self.left -= size
        if self.left < 0:
            raise Unreadable(f"unpacks to more than {limits.unpacked_bytes} bytes (limit unpacked_bytes)", "too_large")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive: its name, and its bytes or why it was not unpacked."""

    name: str
    data: bytes
    problem: Unreadable | None = None


def open_archive(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """Raises Unreadable when the archive is broken or holds too many members."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise Unreadable(f"the ZIP archive is broken ({type(error).__name__}); pack it anew") from error
    if len(archive.infolist()) > limits.members:
        count = len(archive.infolist())
        archive.close()
        raise Unreadable(f"the archive has {count} members, {limits.members} are allowed (limit members)", "too_large")
    return archive


def members(data: bytes, limits: Limits, budget: Budget) -> Iterator[Member]:
    """Members in order of their names. A member that breaks a limit or a rule comes without data and with the reason.
    Raises Unreadable when the archive as a whole must be refused."""
    seen: dict[str, int] = {}
    with open_archive(data, limits) as archive:
        for info in sorted(archive.infolist(), key=lambda info: (info.filename, info.header_offset)):
            if info.is_dir() or _is_litter(info.filename):
                continue
            name = harmless_name(info.filename)
            count = seen[name] = seen.get(name, 0) + 1
            name = name if count == 1 else f"{name}#{count}"
            try:
                _check_name(info)
                content = unpack(archive, info, limits, budget)
            except Unreadable as problem:
                yield Member(name, _identity(info), problem)
                if budget.left < 0:
                    return
            else:
                yield Member(name, content)


def unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits, budget: Budget) -> bytes:
    """Bytes of a member, counted while they come. Raises Unreadable."""
    if info.flag_bits & 0x1:
        raise Unreadable("the archive's member is encrypted; pack it without a password")
    if info.file_size > limits.bytes:
        raise Unreadable(f"unpacks to {info.file_size} bytes, {limits.bytes} are allowed (limit bytes)", "too_large")
    parts: list[bytes] = []
    size = 0
    try:
        with archive.open(info) as handle:
            while chunk := handle.read(_CHUNK):
                size += len(chunk)
                budget.take(len(chunk), limits)
                if size > limits.bytes:
                    raise Unreadable(f"unpacks to more than {limits.bytes} bytes (limit bytes)", "too_large")
                if size > max(MIB, limits.ratio * max(info.compress_size, 1)):
                    raise Unreadable(f"unpacks to more than {limits.ratio} times its size (limit ratio)", "too_large")
                parts.append(chunk)
    except (*_BROKEN, RuntimeError) as error:
        raise Unreadable(f"the archive's member is broken ({type(error).__name__}); pack it anew") from error
    return b"".join(parts)


def check_office_file(data: bytes, limits: Limits, budget: Budget) -> frozenset[str]:
    """Names in an Office file, each unpacked once and counted, so that its reader meets no bomb. Raises Unreadable."""
    with open_archive(data, limits) as archive:
        for info in archive.infolist():
            unpack(archive, info, limits, budget)
        return frozenset(archive.namelist())


def _check_name(info: zipfile.ZipInfo) -> None:
    name = info.filename.replace("\\", "/")
    if name.startswith("/") or ".." in PurePosixPath(name).parts or (len(name) > 1 and name[1] == ":"):
        raise Unreadable("the member's name leads out of the archive; pack it anew with plain names")
    if (info.external_attr >> 16) & 0o170000 == 0o120000:
        raise Unreadable("the member is a symbolic link; pack the file itself")


def _is_litter(name: str) -> bool:
    """What operating systems leave in archives and folders."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part == "__MACOSX" or part.startswith(("._", "~$")) for part in parts) or (
        bool(parts) and parts[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")
    )


def _identity(info: zipfile.ZipInfo) -> bytes:
    """What identifies a member that was not unpacked."""
    return f"{info.filename}\n{info.CRC}\n{info.file_size}\n{info.compress_size}".encode("utf-8", "surrogatepass")
