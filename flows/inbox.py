"""Which files an inbox holds: a local folder, or an address that is mirrored into one first (flows/mirror.py)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from extract.limits import Limits
from flows.inbox_file import InboxFile, InboxMissing, is_inside, is_left_out, readable_name, without_twins
from flows.mirror import mirrored
from flows.storage import is_address, whole_address


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
    if is_address(address) and not Path(inbox).exists():
        address = whole_address(address)
        if mirror is None:
            raise InboxMissing(f"the inbox {address} needs a folder to be mirrored into; name one in the settings")
        return mirrored(address, mirror, options or {}, limits or Limits())
    inbox = Path(inbox)
    if not inbox.is_dir():
        raise InboxMissing(f"there is no inbox folder {inbox}; create it or name another: muctieu run FOLDER")
    root = os.path.realpath(inbox)
    return without_twins(sorted(_walk(root), key=lambda file: (file.source_file, file.path)))


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
            if is_left_out(entry.name):
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
        if not is_inside(target, root):
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


def _source_file(root: str, path: str) -> str:
    return readable_name(os.fsencode(os.path.relpath(path, root)))
