"""muctieu explain"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands._common import FAILED, MISUSED, fail


def register(app: typer.Typer) -> None:
    app.command(name="explain")(explain)


def explain(
    file: Annotated[Path, typer.Argument(help="A document, as it would lie in the inbox.")],
    marked: Annotated[bool, typer.Option("--marked", help="Only the lines that hold a number.")] = False,
) -> None:
    """Show a document with its targets marked, and why every other number was refused.

    Example: muctieu explain samples/01-ke-hoach-chuyen-doi-so.txt --marked
    """
    from flows.process import explaining, process, shipped_tools

    try:
        data = file.read_bytes()
    except OSError as trouble:
        fail(f"cannot open {file}: {trouble.strerror}", MISUSED)
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False)
    documents = process(file.name, data, explaining(shipped_tools()))
    for document in documents:
        _show(document, marked, console)
    if all(document.document["status"] != "processed" for document in documents):
        raise typer.Exit(FAILED)


def _show(document: Any, only_marked: bool, console: Any) -> None:
    from rich.text import Text

    from flows.explain import REFUSED_MARKS, TARGET_MARKS, marked_lines

    facts = document.document
    console.print(Text(facts["source_file"], style="bold"))
    if facts["status"] != "processed":
        console.print(Text(f"{facts['status']}: {facts['status_reason']}"))
        return
    for name in ("kind", "province", "document_number", "document_date", "issuer", "reports_on", "title", "encoding"):
        if facts[name] is not None:
            console.print(Text(f"{name}: {facts[name]}", style="dim"))
    console.print()
    for line in marked_lines(document, only_marked=only_marked):
        shown = Text(line.text)
        shown.highlight_regex(f"{TARGET_MARKS[0]}[^{TARGET_MARKS[1]}]*{TARGET_MARKS[1]}", "bold green")
        shown.highlight_regex(f"{REFUSED_MARKS[0]}[^{REFUSED_MARKS[1]}]*{REFUSED_MARKS[1]}", "red")
        console.print(shown)
        for note in line.notes:
            console.print(Text(f"    {note}", style="green" if note.startswith(TARGET_MARKS[0]) else "red"))
    console.print(f"\n{facts['n_statements']} statements")
