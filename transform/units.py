"""From a measure as read to a unit of the standard. All rules are lines of schemas/standard/unit_readings.csv."""

from __future__ import annotations

from functools import lru_cache

from schemas.standard import Unit, load_standard

OTHER = "other"
"""Unit of a measure that the closed list has no unit for; its value is in the base unit of the dimension."""

_PERIOD_UNITS = {"person_per_year": "person"}


def to_standard_unit(
    value: float, dimension: str, per: str | None, change: str | None, indicator_unit: str
) -> float | None:
    """`value`, in the dimension's base unit (đồng, metre, tonne ...), in the unit `indicator_unit`.

    `dimension`, `per` and `change` are those of `extract.model.Measure`. None when the unit cannot hold such a measure:
    USD for billion_vnd, a change for a share. Raises KeyError for a unit that units.csv does not have."""
    unit = load_standard().units[indicator_unit]
    factor = _factor(unit.id, dimension, per, change is not None)
    return None if factor is None else _tidy(value * factor)


def plain_unit(dimension: str, per: str | None, change: str | None) -> str:
    """The unit of a statement that no indicator fits: the one whose plain reading is this measure.

    A base that the list lacks is dropped (vnd per day gives billion_vnd); nothing left to drop gives `other`."""
    for candidate_per, candidate_change in ((per, change), (None, change), (per, None), (None, None)):
        unit = _plain(dimension, candidate_per, candidate_change is not None)
        if unit is not None:
            return unit
    return OTHER


def plain_value(value: float, dimension: str, per: str | None, change: str | None) -> float:
    """`value`, in the dimension's base unit, in `plain_unit` of the same measure."""
    unit = load_standard().units[plain_unit(dimension, per, change)]
    return value if unit.id == OTHER else _tidy(value / unit.factor)


def period_unit(unit: str) -> str:
    """The unit of a total over several years: jobs per year (person_per_year) add up to persons."""
    return _PERIOD_UNITS.get(unit, unit)


@lru_cache(maxsize=4096)
def _factor(unit_id: str, dimension: str, per: str | None, changed: bool) -> float | None:
    unit = load_standard().units[unit_id]
    for reading in unit.readings:
        if dimension in reading.dimensions and per in reading.pers and changed in reading.changes:
            return reading.multiplier / unit.factor
    return None


@lru_cache(maxsize=4096)
def _plain(dimension: str, per: str | None, changed: bool) -> str | None:
    units: list[Unit] = list(load_standard().units.values())
    for unit in units:
        for reading in unit.readings:
            if reading.plain and dimension in reading.dimensions and per in reading.pers and changed in reading.changes:
                return unit.id
    return None


def _tidy(value: float) -> float:
    """Without the dust of binary fractions: 1.2e12 đồng are 1200 billion, not 1199.9999999999998."""
    return float(f"{value:.12g}")
