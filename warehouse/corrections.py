"""corrections.yml: what people who read the documents say about single statements. Format: docs/warehouse.md.

A correction says what it expects to find. When the statement is no longer there, or says something else, nothing is
changed and the run tells: a correction cannot rot unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from schemas.tables import STATEMENTS
from warehouse.errors import CorrectionsError

Action = Literal["accept", "reject", "fix"]
ACTIONS = ("accept", "reject", "fix")
SETTABLE = (
    "province",
    "province_code",
    "province_2025",
    "indicator",
    "unit",
    "value",
    "value_max",
    "year",
    "comparator",
    "value_basis",
    "year_basis",
    "period_start",
    "baseline_year",
    "admin_level",
    "breakdown",
    "label",
)
EXPECTABLE = (*SETTABLE, "status")
_PLACE = ("province", "province_code", "province_2025")
_KEYS = {"action", "document", "quote", "statement_id", "expect", "set", "reason", "author", "date"}
_NEEDED_FOR_A_TARGET = ("province", "unit", "value", "year", "year_basis", "comparator", "value_basis")
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Correction:
    """One entry. `document` is a source_file or a document_id; the statement is found by `quote` or
    `statement_id`."""

    number: int
    action: Action
    document: str
    quote: str | None
    statement_id: str | None
    expect: Mapping[str, Any]
    set: Mapping[str, Any]
    reason: str
    author: str

    def __str__(self) -> str:
        words = self.quote or f"statement {self.statement_id}"
        return f"correction {self.number} ({self.action}, {self.document}, {words[:60]!r})"


@dataclass(frozen=True, slots=True)
class Corrections:
    """All entries of a file; `sha256` of its bytes, None where there is no file."""

    entries: tuple[Correction, ...] = ()
    sha256: str | None = None

    def files(self, listing: Mapping[str, str]) -> frozenset[str]:
        """The inbox files that the entries are about. `listing`: file -> content hash, as for plan_changes."""
        named = {entry.document for entry in self.entries}
        return frozenset(file for file, content in listing.items() if file in named or content in named)

    def documents(self) -> frozenset[str]:
        return frozenset(entry.document for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a correction: `stale` ones changed nothing, and `message` says why and what to do."""

    correction: Correction
    stale: bool
    message: str

    def __str__(self) -> str:
        return f"{self.correction}: {self.message}"


def load_corrections(path: Path) -> Corrections:
    """Read and lint corrections.yml; no file means no corrections.

    Raises CorrectionsError naming file, entry and remedy.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Corrections()
    except OSError as trouble:
        raise CorrectionsError(f"cannot read {path}: {trouble.strerror}; check its permissions") from trouble
    return parse_corrections(data, path)


def parse_corrections(data: bytes, path: Path) -> Corrections:
    """The corrections of a file's bytes, linted. Raises CorrectionsError naming file, entry and remedy."""
    try:
        found = yaml.safe_load(data) or []
    except (yaml.YAMLError, UnicodeDecodeError) as trouble:
        raise CorrectionsError(f"{path} is no valid YAML: {trouble}") from trouble
    if isinstance(found, dict) and set(found) == {"corrections"}:
        found = found["corrections"] or []
    if not isinstance(found, list):
        raise CorrectionsError(f"{path}: a list of corrections is expected, each beginning with `- action:`")
    entries = tuple(_entry(path, number, entry) for number, entry in enumerate(found, 1))
    return Corrections(entries, hashlib.sha256(data).hexdigest())


def _entry(path: Path, number: int, entry: Any) -> Correction:
    def wrong(what: str) -> CorrectionsError:
        return CorrectionsError(f"{path}: correction {number}: {what}")

    if not isinstance(entry, dict):
        raise wrong("must be a mapping with action, document, quote, expect, reason and author")
    unknown = sorted(map(str, set(entry) - _KEYS))
    if unknown:
        raise wrong(f"unknown keys {', '.join(unknown)}; known are {', '.join(sorted(_KEYS))}")
    for key in ("action", "document", "reason", "author"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise wrong(f"{key} is missing or empty; every correction names {key} as text")
    if entry["action"] not in ACTIONS:
        raise wrong(f"action {entry['action']!r} is unknown; use accept, reject or fix")
    if bool(entry.get("quote")) == bool(entry.get("statement_id")):
        raise wrong("give either quote (the words of the statement) or statement_id")
    expect, set_ = entry.get("expect") or {}, entry.get("set") or {}
    if not isinstance(expect, dict) or not expect:
        raise wrong("expect is missing: say what is there now, such as `expect: {value: 90, year: 2025}`")
    if not isinstance(set_, dict):
        raise wrong("set must be a mapping from columns to values")
    for name, given in (("expect", expect), ("set", set_)):
        allowed = EXPECTABLE if name == "expect" else SETTABLE
        for column, value in given.items():
            if column not in allowed:
                raise wrong(f"{name} names {column}, which is none of {', '.join(allowed)}")
            if (trouble := _mistyped(column, value)) is not None:
                raise wrong(f"{name}: {column} {trouble}")
    if entry["action"] == "fix" and not set_:
        raise wrong("a fix needs `set`, such as `set: {value: 95}`")
    if entry["action"] == "reject" and set_:
        raise wrong("a rejected statement cannot be changed as well; drop `set` or use fix")
    if 0 < sum(name in set_ for name in _PLACE) < len(_PLACE):
        raise wrong("province, province_code and province_2025 are set together or not at all")
    quote, statement_id = entry.get("quote"), entry.get("statement_id")
    return Correction(
        number,
        entry["action"],
        entry["document"],
        str(quote) if quote else None,
        str(statement_id) if statement_id else None,
        expect,
        set_,
        entry["reason"].strip(),
        entry["author"].strip(),
    )


def _mistyped(column: str, value: Any) -> str | None:
    definition = STATEMENTS.by_name[column]
    if value is None:
        return None
    if definition.allowed and value not in definition.allowed:
        return f"is {value!r}, which is none of {', '.join(definition.allowed)}"
    if pa.types.is_string(definition.type):
        return None if isinstance(value, str) else f"is {value!r}; put it in quotes"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if pa.types.is_integer(definition.type):
        return None if number and isinstance(value, int) else f"is {value!r}, a whole number is expected"
    return None if number else f"is {value!r}, a number is expected"


def apply_corrections(statements: pa.Table, corrections: Corrections) -> tuple[pa.Table, tuple[Outcome, ...]]:
    """`statements` (schema STATEMENTS, any order, before validation and reconcile) with the corrections applied.

    Rows keep their order and their statement_id; changed ones name the author in `corrected_by` and the reason in
    `status_reason`. The suite still checks them. Corrections are applied in the order of the file. Pure.
    """
    if not corrections.entries:
        return statements, ()
    wanted = corrections.documents()
    candidates: dict[str, list[int]] = {}
    for column in ("source_file", "document_id"):
        values = pa.array(sorted(wanted), pa.string())
        hits = pc.indices_nonzero(pc.is_in(statements[column], values))
        for position, name in zip(hits.to_pylist(), statements[column].take(hits).to_pylist(), strict=True):
            candidates.setdefault(name, []).append(position)
    rows: dict[int, dict[str, Any]] = {}
    outcomes = []
    for correction in corrections.entries:
        positions = candidates.get(correction.document, [])
        for position in positions:
            if position not in rows:
                rows[position] = statements.slice(position, 1).to_pylist()[0]
        outcome, position = _find(correction, positions, rows)
        if position is not None:
            rows[position] = rows[position] | _changed(rows[position], correction)
        outcomes.append(outcome)
    return _with_rows(statements, rows), tuple(outcomes)


def _find(
    correction: Correction, positions: list[int], rows: Mapping[int, Mapping[str, Any]]
) -> tuple[Outcome, int | None]:
    def stale(message: str) -> tuple[Outcome, None]:
        return Outcome(correction, True, f"stale, nothing was changed: {message}"), None

    if not positions:
        return stale(
            "no statement comes from that document; correct the name, or remove the entry if it left the inbox"
        )
    named = [p for p in positions if _is_named(correction, rows[p])]
    if not named:
        return stale("the document no longer says that; read it again and correct or remove the entry")
    fitting = [p for p in named if all(_same(rows[p][name], value) for name, value in correction.expect.items())]
    if not fitting:
        seen = rows[named[0]]
        differing = [name for name, value in correction.expect.items() if not _same(seen[name], value)]
        told = ", ".join(f"{name} is {seen[name]!r}, expected {correction.expect[name]!r}" for name in differing)
        return stale(f"{told}; read the document again and correct or remove the entry")
    if len(fitting) > 1:
        return stale(
            f"{len(fitting)} statements fit; name more columns in expect (year, indicator, admin_level, value)"
        )
    done = {"accept": "accepted", "reject": "rejected", "fix": "fixed"}[correction.action]
    return Outcome(correction, False, f"applied: {done} {rows[fitting[0]]['statement_id']}"), fitting[0]


def _is_named(correction: Correction, row: Mapping[str, Any]) -> bool:
    if correction.statement_id:
        return bool(row["statement_id"] == correction.statement_id)
    return " ".join((row["quote"] or "").split()) == " ".join((correction.quote or "").split())


def _same(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and isinstance(expected, int | float):
        return abs(found - expected) <= _TOLERANCE * max(1.0, abs(expected))
    return bool(found == expected)


def _changed(row: Mapping[str, Any], correction: Correction) -> dict[str, Any]:
    changed = {**row, **correction.set}
    if correction.action == "reject":
        status = "rejected"
    elif correction.action == "accept" or row["status"] in ("accepted", "uncatalogued", "no_year", "no_province"):
        complete = all(changed[name] is not None for name in _NEEDED_FOR_A_TARGET)
        status = ("accepted" if changed["indicator"] else "uncatalogued") if complete else row["status"]
    else:
        status = row["status"]
    verb = {"accept": "accepted", "reject": "rejected", "fix": "fixed"}[correction.action]
    reason = f"{verb} by {correction.author}: {correction.reason}"
    return dict(correction.set) | {"status": status, "status_reason": reason, "corrected_by": correction.author}


def _with_rows(statements: pa.Table, rows: Mapping[int, Mapping[str, Any]]) -> pa.Table:
    changed = {position: row for position, row in rows.items() if row["corrected_by"] is not None}
    if not changed:
        return statements
    order = sorted(changed)
    mask = pa.array([False] * statements.num_rows)
    flags = mask.to_numpy(zero_copy_only=False)
    flags[order] = True
    mask = pa.array(flags)
    for name in (*SETTABLE, "status", "status_reason", "corrected_by"):
        index = statements.schema.get_field_index(name)
        field = statements.schema.field(index)
        values = pa.array([changed[position][name] for position in order], field.type)
        column = pc.replace_with_mask(statements[name].combine_chunks(), mask, values)
        statements = statements.set_column(index, field, column)
    return statements
