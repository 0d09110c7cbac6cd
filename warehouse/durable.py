"""File operations that survive a power cut: whole or not at all, fsynced before they get their name.

All of them call functions of `os` by name, so that the fault test can kill the process at each one.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

UNFINISHED = ".tmp"
_CANNOT_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def write_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a new file and fsync it; its folder still has to be fsynced."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link_or_copy(source: Path, destination: Path) -> bool:
    """Give `source` a second name. Where the file system has no hard links: copy and fsync. True when linked."""
    try:
        os.link(source, destination)
    except OSError as trouble:
        if trouble.errno not in _CANNOT_LINK:
            raise
        write_file(destination, source.read_bytes())
        return False
    return True


def replace_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace `path` in one step; readers see the old bytes or the new ones. What can be made again need not be
    `durable`: then a power cut may cost it, and the disk is not waited for.

    The unfinished file bears the process's id, so that two processes do not meet in it, and a name that an inbox leaves
    out.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED}")
    fresh.unlink(missing_ok=True)
    try:
        write_file(fresh, data, durable=durable)
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def left_unfinished(folder: Path) -> list[Path]:
    """What processes that are no more left of their `replace_file` in a folder."""
    found = []
    for path in sorted(folder.glob(f"*{UNFINISHED}")):
        pid = path.name.removesuffix(UNFINISHED).rpartition(".")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            found.append(path)
    return found


def replace_link(link: Path, target: str) -> None:
    """Point the symbolic link at `target` in one step."""
    fresh = link.with_name(f"{link.name}.new")
    if os.path.lexists(fresh):
        os.unlink(fresh)
    os.symlink(target, fresh)
    os.replace(fresh, link)
    sync_folder(link.parent)


def remove_folder(path: Path, trash: Path) -> None:
    """Take the folder's name away in one step, then its files: a half-removed folder never has its old name."""
    if path != trash:
        if trash.exists():
            shutil.rmtree(trash)
        os.rename(path, trash)
    shutil.rmtree(trash)
