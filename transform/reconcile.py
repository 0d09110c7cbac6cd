"""From all statements to one prevailing target per cell.

The rules are those of docs/target-table.md: the grain with nulls equal, a statement without `period_start` joins the
only period of its cell, a plan prevails over an article, then the later document, the more specific statement, the
smallest id.
Everything runs as a few DuckDB queries over Arrow columns, so that two million statements take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from schemas.tables import COMMITMENTS, TARGETS, TARGETS_PROVISIONAL, Table
from transform.slug import PAIRS_TO_NAME, with_slugs

EXPLICIT_YEAR_SOURCES = ("phrase", "sentence")
REQUIRED = (
    "province",
    "unit",
    "value",
    "year",
    "year_basis",
    "comparator",
    "value_basis",
    "province_code",
    "province_2025",
)

_NEEDED = (
    "statement_id",
    "document_id",
    "status",
    "label",
    "indicator",
    *REQUIRED,
    "value_max",
    "period_start",
    "admin_level",
    "breakdown",
    "document_kind",
    "document_date",
    "year_source",
)
_NEEDED_ONCE = tuple(dict.fromkeys(_NEEDED))

_CELL_WITHOUT_PERIOD = "province, indicator, admin_level, breakdown, unit, year, year_basis"
_CANDIDATES = f"""
CREATE TEMP TABLE candidates AS
WITH named AS (
    SELECT position, statement_id, document_id, province, unit, value, value_max, year, year_basis, period_start,
           admin_level, breakdown, s.status = 'uncatalogued' AS provisional,
           CASE WHEN s.status = 'uncatalogued' THEN slugs.slug ELSE indicator END AS indicator,
           (document_kind IS DISTINCT FROM 'plan')::TINYINT AS not_a_plan,
           -coalesce(date_diff('day', DATE '0001-01-01', document_date), -1) AS earliness,
           (value_basis <> 'stated')::TINYINT AS implied,
           (coalesce(year_source, '') NOT IN {EXPLICIT_YEAR_SOURCES})::TINYINT AS year_inherited
    FROM statements AS s LEFT JOIN slugs USING (label, unit)
    WHERE status IN ('accepted', 'uncatalogued') AND {" AND ".join(f"{name} IS NOT NULL" for name in REQUIRED)}
)
SELECT * REPLACE (
    CASE WHEN period_start IS NULL AND year_basis IN ('annual', 'period')
              AND min(period_start) OVER cell = max(period_start) OVER cell
         THEN min(period_start) OVER cell ELSE period_start END AS period_start)
FROM named WHERE indicator IS NOT NULL
WINDOW cell AS (PARTITION BY {_CELL_WITHOUT_PERIOD})
"""

_CELLS = f"""
CREATE TEMP TABLE cells AS
WITH grouped AS (
    SELECT {_CELL_WITHOUT_PERIOD}, period_start, provisional,
           count(*)::INTEGER AS n_statements,
           count(DISTINCT document_id)::INTEGER AS n_documents,
           CASE WHEN count(*) = 1 THEN 'single'
                WHEN min(round(value, 6)) = max(round(value, 6))
                     AND min(round(coalesce(value_max, value), 6)) = max(round(coalesce(value_max, value), 6))
                THEN 'agree'
                ELSE 'conflict' END AS agreement,
           min(struct_pack(not_a_plan, earliness, implied, year_inherited, statement_id, position)) AS prevailing
    FROM candidates GROUP BY ALL
)
SELECT * EXCLUDE (prevailing), prevailing.position AS position, prevailing.statement_id AS statement_id FROM grouped
"""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`statements` is the input with `prevails` set; the others are tables as published, sorted."""

    statements: pa.Table
    targets: pa.Table
    targets_provisional: pa.Table
    commitments: pa.Table


def reconcile(statements: pa.Table) -> Reconciled:
    """One row per cell from all `statements` (schema STATEMENTS; any order; statuses already final).

    Statements with status accepted make `targets`, uncatalogued ones `targets_provisional` with indicator `~slug`;
    those that lack a column of the grain stay in `statements` only. The order of the rows does not matter.
    """
    with duckdb.connect() as connection:
        positions = pa.array(np.arange(statements.num_rows, dtype=np.int64))
        connection.register("statements", statements.select(_NEEDED_ONCE).append_column("position", positions))
        connection.register("slugs", with_slugs(connection.execute(PAIRS_TO_NAME).to_arrow_table()))
        connection.execute(_CANDIDATES)
        connection.execute(_CELLS)
        targets = _cells(connection, TARGETS, provisional=False)
        provisional = _cells(connection, TARGETS_PROVISIONAL, provisional=True)
        commitments = connection.execute(
            "SELECT position FROM statements WHERE status = 'qualitative' AND province IS NOT NULL "
            f"ORDER BY {_order(COMMITMENTS)}"
        ).to_arrow_table()
    prevails = np.zeros(statements.num_rows, dtype=bool)
    for cells in (targets, provisional):
        prevails[cells["position"].to_numpy()] = True
    return Reconciled(
        statements=_with_column(statements, "prevails", pa.array(prevails)),
        targets=_published(TARGETS, statements, targets),
        targets_provisional=_published(TARGETS_PROVISIONAL, statements, provisional),
        commitments=_published(COMMITMENTS, statements, commitments),
    )


def _cells(connection: duckdb.DuckDBPyConnection, table: Table, *, provisional: bool) -> pa.Table:
    return connection.execute(
        "SELECT position, indicator, period_start, n_statements, n_documents, agreement FROM cells "
        f"WHERE provisional = {provisional} ORDER BY {_order(table)}"
    ).to_arrow_table()


def _order(table: Table) -> str:
    return ", ".join(f"{name} NULLS FIRST" for name in dict.fromkeys(table.sort))


def _published(table: Table, statements: pa.Table, cells: pa.Table) -> pa.Table:
    """Rows of `table`: what the cell says where it says it, the prevailing statement's words for the rest."""
    own = [name for name in table.names if name not in cells.column_names]
    taken = statements.select(own).take(cells["position"])
    columns = [
        (cells if column.name in cells.column_names else taken)[column.name].cast(column.type)
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=table.arrow_schema())


def _with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    index = table.schema.get_field_index(name)
    return table.set_column(index, table.schema.field(index), values)
