"""Names of provisional indicators for the labels of carried statements, kept from night to night.

Naming a label is the business of transform/, and dear: some twenty microseconds each. A cache beside the snapshots
keeps the names as long as the versions of the rules are the same; it may be deleted at any time."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.durable import replace_file

CACHE = ".label-names.parquet"
Namer = Callable[[pa.Table], pa.Table]
"""Table (label, unit), each pair once -> the same rows with a column `slug`, the provisional indicator."""

_SCHEMA = pa.schema([("label", pa.string()), ("unit", pa.string()), ("slug", pa.string())])


def name_labels(
    connection: duckdb.DuckDBPyConnection, pairs: str, namer: Namer, cache: Path, versions: Mapping[str, str]
) -> None:
    """Make the table `named` (label, unit, slug) for the table `pairs` (label, unit) of the connection."""
    known = _read(cache, versions)
    connection.register("known_names", known)
    connection.execute(
        f"CREATE TEMP TABLE named AS SELECT k.* FROM known_names AS k SEMI JOIN {pairs} USING (label, unit)"
    )
    missing = connection.execute(
        f"SELECT label, unit FROM {pairs} ANTI JOIN named USING (label, unit)"
    ).to_arrow_table()
    connection.unregister("known_names")
    if not missing.num_rows:
        return
    fresh = namer(missing).select(_SCHEMA.names).cast(_SCHEMA)
    connection.register("fresh_names", fresh)
    connection.execute("INSERT INTO named FROM fresh_names")
    connection.unregister("fresh_names")
    _write(cache, pa.concat_tables([known, fresh]), versions)


def _read(cache: Path, versions: Mapping[str, str]) -> pa.Table:
    with contextlib.suppress(OSError, pa.ArrowInvalid, KeyError, ValueError):
        table = pq.read_table(cache)
        if json.loads((table.schema.metadata or {})[b"versions"]) == dict(versions):
            return table.select(_SCHEMA.names).cast(_SCHEMA)
    return _SCHEMA.empty_table()


def _write(cache: Path, names: pa.Table, versions: Mapping[str, str]) -> None:
    """Replace the cache; one that cannot be written is no reason to stop."""
    sink = pa.BufferOutputStream()
    pq.write_table(names.replace_schema_metadata({"versions": json.dumps(dict(versions))}), sink, compression="zstd")
    with contextlib.suppress(OSError):
        replace_file(cache, sink.getvalue(), durable=False)
