"""The gate: what must hold before anything is published, as a Great Expectations suite built from the table schemas.

Two stages. Row expectations look at each statement; a row that fails one goes to `rejected` with the expectation's
name and never becomes a target. Table expectations look at whole tables; one failure stops the publish and yesterday's
snapshot stays. Great Expectations is imported inside `_run` only: the import takes seconds and 260 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from schemas.standard.model import NATION, Standard
from schemas.tables import (
    COMMITMENTS,
    DOCUMENTS,
    REJECTED,
    STATEMENTS,
    TARGETS,
    TARGETS_PROVISIONAL,
    Column,
    Table,
)

LONGEST_HORIZON_YEARS = 60
CHECKED_STATUSES = ("accepted", "uncatalogued")
WHOLE_TABLES = (TARGETS, TARGETS_PROVISIONAL, STATEMENTS, DOCUMENTS, REJECTED, COMMITMENTS)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One rule. `kind` and `arguments` are Great Expectations'; `reason` tells a newcomer why it is there."""

    name: str
    kind: str
    arguments: Mapping[str, Any]
    reason: str
    shown: tuple[str, ...] = ()
    """Columns whose values explain a failure."""


@dataclass(frozen=True, slots=True)
class TableFailure:
    """A failure that stops the publish."""

    table: str
    expectation: str
    reason: str
    found: str

    def __str__(self) -> str:
        return f"{self.table}: {self.expectation} failed ({self.found}). Why it matters: {self.reason}"


@dataclass(frozen=True, slots=True)
class CheckedStatements:
    """`statements` with the status of failing rows set to rejected; `rejected` names what each of them failed."""

    statements: pa.Table
    rejected: pa.Table


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """Outcome for a whole set of tables: what `muctieu validate` shows."""

    rejected: pa.Table
    failures: tuple[TableFailure, ...]
    checked: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.failures and self.rejected.num_rows == 0


# ---------------------------------------------------------------- row expectations


def row_expectations() -> tuple[Expectation, ...]:
    """What every accepted or uncatalogued statement must fulfil; the first that fails is the one that is named."""
    return (
        *(_present(column) for column in TARGETS.columns if not column.nullable and column.name in _STATED),
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


_STATED = frozenset(
    (
        "province",
        "unit",
        "value",
        "year",
        "comparator",
        "value_basis",
        "year_basis",
        "province_code",
        "province_2025",
        "quote",
        "statement_id",
    )
)


def _present(column: Column) -> Expectation:
    return Expectation(
        f"{column.name}_is_present",
        "expect_column_values_to_not_be_null",
        {"column": column.name},
        f"a target needs it: {column.description}",
        (column.name,),
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


def check_statements(statements: pa.Table, documents: pa.Table, standard: Standard) -> CheckedStatements:
    """Hold every accepted and uncatalogued statement against the row expectations.

    `documents` needs document_id, status and text of the documents that the statements come from. Other statuses are no
    candidates for a target and stay as they are.
    """
    facts = _row_facts(statements, documents, standard)
    if facts.num_rows == 0:
        return CheckedStatements(statements, REJECTED.arrow_schema().empty_table())
    failed = _first_failures(facts, row_expectations())
    return _reject(statements, failed)


_FACTS = """
SELECT s.position, s.* EXCLUDE (position),
    length(trim(coalesce(s.quote, ''))) > 0 AS quote_is_not_empty,
    coalesce(d.text IS NOT NULL AND s.char_start >= 0 AND s.char_end > s.char_start
        AND substring(d.text, s.char_start + 1, s.char_end - s.char_start) = s.quote, false)
        AS quote_stands_in_document,
    CASE WHEN s.status = 'accepted' THEN i.indicator IS NOT NULL ELSE s.indicator IS NULL END AS indicator_is_known,
    s.unit IN (SELECT unit FROM units) AS unit_is_known,
    i.indicator IS NULL OR s.unit = i.unit OR (s.year_basis = 'period' AND starts_with(i.unit, s.unit || '_per_year'))
        AS unit_is_the_indicators,
    p.province IS NOT NULL AS province_is_known,
    s.province_2025 IN (SELECT province FROM provinces) AS successor_province_is_known,
    isfinite(s.value) AND isfinite(coalesce(s.value_max, 0)) AS value_is_finite,
    coalesce(s.value >= i.value_min, true) AS value_is_not_below_bounds,
    s.province = $nation OR s.year_basis = 'period' OR coalesce(greatest(s.value, s.value_max) <= i.value_max, true)
        AS value_is_not_above_bounds,
    CASE WHEN s.comparator = 'between' THEN coalesce(s.value_max >= s.value, false) ELSE s.value_max IS NULL END
        AS range_is_ordered,
    coalesce(s.year >= year(s.document_date), true) AS year_is_not_past,
    coalesce(s.year <= year(s.document_date) + $horizon, true) AS year_is_not_too_far,
    coalesce(s.period_start <= s.year, true) AS period_starts_before_it_ends
FROM statements AS s
LEFT JOIN documents AS d ON d.document_id = s.document_id
LEFT JOIN indicators AS i ON s.indicator = i.indicator
LEFT JOIN provinces AS p ON s.province = p.province AND s.province_code = p.province_code
WHERE s.status IN ('accepted', 'uncatalogued')
ORDER BY s.position
"""

_FACT_COLUMNS = (
    "document_id",
    "status",
    "statement_id",
    "province",
    "indicator",
    "unit",
    "value",
    "value_max",
    "comparator",
    "value_basis",
    "year",
    "year_basis",
    "period_start",
    "admin_level",
    "province_code",
    "province_2025",
    "document_kind",
    "document_date",
    "quote",
    "char_start",
    "char_end",
)


def _row_facts(statements: pa.Table, documents: pa.Table, standard: Standard) -> pa.Table:
    """The checked rows with one boolean column per comparison that needs the document or the standard."""
    texts = documents.select(["document_id", "status", "text"])
    texts = texts.filter(pc.equal(texts["status"], "processed")).drop_columns(["status"])
    positions = pa.array(range(statements.num_rows), pa.int64())
    with duckdb.connect() as connection:
        connection.register("statements", statements.select(_FACT_COLUMNS).append_column("position", positions))
        connection.register("documents", texts)
        connection.register("indicators", _indicators(standard))
        connection.register("units", _units(standard))
        connection.register("provinces", _provinces(standard))
        return connection.execute(_FACTS, {"nation": NATION, "horizon": LONGEST_HORIZON_YEARS}).to_arrow_table()


def _indicators(standard: Standard) -> pa.Table:
    entries = list(standard.indicators.values())
    return pa.table(
        {
            "indicator": pa.array([entry.id for entry in entries], pa.string()),
            "unit": pa.array([entry.unit for entry in entries], pa.string()),
            "value_min": pa.array([entry.value_min for entry in entries], pa.float64()),
            "value_max": pa.array([entry.value_max for entry in entries], pa.float64()),
        }
    )


def _units(standard: Standard) -> pa.Table:
    return pa.table({"unit": pa.array(sorted(standard.units), pa.string())})


def _provinces(standard: Standard) -> pa.Table:
    known = sorted({(NATION, "00"), *((entry.name, entry.code) for entry in standard.provinces)})
    names, codes = zip(*known, strict=True)
    return pa.table({"province": pa.array(names, pa.string()), "province_code": pa.array(codes, pa.string())})


def _first_failures(facts: pa.Table, expectations: Sequence[Expectation]) -> dict[int, tuple[Expectation, str]]:
    """Position of each failing statement -> the first expectation that it fails, and what was found."""
    columns = {expectation.arguments["column"] for expectation in expectations}
    narrow = facts.select([name for name in facts.column_names if name in columns])
    failed: dict[int, Expectation] = {}
    for expectation, outcome in zip(expectations, _run(narrow, expectations), strict=True):
        if outcome.error:
            raise RuntimeError(f"expectation {expectation.name} could not be evaluated: {outcome.error}")
        for row in outcome.failing_rows:
            failed.setdefault(row, expectation)
    positions = facts["position"].to_pylist() if failed else []
    return {positions[row]: (expectation, _found(facts, row, expectation)) for row, expectation in failed.items()}


def _found(facts: pa.Table, row: int, expectation: Expectation) -> str:
    shown = ", ".join(
        f"{name}={facts[name][row].as_py()!r}" for name in expectation.shown if name in facts.column_names
    )
    return f"{expectation.reason}; found {shown}"


def _reject(statements: pa.Table, failed: Mapping[int, tuple[Expectation, str]]) -> CheckedStatements:
    if not failed:
        return CheckedStatements(statements, REJECTED.arrow_schema().empty_table())
    order = sorted(failed)
    mask = pa.array([position in failed for position in range(statements.num_rows)])
    names = pa.array([failed[position][0].name for position in order], pa.string())
    details = pa.array([failed[position][1] for position in order], pa.string())
    statements = _replace(statements, "status", mask, pa.array(["rejected"] * len(order), pa.string()))
    statements = _replace(statements, "status_reason", mask, details)
    rejected = statements.take(pa.array(order, pa.int64()))
    columns = [*rejected.columns, names, details]
    rejected = pa.Table.from_arrays(columns, schema=REJECTED.arrow_schema())
    return CheckedStatements(statements, rejected.sort_by([(name, "ascending") for name in REJECTED.sort]))


def _replace(table: pa.Table, name: str, mask: pa.Array, values: pa.Array) -> pa.Table:
    index = table.schema.get_field_index(name)
    column = pc.replace_with_mask(table[name].combine_chunks(), mask, values)
    return table.set_column(index, table.schema.field(index), column)


# ---------------------------------------------------------------- table expectations


def table_expectations(table: Table) -> tuple[Expectation, ...]:
    """What must hold for a whole published table: its columns in order, no nulls, closed lists, one row per grain."""
    return (
        Expectation(
            "columns_are_the_contract",
            "expect_table_columns_to_match_ordered_list",
            {"column_list": list(table.names)},
            "consumers read these columns by the contract",
        ),
        *(
            Expectation(
                f"{column.name}_is_never_null",
                "expect_column_values_to_not_be_null",
                {"column": column.name},
                f"the contract promises it: {column.description}",
            )
            for column in table.columns
            if not column.nullable
        ),
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


_LONG_TEXT = frozenset(("quote", "text"))


def _light(rows: pa.Table) -> pa.Table:
    """`rows` with long texts replaced by true or null: whether they are there is all that the expectations ask."""
    for index, name in enumerate(rows.column_names):
        if name in _LONG_TEXT:
            there = pc.if_else(pc.is_valid(rows[name]), pa.scalar(True), pa.scalar(None, pa.bool_()))
            rows = rows.set_column(index, name, there)
    return rows


def _unique(table: Table) -> Expectation:
    reason = f"one row per {', '.join(table.grain)}: a second row would be counted twice"
    if len(table.grain) == 1:
        return Expectation("grain_is_unique", "expect_column_values_to_be_unique", {"column": table.grain[0]}, reason)
    return Expectation(
        "grain_is_unique",
        "expect_compound_columns_to_be_unique",
        {"column_list": list(table.grain), "ignore_row_if": "never"},
        reason,
    )


def check_tables(tables: Mapping[str, pa.Table], previous_targets: int | None = None) -> tuple[TableFailure, ...]:
    """Failures that stop a publish; empty when all is well.

    `tables` maps names to Arrow tables; a table that is not given is not checked. `previous_targets` is the number of
    targets in the last snapshot: a night that finds none after one that found some is a fault of the reading.
    """
    failures: list[TableFailure] = []
    for table in WHOLE_TABLES:
        if table.name in tables:
            failures.extend(_check_table(table, tables[table.name]))
    if previous_targets and "targets" in tables and tables["targets"].num_rows == 0:
        failures.append(
            TableFailure(
                "targets",
                "targets_do_not_vanish",
                "an empty table after a full one means that the reading broke",
                f"0 rows, the last snapshot had {previous_targets}",
            )
        )
    return tuple(failures)


def _check_table(table: Table, rows: pa.Table) -> Iterable[TableFailure]:
    mistyped = [
        f"{column.name} is {rows.schema.field(column.name).type}, not {column.type}"
        for column in table.columns
        if column.name in rows.column_names and rows.schema.field(column.name).type != column.type
    ]
    if mistyped:
        yield TableFailure(table.name, "types_are_the_contract", "consumers rely on the types", "; ".join(mistyped))
    expectations = table_expectations(table)
    for expectation, outcome in zip(expectations, _run(_light(rows), expectations), strict=True):
        if outcome.error or outcome.failing_rows or not outcome.success:
            yield TableFailure(
                table.name,
                expectation.name,
                expectation.reason,
                outcome.error or outcome.found or f"{outcome.failing_count} rows",
            )


def validate(
    tables: Mapping[str, pa.Table], standard: Standard, previous_targets: int | None = None
) -> ValidationResult:
    """Both stages over a finished set of tables, as read back from a warehouse."""
    checked = check_statements(tables["statements"], tables["documents"], standard)
    names = tuple(expectation.name for expectation in row_expectations())
    return ValidationResult(checked.rejected, check_tables(tables, previous_targets), names)


# ---------------------------------------------------------------- Great Expectations


@dataclass(frozen=True, slots=True)
class _Outcome:
    success: bool
    failing_rows: tuple[int, ...] = ()
    failing_count: int = 0
    found: str = ""
    error: str = ""


def _run(rows: pa.Table, expectations: Sequence[Expectation]) -> list[_Outcome]:
    """Evaluate the expectations over `rows`, in their order."""
    gx, configuration, progress_bars = _great_expectations()
    frame = rows.to_pandas(ignore_metadata=True)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = progress_bars(globally=False)
    batch = (
        context.data_sources.add_pandas("memory")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": frame})
    )
    suite = gx.ExpectationSuite(
        name="muctieu",
        expectations=[
            configuration(
                type=expectation.kind,
                kwargs=dict(expectation.arguments),
                meta={"name": expectation.name, "position": position},
            ).to_domain_obj()
            for position, expectation in enumerate(expectations)
        ],
    )
    result = batch.validate(suite, result_format={"result_format": "COMPLETE", "include_unexpected_rows": False})
    outcomes = {found.expectation_config.meta["position"]: _outcome(found) for found in result.results}
    return [outcomes[position] for position in range(len(expectations))]


def _outcome(found: Any) -> _Outcome:
    raised = (found.exception_info or {}).get("raised_exception")
    if raised is None:
        problems = [
            str(info.get("exception_message"))
            for info in (found.exception_info or {}).values()
            if isinstance(info, Mapping) and info.get("raised_exception")
        ]
    else:
        problems = [str(found.exception_info.get("exception_message"))] if raised else []
    if problems:
        return _Outcome(False, error="; ".join(problems))
    details = found.result or {}
    rows = tuple(int(row) for row in details.get("unexpected_index_list") or ())
    observed = details.get("observed_value")
    return _Outcome(
        bool(found.success),
        rows,
        int(details.get("unexpected_count") or 0),
        "" if found.success or observed is None else f"found {observed}",
    )


def _great_expectations() -> tuple[Any, Any, Any]:
    """Import late: two to three seconds."""
    import logging
    import warnings

    warnings.filterwarnings("ignore", module="great_expectations")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.ERROR)
    return gx, ExpectationConfiguration, ProgressBarsConfig
