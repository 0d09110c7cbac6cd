"""muctieu run"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands._common import FAILED, MISUSED, WarehouseOption, fail, settings_or_fail

SHOWN_TARGETS = 20
SHOWN_WIDTH = 110
"""Least width of the table, so that names of indicators stay whole; narrower terminals wrap its lines."""


def register(app: typer.Typer) -> None:
    app.command(name="run")(run)


def run(
    inbox: Annotated[Path | None, typer.Argument(help="Folder with the documents.", show_default="samples")] = None,
    warehouse: WarehouseOption = None,
    full: Annotated[bool, typer.Option("--full", help="Read all documents again, not only the changed ones.")] = False,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Publish once although more has changed than the gate allows.")
    ] = False,
    runner: Annotated[
        str | None, typer.Option("--runner", help="local or dask (docs/scale.md).", show_default="local")
    ] = None,
    dask_address: Annotated[
        str | None, typer.Option("--dask-address", help="Scheduler of a Dask cluster; without it one is started here.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the last line and errors.")] = False,
) -> None:
    """Read an inbox and publish the target table.

    Example: muctieu run inbox --warehouse warehouse/data

    Exit code 0: published, or nothing had changed; 1: not published, the tables of the last run stay; 2: no such inbox.
    """
    from flows.prefect_environment import prepare_prefect

    prepare_prefect()
    settings = _checked(inbox)
    from rich.console import Console

    given = {"full": full, "accept_drift": accept_drift, "runner": runner, "dask_address": dask_address}
    flags = {name: value for name, value in given.items() if value}
    if quiet and settings.log == "auto":
        flags["log"] = "off"
    summary = _run_quietly(inbox, warehouse, flags, Console(stderr=True, quiet=quiet))
    if summary.snapshot_path and not quiet:
        _show(summary, Console(width=max(Console().width, SHOWN_WIDTH)))
    typer.echo(summary.message)


def _checked(inbox: Path | None) -> Any:
    """The settings, before Prefect is imported: a wrong folder is told at once."""
    from flows.storage import is_address

    settings = settings_or_fail(**({} if inbox is None else {"inbox": inbox}))
    if not settings.inbox.is_dir() and not is_address(str(settings.inbox)):
        fail(f"there is no inbox folder {settings.inbox}; create it or name another: muctieu run FOLDER", MISUSED)
    return settings


def _run_quietly(inbox: Path | None, warehouse: Path | None, flags: dict[str, Any], console: Any) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        shown = bar.add_task("starting", total=None)
        from flows.inbox_file import InboxMissing
        from flows.nightly import listening, nightly
        from flows.warm_start import warm_start
        from warehouse import WarehouseError

        def show(step: str, done: int, total: int) -> None:
            bar.update(shown, description=step, completed=done, total=total or None)

        with listening(show):
            try:
                warm_start()
                return nightly(_text(inbox), _text(warehouse), flags)
            except InboxMissing as trouble:
                problem, code = str(trouble), MISUSED
            except WarehouseError as trouble:
                problem, code = str(trouble), FAILED
            except OSError as trouble:
                problem = f"{trouble.strerror}: {trouble.filename}; the tables published before stay"
                code = FAILED
            except Exception as trouble:
                if os.environ.get("MUCTIEU_DEBUG"):
                    raise
                problem = f"the run stopped ({type(trouble).__name__}: {trouble}); the tables published before stay; "
                problem += "MUCTIEU_DEBUG=1 shows where"
                code = FAILED
    fail(problem, code)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _show(summary: Any, console: Any) -> None:
    """The targets found, what was not read, and the three next things to try."""
    import duckdb
    from rich import box
    from rich.table import Table

    path = Path(summary.snapshot_path, "targets.parquet")
    wanted = ("province", "indicator", "unit", "value", "year")
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT {', '.join(wanted)} FROM read_parquet(?) ORDER BY ALL LIMIT {SHOWN_TARGETS}", [str(path)]
        ).fetchall()
    table = Table(title=f"{summary.rows['targets']} targets", title_justify="left", box=box.SIMPLE_HEAD)
    for name in wanted:
        table.add_column(name, justify="right" if name in ("value", "year") else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else _plain(value) for value in row))
    console.print(table)
    if summary.rows["targets"] > len(rows):
        console.print(f"... and {summary.rows['targets'] - len(rows)} more")
    for title, counts in (("Documents", summary.documents_by_status), ("Statements", summary.statements_by_status)):
        console.print(f"{title}: " + (", ".join(f"{count} {name}" for name, count in counts.items()) or "none"))
    for document in summary.troubled_documents[:10]:
        console.print(f"  {document['source_file']}: {document['status']}: {document['status_reason']}", markup=False)
    for row in summary.rejected[:10]:
        console.print(f"  rejected: {row['source_file']}: {row['expectation']}: {row['quote']}", markup=False)
    for warning in summary.warnings:
        console.print(f"  warning: {warning}", markup=False)
    own = summary.own_seconds
    console.print(
        f"Own time {own:.2f} s ({', '.join(f'{step} {spent:.2f}' for step, spent in summary.seconds.items())})"
    )
    _next_steps(summary, console)


def _next_steps(summary: Any, console: Any) -> None:
    where = (
        "" if Path(summary.warehouse) == Path("warehouse/data").absolute() else f' --warehouse "{summary.warehouse}"'
    )
    program = _program()
    console.print("\nNext:")
    for line in (
        f'  {program} query "SELECT province, indicator, value, unit, year FROM all_targets"{where}',
        f"  {program} explain {_some_document(summary.inbox)}   # its targets, and why other numbers were refused",
        f"  {program} run YOUR_FOLDER --warehouse YOUR_WAREHOUSE",
    ):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _program() -> str:
    """How the reader can call this command again: by its name, or by the path when that is not on PATH."""
    import shutil
    import sys

    called = Path(sys.argv[0])
    if shutil.which("muctieu") or called.name != "muctieu":
        return "muctieu"
    return os.path.relpath(called) if called.is_relative_to(Path.cwd()) else str(called)


def _some_document(inbox: str) -> str:
    """A document of a local inbox, to be pasted into a shell."""
    import shlex

    folder = Path(inbox)
    files = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    return shlex.quote(str(files[0])) if files else f"{shlex.quote(inbox)}/NAME"


def _plain(value: Any) -> str:
    return f"{value:,.10g}" if isinstance(value, float) else str(value)
