"""The suite that a run holds its rows against, over a snapshot that is published: for `muctieu validate`.

Statements and documents of one document lie in buckets of the same number, so a few buckets are looked at at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.suite import TableFailure, check_statements, check_table, row_expectations, table_expectations
from schemas.tables import (
    COMMITMENTS,
    DOCUMENTS,
    INDICATORS,
    PROVINCES,
    REJECTED,
    STATEMENTS,
    TARGETS,
    TARGETS_PROVISIONAL,
    UNITS,
    Table,
)
from warehouse.checks import SHOWN_ROWS, Finding
from warehouse.manifest import FileEntry, Manifest

ROWS_AT_ONCE = 100_000
_WHOLE = (TARGETS, TARGETS_PROVISIONAL, REJECTED, COMMITMENTS)
_STANDARD = (INDICATORS, PROVINCES, UNITS)


def suite_again(snapshot: Path, manifest: Manifest) -> list[Finding]:
    """One finding for every expectation, of whole tables and of single rows. The tables must have their columns."""
    standard = {table.name: _read(snapshot, manifest.tables[table.name], table) for table in _STANDARD}
    tables = [failure for table in _WHOLE for failure in _whole(snapshot, manifest, table)]
    rows: dict[str, list[str]] = {}
    for statements, documents in _groups(snapshot, manifest):
        tables += [*check_table(STATEMENTS, statements), *check_table(DOCUMENTS, documents)]
        for row in check_statements(statements, documents, standard).rejected.to_pylist():
            rows.setdefault(row["expectation"], []).append(
                f"statement_id={row['statement_id']!r}, source_file={row['source_file']!r}: {row['expectation_detail']}"
            )
    return [*_of_tables(tables), *_of_rows(rows)]


def _of_tables(failures: Iterable[TableFailure]) -> Iterator[Finding]:
    found: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        found.setdefault((failure.table, failure.expectation), []).append(failure.found)
    known = [
        (table.name, it.name, it.reason)
        for table in (*_WHOLE, STATEMENTS, DOCUMENTS)
        for it in table_expectations(table)
    ]
    for table, name, reason in known:
        told = found.get((table, name), [])
        yield Finding(f"suite, {name}", table, reason, error="; ".join(told[:SHOWN_ROWS]))


def _of_rows(rows: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for expectation in row_expectations():
        told = rows.get(expectation.name, ())
        name = f"suite, every row, {expectation.name}"
        yield Finding(name, STATEMENTS.name, expectation.reason, len(told), tuple(told[:SHOWN_ROWS]))


def _whole(snapshot: Path, manifest: Manifest, table: Table) -> Iterable[TableFailure]:
    return check_table(table, _read(snapshot, manifest.tables[table.name], table))


def _groups(snapshot: Path, manifest: Manifest) -> Iterator[tuple[pa.Table, pa.Table]]:
    """(statements, documents) of neighbouring buckets, all rows of a document in one group."""
    by_number: dict[str, tuple[list[FileEntry], list[FileEntry]]] = {}
    for place, table in enumerate((STATEMENTS, DOCUMENTS)):
        for entry in manifest.tables[table.name]:
            by_number.setdefault(Path(entry.path).name, ([], []))[place].append(entry)
    held: tuple[list[FileEntry], list[FileEntry]] = ([], [])
    for _, (statements, documents) in sorted(by_number.items()):
        held[0].extend(statements)
        held[1].extend(documents)
        if sum(entry.rows or 0 for entry in (*held[0], *held[1])) >= ROWS_AT_ONCE:
            yield _read(snapshot, held[0], STATEMENTS), _read(snapshot, held[1], DOCUMENTS)
            held = ([], [])
    if held[0] or held[1]:
        yield _read(snapshot, held[0], STATEMENTS), _read(snapshot, held[1], DOCUMENTS)


def _read(snapshot: Path, entries: Iterable[FileEntry], table: Table) -> pa.Table:
    """Rows as they are: a null where none may be is for the suite to tell."""
    schema = pa.schema([pa.field(column.name, column.type) for column in table.columns])
    parts = [pq.ParquetFile(snapshot / entry.path).read(use_threads=False) for entry in entries]
    return pa.concat_tables([schema.empty_table(), *(part.select(schema.names).cast(schema) for part in parts)])
