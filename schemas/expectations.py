"""The expectations themselves: one named rule each, with the reason that a newcomer needs. Nothing here runs them.

Built from the table definitions; schemas/suite.py evaluates them with Great Expectations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.tables import STATEMENTS, TARGETS, Column, Table

LONGEST_HORIZON_YEARS = 60
MISSING = "columns_without_value"
"""Derived column of every checked table: the columns that must have a value and have none, joined by a space."""
REPEATED = "grain_of_repeated_row"
"""Derived column of every checked table: the row's grain where another row has the same, else empty."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One rule. `kind` and `arguments` are Great Expectations'; `reason` tells a newcomer why it is there."""

    name: str
    kind: str
    arguments: Mapping[str, Any]
    reason: str
    shown: tuple[str, ...] = ()
    """Columns whose values explain a failure."""


REQUIRED_OF_A_STATEMENT = tuple(
    column.name
    for column in TARGETS.columns
    if not column.nullable and column.name in STATEMENTS.by_name and column.name != "indicator"
)
_REQUIRED = Expectation(
    "required_values_are_present",
    "expect_column_values_to_be_in_set",
    {"column": MISSING, "value_set": [""]},
    "a target needs its province, unit, value, year, how they bind, and its words",
    (MISSING,),
)
_NEVER_NULL = Expectation(
    "required_columns_are_never_null",
    "expect_column_values_to_be_in_set",
    {"column": MISSING, "value_set": [""]},
    "the contract promises a value in these columns to every consumer",
)


def row_expectations() -> tuple[Expectation, ...]:
    """What every accepted or uncatalogued statement must fulfil; the first that fails is the one that is named."""
    return (
        _REQUIRED,
        *(_listed(column) for column in STATEMENTS.columns if column.allowed and column.name != "status"),
        _true("quote_is_not_empty", "a row without its words is worth nothing: nobody can check it", "quote"),
        _true(
            "quote_stands_in_document",
            "char_start and char_end must point at the quote in documents.text, so that a reader finds it",
            "char_start",
            "char_end",
            "quote",
        ),
        _true(
            "indicator_is_known",
            "an accepted statement names an indicator of the standard, an uncatalogued one none",
            "indicator",
            "status",
        ),
        _true("unit_is_known", "the unit is one of the closed list in the standard", "unit"),
        _true(
            "unit_is_the_indicators",
            "a value is comparable only in the unit that the standard gives its indicator",
            "indicator",
            "unit",
        ),
        _true("province_is_known", "the province and its code are those of the standard", "province", "province_code"),
        _true(
            "successor_province_is_known",
            "province_2025 must be one of the units since 2025-07-01, or the nation",
            "province_2025",
        ),
        _true("value_is_finite", "infinity and not-a-number cannot be a target", "value", "value_max"),
        _true(
            "value_is_not_below_bounds",
            "a value under the indicator's lower bound is a misread number or a wrong indicator",
            "indicator",
            "value",
        ),
        _true(
            "value_is_not_above_bounds",
            "a value over the indicator's upper bound is a misread number or a wrong "
            "indicator; totals over a period and national figures are exempt",
            "indicator",
            "value",
            "value_max",
        ),
        _true(
            "range_is_ordered",
            "a range has its lower end in value and its upper end in value_max, and only a range has value_max",
            "value",
            "value_max",
            "comparator",
        ),
        _true(
            "year_is_not_past",
            "a target is due in or after the year of the document that sets it",
            "year",
            "document_date",
        ),
        _true(
            "year_is_not_too_far",
            f"no plan looks further than {LONGEST_HORIZON_YEARS} years ahead",
            "year",
            "document_date",
        ),
        _true(
            "period_starts_before_it_ends",
            "period_start is the first year of the period that year ends",
            "period_start",
            "year",
        ),
    )


def _listed(column: Column) -> Expectation:
    return Expectation(
        f"{column.name}_is_in_its_list",
        "expect_column_values_to_be_in_set",
        {"column": column.name, "value_set": list(column.allowed)},
        f"{column.name} is a closed list: {', '.join(column.allowed)}",
        (column.name,),
    )


def _true(name: str, reason: str, *shown: str) -> Expectation:
    return Expectation(name, "expect_column_values_to_be_in_set", {"column": name, "value_set": [True]}, reason, shown)


def table_expectations(table: Table) -> tuple[Expectation, ...]:
    """What must hold for a whole published table: its columns in order, no nulls, closed lists, one row per grain."""
    return (
        Expectation(
            "columns_are_the_contract",
            "expect_table_columns_to_match_ordered_list",
            {"column_list": [*table.names, MISSING, REPEATED]},
            "consumers read these columns by the contract",
        ),
        _NEVER_NULL,
        *(
            Expectation(
                f"{column.name}_is_in_its_list",
                "expect_column_values_to_be_in_set",
                {"column": column.name, "value_set": list(column.allowed)},
                f"{column.name} is a closed list: {', '.join(column.allowed)}",
            )
            for column in table.columns
            if column.allowed
        ),
        _unique(table),
    )


def _unique(table: Table) -> Expectation:
    return Expectation(
        "grain_is_unique",
        "expect_column_values_to_be_in_set",
        {"column": REPEATED, "value_set": [""]},
        f"one row per {', '.join(table.grain)}: a second row would be counted twice",
    )
