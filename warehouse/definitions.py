"""Which tables a snapshot holds, and how."""

from __future__ import annotations

from schemas.tables import ALL_TABLES

RUNS_TABLE = "runs"
BUCKETED = tuple(table.name for table in ALL_TABLES if table.bucketed)
SINGLE_FILE = tuple(table.name for table in ALL_TABLES if not table.bucketed and table.name != RUNS_TABLE)
TABLE_NAMES = (*SINGLE_FILE, RUNS_TABLE, *BUCKETED)
