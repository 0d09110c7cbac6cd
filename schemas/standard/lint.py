"""The linter of the standard: every finding names file, line and remedy. `muctieu standard check` prints them."""

from __future__ import annotations

import datetime
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from schemas.standard.load import FOLDER, split
from schemas.standard.model import NATION
from schemas.standard.table_schema import Finding, Row, check_references, check_table, read_schema, read_table

__all__ = ["Finding", "check"]

NAMES = (
    "units",
    "unit_readings",
    "breakdowns",
    "indicators",
    "phrasings",
    "national_targets",
    "provinces",
    "province_aliases",
    "first_edition",
)
MERGER = datetime.date(2025, 7, 1)
UNITS_BEFORE, UNITS_SINCE = 63, 34
Tables = dict[str, list[Row]]


def check(folder: Path = FOLDER) -> list[Finding]:
    """Everything that is wrong with the data files in `folder`, by file and line; empty when all is well.

    The schemas are those shipped with the package. Never raises for what the files hold."""
    schemas = {name: read_schema(name, FOLDER) for name in NAMES}
    tables: Tables = {}
    findings: list[Finding] = []
    for name in NAMES:
        tables[name], broken = read_table(name, schemas[name], folder)
        findings += broken or check_table(name, schemas[name], tables[name])
    if not findings:
        for name in NAMES:
            findings += check_references(name, schemas[name], tables)
    if not findings:
        for rule in RULES:
            findings += rule(tables)
    return sorted(findings)


def fold(text: str) -> str:
    """Two phrasings that differ only in case, blanks or tỉ and tỷ are the same."""
    words = unicodedata.normalize("NFC", text).casefold().split()
    return " ".join("tỷ" if word == "tỉ" else word for word in words)


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def bounds(tables: Tables) -> Iterator[Finding]:
    for line, row in tables["indicators"]:
        low, high, nation = (_number(row[name]) for name in ("value_min", "value_max", "national_max"))
        key = row["indicator_id"]
        if row["unit"] == "status":
            if (low, high, nation) != (None, None, None):
                yield Finding("indicators.csv", line, f"{key} has no number but bounds", "empty the three bounds")
        elif low is None or high is None:
            yield Finding("indicators.csv", line, f"{key} lacks a bound", "give value_min and value_max")
        elif low >= high:
            yield Finding(
                "indicators.csv", line, f"{key}: value_min {low:g} is not below value_max {high:g}", "swap them"
            )
        elif nation is not None and nation <= high:
            said = f"{key}: national_max {nation:g} is not above value_max {high:g}"
            yield Finding("indicators.csv", line, said, "leave it empty or raise it")
        elif row["unit"] == "rank" and (low, high) != (1, UNITS_BEFORE):
            yield Finding("indicators.csv", line, f"{key} is a rank from {low:g} to {high:g}", "write 1 and 63")
        elif row["unit"] == "percent" and not -100 <= low < high <= 1000:
            yield Finding("indicators.csv", line, f"{key}: bounds beyond a percentage", "check the two bounds")


def members(tables: Tables) -> Iterator[Finding]:
    """Cells that list keys of another file."""
    ids = {row["indicator_id"] for _, row in tables["indicators"]}
    cells = {row["breakdown"] for _, row in tables["breakdowns"]}
    cells |= {row["group"] for _, row in tables["breakdowns"]}
    for line, row in tables["indicators"]:
        for column, known, file in (("neighbours", ids, "indicators.csv"), ("breakdowns", cells, "breakdowns.csv")):
            for word in split(row[column]):
                if word not in known:
                    said = f"{column} of {row['indicator_id']}: {word} is not in {file}"
                    yield Finding("indicators.csv", line, said, f"add it to {file} or correct the spelling")
        if row["indicator_id"] in split(row["neighbours"]):
            yield Finding("indicators.csv", line, f"{row['indicator_id']} is its own neighbour", "drop it there")


def first_edition(tables: Tables) -> Iterator[Finding]:
    units = {row["indicator_id"]: (line, row["unit"]) for line, row in tables["indicators"]}
    units |= {row["unit"]: (line, row["unit"]) for line, row in tables["units"]}
    for line, row in tables["first_edition"]:
        found = units.get(row["key"])
        if found is None:
            said = f"{row['kind']} {row['key']} of the first edition is gone"
            yield Finding("first_edition.csv", line, said, "restore it: consumers use it")
        elif found[1] != row["unit"]:
            said = f"the unit of {row['key']} is {found[1]}, in the first edition it was {row['unit']}"
            yield Finding("indicators.csv", found[0], said, "restore it, or add a new indicator for the new unit")


def _holds(tables: Tables) -> dict[str, set[tuple[str, str, str]]]:
    """Unit -> every (dimension, per, change) that it can hold."""
    found: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for _, row in tables["unit_readings"]:
        for dimension in split(row["dimension"]):
            for per in row["per"].split("|"):
                found[row["unit"]] |= {(dimension, per, change) for change in split(row["change"])}
    return found


def _plain(tables: Tables) -> dict[str, set[tuple[str, str, str]]]:
    """Unit -> the measures that are stored in it when no indicator fits."""
    return _holds({**tables, "unit_readings": [row for row in tables["unit_readings"] if row[1]["plain"]]})


def unit_readings(tables: Tables) -> Iterator[Finding]:
    holds = _holds(tables)
    for line, row in tables["units"]:
        if row["unit"] not in holds:
            said = f"{row['unit']} can hold no measure"
            yield Finding("units.csv", line, said, "add a line for it to unit_readings.csv")
    taken: dict[tuple[str, str, str], tuple[str, int]] = {}
    for line, row in tables["unit_readings"]:
        if row["plain"]:
            for measure in _holds({"unit_readings": [(line, row)]})[row["unit"]]:
                unit, first = taken.setdefault(measure, (row["unit"], line))
                if unit != row["unit"]:
                    said = (
                        f"{' '.join(filter(None, measure))} is plain for {row['unit']} and, in line {first}, for {unit}"
                    )
                    yield Finding("unit_readings.csv", line, said, "leave plain empty in one of the two")


def _apart(tables: Tables, table: str, column: str) -> Iterator[Finding]:
    """Lines of one thing that do not stand together."""
    last, closed = "", set[str]()
    for line, row in tables[table]:
        key = row[column]
        if key != last and key in closed:
            yield Finding(f"{table}.csv", line, f"{key} has lines further up", "move this line to them")
        closed.add(key)
        last = key


def phrasings(tables: Tables) -> Iterator[Finding]:
    """Each phrasing leads to one indicator: duplicates, negatives that rule out their own indicator, loose lines."""
    positives: dict[str, list[tuple[int, str]]] = defaultdict(list)
    negatives: dict[str, list[tuple[int, str]]] = defaultdict(list)
    yield from _apart(tables, "phrasings", "indicator_id")
    for line, row in tables["phrasings"]:
        key = row["indicator_id"]
        (positives if row["polarity"] == "positive" else negatives)[key].append((line, fold(row["phrasing"])))
    for key, lines in negatives.items():
        for line, negative in lines:
            own = next((text for _, text in positives[key] if f" {negative} " in f" {text} "), None)
            if own is not None:
                said = f"'{negative}' rules out {key}'s own phrasing '{own}'"
                yield Finding("phrasings.csv", line, said, "make the negative longer or drop the phrasing")
    for line, row in tables["indicators"]:
        if not positives[row["indicator_id"]]:
            said = f"{row['indicator_id']} has no phrasing"
            yield Finding("indicators.csv", line, said, "add a positive line to phrasings.csv")
    yield from _duplicates(tables, positives)


def _duplicates(tables: Tables, positives: dict[str, list[tuple[int, str]]]) -> Iterator[Finding]:
    """One wording under two indicators is well only where the unit tells them apart: a count and its share."""
    plain, holds = _plain(tables), _holds(tables)
    unit_of = {row["indicator_id"]: row["unit"] for _, row in tables["indicators"]}
    seen: dict[str, list[str]] = defaultdict(list)
    for key, lines in positives.items():
        for line, text in lines:
            for other in seen[text]:
                if other == key:
                    yield Finding("phrasings.csv", line, f"'{text}' stands twice under {key}", "drop one of the two")
                elif plain[unit_of[key]] & holds[unit_of[other]] or plain[unit_of[other]] & holds[unit_of[key]]:
                    said = f"'{text}' stands under {other} and {key}, and their units hold the same measures"
                    yield Finding("phrasings.csv", line, said, "keep it where it belongs, or say in both what differs")
            seen[text].append(key)


def national_targets(tables: Tables) -> Iterator[Finding]:
    indicators = {row["indicator_id"]: row for _, row in tables["indicators"]}
    for line, row in tables["national_targets"]:
        entry = indicators[row["indicator_id"]]
        low, high = _number(entry["value_min"]), _number(entry["national_max"]) or _number(entry["value_max"])
        ends = [float(row["value"]), *([float(row["value_max"])] if row["value_max"] else [])]
        if low is None or high is None or not all(low <= end <= high for end in ends):
            said = f"{row['indicator_id']}: {row['value']} is outside its bounds"
            yield Finding("national_targets.csv", line, said, "check the number, its unit and the bounds")
        if bool(row["value_max"]) != (row["comparator"] == "between"):
            said = f"{row['indicator_id']}: comparator {row['comparator']} does not go with value_max"
            yield Finding("national_targets.csv", line, said, "a range has both value_max and between")


def provinces(tables: Tables) -> Iterator[Finding]:
    """Dates, codes, mergers."""
    spans: dict[str, list[tuple[datetime.date, datetime.date, int]]] = defaultdict(list)
    codes: dict[str, list[tuple[datetime.date, datetime.date, int]]] = defaultdict(list)
    names = {row["name_vi"] for _, row in tables["provinces"]}
    current = {row["name_vi"] for _, row in tables["provinces"] if not row["valid_to"]}
    for line, row in tables["provinces"]:
        first = datetime.date.fromisoformat(row["valid_from"] or "0001-01-01")
        last = datetime.date.fromisoformat(row["valid_to"] or "9999-12-31")
        if first > last:
            yield Finding(
                "provinces.csv", line, f"{row['name_vi']} ends before it begins", "swap valid_from and valid_to"
            )
        for what, kept in ((row["name_vi"], spans), (f"code {row['code']}", codes)):
            for start, end, other in kept[what]:
                if first <= end and start <= last:
                    said = f"{what} is in force twice from {max(first, start)} on (line {other})"
                    yield Finding("provinces.csv", line, said, "end one of the two the day before the other begins")
            kept[what].append((first, last, line))
        if row["successor_2025"] not in current:
            said = f"successor_2025 {row['successor_2025']} is no unit in force now"
            yield Finding("provinces.csv", line, said, "name one of the 34")
        for name in split(row["predecessors"]):
            if name not in names:
                yield Finding(
                    "provinces.csv", line, f"predecessor {name} is unknown", "add its row or correct the name"
                )
    day = datetime.timedelta(days=1)
    for on, expected in ((MERGER - day, UNITS_BEFORE), (MERGER, UNITS_SINCE)):
        count = sum(start <= on <= end for name, kept in spans.items() if name != NATION for start, end, _ in kept)
        if count != expected:
            yield Finding("provinces.csv", 1, f"{count} units are in force on {on}", f"there were {expected}")


def aliases(tables: Tables) -> Iterator[Finding]:
    """A strong alias names one unit at a time."""
    spans: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for _, row in tables["provinces"]:
        spans[row["name_vi"]].append((row["valid_from"] or "0001-01-01", row["valid_to"] or "9999-12-31"))
    strong: dict[str, dict[str, int]] = defaultdict(dict)
    yield from _apart(tables, "province_aliases", "name_vi")
    for line, row in tables["province_aliases"]:
        name = row["name_vi"]
        if row["strength"] == "strong":
            strong[fold(row["alias"])].setdefault(name, line)
    for alias, owners in strong.items():
        for name, line in owners.items():
            for other in owners:
                if other < name and _overlap(spans[name], spans[other]):
                    said = f"'{alias}' is a strong alias of {other} and of {name} at the same time"
                    yield Finding("province_aliases.csv", line, said, "make it weak or drop it in one of the two")
    for name in spans:
        if name not in {owner for owners in strong.values() for owner in owners}:
            yield Finding("provinces.csv", 1, f"{name} has no strong alias", "add its name to province_aliases.csv")


def _overlap(some: list[tuple[str, str]], others: list[tuple[str, str]]) -> bool:
    return any(start <= other_end and other_start <= end for start, end in some for other_start, other_end in others)


RULES: tuple[Callable[[Tables], Iterator[Finding]], ...] = (
    bounds,
    members,
    first_edition,
    unit_readings,
    phrasings,
    national_targets,
    provinces,
    aliases,
)
