"""muctieu serve"""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands._common import FAILED, MISUSED, fail, settings_or_fail


def register(app: typer.Typer) -> None:
    app.command(name="serve")(serve)


def serve(
    schedule: Annotated[
        str | None, typer.Option("--schedule", metavar="CRON", help="Instead of the setting schedule.")
    ] = None,
) -> None:
    """Run the night on its schedule, in this one process, until it is stopped (Ctrl-C, SIGTERM).

    Example: muctieu serve --schedule "0 1 * * *"

    Uses the Prefect server that PREFECT_API_URL names, or starts one at port 4200. Inbox, warehouse and all else come
    from the settings (`muctieu settings`). For a work pool with workers use prefect.yaml instead: docs/operations.md.
    """
    from flows.prefect_environment import prepare_prefect

    prepare_prefect()
    settings = settings_or_fail(**({} if schedule is None else {"schedule": schedule}))
    problem = _problem(settings.schedule, settings.timezone)
    if problem:
        fail(problem, MISUSED)
    from flows.deployment import serve as serve_nights
    from flows.deployment import server

    try:
        with server(settings) as api:
            typer.echo(
                f"nights at {settings.schedule} ({settings.timezone}), inbox {settings.inbox}, "
                f"warehouse {settings.warehouse}; Prefect at {api}",
                err=True,
            )
            serve_nights(settings)
    except RuntimeError as trouble:
        fail(str(trouble), FAILED)


def _problem(schedule: str, timezone: str) -> str | None:
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=schedule, timezone=timezone)
    except ValueError as trouble:
        said = str(trouble).splitlines()[-2].strip() if len(str(trouble).splitlines()) > 2 else str(trouble)
        return f"schedule {schedule!r} in time zone {timezone!r} is not understood: {said}"
    return None
