"""Checks that need several tables at once, or a whole table: each is a query that returns the rows that are wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from schemas.tables import ALL_TABLES, STATEMENTS, Table

SHOWN_ROWS = 5
PREVAILING_COLUMNS = ("province", "unit", "value", "year", "value_max", "comparator")


@dataclass(frozen=True, slots=True)
class Check:
    """`query` gives the wrong rows, the first columns say which; `reason` tells a newcomer why it is looked at."""

    name: str
    table: str
    query: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Outcome of one check: `failing` rows, the first few of them in words."""

    name: str
    table: str
    reason: str
    failing: int = 0
    rows: tuple[str, ...] = ()
    error: str = ""

    @property
    def passed(self) -> bool:
        return not self.failing and not self.error

    def __str__(self) -> str:
        if self.passed:
            return f"{self.table}: {self.name} holds"
        found = self.error or f"{self.failing} rows, such as {'; '.join(self.rows)}"
        return f"{self.table}: {self.name} failed ({found}). Why it matters: {self.reason}"


def cross_table_checks() -> tuple[Check, ...]:
    """What the tables of one snapshot owe each other: cheap enough for every night."""
    return (*_of_targets("targets"), *_of_targets("targets_provisional"), *_of_all())


def _of_targets(table: str) -> tuple[Check, ...]:
    compared = " OR ".join(f"t.{name} IS DISTINCT FROM s.{name}" for name in PREVAILING_COLUMNS)
    return (
        Check(
            "every_target_has_its_statement",
            table,
            f"SELECT t.statement_id, t.province, t.indicator, t.year FROM {table} AS t "
            "ANTI JOIN prevailing AS s ON t.statement_id = s.statement_id",
            "a target without the statement that prevails for it has no evidence",
        ),
        Check(
            "target_says_what_its_statement_says",
            table,
            f"SELECT t.statement_id, t.province, t.indicator, t.value AS value, s.value AS stated FROM {table} AS t "
            f"JOIN prevailing AS s ON t.statement_id = s.statement_id WHERE {compared}",
            "the published number must be the one that the document states",
        ),
        Check(
            "target_counts_its_statements",
            table,
            f"SELECT statement_id, n_statements, n_documents, agreement FROM {table} WHERE n_documents > n_statements "
            "OR n_documents < 1 OR (agreement = 'single') <> (n_statements = 1)",
            "n_statements, n_documents and agreement tell how well a number is supported",
        ),
    )


def _of_all() -> tuple[Check, ...]:
    return (
        Check(
            "every_prevailing_statement_is_a_target",
            "statements",
            "SELECT s.statement_id, s.province, s.value, s.year FROM prevailing AS s ANTI JOIN "
            "(SELECT statement_id FROM targets UNION ALL SELECT statement_id FROM targets_provisional) AS t "
            "ON s.statement_id = t.statement_id",
            "a statement that prevails but is in neither table of targets was lost on the way",
        ),
        Check(
            "statement_ids_are_unique",
            "statements",
            "SELECT statement_id, count(*) AS times FROM statements GROUP BY ALL HAVING count(*) > 1",
            "evidence is looked up by statement_id, so one id must be one statement",
        ),
        Check(
            "every_statement_has_its_document",
            "statements",
            "SELECT s.statement_id, s.source_file, s.found FROM stated AS s ANTI JOIN documents AS d "
            "ON s.document_id = d.document_id AND s.source_file = d.source_file",
            "without its document nobody can read a statement in its context",
        ),
        Check(
            "documents_count_their_statements",
            "documents",
            "SELECT d.source_file, d.n_statements, coalesce(s.found, 0) AS found FROM documents AS d LEFT JOIN "
            "(SELECT source_file, sum(found) AS found FROM stated GROUP BY ALL) AS s "
            "ON d.source_file = s.source_file WHERE d.n_statements <> coalesce(s.found, 0)",
            "a difference means that statements of a document were lost or taken twice",
        ),
        Check(
            "source_files_are_unique",
            "documents",
            "SELECT source_file, count(*) AS times FROM documents GROUP BY ALL HAVING count(*) > 1",
            "each file of the inbox is one row of documents",
        ),
        Check(
            "rejected_and_statements_agree",
            "rejected",
            "SELECT r.statement_id, r.expectation FROM rejected AS r ANTI JOIN statements AS s "
            "ON r.statement_id = s.statement_id AND s.status = 'rejected'",
            "every rejected row must be found among the statements, with status rejected",
        ),
        Check(
            "no_rejected_row_is_a_target",
            "targets",
            "SELECT t.statement_id, t.province, t.indicator FROM all_targets AS t SEMI JOIN rejected AS r "
            "ON t.statement_id = r.statement_id",
            "what failed an expectation must not be published as a target",
        ),
        Check(
            "every_commitment_has_its_statement",
            "commitments",
            "SELECT c.statement_id, c.province FROM commitments AS c ANTI JOIN statements AS s "
            "ON c.statement_id = s.statement_id AND s.status = 'qualitative'",
            "a commitment without its statement has no evidence",
        ),
        Check(
            "targets_use_indicators_of_the_standard",
            "targets",
            "SELECT t.statement_id, t.indicator FROM targets AS t ANTI JOIN indicators AS i USING (indicator)",
            "an indicator that the shipped standard does not define means nothing to the reader",
        ),
        Check(
            "provisional_targets_have_slugs",
            "targets_provisional",
            "SELECT statement_id, indicator FROM targets_provisional WHERE NOT starts_with(indicator, '~')",
            "only a name that begins with ~ tells readers that the standard does not know the indicator yet",
        ),
        Check(
            "units_are_known",
            "targets",
            "SELECT t.statement_id, t.unit FROM all_targets AS t ANTI JOIN units AS u ON t.unit = u.unit",
            "units are a closed list",
        ),
        Check(
            "provinces_are_known",
            "targets",
            "SELECT t.statement_id, t.province, t.province_code FROM all_targets AS t ANTI JOIN provinces AS p "
            "ON t.province = p.province AND t.province_code = p.province_code",
            "province and code must be those of the standard",
        ),
    )


def whole_table_checks() -> tuple[Check, ...]:
    """What every row of every table owes the contract, and the quotes their documents: for `muctieu validate`."""
    found = [check for table in ALL_TABLES for check in _of_table(table)]
    found.append(
        Check(
            "quote_stands_in_document",
            "statements",
            "SELECT s.statement_id, s.source_file, s.char_start, s.quote FROM statements AS s JOIN documents AS d "
            "ON s.source_file = d.source_file WHERE d.text IS NULL "
            "OR substring(d.text, s.char_start + 1, s.char_end - s.char_start) IS DISTINCT FROM s.quote",
            "char_start and char_end must point at the quote, so that a reader finds it",
        )
    )
    for table in ("targets", "targets_provisional"):
        found.append(
            Check(
                "target_quotes_its_statement",
                table,
                f"SELECT t.statement_id, t.quote, s.quote AS said FROM {table} AS t JOIN statements AS s "
                "ON t.statement_id = s.statement_id WHERE t.quote <> s.quote "
                "OR t.document_number IS DISTINCT FROM s.document_number",
                "the published words must be those of the document",
            )
        )
    found.append(
        Check(
            "values_are_finite",
            "statements",
            "SELECT statement_id, value, value_max FROM statements WHERE NOT isfinite(coalesce(value, 0)) "
            "OR NOT isfinite(coalesce(value_max, 0))",
            "infinity and not-a-number cannot be a target",
        )
    )
    found.append(
        Check(
            "values_are_within_bounds",
            "targets",
            "SELECT t.statement_id, t.province, t.indicator, t.value, i.value_min, i.value_max FROM targets AS t "
            "JOIN indicators AS i ON t.indicator = i.indicator WHERE t.value < i.value_min "
            "OR (t.value > i.value_max AND t.year_basis <> 'period' AND t.province <> 'Việt Nam')",
            "a value outside the bounds of its indicator is a misread number or a wrong indicator",
        )
    )
    return tuple(found)


def _of_table(table: Table) -> list[Check]:
    key = ", ".join(table.grain[:3])
    checks = [
        Check(
            f"{column.name}_is_never_null",
            table.name,
            f"SELECT {key} FROM {table.name} WHERE {column.name} IS NULL",
            f"the contract promises it: {column.description}",
        )
        for column in table.columns
        if not column.nullable
    ]
    for column in table.columns:
        if column.allowed:
            listed = ", ".join(f"'{value}'" for value in column.allowed)
            checks.append(
                Check(
                    f"{column.name}_is_in_its_list",
                    table.name,
                    f"SELECT {', '.join(dict.fromkeys((*table.grain[:3], column.name)))} FROM {table.name} "
                    f"WHERE {column.name} NOT IN ({listed})",
                    f"{column.name} is a closed list: {', '.join(column.allowed)}",
                )
            )
    grain = ", ".join(table.grain)
    query = f"SELECT {grain}, count(*) AS times FROM {table.name} GROUP BY {grain} HAVING count(*) > 1"
    reason = f"one row per {grain}: a second row would be counted twice"
    checks.append(Check("grain_is_unique", table.name, query, reason))
    return checks


def open_snapshot(connection: duckdb.DuckDBPyConnection, snapshot: Path, prefix: str = "") -> tuple[Finding, ...]:
    """Make a view `prefix + name` of every table of the snapshot; findings for those that cannot be read."""
    failures = []
    for table in ALL_TABLES:
        files = snapshot / table.name / "*.parquet" if table.bucketed else snapshot / f"{table.name}.parquet"
        path = str(files).replace("'", "''")
        try:
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {prefix}{table.name} AS FROM read_parquet('{path}')")
        except duckdb.Error as trouble:
            failures.append(_unreadable(table, str(trouble)))
            columns = ", ".join(f"NULL::VARCHAR AS {column.name}" for column in table.columns)
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {prefix}{table.name} AS SELECT {columns} WHERE false")
    if not prefix:
        failures += [finding for name in _READ_ONCE for finding in _read_once(connection, name)]
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {prefix}all_targets AS SELECT * FROM {prefix}targets "
        f"UNION ALL BY NAME SELECT * FROM {prefix}targets_provisional"
    )
    return tuple(failures)


_PREVAILING = ", ".join(("statement_id", *PREVAILING_COLUMNS))
_READ_ONCE = {
    "prevailing": (f"SELECT {_PREVAILING} FROM statements WHERE prevails", _PREVAILING.split(", ")),
    "stated": (
        "SELECT document_id, source_file, min(statement_id) AS statement_id, count(*) AS found "
        "FROM statements GROUP BY ALL",
        ["document_id", "source_file", "statement_id", "0 AS found"],
    ),
}
"""Tables that several checks need: the statements that prevail, and how many each document has. With their columns."""


def _read_once(connection: duckdb.DuckDBPyConnection, name: str) -> list[Finding]:
    query, columns = _READ_ONCE[name]
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    except duckdb.Error as trouble:
        nothing = ", ".join(column if " AS " in column else f"NULL::VARCHAR AS {column}" for column in columns)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {nothing} WHERE false")
        return [_unreadable(STATEMENTS, str(trouble))]
    return []


def _unreadable(table: Table, trouble: str) -> Finding:
    reason = "a file that cannot be read is missing or damaged; copy the snapshot again or roll back"
    return Finding("files_can_be_read", table.name, reason, error=trouble.splitlines()[0])


def run_check(connection: duckdb.DuckDBPyConnection, check: Check) -> Finding:
    """Run one check; the first failing rows are told in words."""
    try:
        relation = connection.execute(f"SELECT *, count(*) OVER () FROM ({check.query}) LIMIT {SHOWN_ROWS}")
        names = [column[0] for column in relation.description or ()][:-1]
        rows: list[tuple[Any, ...]] = relation.fetchall()
    except duckdb.Error as trouble:
        return Finding(check.name, check.table, check.reason, error=str(trouble).splitlines()[0])
    if not rows:
        return Finding(check.name, check.table, check.reason)
    shown = tuple(", ".join(f"{name}={value!r}" for name, value in zip(names, row, strict=False)) for row in rows)
    return Finding(check.name, check.table, check.reason, int(rows[0][-1]), shown)
