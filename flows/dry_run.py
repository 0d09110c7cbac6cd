"""A night on a twin of the warehouse: shows what it would change, and leaves the warehouse as it is."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from warehouse.catalogue import build_catalogue
from warehouse.durable import link_or_copy
from warehouse.layout import CATALOGUE, CURRENT, SNAPSHOTS, Layout
from warehouse.listing import INDEX

PREFIX = ".dry-run-"


@contextlib.contextmanager
def twin(root: Path) -> Iterator[Path]:
    """A warehouse beside the files of `root` that holds its current snapshot by hard links; removed afterwards.

    Twins that a killed dry run left behind are removed as well. Raises WarehouseError or OSError.
    """
    root = Path(os.path.abspath(root))
    root.mkdir(parents=True, exist_ok=True)
    for left in root.glob(f"{PREFIX}*"):
        if not _is_used(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=root))
    try:
        current = Layout.at(root).current_id()
        if current is not None:
            _link(Layout.at(root).snapshot(current), folder / SNAPSHOTS / current)
            os.symlink(f"{SNAPSHOTS}/{current}", folder / CURRENT)
            build_catalogue(Layout.at(folder), current, folder / CATALOGUE)
        if (root / INDEX).exists():
            shutil.copy2(root / INDEX, folder / INDEX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _link(source: Path, destination: Path) -> None:
    for folder, _, files in os.walk(source):
        there = destination / Path(folder).relative_to(source)
        there.mkdir(parents=True, exist_ok=True)
        for name in files:
            link_or_copy(Path(folder, name), there / name)


def _is_used(folder: Path) -> bool:
    pid = folder.name.removeprefix(PREFIX).partition("-")[0]
    return pid.isdigit() and Path(f"/proc/{pid}").exists()
