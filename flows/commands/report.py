"""muctieu report"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands._common import FAILED, WarehouseOption, fail, warehouse_folder


def register(app: typer.Typer) -> None:
    app.command(name="report")(report)


def report(
    warehouse: WarehouseOption = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Folder of the site.", show_default="WAREHOUSE/report")
    ] = None,
    refused: Annotated[
        bool,
        typer.Option(
            "--refused/--no-refused", help="Mark the numbers that are no targets (reads each changed text again)."
        ),
    ] = True,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that make pages.", show_default="one a core")
    ] = None,
) -> None:
    """Write pages that show every number beside its words: open index.html in a browser, no network needed.

    Example: muctieu report --warehouse warehouse/data

    Only pages that changed since the last time are written. The site is for the current snapshot of the warehouse.
    """
    from flows.settings import available_processors
    from warehouse.report.build import build
    from warehouse.report.source import NoSnapshot

    try:
        built = build(warehouse_folder(warehouse), to, marks if refused else None, workers or available_processors())
    except NoSnapshot as trouble:
        fail(str(trouble))
    except OSError as trouble:
        fail(f"cannot write the report: {trouble.strerror}: {trouble.filename}; give another folder with --to", FAILED)
    typer.echo(
        f"{built.written} of {built.files} files written, {built.removed} removed, in {built.seconds:.1f} s "
        f"(snapshot {built.snapshot})\nopen {(built.folder / 'index.html').resolve()}"
    )


def marks(text: str, source_file: str) -> list[tuple[int, int, str]]:
    """Every number that reading saw: (start, end, reason why it was refused), or "" where a statement was made from it.

    `source_file` is only named in messages. Needs no warehouse; runs in the workers that make document pages.
    """
    tools = _tools()
    reading = tools.reader(text, tools.places)
    kept = {(said.value_start, said.value_end) for said in reading.statements if said.value_start < said.value_end}
    covered = sorted(kept)
    return [(start, end, "") for start, end in covered] + [
        (refusal.char_start, refusal.char_end, refusal.reason.replace("_", " "))
        for refusal in reading.refusals
        if not any(start < refusal.char_end and refusal.char_start < end for start, end in covered)
    ]


@cache
def _tools() -> Any:
    from flows.process import shipped_tools

    return shipped_tools()
