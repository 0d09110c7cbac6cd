"""A CSV file against its Table Schema (NAME.schema.json): header, types, required, enum, pattern, keys.

The subset of the Table Schema standard that these files use, with line numbers and remedies; a test holds the files
against the frictionless library.
"""

from __future__ import annotations

import csv
import datetime
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = tuple[int, dict[str, str]]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something wrong in a data file of the standard: where, what, and what to do."""

    file: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}; {self.remedy}"


def read_schema(name: str, folder: Path) -> dict[str, Any]:
    """The published schema of NAME.csv."""
    schema: dict[str, Any] = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def read_table(name: str, schema: dict[str, Any], folder: Path) -> tuple[list[Row], list[Finding]]:
    """Rows of NAME.csv with their line numbers, and what is wrong with its form. A file of wrong form gives no rows."""
    file = f"{name}.csv"
    columns = [field["name"] for field in schema["fields"]]
    try:
        text = (folder / file).read_text(encoding="utf-8")
    except FileNotFoundError:
        return [], [Finding(file, 0, "the file is missing", "restore it from the repository")]
    except UnicodeDecodeError as trouble:
        return [], [Finding(file, 0, f"byte {trouble.start} is no UTF-8", "save the file as UTF-8")]
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    rows: list[Row] = []
    findings: list[Finding] = []
    try:
        header = next(reader, [])
        if header != columns:
            return [], [Finding(file, 1, f"the columns are {', '.join(header)}", f"give {', '.join(columns)}")]
        for cells in reader:
            if len(cells) != len(columns):
                said = f"{len(cells)} cells instead of {len(columns)}"
                findings.append(Finding(file, reader.line_num, said, "quote a cell that holds a comma"))
            else:
                rows.append((reader.line_num, dict(zip(columns, cells, strict=True))))
    except csv.Error as trouble:
        findings.append(Finding(file, reader.line_num, str(trouble), "close the quotation mark or double it"))
    return rows, findings


def check_table(name: str, schema: dict[str, Any], rows: list[Row]) -> Iterator[Finding]:
    """Every cell against its field, then the keys."""
    file = f"{name}.csv"
    for line, row in rows:
        for field in schema["fields"]:
            for message, remedy in _check_cell(row[field["name"]], field):
                yield Finding(file, line, f"{field['name']} {message}", remedy)
    for columns in _keys(schema):
        seen: dict[tuple[str, ...], int] = {}
        for line, row in rows:
            key = tuple(row[column] for column in columns)
            first = seen.setdefault(key, line)
            if first != line:
                said = f"{', '.join(columns)} {' | '.join(key)} stands in line {first} already"
                yield Finding(file, line, said, "drop one of the two or give it a name of its own")


def check_references(name: str, schema: dict[str, Any], tables: dict[str, list[Row]]) -> Iterator[Finding]:
    """Values that another file must have."""
    for reference in schema.get("foreignKeys", ()):
        column, other = reference["fields"], reference["reference"]
        known = {row[other["fields"]] for _, row in tables[other["resource"]]}
        for line, row in tables[name]:
            if row[column] and row[column] not in known:
                remedy = f"add it there or correct the spelling ({_nearest(row[column], known)})"
                yield Finding(f"{name}.csv", line, f"{column} {row[column]} is not in {other['resource']}.csv", remedy)


def _nearest(word: str, known: set[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"nearest: {close[0]}" if close else "nothing there is like it"


def _keys(schema: dict[str, Any]) -> list[list[str]]:
    keys = [[field["name"]] for field in schema["fields"] if field.get("constraints", {}).get("unique")]
    primary = schema.get("primaryKey", [])
    return keys if not primary or primary in keys else [*keys, primary]


def _check_cell(cell: str, field: dict[str, Any]) -> Iterator[tuple[str, str]]:
    rules = field.get("constraints", {})
    if cell != cell.strip() or "  " in cell:
        yield "has blanks too many", "leave one blank between words and none at the ends"
    if not unicodedata.is_normalized("NFC", cell):
        yield "is not in the Unicode form NFC", "save the file in NFC"
    if not cell:
        if rules.get("required"):
            yield "is empty", f"give the {field['name']}"
        return
    value = _typed(cell, field["type"])
    if value is None:
        yield f"{cell} is no {field['type']}", {"date": "write 2025-07-01"}.get(field["type"], "write 0, 12.5 or -3")
        return
    if "enum" in rules and cell not in rules["enum"]:
        yield f"{cell} is not in the closed list", "use one of " + ", ".join(repr(word) for word in rules["enum"])
    if "pattern" in rules and not re.fullmatch(rules["pattern"], cell):
        yield f"{cell} has a wrong form", f"write it as {rules['pattern']}"
    if "minLength" in rules and len(cell) < rules["minLength"]:
        yield f"{cell} is too short", f"give at least {rules['minLength']} characters"
    if isinstance(value, float) and not rules.get("minimum", value) <= value <= rules.get("maximum", value):
        yield f"{cell} is out of range", f"from {rules.get('minimum')} to {rules.get('maximum')}"


def _typed(cell: str, type_: str) -> Any:
    """The value, or None when the cell does not hold that type. Only plain decimals are numbers here."""
    if type_ in ("number", "integer"):
        whole = r"-?\d+" if type_ == "integer" else r"-?\d+(\.\d+)?"
        return float(cell) if re.fullmatch(whole, cell, re.ASCII) else None
    if type_ == "date":
        try:
            return datetime.date.fromisoformat(cell)
        except ValueError:
            return None
    return cell
