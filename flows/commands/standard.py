"""muctieu standard"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands._common import FAILED, MISUSED, fail


def register(app: typer.Typer) -> None:
    standard = typer.Typer(help="The indicators, units and provinces that rows are written in.", no_args_is_help=True)
    standard.command(name="check")(check)
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
