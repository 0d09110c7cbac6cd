"""DuckDB in memory for the warehouse's own work, held to a share of the memory that a nightly run may take."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator

import duckdb

MEMORY_LIMIT = "400MB"


@contextlib.contextmanager
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "preserve_insertion_order": False,
        "temp_directory": _spill_folder(),
    }
    with duckdb.connect(config=settings) as connection:
        yield connection


def _spill_folder() -> str:
    """Not the folder that the run happens to be started in, which is DuckDB's own choice."""
    return os.path.join(tempfile.gettempdir(), f"muctieu-spill-{os.getpid()}")
