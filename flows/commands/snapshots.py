"""muctieu snapshots"""

from __future__ import annotations

import datetime
from typing import Annotated

import typer

from flows.commands._common import FAILED, MISUSED, WarehouseOption, fail, warehouse_folder

SHOWN_ROWS = 30


def register(app: typer.Typer) -> None:
    app.command(name="snapshots")(snapshots)


def snapshots(
    names: Annotated[list[str] | None, typer.Argument(help="With --diff: two snapshots. With --rollback: one.")] = None,
    warehouse: WarehouseOption = None,
    diff: Annotated[bool, typer.Option("--diff", help="Compare two; without names the last two.")] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Make one current; without a name the one before.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put right what a killed run or a move of the folder left.")
    ] = False,
) -> None:
    """List the snapshots of a warehouse, compare two, or go back to one.

    Example: muctieu snapshots --diff --warehouse warehouse/data
    """
    from warehouse import WarehouseError

    root = warehouse_folder(warehouse)
    given = names or []
    most = 2 if diff else 1 if rollback else 0
    if diff + rollback + repair > 1:
        fail("give one of --diff, --rollback and --repair", MISUSED)
    if len(given) > most:
        fail(f"{len(given)} snapshots were named, at most {most} make sense here", MISUSED)
    try:
        if diff:
            _show_diff(root, given)
        elif rollback:
            from warehouse.snapshots import rollback as go_back

            typer.echo(f"current is now {go_back(root, given[0] if given else None)}; the next run compares with it")
        elif repair:
            from warehouse.snapshots import repair_warehouse

            done = repair_warehouse(root)
            typer.echo("\n".join(done) if done else "nothing to repair")
        else:
            _show_list(root)
    except WarehouseError as trouble:
        fail(str(trouble), FAILED)


def _show_list(root: object) -> None:
    from rich.console import Console
    from rich.table import Table

    from warehouse.snapshots import age, list_snapshots

    found = list_snapshots(str(root))
    if not found:
        typer.echo(f"no snapshots in {root}: nothing was published there yet")
        return
    table = Table(box=None)
    for heading in ("snapshot", "", "age", "documents", "statements", "targets", "provisional", "MB", "own MB"):
        table.add_column(heading, no_wrap=True, justify="left" if heading in ("snapshot", "") else "right")
    now = datetime.datetime.now(datetime.UTC)
    for one in found:
        if one.problem:
            table.add_row(one.snapshot_id, "damaged", "", "", "", "", "", "", "")
            continue
        counts = (one.documents, one.statements, one.targets, one.targets_provisional)
        sizes = (f"{one.bytes / 1e6:.1f}", f"{one.own_bytes / 1e6:.1f}")
        mark = "current" if one.current else ""
        table.add_row(one.snapshot_id, mark, age(one.published_at, now), *(f"{count:,}" for count in counts), *sizes)
    Console(width=max(Console().width, 110)).print(table)
    for one in found:
        if one.problem:
            typer.echo(one.problem)


def _show_diff(root: object, given: list[str]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from warehouse.snapshots import diff_snapshots

    old, new = (given[0], given[1]) if len(given) == 2 else (given[0] if given else None, None)
    found = diff_snapshots(str(root), old, new)
    typer.echo(
        f"{found.old} -> {found.new}: {len(found.documents_added)} documents came, {len(found.documents_gone)} left"
    )
    console = Console(width=max(Console().width, 110))
    table = Table("province", "added", "changed", "gone")
    for row in found.by_province.to_pylist():
        table.add_row(escape(row["province"]), str(row["added"]), str(row["changed"]), str(row["gone"]))
    console.print(table if found.by_province.num_rows else "no target differs")
    if found.rows.num_rows:
        detail = Table("", "province", "indicator", "year", "was", "is")
        for row in found.rows.slice(0, SHOWN_ROWS).to_pylist():
            texts = (row["kind"], row["province"], row["indicator"], row["year"], row["old_value"], row["new_value"])
            detail.add_row(*("" if text is None else escape(str(text)) for text in texts))
        console.print(detail)
        if found.rows.num_rows > SHOWN_ROWS:
            typer.echo(f"... and {found.rows.num_rows - SHOWN_ROWS} more")
