"""muctieu settings"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flows.commands._common import MISUSED, WarehouseOption, fail


def register(app: typer.Typer) -> None:
    app.command(name="settings")(settings)


def settings(
    warehouse: WarehouseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
) -> None:
    """Print every setting, its value, and where that comes from: flag, environment, muctieu.toml or default.

    Example: muctieu settings
    """
    from flows.setting_sources import SettingsWrong, explained

    try:
        found = explained({} if warehouse is None else {"warehouse": warehouse})
    except SettingsWrong as trouble:
        fail(str(trouble), MISUSED)
    if as_json:
        rows = [
            {"name": one.name, "value": one.value, "source": one.source, "description": one.description}
            for one in found.settings
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        table = Table("setting", "value", "from", "what it is", box=None)
        for one in found.settings:
            table.add_row(*(escape(text) for text in (one.name, one.value, one.source, one.description)))
        console = Console(width=max(Console().width, 120))
        console.print(table)
    for warning in found.warnings:
        typer.echo(f"muctieu: {warning}", err=True)
