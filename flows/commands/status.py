"""muctieu status"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from flows.commands._common import WarehouseOption, settings_or_fail, warehouse_folder

SHOWN_RUNS = 10


def register(app: typer.Typer) -> None:
    app.command(name="status")(status)


def status(
    warehouse: WarehouseOption = None,
    oldest: Annotated[
        float | None,
        typer.Option("--oldest", metavar="HOURS", help="Critical when the last good night is longer ago.", min=0.01),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON document.")] = False,
    history: Annotated[bool, typer.Option("--history", help=f"The last {SHOWN_RUNS} runs as well.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing when all is well (for cron).")] = False,
    fresh_only: Annotated[
        bool, typer.Option("--fresh-only", help="Exit code 0 as long as the tables are fresh (for k8s probes).")
    ] = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="Post to the setting webhook_url when all is not well.")
    ] = False,
) -> None:
    """Say whether the tables are fresh and how the last night ended; also when it was killed.

    Example: muctieu status --warehouse warehouse/data --oldest 26

    Exit codes as Nagios has them: 0 fine; 1 fresh, but the last run failed or died; 2 too old or nothing there; 3 no
    such warehouse.
    """
    from flows.status import as_line, status_of

    # importing the settings takes longer than all the rest
    settings = settings_or_fail() if oldest is None or notify else None
    root = warehouse_folder(warehouse)
    found = status_of(root, oldest if oldest is not None else settings.oldest_hours)
    line = as_line(found)
    if as_json:
        record = asdict(found)
        record["history"] = record["history"][-SHOWN_RUNS:]
        typer.echo(json.dumps({**record, "exit_code": found.exit_code}, ensure_ascii=False, indent=1))
    elif not (quiet and found.level == "OK"):
        typer.echo(line)
        for run in found.history[-SHOWN_RUNS:] if history else ():
            typer.echo(f"{run.started_at}  {run.state:<9}  {run.message}")
    if notify and found.level != "OK" and settings.webhook_url is not None:
        from flows.notify import notify as post

        problem = post(settings.webhook_url.get_secret_value(), line, asdict(found))
        if problem:
            typer.echo(f"muctieu: message not sent: {problem}", err=True)
    if fresh_only and found.level == "WARNING":
        return
    raise typer.Exit(found.exit_code)
