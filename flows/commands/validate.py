"""muctieu validate"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands._common import FAILED, fail, warehouse_folder


def register(app: typer.Typer) -> None:
    app.command(name="validate")(validate)


def validate(
    warehouse: Annotated[
        Path | None, typer.Argument(help="A warehouse, a snapshot, or a copy of one.", show_default="warehouse/data")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print every check as JSON.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Print every check with the reason for it.")] = False,
) -> None:
    """Check a warehouse, also one that was received from others: files, contract, rows, links between tables.

    Example: muctieu validate warehouse/data

    Exit code 0: all checks hold; 1: some do not, each is named with the rows that fail it.
    """
    from warehouse import WarehouseError
    from warehouse import validate as check

    try:
        report = check(warehouse_folder(warehouse))
    except WarehouseError as trouble:
        fail(str(trouble), FAILED)
    if json_output:
        import json

        typer.echo(
            json.dumps(report.record() | {"snapshot": report.snapshot}, ensure_ascii=False, indent=1, default=str)
        )
    else:
        if explain:
            for finding in report.findings:
                typer.echo(f"{'ok ' if finding.passed else 'RED'} {finding.table}: {finding.name}: {finding.reason}")
        for warning in report.warnings:
            typer.echo(f"warning: {warning}")
        for failure in report.failures:
            typer.echo(f"failed: {failure}", err=True)
        typer.echo(f"{report.snapshot}: {len(report.findings)} checks, {len(report.failures)} failed")
    if not report.passed:
        raise typer.Exit(FAILED)
