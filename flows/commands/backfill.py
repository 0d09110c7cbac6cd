"""muctieu backfill"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands._common import FAILED, MISUSED, WarehouseOption, fail, settings_or_fail


def register(app: typer.Typer) -> None:
    app.command(name="backfill")(backfill)


def backfill(
    inbox: Annotated[Path | None, typer.Argument(help="Folder with the documents.", show_default="samples")] = None,
    warehouse: WarehouseOption = None,
    since: Annotated[
        datetime.datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="Read again documents dated (or changed) since then."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Read every document again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show which targets would differ.")] = False,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Publish although more has changed than the gate allows.")
    ] = False,
) -> None:
    """Read documents again whose bytes have not changed: after larger limits, a repaired disk, a doubtful night.

    Example: muctieu backfill inbox --since 2025-01-01 --dry-run

    A new version of the rules or of the standard needs no backfill: the next night reads everything by itself, and
    `--dry-run` shows before it what that would change. Without --since and --all only what a night would read is read.
    Exit codes as those of `muctieu run`.
    """
    from flows.prefect_environment import prepare_prefect

    if since is not None and everything:
        fail("give --since or --all, not both", MISUSED)
    if since is None and not everything and not dry_run:
        fail("name what to read again: --since DATE or --all; --dry-run alone shows what a night would change", MISUSED)
    prepare_prefect()
    places = {"inbox": inbox, "warehouse": warehouse}
    flags: dict[str, Any] = {"full": True} if everything else {}
    flags |= {"since": since.date()} if since else {}
    flags |= {"accept_drift": True} if accept_drift else {}
    settings = settings_or_fail(**flags, **{name: value for name, value in places.items() if value is not None})
    if dry_run:
        _dry_run(settings, flags)
    else:
        typer.echo(_night(settings.inbox, settings.warehouse, flags).message)


def _night(inbox: Path, warehouse: Path, flags: dict[str, Any]) -> Any:
    from flows.inbox_file import InboxMissing
    from flows.nightly import nightly
    from warehouse import WarehouseError

    try:
        return nightly(str(inbox), str(warehouse), flags)
    except InboxMissing as trouble:
        fail(str(trouble), MISUSED)
    except (WarehouseError, OSError) as trouble:
        fail(str(trouble), FAILED)


def _dry_run(settings: Any, flags: dict[str, Any]) -> None:
    """The night on a twin of the warehouse, then the difference between its two snapshots."""
    from flows.commands.snapshots import _show_diff
    from flows.dry_run import twin
    from warehouse.layout import Layout

    with twin(settings.warehouse) as folder:
        before = Layout.at(folder).current_id()
        # a dry run is no night: nobody is told of it, nothing is copied, and the log stays with the warnings
        summary = _night(
            settings.inbox, folder, {**flags, "webhook_url": None, "publish_to": None, "log_level": "warning"}
        )
        after = Layout.at(folder).current_id()
        if before is None:
            typer.echo(f"dry run: a first snapshot with {summary.rows.get('targets', 0)} targets would be published")
        elif not summary.published or after is None:
            typer.echo(f"dry run: nothing would change; snapshot {before} would stay")
        else:
            typer.echo("dry run: not published; it would change")
            _show_diff(folder, [before, after])
