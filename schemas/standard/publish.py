"""The standard as published tables: `indicators`, `provinces`, `units`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from schemas.standard.model import Indicator, NationalTarget, Province, Standard, Unit
from schemas.tables import INDICATORS, PROVINCES, UNITS, Table

_SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "approx": "~"}


def standard_tables(standard: Standard) -> dict[str, pa.Table]:
    """Table name -> Arrow table with the published schema, sorted as published."""
    return {
        INDICATORS.name: _arrow(INDICATORS, map(_indicator, standard.indicators.values())),
        PROVINCES.name: _arrow(PROVINCES, map(_province, standard.provinces)),
        UNITS.name: _arrow(UNITS, map(_unit, standard.units.values())),
    }


def _arrow(table: Table, rows: Iterable[dict[str, Any]]) -> pa.Table:
    by_key = sorted(rows, key=lambda row: tuple(str(row[name] or "") for name in table.sort))
    return pa.Table.from_pylist(by_key, schema=table.arrow_schema())


def _joined(parts: Iterable[str]) -> str | None:
    return "|".join(parts) or None


def _target(target: NationalTarget) -> str:
    upper = "" if target.value_max is None else f"-{target.value_max:g}"
    return f"{_SIGNS.get(target.comparator, '')}{target.value:g}{upper}@{target.year} ({target.source})"


def _indicator(entry: Indicator) -> dict[str, Any]:
    return {
        "indicator": entry.id,
        "name_vi": entry.name_vi,
        "name_en": entry.name_en,
        "definition": entry.definition,
        "theme": entry.theme,
        "unit": entry.unit,
        "value_min": entry.value_min,
        "value_max": entry.value_max,
        "national_max": entry.national_max,
        "direction": entry.direction,
        "admin_levels": _joined(entry.admin_levels),
        "breakdowns": _joined(entry.breakdowns),
        "neighbours": _joined(entry.neighbours),
        "national_frameworks": _joined(entry.national_frameworks),
        "national_targets": _joined(map(_target, entry.national_targets)),
        "phrasings": "|".join(entry.phrasings),
        "negative_phrasings": _joined(entry.negative_phrasings),
        "notes": entry.notes or None,
    }


def _province(entry: Province) -> dict[str, Any]:
    return {
        "province": entry.name,
        "full_name": entry.full_name,
        "province_code": entry.code,
        "kind": entry.kind,
        "region": entry.region or None,
        "valid_from": entry.valid_from,
        "valid_to": entry.valid_to,
        "province_2025": entry.successor_2025,
        "code_2025": entry.code_2025,
        "predecessors": _joined(entry.predecessors),
        "aliases": "|".join(entry.aliases),
        "note": entry.note or None,
    }


def _unit(entry: Unit) -> dict[str, Any]:
    return {
        "unit": entry.id,
        "name_vi": entry.name_vi,
        "name_en": entry.name_en,
        "dimension": entry.dimension,
        "factor": entry.factor,
        "per": entry.per,
        "is_change": entry.change,
    }
