"""muctieu contract"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands._common import FAILED, fail


def register(app: typer.Typer) -> None:
    contract = typer.Typer(help="The data contract that other teams read the tables by.", no_args_is_help=True)
    contract.command(name="show")(show)
    contract.command(name="diff")(diff)
    app.add_typer(contract, name="contract")


def show() -> None:
    """Print contract.yaml (Open Data Contract Standard) of this version.

    Example: muctieu contract show > contract.yaml
    """
    from warehouse.contract import contract_yaml

    typer.echo(contract_yaml().decode("utf-8"), nl=False)


def diff(
    old: Annotated[Path, typer.Argument(help="A contract.yaml, a snapshot or a warehouse.")],
    new: Annotated[Path | None, typer.Argument(help="The same; without it, the contract of this version.")] = None,
) -> None:
    """Say whether the new contract is a major change, a minor one or none, and list the differences.

    Example: muctieu contract diff old/contract.yaml new/contract.yaml

    Exit code 0: the version number of the new contract fits; 1: it does not.
    """
    from warehouse import WarehouseError
    from warehouse.contract import contract, read_contract
    from warehouse.contract import diff as compare

    try:
        found = compare(read_contract(old), read_contract(new) if new else contract())
    except (WarehouseError, KeyError) as trouble:
        fail(str(trouble), FAILED)
    for change in found.changes:
        typer.echo(str(change))
    typer.echo(found.severity)
    if not found.version_fits:
        fail(
            f"the version went from {found.old_version} to {found.new_version}, which does not say {found.severity}; "
            "raise CONTRACT_VERSION in schemas/tables.py",
            FAILED,
        )
