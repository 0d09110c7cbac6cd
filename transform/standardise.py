"""Statements as read to rows of the `statements` table: indicator, unit, territory codes, status."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from schemas.standard import Indicator, Standard
from transform.matching import Match, Matcher, Query
from transform.units import period_unit, plain_unit, plain_value, to_standard_unit

Row = dict[str, Any]
_LEVEL_WORDS = {"xã", "huyện", "thôn", "phường", "bản"}
"""An indicator whose name counts these units is not broken down by them."""
_LOWER_TERRITORIES = ("district", "commune", "zone", "firm", "agency")


class ReadMeasure(Protocol):
    """The measure of a statement; see extract.model.Measure."""

    @property
    def dimension(self) -> str: ...
    @property
    def per(self) -> str | None: ...
    @property
    def change(self) -> str | None: ...


class ReadStatement(Protocol):
    """A statement as reading gives it; see extract.model.Statement."""

    @property
    def label(self) -> str: ...
    @property
    def value(self) -> float | None: ...
    @property
    def value_max(self) -> float | None: ...
    @property
    def comparator(self) -> str | None: ...
    @property
    def value_basis(self) -> str: ...
    @property
    def measure(self) -> ReadMeasure: ...
    @property
    def year(self) -> int | None: ...
    @property
    def year_basis(self) -> str | None: ...
    @property
    def period_start(self) -> int | None: ...
    @property
    def baseline_year(self) -> int | None: ...
    @property
    def levels(self) -> Sequence[str]: ...
    @property
    def territory(self) -> str | None: ...
    @property
    def territory_level(self) -> str: ...
    @property
    def quote(self) -> str: ...
    @property
    def char_start(self) -> int: ...
    @property
    def char_end(self) -> int: ...
    @property
    def value_start(self) -> int: ...
    @property
    def value_end(self) -> int: ...
    @property
    def section(self) -> Sequence[str]: ...
    @property
    def year_source(self) -> str | None: ...
    @property
    def qualitative(self) -> bool: ...
    @property
    def context(self) -> str: ...
    @property
    def rules(self) -> Sequence[str]: ...
    @property
    def objection(self) -> str | None: ...


class Read(Protocol):
    """What reading a document gives; see extract.model.Reading."""

    @property
    def statements(self) -> Sequence[ReadStatement]: ...


def standardise(reading: Read, document: Row, standard: Standard, matcher: Matcher) -> list[Row]:
    """Rows of STATEMENTS without ids, in the order of the text; one statement gives a row for each level it names."""
    date = document.get("document_date")
    rows: list[Row] = []
    for statement in reading.statements:
        rows.extend(_rows(statement, date, standard, matcher))
    return rows


def _rows(statement: ReadStatement, date: datetime.date | None, standard: Standard, matcher: Matcher) -> Iterator[Row]:
    match = _match(statement, matcher)
    indicator = standard.indicators.get(match.indicator) if match.indicator else None
    measured = _measured(statement, indicator)
    if indicator and not statement.qualitative and measured is None:
        indicator, measured = None, _measured(statement, None)
    if statement.qualitative and indicator is None:
        return
    unit, value, value_max = measured if measured else ("status", None, None)
    basis = statement.year_basis
    period_start = statement.period_start
    if indicator is not None and not statement.qualitative:
        basis, period_start, unit = _basis_of(indicator, statement, unit)
    for level in _levels(statement, indicator):
        row: Row = {
            "indicator": indicator.id if indicator else None,
            "unit": unit,
            "value": value,
            "value_max": value_max,
            "comparator": statement.comparator,
            "value_basis": statement.value_basis if value is not None else None,
            "year": statement.year,
            "year_basis": basis,
            "period_start": period_start,
            "baseline_year": statement.baseline_year,
            "admin_level": level,
            "breakdown": match.breakdown if indicator else None,
            "label": statement.label,
            "match_score": match.score if indicator else None,
            "runner_up": match.runner_up,
            "runner_up_score": match.runner_up_score if match.runner_up else None,
            "quote": statement.quote,
            "char_start": statement.char_start,
            "char_end": statement.char_end,
            "value_start": statement.value_start,
            "value_end": statement.value_end,
            "section": " > ".join(statement.section) or None,
            "year_source": statement.year_source,
            "rules": " ".join(statement.rules) or None,
        }
        row |= _place(statement, date, standard)
        row["status"], row["status_reason"] = _status(statement, indicator, row)
        yield row


def _match(statement: ReadStatement, matcher: Matcher) -> Match:
    measure = statement.measure
    return matcher.match(
        Query(
            label=statement.label,
            dimension="status" if statement.qualitative else measure.dimension,
            per=measure.per,
            change=measure.change,
            context=statement.context,
            sentence=statement.quote,
            level=statement.levels[0] if len(statement.levels) == 1 else None,
        )
    )


def _measured(statement: ReadStatement, indicator: Indicator | None) -> tuple[str, float, float | None] | None:
    """(unit, value, value_max) in the indicator's unit, or in the plain unit of the measure; None when they clash."""
    if statement.value is None:
        return None
    measure = statement.measure
    parts = (measure.dimension, measure.per, measure.change)
    if indicator is None:
        value_max = None if statement.value_max is None else plain_value(statement.value_max, *parts)
        return plain_unit(*parts), plain_value(statement.value, *parts), value_max
    value = to_standard_unit(statement.value, *parts, indicator.unit)
    if value is None:
        return None
    upper = None if statement.value_max is None else to_standard_unit(statement.value_max, *parts, indicator.unit)
    return indicator.unit, value, upper


def _basis_of(indicator: Indicator, statement: ReadStatement, unit: str) -> tuple[str | None, int | None, str]:
    """Rates per year hold every year, whatever the sentence says of the period; totals of a period drop the year."""
    basis, start = statement.year_basis, statement.period_start
    single = "year-role:in" in statement.rules
    if unit == "percent_change" and basis != "period" and statement.measure.per != "year":
        return ("annual", statement.year, unit) if single else ("by", None, unit)
    if unit == "person_per_year" and basis == "by" and single:
        return "annual", statement.year, unit
    if unit in ("percent_per_year", "percentage_point_per_year") and basis == "by":
        return "annual", statement.year if single else start, unit
    if unit in ("percent_per_year", "percentage_point_per_year") and basis == "period":
        return "annual", start, unit
    if basis == "period":
        return basis, start, period_unit(unit)
    return basis, start, unit


def _levels(statement: ReadStatement, indicator: Indicator | None) -> Sequence[str | None]:
    if not statement.levels:
        return (None,)
    if indicator is None:
        return (None,)
    if len(indicator.admin_levels) > 1 or (
        len(statement.levels) == 1 and not _LEVEL_WORDS & set(indicator.name_vi.lower().split())
    ):
        return tuple(statement.levels)
    return (None,)


def _place(statement: ReadStatement, date: datetime.date | None, standard: Standard) -> Row:
    """province, province_code and province_2025 of the territory on the document's date."""
    name = statement.territory
    province = standard.province_on(name, date) if name else None
    if province is None:
        return {"province": None, "province_code": None, "province_2025": None}
    return {"province": province.name, "province_code": province.code, "province_2025": province.successor_2025}


def _status(statement: ReadStatement, indicator: Indicator | None, row: Row) -> tuple[str, str | None]:
    if statement.objection:
        return "rejected", statement.objection
    if statement.territory_level in _LOWER_TERRITORIES:
        return "other_territory", f"the number belongs to a {statement.territory_level}, not to a province"
    if statement.qualitative:
        return "qualitative", "an end state without a number"
    if row["province"] is None:
        return "no_province", "neither the sentence nor the document names a province that was in force on its date"
    if statement.year is None:
        return "no_year", "no year is stated or handed down by a heading or the title"
    if indicator is None and _weak(statement):
        return "rejected", "weak evidence: outside the objectives, with a borrowed year and no indicator"
    if indicator is None:
        return "uncatalogued", "no indicator of the standard fits the phrase"
    return "accepted", None


def _weak(statement: ReadStatement) -> bool:
    """Among tasks or news, with no year of its own and nothing that the standard knows: more often wrong than right."""
    task, prose = "mode:task" in statement.rules, "mode:none" in statement.rules
    yearly = task and (
        statement.year_basis == "annual" or (statement.year_source == "title" and "year-role:in" in statement.rules)
    )
    return (task or prose) and statement.year_source in ("heading", "title") and not yearly
