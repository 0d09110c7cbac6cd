"""How well documents are read: statements against rows that people wrote (a gold file), as pure functions.

The measures and the rules of pairing are those of the gold files' own scorer, so that figures can be compared:

- number: value, upper end and year are right, whatever the indicator
- open:   number, and the province
- core:   province, indicator, unit, value and year, for rows whose indicator is one of the first edition's
- full:   core, and upper end, comparator, year basis and level of government
"""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Measure = tuple[str, ...]

NUMBER: Measure = ("value", "value_max", "year")
OPEN: Measure = ("province", *NUMBER)
CORE: Measure = ("province", "indicator", "unit", "value", "year")
FULL: Measure = (*CORE, "value_max", "comparator", "year_basis", "admin_level")
MEASURES: dict[str, Measure] = {"number": NUMBER, "open": OPEN, "core": CORE, "full": FULL}

MISTAKES: tuple[tuple[str, Measure], ...] = (
    ("wrong bound", (*CORE, "year_basis", "admin_level")),
    ("wrong basis or level", CORE),
    ("wrong year", ("province", "indicator", "unit", "value")),
    ("wrong unit", ("province", "indicator", "year", "value")),
    ("wrong province", ("indicator", "unit", "value", "year")),
    ("wrong indicator", ("province", "value", "year")),
)
"""Classes of errors, and the columns in which a find and the row that was meant agree; the first that fits counts."""
LEFT_OPEN = "no indicator"
"""The number was read but left without an indicator, or without a year."""
CLASSES = ("missed", "false", *(name for name, _ in MISTAKES), LEFT_OPEN)

STATED = ("accepted", "uncatalogued", "no_year")
_TEXTS = ("province", "indicator", "unit", "comparator", "year_basis", "admin_level", "status")
_NUMBERS = ("value", "value_max", "year")
_NOTHING = ("", "nan", "none")
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class GoldRow:
    """One expected row of a document; an `optional` one counts neither as missed nor as found."""

    document: str
    columns: Row
    quote: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold file: its rows, and all documents that were annotated, also those without a row."""

    name: str
    rows: tuple[GoldRow, ...]
    documents: frozenset[str]


class GoldError(ValueError):
    """A gold file cannot be read; the message names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One error: its class, the find (None when missed) and the row that was meant (None when false)."""

    kind: str
    document: str
    found: Row | None
    meant: Row | None
    quote: str


@dataclass(slots=True)
class Tally:
    """Counts of one measure over documents, and each document's own F1."""

    right: int = 0
    false: int = 0
    missed: int = 0
    by_document: list[float] = field(default_factory=list)

    def add(self, right: int, false: int, missed: int) -> None:
        self.right += right
        self.false += false
        self.missed += missed
        if right + missed:
            self.by_document.append(2 * right / (2 * right + false + missed))

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        counted = 2 * self.right + self.false + self.missed
        return 2 * self.right / counted if counted else 1.0

    @property
    def f1_by_document(self) -> float:
        return sum(self.by_document) / len(self.by_document) if self.by_document else 1.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures for a set of documents. `noise`: accepted finds in documents where there is nothing to find."""

    documents: int
    tallies: dict[str, Tally]
    noise: int
    silent: tuple[str, ...]
    """Documents with rows in the gold file and no statement."""
    findings: tuple[Finding, ...]

    @property
    def classes(self) -> dict[str, int]:
        counts = Counter(finding.kind for finding in self.findings)
        return {name: counts[name] for name in CLASSES}


def read_gold(path: Path) -> Gold:
    """Rows of `path` (CSV, UTF-8) and the documents listed beside it in a file of the same name ending in .docs."""
    rows: list[GoldRow] = []
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        wanted = {"doc", *_TEXTS, *_NUMBERS, "quote"} - {"status"}
        if absent := sorted(wanted - set(reader.fieldnames or ())):
            raise GoldError(f"{path}:1: columns missing: {', '.join(absent)}; the first line names the columns")
        for row in reader:
            try:
                columns = cleaned(row)
            except ValueError as trouble:
                raise GoldError(f"{path}:{reader.line_num}: {trouble}; write numbers as 1234.5") from trouble
            optional = (row.get("optional") or "").strip().lower() in ("1", "1.0", "true")
            rows.append(GoldRow(row["doc"], columns, row["quote"], optional))
    listed = path.with_suffix(".docs")
    names = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
    documents = {row.document for row in rows} | {name.strip() for name in names if name.strip()}
    return Gold(path.stem, tuple(rows), frozenset(documents))


def cleaned(row: Row) -> dict[str, Any]:
    """The columns that are compared: texts trimmed, numbers rounded, nothing as None."""
    texts = {name: _text(row.get(name)) for name in _TEXTS}
    return texts | {name: _number(row.get(name)) for name in _NUMBERS}


def _text(value: Any) -> str | None:
    text = "" if value is None else str(value).strip()
    return None if text.lower() in _NOTHING else text


def _number(value: Any) -> float | None:
    if value is None or value == "":
        return None
    number = float(value)
    return None if math.isnan(number) else round(number, _DECIMALS)


def evaluate(
    gold: Gold, statements: Iterable[Row], first_edition: frozenset[str], documents: Iterable[str] | None = None
) -> Evaluation:
    """Hold `statements` (rows of the table of that name) against `gold`, for all its documents or some of them.

    `first_edition`: the indicators that gold files know; a newer one, for a number that gold leaves without an
    indicator, is neither right nor false.
    """
    found = defaultdict(list)
    for row in statements:
        found[Path(row["source_file"]).stem].append(cleaned(row) | {"quote": row.get("quote")})
    expected = defaultdict(list)
    for gold_row in gold.rows:
        expected[gold_row.document].append(gold_row)
    names = sorted(gold.documents if documents is None else set(documents) & gold.documents)
    tallies = {name: Tally() for name in MEASURES}
    findings: list[Finding] = []
    noise = 0
    for name in names:
        rows, finds = expected[name], found[name]
        accepted = [find for find in finds if find["status"] == "accepted"]
        stated = [find for find in finds if find["status"] in STATED]
        known = [row for row in rows if row.columns["indicator"] and row.columns["year"]]
        counted = _without_newer(accepted, rows, first_edition)
        for measure in ("number", "open"):
            tallies[measure].add(*_counts(rows, stated, MEASURES[measure]))
        for measure in ("core", "full"):
            tallies[measure].add(*_counts(known, counted, MEASURES[measure]))
        findings += _findings(name, known, counted, [find for find in stated if find["status"] != "accepted"])
        noise += 0 if rows else len(accepted)
    silent = tuple(name for name in names if expected[name] and not found[name])
    return Evaluation(len(names), tallies, noise, silent, tuple(findings))


def _key(row: Row, measure: Measure) -> tuple[Any, ...]:
    return tuple(row[name] for name in measure)


def _without_newer(accepted: Sequence[Row], rows: Sequence[GoldRow], first_edition: frozenset[str]) -> list[Row]:
    """`accepted` without the finds that a newer entry of the standard names and gold leaves without an indicator."""
    unnamed = Counter(_key(row.columns, OPEN) for row in rows if not row.columns["indicator"])
    kept = []
    for find in accepted:
        if find["indicator"] not in first_edition and unnamed[_key(find, OPEN)] > 0:
            unnamed[_key(find, OPEN)] -= 1
        else:
            kept.append(find)
    return kept


def _pair(
    rows: Sequence[GoldRow], finds: Sequence[Row], measure: Measure
) -> tuple[list[tuple[Row, GoldRow]], list[Row], list[GoldRow]]:
    """(finds with their row, finds that are false, rows that were missed); each row is paired once.

    A find that fits only an optional row is in none of the three.
    """
    required: dict[tuple[Any, ...], list[GoldRow]] = defaultdict(list)
    for row in rows:
        if not row.optional:
            required[_key(row.columns, measure)].append(row)
    optional = Counter(_key(row.columns, measure) for row in rows if row.optional)
    pairs, false = [], []
    for find in finds:
        key = _key(find, measure)
        if required.get(key):
            pairs.append((find, required[key].pop()))
        elif optional[key] > 0:
            optional[key] -= 1
        else:
            false.append(find)
    return pairs, false, [row for left in required.values() for row in left]


def _counts(rows: Sequence[GoldRow], finds: Sequence[Row], measure: Measure) -> tuple[int, int, int]:
    pairs, false, missed = _pair(rows, finds, measure)
    return len(pairs), len(false), len(missed)


def _findings(document: str, rows: Sequence[GoldRow], finds: Sequence[Row], others: Sequence[Row]) -> list[Finding]:
    """Errors of one document by class: what is not right in full is paired by what else agrees, then missed or false.

    `others`: statements that were read and not accepted.
    """
    findings: list[Finding] = []
    _, false, missed = _pair(rows, finds, FULL)
    for kind, measure in MISTAKES:
        pairs, false, missed = _pair(missed, false, measure)
        findings += [Finding(kind, document, find, row.columns, row.quote) for find, row in pairs]
    for measure in (("province", "value", "year"), ("province", "unit", "value")):
        pairs, others, missed = _pair(missed, others, measure)
        findings += [Finding(LEFT_OPEN, document, find, row.columns, row.quote) for find, row in pairs]
    optional = [row for row in rows if row.optional]
    _, false, _ = _pair(optional, false, CORE)
    findings += [Finding("false", document, find, None, find["quote"] or "") for find in false]
    findings += [Finding("missed", document, None, row.columns, row.quote) for row in missed]
    return findings


def held_out_names(lines: Iterable[str], set_name: str) -> frozenset[str]:
    """Documents of the set `set_name` in a list with one `set/document` or `document` a line; # starts a comment."""
    names = set()
    for line in lines:
        entry = line.partition("#")[0].strip()
        folder, _, name = entry.rpartition("/")
        if name and folder in ("", set_name):
            names.add(name)
    return frozenset(names)
