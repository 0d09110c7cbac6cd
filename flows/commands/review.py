"""muctieu review"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands._common import MISUSED, WarehouseOption, fail, warehouse_folder

TELLING = ("province", "indicator", "value", "value_max", "year", "admin_level", "status")
"""What an entry expects to find: enough to tell the statements of one sentence apart."""
CHANGEABLE = (
    "value",
    "value_max",
    "year",
    "comparator",
    "indicator",
    "province",
    "period_start",
    "admin_level",
    "breakdown",
)
_ASK = "[a]ccept, [r]eject, [f]ix, [s]kip, [q]uit"

Row = Mapping[str, Any]


def register(app: typer.Typer) -> None:
    app.command(name="review")(review)


def review(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A document that was read: a path, or its name in the inbox.")
    ],
    warehouse: WarehouseOption = None,
    corrections: Annotated[Path, typer.Option("--corrections", metavar="FILE", help="Where the entries go.")] = Path(
        "corrections.yml"
    ),
    author: Annotated[str | None, typer.Option("--author", help="Who reviews.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Ask for every row, not only the doubtful ones first.")
    ] = False,
) -> None:
    """Go through the rows of one document; accept, reject or fix each. The next run applies corrections.yml.

    Example: muctieu review 57-KH-UBND.txt --author "Lan" --corrections corrections.yml

    Rows that are rejected, provisional, without a year or matched weakly come first; the others only with --all.
    """
    rows = _rows(warehouse_folder(warehouse), file)
    chosen = [row for row in rows if everything or _is_doubtful(row)]
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{rows[0]['source_file']}: {len(rows)} rows, {len(chosen)} to review", markup=False)
    written = 0
    for place, row in enumerate(chosen, 1):
        _show(console, row, place, len(chosen))
        action = _choice()
        if action == "quit":
            break
        if action == "skip":
            continue
        changes = _changes(row) if action == "fix" else {}
        reason = typer.prompt("Reason").strip()
        author = author or typer.prompt("Reviewer").strip()
        _append(corrections, entry(row, rows, action, changes, reason, author))
        written += 1
    typer.echo(f"{written} entries written to {corrections}" if written else "nothing was written")
    if written:
        typer.echo("the next `muctieu run` applies them")


def entry(
    row: Row, rows: Sequence[Row], action: str, changes: Mapping[str, Any], reason: str, author: str
) -> dict[str, Any]:
    """One entry of corrections.yml. The words find the statement again after an edit elsewhere in the
    document; the id is used only where the words and the expected values fit several of `rows`."""

    def telling(other: Row) -> tuple[Any, ...]:
        return (other["quote"], *(other[name] for name in TELLING))

    alike = sum(telling(other) == telling(row) for other in rows)
    named = {"quote": row["quote"]} if alike == 1 else {"statement_id": row["statement_id"]}
    found = {"action": action, "document": row["source_file"], **named, "expect": {name: row[name] for name in TELLING}}
    return found | ({"set": dict(changes)} if changes else {}) | {"reason": reason, "author": author}


def parse_changes(text: str, standard: Any) -> dict[str, Any]:
    """`value=95 year=2030` as typed values; a province brings its codes, an indicator its unit. ValueError
    says what is wrong."""
    changes: dict[str, Any] = {}
    for name, value in _pairs(text):
        if name not in CHANGEABLE:
            raise ValueError(f"{name} cannot be changed; use {', '.join(CHANGEABLE)}")
        if value in ("", "null"):
            changes[name] = None
        elif name in ("value", "value_max"):
            changes[name] = float(value.replace(",", "."))
        elif name in ("year", "period_start"):
            changes[name] = int(value)
        else:
            changes[name] = value
    if changes.get("indicator"):
        known = standard.indicators.get(changes["indicator"])
        if known is None:
            raise ValueError(f"{changes['indicator']} is no indicator of the standard; see `muctieu standard`")
        changes["unit"] = known.unit
    if changes.get("province"):
        place = [p for p in standard.provinces if p.name == changes["province"]]
        if not place:
            raise ValueError(f"{changes['province']} is no province of the standard")
        changes |= {"province_code": place[-1].code, "province_2025": place[-1].successor_2025}
    if not changes:
        raise ValueError("nothing to change; write for example: value=95 year=2030")
    return changes


def _pairs(text: str) -> list[tuple[str, str]]:
    import shlex

    pairs = []
    for part in shlex.split(text):
        name, sign, value = part.partition("=")
        if not sign:
            raise ValueError(f"{part!r} is not name=value")
        pairs.append((name.strip(), value.strip()))
    return pairs


def _changes(row: Row) -> dict[str, Any]:
    from schemas.standard import load_standard

    standard = load_standard()
    while True:
        typed = typer.prompt(f"Change ({', '.join(CHANGEABLE[:6])} ...), such as value=95 year=2030")
        try:
            return parse_changes(typed, standard)
        except ValueError as trouble:
            typer.echo(str(trouble), err=True)


def _choice() -> str:
    names = {"a": "accept", "r": "reject", "f": "fix", "s": "skip", "q": "quit"}
    while True:
        typed = typer.prompt(_ASK, default="s", show_default=False).strip().lower()
        for letter, name in names.items():
            if typed in (letter, name):
                return name


def _is_doubtful(row: Row) -> bool:
    return row["status"] != "accepted" or row["match_score"] is None or row["match_score"] < 0.8


def _rows(root: Path, file: str) -> list[Row]:
    from warehouse.report.source import NoSnapshot, Published

    path = Path(file)
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    try:
        published = Published.open(root)
    except NoSnapshot as trouble:
        fail(str(trouble))
    found = published.query(
        "SELECT DISTINCT source_file, document_id FROM documents WHERE source_file = $1 OR document_id = $2 "
        "OR ends_with(source_file, '/' || $1) ORDER BY source_file",
        ["documents"],
        [file, digest or file],
    )
    if not found:
        remedy = "run `muctieu run` over its inbox, or give its name as `documents.source_file` has it"
        fail(f"{file} is no document of {root}: {remedy}", MISUSED)
    if len(found) > 1:
        listed = ", ".join(row["source_file"] for row in found[:5])
        fail(f"{file} fits several documents ({listed}); give the whole name", MISUSED)
    rows = published.query(
        "SELECT * FROM statements WHERE source_file = $1 ORDER BY char_start, statement_id",
        ["statements"],
        [found[0]["source_file"]],
    )
    if not rows:
        fail(f"{found[0]['source_file']} has no statements to review", 0)
    return list(rows)


def _show(console: Any, row: Row, place: int, total: int) -> None:
    from rich.text import Text

    from flows.explain import describe

    console.print()
    console.print(Text(f"{place}/{total}  {row['section'] or ''}", style="dim"))
    console.print(Text(f"  “{row['quote']}”", style="bold"))
    console.print(Text(f"  {describe(row)}"))


def _append(path: Path, found: Mapping[str, Any]) -> None:
    """Add one entry at the end; the file is replaced in one step, and only by one that loads."""
    import yaml

    from warehouse import CorrectionsError
    from warehouse.corrections import parse_corrections
    from warehouse.durable import replace_file

    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    added = yaml.safe_dump([dict(found)], allow_unicode=True, sort_keys=False, width=120)
    data = (before + added).encode("utf-8")
    try:
        parse_corrections(data, path)
        replace_file(path, data)
    except CorrectionsError as trouble:
        fail(f"the entry was not written: {trouble}")
    except OSError as trouble:
        fail(f"cannot write {path}: {trouble.strerror}")
