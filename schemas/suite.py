"""The gate: what must hold before anything is published, as a Great Expectations suite built from the table schemas.

Two stages. Row expectations look at each statement; a row that fails one goes to `rejected` with the expectation's
name and never becomes a target. Table expectations look at whole tables; one failure stops the publish and yesterday's
snapshot stays. Great Expectations is imported inside `_run` only: the import takes seconds and 260 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.expectations import MISSING, REPEATED, Expectation, row_expectations, table_expectations
from schemas.row_facts import missing_columns, quotes_that_stand, repeated_grains, row_facts
from schemas.standard.model import Standard
from schemas.standard.publish import standard_tables
from schemas.tables import (
    COMMITMENTS,
    DOCUMENTS,
    REJECTED,
    STATEMENTS,
    TARGETS,
    TARGETS_PROVISIONAL,
    Table,
)

__all__ = [
    "CheckedStatements",
    "TableFailure",
    "check_statements",
    "check_table",
    "check_tables",
    "record_of",
    "row_expectations",
    "table_expectations",
]

ROWS_AT_ONCE = 250_000
"""Rows that Great Expectations is given at a time: it holds them several times over."""
FEWEST_FAILED_TOGETHER = 3
"""So many documents of one run, all failed, stop the publish."""

WHOLE_TABLES = (TARGETS, TARGETS_PROVISIONAL, STATEMENTS, DOCUMENTS, REJECTED, COMMITMENTS)


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


# ---------------------------------------------------------------- row expectations


def check_statements(
    statements: pa.Table, documents: pa.Table | Iterable[pa.Table], standard: Standard | Mapping[str, pa.Table]
) -> CheckedStatements:
    """Hold every accepted and uncatalogued statement against the row expectations.

    `documents` needs document_id, status and text of the documents that the statements come from, in one table or in
    many. `standard` may be its published tables: a warehouse is judged by the edition that it was made with. Other
    statuses are no candidates for a target and stay as they are.
    """
    published = standard if isinstance(standard, Mapping) else standard_tables(standard)
    stands = quotes_that_stand(statements, [documents] if isinstance(documents, pa.Table) else documents)
    failed: dict[int, tuple[Expectation, str]] = {}
    for start in range(0, statements.num_rows, ROWS_AT_ONCE):
        facts = row_facts(statements.slice(start, ROWS_AT_ONCE), stands.slice(start, ROWS_AT_ONCE), published)
        if facts.num_rows:
            found = _first_failures(facts, row_expectations())
            failed |= {start + position: reason for position, reason in found.items()}
    return _reject(statements, failed)


def _first_failures(facts: pa.Table, expectations: Sequence[Expectation]) -> dict[int, tuple[Expectation, str]]:
    """Position of each failing statement -> the first expectation that it fails, and what was found.

    Evaluated twice: counting is cheap, listing the failing rows is not and is asked of what fails only.
    """
    columns = {expectation.arguments["column"] for expectation in expectations}
    narrow = facts.select([name for name in facts.column_names if name in columns])
    failing = [
        expectation
        for expectation, outcome in zip(expectations, _run(narrow, expectations), strict=True)
        if not _certain(expectation, outcome).success
    ]
    failed: dict[int, Expectation] = {}
    if failing:
        for expectation, outcome in zip(failing, _run(narrow, failing, listing=True), strict=True):
            for row in _certain(expectation, outcome).failing_rows:
                failed.setdefault(row, expectation)
    positions = facts["position"].to_pylist() if failed else []
    return {positions[row]: (expectation, _found(facts, row, expectation)) for row, expectation in failed.items()}


def _certain(expectation: Expectation, outcome: _Outcome) -> _Outcome:
    if outcome.error:
        raise RuntimeError(f"expectation {expectation.name} could not be evaluated: {outcome.error}")
    return outcome


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


def _light(rows: pa.Table, looked_at: set[str]) -> pa.Table:
    """`rows` with zeros in every column whose values no expectation asks for: its name and place are enough."""
    nothing = pa.array(np.zeros(rows.num_rows, dtype=np.int8))
    for index, name in enumerate(rows.column_names):
        if name not in looked_at:
            rows = rows.set_column(index, name, nothing)
    return rows


def check_tables(tables: Mapping[str, pa.Table], previous_targets: int | None = None) -> tuple[TableFailure, ...]:
    """Failures that stop a publish; empty when all is well.

    `tables` maps names to Arrow tables; a table that is not given is not checked. `previous_targets` is the number of
    targets in the last snapshot: a night that finds none after one that found some is a fault of the reading.
    """
    failures: list[TableFailure] = []
    for table in WHOLE_TABLES:
        if table.name in tables:
            failures.extend(check_table(table, tables[table.name]))
    if "documents" in tables:
        failures.extend(_all_failed(tables["documents"]))
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


def _all_failed(documents: pa.Table) -> Iterable[TableFailure]:
    """One or two failed documents may have earned it; when more come and none could be read, the reader is broken."""
    failed = pc.sum(pc.equal(documents["status"], "failed")).as_py() or 0
    if failed == documents.num_rows >= FEWEST_FAILED_TOGETHER:
        reasons = pc.unique(documents["status_reason"]).to_pylist()
        yield TableFailure(
            "documents",
            "not_all_documents_failed",
            "when no document can be read the reader is broken, not the documents",
            f"{failed} of {failed} failed; the first says: {reasons[0]}",
        )


def check_table(table: Table, rows: pa.Table) -> Iterable[TableFailure]:
    """What `rows`, all or some of a table, fail of its expectations."""
    mistyped = [
        f"{column.name} is {rows.schema.field(column.name).type}, not {column.type}"
        for column in table.columns
        if column.name in rows.column_names and rows.schema.field(column.name).type != column.type
    ]
    if mistyped:
        yield TableFailure(table.name, "types_are_the_contract", "consumers rely on the types", "; ".join(mistyped))
    required = [column.name for column in table.columns if not column.nullable]
    expectations = table_expectations(table)
    light = _light(rows, {str(expectation.arguments.get("column")) for expectation in expectations})
    light = light.append_column(MISSING, missing_columns(rows, required))
    light = light.append_column(REPEATED, repeated_grains(rows, table.grain))
    for start in range(0, max(rows.num_rows, 1), ROWS_AT_ONCE):
        outcomes = _run(light.slice(start, ROWS_AT_ONCE), expectations)
        for expectation, outcome in zip(expectations, outcomes, strict=True):
            if outcome.error or not outcome.success:
                found = outcome.error or outcome.found
                yield TableFailure(table.name, expectation.name, expectation.reason, found)


def record_of(rejected: pa.Table) -> dict[str, Any]:
    """What the suite held the statements against, for validation.json: each row expectation, and how many failed it."""
    failed = {pair["values"]: pair["counts"] for pair in pc.value_counts(rejected["expectation"]).to_pylist()}
    return {
        "row_expectations": [
            {"name": expectation.name, "reason": expectation.reason, "failed": failed.get(expectation.name, 0)}
            for expectation in row_expectations()
        ],
        "table_expectations": {
            table.name: [expectation.name for expectation in table_expectations(table)] for table in WHOLE_TABLES
        },
    }


# ---------------------------------------------------------------- Great Expectations


@dataclass(frozen=True, slots=True)
class _Outcome:
    success: bool
    failing_rows: tuple[int, ...] = ()
    found: str = ""
    error: str = ""


def _run(rows: pa.Table, expectations: Sequence[Expectation], *, listing: bool = False) -> list[_Outcome]:
    """Evaluate the expectations over `rows`, in their order; with `listing` also say which rows fail."""
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
    result = batch.validate(suite, result_format={"result_format": "COMPLETE" if listing else "BASIC"})
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
    return _Outcome(bool(found.success), rows, "" if found.success else _in_words(details))


def _in_words(details: Mapping[str, Any]) -> str:
    examples = ", ".join(str(value) for value in details.get("partial_unexpected_list") or ())
    if details.get("unexpected_count"):
        return f"{details['unexpected_count']} rows, among them {examples[:200]}"
    return f"found {details.get('observed_value')}"


def load() -> None:
    """Import Great Expectations before it is needed."""
    _great_expectations()


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
