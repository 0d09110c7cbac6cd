"""The indicator, unit and province standard: reviewed CSV files, their loader and their linter."""

from schemas.standard.load import StandardError, first_edition, load_standard, version_of
from schemas.standard.model import (
    NATION,
    Breakdown,
    Indicator,
    NationalTarget,
    Province,
    Standard,
    Unit,
    UnitReading,
)

__all__ = [
    "NATION",
    "Breakdown",
    "Indicator",
    "NationalTarget",
    "Province",
    "Standard",
    "StandardError",
    "Unit",
    "UnitReading",
    "first_edition",
    "load_standard",
    "version_of",
]
