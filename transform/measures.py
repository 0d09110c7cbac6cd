"""Which indicators a number can belong to at all: the unit gate, before any word is compared.

What a unit can hold is data (schemas/standard/unit_readings.csv); here stands only how level and change are told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.standard import Unit

CHANGE_IN_LABEL, MOVE_IN_LABEL, CHANGE_AROUND, NO_SIGN = 0.98, 0.9, 0.85, 0.6
LEVEL_WITH_RATE_WORDS = 0.6
FOREIGN_BASE = 0.97
"""A reading in another base than the unit's own: believed a little less than the unit as it stands."""
DIMENSIONS_OF_LEVEL_AND_CHANGE = frozenset({"percent", "percentage_point", "per_mille"})


@dataclass(frozen=True, slots=True)
class Measured:
    """What was read with the number: dimension, base, change; and words of change in the label or only around it."""

    dimension: str
    per: str | None
    change: str | None
    rate_in_label: bool
    move_in_label: bool
    rate_around: bool


def fit(unit: Unit, measured: Measured) -> float:
    """How well a number so read can stand in the unit: 0 rules it out, 1 is a perfect fit."""
    changed = measured.change is not None
    for reading in unit.readings:
        if measured.dimension in reading.dimensions and measured.per in reading.pers and changed in reading.changes:
            break
    else:
        return 0.0
    own = measured.dimension == unit.dimension and measured.per == unit.per
    return (1.0 if own else FOREIGN_BASE) * _change_fit(unit, measured)


def _change_fit(unit: Unit, measured: Measured) -> float:
    if measured.dimension not in DIMENSIONS_OF_LEVEL_AND_CHANGE:
        return 1.0
    if not unit.change:
        return LEVEL_WITH_RATE_WORDS if measured.rate_in_label and unit.dimension == "percent" else 1.0
    if unit.dimension == "percentage_point" and measured.change == "increase":
        return 0.0
    if measured.change or measured.per == "year":
        return 1.0
    if measured.rate_in_label:
        return CHANGE_IN_LABEL
    if measured.move_in_label:
        return MOVE_IN_LABEL
    return CHANGE_AROUND if measured.rate_around else NO_SIGN
