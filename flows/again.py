"""Reading documents again although their bytes have not changed: `muctieu backfill --since`."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from warehouse.layout import Layout
from warehouse.manifest import container_of, read_manifest

AGAIN = "again"
"""In the place of a content hash: equals none, so the file is read."""


def read_again(
    hashes: Mapping[str, str], paths: Mapping[str, str], root: Path, since: datetime.date | None
) -> Mapping[str, str]:
    """`hashes` of the inbox with those of the files taken away that are to be read in any case: dated on or after
    `since`, or without a date and changed in the inbox since then. A file of several documents counts as its newest."""
    if since is None:
        return hashes
    dated = _dates(root)
    begin = datetime.datetime.combine(since, datetime.time(), datetime.UTC).timestamp()
    return {
        name: AGAIN if _is_wanted(dated.get(name), paths[name], since, begin) else digest
        for name, digest in hashes.items()
    }


def _is_wanted(date: datetime.date | None, path: str, since: datetime.date, begin: float) -> bool:
    if date is not None:
        return date >= since
    try:
        return os.stat(path).st_mtime >= begin
    except OSError:
        return True


def _dates(root: Path) -> dict[str, datetime.date]:
    """Date of the newest document of each inbox file, as the current snapshot has it."""
    layout = Layout.at(root)
    current = layout.current_id()
    if current is None:
        return {}
    containers = read_manifest(layout.snapshot(current)).containers
    table = pq.read_table(layout.snapshot(current) / "documents", columns=["source_file", "document_date"])
    found: dict[str, datetime.date] = {}
    for row in table.to_pylist():
        file, date = container_of(row["source_file"], containers), row["document_date"]
        if date is not None and date > found.get(file, datetime.date.min):
            found[file] = date
    return found
