"""muctieu query"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands._common import MISUSED, WarehouseOption, fail, warehouse_folder

SHOWN_ROWS = 1000
ROWS_AT_ONCE = 10_000
READING_STATEMENTS = frozenset(("SELECT", "EXPLAIN", "RELATION"))


def register(app: typer.Typer) -> None:
    app.command(name="query")(query)


def query(
    sql: Annotated[
        str | None,
        typer.Argument(metavar="[SQL]", help="One SELECT over the views of targets.duckdb; without it a prompt opens."),
    ] = None,
    warehouse: WarehouseOption = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON array of objects.")] = False,
    parquet: Annotated[Path | None, typer.Option("--parquet", metavar="FILE", help="Write a Parquet file.")] = None,
) -> None:
    """Ask the published tables in DuckDB SQL, read-only.

    Example: muctieu query "SELECT province, value, year FROM targets ORDER BY ALL LIMIT 10" --csv

    Views: targets, targets_provisional, all_targets, statements, documents, commitments, rejected, indicators,
    provinces, units, runs.
    """
    if sum((csv, json, parquet is not None)) > 1:
        fail("give one of --csv, --json and --parquet", MISUSED)
    if sql is None and (csv or json or parquet is not None):
        fail("give the SQL whose result is to be written", MISUSED)
    import duckdb

    from flows.interactive import open_prompt
    from warehouse import WarehouseError, connect

    try:
        with connect(warehouse_folder(warehouse)) as connection:
            if sql is None:
                open_prompt(connection, _show_query)
                return
            answer = _only_reading(connection, sql)
            if parquet is not None:
                _write_parquet(answer, parquet)
            elif csv:
                _print_csv(answer)
            elif json:
                _print_json(answer)
            else:
                _print_table(answer)
    except WarehouseError as trouble:
        fail(str(trouble))
    except duckdb.Error as trouble:
        fail(f"the query failed: {trouble}", MISUSED)


def _show_query(connection: Any, sql: str) -> None:
    _print_table(_only_reading(connection, sql))


def _only_reading(connection: Any, sql: str) -> Any:
    """Run `sql` when it is one statement that only reads; writing files by COPY is refused as well."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        fail(f"one statement at a time, found {len(statements)}", MISUSED)
    kind = statements[0].type.name
    if kind not in READING_STATEMENTS:
        fail(f"{kind} is not allowed: queries only read; write results with --csv, --json or --parquet FILE", MISUSED)
    return connection.execute(statements[0])


def _names(answer: Any) -> list[str]:
    return [column[0] for column in answer.description]


def _print_csv(answer: Any) -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in _names(answer)])
    while rows := answer.fetchmany(ROWS_AT_ONCE):
        writer.writerows([safe_cell(value) for value in row] for row in rows)


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers."""
    from warehouse.spreadsheet import is_formula

    if isinstance(value, str) and is_formula(value):
        return f"'{value}"
    return "" if value is None else value


def _print_json(answer: Any) -> None:
    import json
    import math

    def plain(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return value

    names = _names(answer)
    first = True
    typer.echo("[", nl=False)
    while rows := answer.fetchmany(ROWS_AT_ONCE):
        for row in rows:
            record = {name: plain(value) for name, value in zip(names, row, strict=True)}
            text = json.dumps(record, ensure_ascii=False, default=str)
            typer.echo(("\n " if first else ",\n ") + text, nl=False)
            first = False
    typer.echo("]" if first else "\n]")


def _write_parquet(answer: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    try:
        pq.write_table(answer.to_arrow_table(), path, compression="zstd")
    except OSError as trouble:
        fail(f"cannot write {path}: {trouble}")
    typer.echo(f"wrote {path}", err=True)


def _print_table(answer: Any) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for name, kind in ((column[0], str(column[1])) for column in answer.description):
        numeric = any(word in kind.upper() for word in ("INT", "DOUBLE", "FLOAT", "DECIMAL", "NUMBER"))
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    rows = answer.fetchmany(SHOWN_ROWS + 1)
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*("" if value is None else as_text(value) for value in row))
    console = Console()
    console.print(table)
    if len(rows) > SHOWN_ROWS:
        console.print(f"the first {SHOWN_ROWS} rows; all of them with --csv, --json or --parquet FILE")


def as_text(value: Any) -> Any:
    from rich.text import Text

    return Text(f"{value:.10g}" if isinstance(value, float) else str(value))
