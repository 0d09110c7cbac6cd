"""What all commands share: where messages go, how they fail, where the warehouse is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from flows.settings import Settings

FAILED = 1
MISUSED = 2

WarehouseOption = Annotated[
    Path | None,
    typer.Option(
        "--warehouse", "-w", metavar="DIR", help="Folder of the published tables.", show_default="warehouse/data"
    ),
]


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Say what went wrong, on standard error, and leave with `code`."""
    typer.echo(f"muctieu: {message}", err=True)
    raise typer.Exit(code)


def settings_or_fail(**flags: Any) -> Settings:
    """The settings with these flags; leaves with what is wrong in them, where, and what to do."""
    from flows.setting_sources import SettingsWrong, read_settings

    try:
        return read_settings(flags)
    except SettingsWrong as trouble:
        fail(str(trouble), MISUSED)


def warehouse_folder(given: Path | None) -> Path:
    """The folder given, else MUCTIEU_WAREHOUSE, else the settings file or the default.

    The settings are read only when needed: they take longer to import than a query takes to run.
    """
    if given is not None:
        return given
    if os.environ.get("MUCTIEU_WAREHOUSE"):
        return Path(os.environ["MUCTIEU_WAREHOUSE"])
    if Path("muctieu.toml").exists():
        return settings_or_fail().warehouse
    return Path("warehouse/data")
