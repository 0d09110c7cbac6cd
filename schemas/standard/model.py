"""The standard as plain frozen values: indicators, units, provinces, breakdowns."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["higher", "lower", "neutral"]

NATION = "Việt Nam"
"""Name of the row of `provinces` that stands for the whole country (code 00)."""


@dataclass(frozen=True, slots=True)
class NationalTarget:
    """What a national document sets for the nation. `value` is in the indicator's unit; of a range the lower end."""

    value: float
    year: int
    source: str
    value_max: float | None = None
    comparator: str = "eq"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One entry of indicators.csv with its lines of phrasings.csv and national_targets.csv."""

    id: str
    name_vi: str
    name_en: str
    definition: str
    theme: str
    unit: str
    value_min: float | None
    """Least value in `unit` that one province can reasonably commit to, in a year or five years; None for status."""
    value_max: float | None
    national_max: float | None
    """Greatest value for the nation, where it exceeds `value_max` (counts, money, people); else None."""
    direction: Direction
    """Whether a higher or a lower value is better."""
    admin_levels: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    """Keys of breakdowns.csv; a part that is not listed is no cell of this indicator."""
    neighbours: tuple[str, ...] = ()
    """Indicators that are easily taken for this one."""
    national_frameworks: tuple[str, ...] = ()
    national_targets: tuple[NationalTarget, ...] = ()
    phrasings: tuple[str, ...] = ()
    negative_phrasings: tuple[str, ...] = ()
    """A phrase that contains one of these is not this indicator."""
    notes: str = ""

    def bounds(self, province: str | None = None) -> tuple[float | None, float | None]:
        """Least and greatest plausible value in `unit`, for a province or (`Việt Nam`) for the nation."""
        if province == NATION and self.national_max is not None:
            return self.value_min, self.national_max
        return self.value_min, self.value_max


@dataclass(frozen=True, slots=True)
class UnitReading:
    """A measure that a unit can hold: value_in_unit = value_in_base_unit / Unit.factor * multiplier.

    `dimensions` and `pers` are the words of `extract.model.Measure`; None in `pers` is a measure without a base.
    `changes` says whether a level (False), a change (True) or both are meant."""

    dimensions: tuple[str, ...]
    pers: tuple[str | None, ...]
    changes: tuple[bool, ...]
    multiplier: float
    plain: bool
    """True where a statement without an indicator that has this measure is stored in this unit."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One entry of units.csv with its lines of unit_readings.csv."""

    id: str
    name_vi: str
    name_en: str
    dimension: str
    factor: float
    """How many base units of the dimension one of this unit is: billion_vnd 1e9 (đồng), km 1000 (metres)."""
    per: str | None
    change: bool
    edition: int
    readings: tuple[UnitReading, ...] = ()


@dataclass(frozen=True, slots=True)
class Province:
    """A province-level unit as it was in force from `valid_from` to `valid_to`, both included; None is open."""

    name: str
    full_name: str
    name_ascii: str
    kind: str
    code: str
    iso_3166_2: str
    region: str
    valid_from: datetime.date | None
    valid_to: datetime.date | None
    successor_2025: str
    """Name of the unit that its territory belongs to since 2025-07-01."""
    code_2025: str
    predecessors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """Spellings that name this unit wherever they stand."""
    weak_aliases: tuple[str, ...] = ()
    """Spellings that name it only with a cue (tỉnh, UBND, a list of provinces): Huế, Thủ đô, HN, unaccented forms."""
    ambiguity: str = ""
    note: str = ""

    def in_force(self, on: datetime.date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A restriction that makes another cell of an indicator: value of the column `breakdown`."""

    id: str
    group: str
    name_vi: str
    name_en: str
    surface_forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standard:
    """The whole standard. `version` changes with every byte of the data files."""

    indicators: Mapping[str, Indicator]
    units: Mapping[str, Unit]
    provinces: tuple[Province, ...]
    breakdowns: Mapping[str, Breakdown]
    version: str
    _by_name: Mapping[str, tuple[Province, ...]] = field(repr=False, compare=False, default_factory=dict)

    def province_on(self, name: str, on: datetime.date | None = None) -> Province | None:
        """The unit of that canonical name in force on a day; without a day the latest unit that bore the name.

        None when no unit of that name was in force: Bắc Giang after 2025-06-30, Huế before 2025-01-01."""
        rows = self._by_name.get(name, ())
        if on is None:
            return rows[-1] if rows else None
        return next((row for row in rows if row.in_force(on)), None)

    def successor_2025(self, name: str) -> str | None:
        """Name of the unit that the territory of `name` belongs to since 2025-07-01; None for an unknown name."""
        rows = self._by_name.get(name, ())
        return rows[-1].successor_2025 if rows else None
