"""Which files an inbox holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


class InboxMissing(FileNotFoundError):
    """The inbox is not there or is no folder."""


@dataclass(frozen=True, slots=True)
class InboxFile:
    """`path` opens the file; `source_file` is its place below the inbox, with slashes, in valid Unicode."""

    path: str
    source_file: str


def discover(inbox: Path) -> list[InboxFile]:
    """Every regular file below `inbox`, by name. Hidden files and links that lead out of the inbox are left out.

    Raises InboxMissing with a remedy when there is no such folder.
    """
    if not inbox.is_dir():
        raise InboxMissing(f"there is no inbox folder {inbox}; create it or name another: muctieu run FOLDER")
    root = inbox.resolve()
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [_inbox_file(root, Path(folder, name)) for name in names if not name.startswith(".")]
    return sorted((file for file in found if file is not None), key=lambda file: file.source_file)


def _inbox_file(root: Path, path: Path) -> InboxFile | None:
    inside = path.resolve().is_relative_to(root)
    if not inside or path.is_dir():
        return None
    name = os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
    return InboxFile(str(path), name)
