"""File operations that survive a power cut: whole or not at all, fsynced before they get their name.

All of them call functions of `os` by name, so that the fault test can kill the process at each one.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

_CANNOT_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def write_file(path: Path, data: bytes) -> None:
    """Write and fsync a new file; its folder still has to be fsynced."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
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


def replace_file(path: Path, data: bytes) -> None:
    """Replace `path` in one step; readers see the old bytes or the new ones."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    write_file(fresh, data)
    os.replace(fresh, path)
    sync_folder(path.parent)


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
