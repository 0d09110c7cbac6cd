"""The command `muctieu`: assembled from the modules of flows/commands, so that a new command is a new file there.

A command module has a function `register(app: typer.Typer)`. Heavy libraries are imported inside the commands.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Annotated

import typer

import flows.commands

app = typer.Typer(
    name="muctieu",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def program(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
) -> None:
    """Reads Vietnamese plans and news and publishes one table of the targets that provinces commit to."""
    if version:
        from flows.versions import package_version

        typer.echo(package_version())
        raise typer.Exit


def assemble(into: typer.Typer) -> typer.Typer:
    """Register every module of flows/commands, in the order of their names."""
    for module in sorted(pkgutil.iter_modules(flows.commands.__path__), key=lambda found: found.name):
        if not module.name.startswith("_"):
            importlib.import_module(f"flows.commands.{module.name}").register(into)
    return into


def main() -> None:
    try:
        assemble(app)()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


if __name__ == "__main__":
    main()
