"""DuckDB in memory for the warehouse's own work, held to a share of the memory that a nightly run may take."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb

MEMORY_LIMIT = "500MB"


@contextlib.contextmanager
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": False}) as connection:
        yield connection
