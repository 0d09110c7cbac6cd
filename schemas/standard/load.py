"""Reads the data files of this folder into a `Standard`."""

from __future__ import annotations

import csv
import datetime
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import cast

from schemas.standard.model import (
    Breakdown,
    Direction,
    Indicator,
    NationalTarget,
    Province,
    Standard,
    Unit,
    UnitReading,
)

FOLDER = Path(__file__).parent
FILES = (
    "breakdowns.csv",
    "indicators.csv",
    "national_targets.csv",
    "phrasings.csv",
    "province_aliases.csv",
    "provinces.csv",
    "unit_readings.csv",
    "units.csv",
)


class StandardError(ValueError):
    """A data file of the standard cannot be read; the message names file, line and remedy."""


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and row of a CSV file with a header; the number is that of the row's last line."""
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle, strict=True)
        for row in reader:
            if None in row or None in row.values():
                raise StandardError(f"{path.name}:{reader.line_num}: wrong number of cells; give one for each column")
            yield reader.line_num, row


def split(cell: str, separator: str = "|") -> tuple[str, ...]:
    """Members of a cell that holds several, without blanks."""
    return tuple(part.strip() for part in cell.split(separator) if part.strip())


def number(cell: str) -> float | None:
    return float(cell) if cell.strip() else None


def day(cell: str) -> datetime.date | None:
    return datetime.date.fromisoformat(cell) if cell.strip() else None


def version_of(folder: Path = FOLDER) -> str:
    """Content hash of the data files, 12 hexadecimal digits: the same files give the same version everywhere."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:12]


def load_standard(folder: Path = FOLDER) -> Standard:
    """The standard as shipped, or that of another folder with the same files. Read once per process and folder.

    Raises StandardError naming file, line and what to do; `schemas.standard.lint.check` lists every finding."""
    return _load(folder.resolve())


def first_edition(folder: Path = FOLDER) -> frozenset[str]:
    """Ids of the indicators that the first edition had; gold files know only these."""
    return frozenset(row["key"] for _, row in read_rows(folder / "first_edition.csv") if row["kind"] == "indicator")


@lru_cache(maxsize=4)
def _load(folder: Path) -> Standard:
    provinces = tuple(_provinces(folder))
    by_name: dict[str, list[Province]] = defaultdict(list)
    for province in sorted(provinces, key=lambda row: row.valid_from or datetime.date.min):
        by_name[province.name].append(province)
    breakdowns = {row["breakdown"]: _breakdown(row) for _, row in read_rows(folder / "breakdowns.csv")}
    return Standard(
        indicators=_indicators(folder, breakdowns),
        units=_units(folder),
        provinces=provinces,
        breakdowns=breakdowns,
        version=version_of(folder),
        _by_name={name: tuple(rows) for name, rows in by_name.items()},
    )


def _breakdown(row: dict[str, str]) -> Breakdown:
    return Breakdown(row["breakdown"], row["group"], row["name_vi"], row["name_en"], split(row["surface_forms"]))


def expand_breakdowns(cell: str, breakdowns: dict[str, Breakdown]) -> tuple[str, ...]:
    """Keys of breakdowns.csv named by a cell, a group standing for all its members."""
    keys: list[str] = []
    for word in split(cell):
        members = [key for key, entry in breakdowns.items() if entry.group == word]
        keys += members or [word]
    return tuple(dict.fromkeys(keys))


def _indicators(folder: Path, breakdowns: dict[str, Breakdown]) -> dict[str, Indicator]:
    phrasings: dict[tuple[str, str], list[str]] = defaultdict(list)
    for _, row in read_rows(folder / "phrasings.csv"):
        phrasings[row["indicator_id"], row["polarity"]].append(row["phrasing"])
    targets: dict[str, list[NationalTarget]] = defaultdict(list)
    for line, row in read_rows(folder / "national_targets.csv"):
        value = number(row["value"])
        if value is None:
            raise StandardError(f"national_targets.csv:{line}: value is empty; give the number or drop the line")
        targets[row["indicator_id"]].append(
            NationalTarget(value, int(row["year"]), row["source"], number(row["value_max"]), row["comparator"])
        )
    indicators = {}
    for line, row in read_rows(folder / "indicators.csv"):
        key = row["indicator_id"]
        try:
            low, high, nation = number(row["value_min"]), number(row["value_max"]), number(row["national_max"])
        except ValueError:
            raise StandardError(f"indicators.csv:{line}: a bound of {key} is no number; write 0, 12.5 or -3") from None
        indicators[key] = Indicator(
            id=key,
            name_vi=row["name_vi"],
            name_en=row["name_en"],
            definition=row["definition"],
            theme=row["theme"],
            unit=row["unit"],
            value_min=low,
            value_max=high,
            national_max=nation,
            direction=cast(Direction, row["direction"]),
            admin_levels=split(row["admin_levels"]),
            breakdowns=expand_breakdowns(row["breakdowns"], breakdowns),
            neighbours=split(row["neighbours"]),
            national_frameworks=split(row["national_frameworks"]),
            national_targets=tuple(targets[key]),
            phrasings=tuple(phrasings[key, "positive"]),
            negative_phrasings=tuple(phrasings[key, "negative"]),
            notes=row["notes"],
        )
    return indicators


def _units(folder: Path) -> dict[str, Unit]:
    readings: dict[str, list[UnitReading]] = defaultdict(list)
    for _, row in read_rows(folder / "unit_readings.csv"):
        pers = tuple(part or None for part in row["per"].split("|"))
        changes = tuple(part == "yes" for part in split(row["change"]))
        readings[row["unit"]].append(
            UnitReading(split(row["dimension"]), pers, changes, float(row["multiplier"]), row["plain"] == "yes")
        )
    return {
        row["unit"]: Unit(
            id=row["unit"],
            name_vi=row["name_vi"],
            name_en=row["name_en"],
            dimension=row["dimension"],
            factor=float(row["factor"]),
            per=row["per"] or None,
            change=row["change"] == "yes",
            edition=int(row["edition"]),
            readings=tuple(readings[row["unit"]]),
        )
        for _, row in read_rows(folder / "units.csv")
    }


def _provinces(folder: Path) -> Iterator[Province]:
    aliases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for _, row in read_rows(folder / "province_aliases.csv"):
        aliases[row["name_vi"], row["strength"]].append(row["alias"])
    rows = [row for _, row in read_rows(folder / "provinces.csv")]
    current = {row["name_vi"]: row["code"] for row in rows if not row["valid_to"]}
    for row in rows:
        yield Province(
            name=row["name_vi"],
            full_name=row["full_name_vi"],
            name_ascii=row["name_ascii"],
            kind=row["kind"],
            code=row["code"],
            iso_3166_2=row["iso_3166_2"],
            region=row["region"],
            valid_from=day(row["valid_from"]),
            valid_to=day(row["valid_to"]),
            successor_2025=row["successor_2025"],
            code_2025=current[row["successor_2025"]],
            predecessors=split(row["predecessors"]),
            aliases=tuple(aliases[row["name_vi"], "strong"]),
            weak_aliases=tuple(aliases[row["name_vi"], "weak"]),
            ambiguity=row["ambiguity"],
            note=row["note"],
        )
