"""muctieu evaluate"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands._common import MISUSED, fail

SHOWN_QUOTE = 160


def register(app: typer.Typer) -> None:
    app.command(name="evaluate")(evaluate)


def evaluate(
    gold: Annotated[Path, typer.Argument(metavar="GOLD.csv", help="Expected rows: doc, province, indicator, ...")],
    documents: Annotated[Path, typer.Argument(metavar="DOCS", help="Folder with the documents.")],
    held_out: Annotated[
        Path | None,
        typer.Option("--held-out", metavar="FILE", help="Documents (one a line) to count apart from the others."),
    ] = None,
    errors: Annotated[int, typer.Option("--errors", help="Show up to so many errors of each class.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how well documents are read, against rows that a person wrote.

    Example: muctieu evaluate tests/documents/plans.csv tests/documents/plans --errors 5

    Nothing is published. GOLD.docs beside GOLD.csv lists all documents that were annotated, one a line. Errors of
    held-out documents are counted and never shown.
    """
    from flows import evaluation
    from schemas.standard import first_edition

    if not documents.is_dir():
        fail(f"there is no folder {documents}; name the one that holds the documents of {gold}", MISUSED)
    try:
        expected = evaluation.read_gold(gold)
        listed = held_out.read_text(encoding="utf-8").splitlines() if held_out else []
    except OSError as trouble:
        fail(f"cannot open {trouble.filename}: {trouble.strerror}", MISUSED)
    except evaluation.GoldError as trouble:
        fail(str(trouble), MISUSED)
    groups = {"all": expected.documents}
    if held_out:
        apart = evaluation.held_out_names(listed, expected.name)
        groups |= {"learned from": expected.documents - apart, "held out": expected.documents & apart}
        groups = {name: group for name, group in groups.items() if group}
    statements = list(_statements(documents, expected.documents))
    edition = first_edition()
    results = {name: evaluation.evaluate(expected, statements, edition, names) for name, names in groups.items()}
    if json:
        _print_json(results)
    else:
        _print_text(results, errors)


def _statements(folder: Path, wanted: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Statements of the wanted documents, as the night would publish them: read, and held against the suite."""
    from flows.inbox import discover
    from flows.process import documents_table, process_file, shipped_tools, statements_table
    from schemas.suite import check_statements

    tools = shipped_tools()
    files = [file for file in discover(folder) if Path(file.source_file).stem in wanted]
    read = [document.without_reading() for file in files for document in process_file(file, tools)]
    yield from check_statements(statements_table(read), documents_table(read), tools.standard).statements.to_pylist()


def _print_text(results: dict[str, Any], errors: int) -> None:
    for group, result in results.items():
        typer.echo(f"{group}: {result.documents} documents")
        for name, tally in result.tallies.items():
            typer.echo(
                f"  {name:7} P {tally.precision:.3f}  R {tally.recall:.3f}  F1 {tally.f1:.3f}  "
                f"by document {tally.f1_by_document:.3f}   "
                f"({tally.right} right, {tally.false} false, {tally.missed} missed)"
            )
        typer.echo(
            f"  {result.noise} accepted finds in documents without targets; "
            f"{len(result.silent)} documents with gold but no statement"
        )
        typer.echo("  errors: " + ", ".join(f"{name} {count}" for name, count in result.classes.items()))
    shown: dict[str, int] = {}
    for finding in results.get("learned from", results["all"]).findings:
        shown[finding.kind] = shown.get(finding.kind, 0) + 1
        if shown[finding.kind] <= errors:
            typer.echo(f"{finding.kind} in {finding.document}: {_told(finding)}")


def _told(finding: Any) -> str:
    from flows.evaluation import FULL

    def of(row: Any) -> str:
        return ", ".join(f"{row[name]:g}" if isinstance(row[name], float) else str(row[name] or "-") for name in FULL)

    sides = [f"{side} {of(row)}" for side, row in (("found", finding.found), ("meant", finding.meant)) if row]
    return f"{'; '.join(sides)}\n    {' '.join(finding.quote.split())[:SHOWN_QUOTE]}"


def _print_json(results: dict[str, Any]) -> None:
    import json

    def figures(result: Any) -> dict[str, Any]:
        measures = {
            name: {
                "precision": round(tally.precision, 4),
                "recall": round(tally.recall, 4),
                "f1": round(tally.f1, 4),
                "tp": tally.right,
                "fp": tally.false,
                "fn": tally.missed,
                "by_document": round(tally.f1_by_document, 4),
            }
            for name, tally in result.tallies.items()
        }
        return measures | {
            "documents": result.documents,
            "false_in_documents_without_targets": result.noise,
            "documents_without_statement": list(result.silent),
            "errors": result.classes,
        }

    typer.echo(json.dumps({group: figures(result) for group, result in results.items()}, ensure_ascii=False, indent=1))
