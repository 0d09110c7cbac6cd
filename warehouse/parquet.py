"""Tables as Parquet bytes: the same rows give the same bytes, whatever order they came in."""

from __future__ import annotations

import json
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.tables import CONTRACT_VERSION, Table
from warehouse.errors import WarehouseError

ROWS_PER_GROUP = 32_768
COMPRESSION_LEVEL = 3
COLUMNS_KEY = "muctieu.columns"


def conform(table: pa.Table, definition: Table) -> pa.Table:
    """`table` with the columns and types of `definition`, in its order, checked for nulls where none may be.

    Raises WarehouseError that names table and column.
    """
    missing = [name for name in definition.names if name not in table.column_names]
    if missing:
        raise WarehouseError(f"table {definition.name} lacks column {', '.join(missing)}; schemas/tables.py defines it")
    for column in definition.columns:
        if not column.nullable and table[column.name].null_count:
            raise WarehouseError(
                f"table {definition.name}: {table[column.name].null_count} rows without {column.name}, "
                "which may not be null; the step that made them must set it or drop them"
            )
    schema = file_schema(definition)
    try:
        conformed = table.select(list(definition.names)).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as trouble:
        raise WarehouseError(f"table {definition.name} does not fit schemas/tables.py: {trouble}") from trouble
    return conformed


@cache
def file_schema(definition: Table) -> pa.Schema:
    """Arrow schema with contract version, table and column descriptions, readable with and without Arrow."""
    schema = definition.arrow_schema()
    descriptions = {column.name: column.description for column in definition.columns}
    metadata = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    metadata |= {"muctieu.contract_version": CONTRACT_VERSION, "muctieu.table": definition.name}
    metadata[COLUMNS_KEY] = json.dumps(descriptions, ensure_ascii=False, separators=(",", ":"))
    return schema.with_metadata(metadata)


def in_order(table: pa.Table, sort: tuple[str, ...]) -> pa.Table:
    """Rows by the columns of `sort`, nulls first, text by code point."""
    if table.num_rows < 2:
        return table
    keys = [(name, "ascending", "at_start") for name in dict.fromkeys(sort) if name in table.column_names]
    return table.take(pc.sort_indices(table, sort_keys=keys)) if keys else table


def encode(table: pa.Table, definition: Table) -> bytes:
    """Parquet bytes of a conforming table: sorted, zstd, with descriptions in the metadata."""
    return encode_rows(in_order(conform(table, definition), definition.sort))


def encode_rows(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.combine_chunks(),
        sink,
        version="2.6",
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=True,
        write_statistics=True,
        row_group_size=ROWS_PER_GROUP,
        data_page_version="1.0",
        store_schema=True,
    )
    return bytes(sink.getvalue())
