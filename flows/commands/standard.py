"""muctieu standard"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands._common import FAILED, MISUSED, WarehouseOption, fail, warehouse_folder


def register(app: typer.Typer) -> None:
    standard = typer.Typer(help="The indicators, units and provinces that rows are written in.", no_args_is_help=True)
    standard.command(name="check")(check)
    standard.command(name="gaps")(gaps)
    app.add_typer(standard, name="standard")


def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder with the data files.", show_default="schemas/standard")
    ] = None,
) -> None:
    """Check the data files of the standard: each finding names file, line and remedy.

    Example: muctieu standard check
    """
    from schemas.standard.lint import check as lint

    if folder is not None and not folder.is_dir():
        fail(f"there is no folder {folder}", MISUSED)
    findings = lint() if folder is None else lint(folder)
    for finding in findings:
        typer.echo(str(finding))
    if findings:
        fail(f"{len(findings)} findings", FAILED)
    typer.echo("The standard is in order.")


def gaps(
    warehouse: WarehouseOption = None,
    shown: Annotated[int, typer.Option("--shown", metavar="N", min=1, help="Rows to print.")] = 40,
) -> None:
    """List what provinces commit to and the standard has no indicator for, most wanted first, as CSV.

    Example: muctieu standard gaps --shown 100
    """
    import csv
    import sys

    from transform.gaps import gaps as ranked
    from warehouse import WarehouseError, connect

    try:
        with connect(warehouse_folder(warehouse)) as connection:
            found = ranked(
                connection.execute(
                    "SELECT status, indicator, label, province, document_id, unit, runner_up FROM statements"
                ).to_arrow_table()
            )
    except WarehouseError as trouble:
        fail(str(trouble))
    writer = csv.writer(sys.stdout)
    writer.writerow(found.column_names)
    writer.writerows(row.values() for row in found.slice(0, shown).to_pylist())
