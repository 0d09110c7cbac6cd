"""One file in, its documents and statements out: all pure steps, no Prefect, no shared state.

This is what the worker processes run, what `muctieu explain` shows and what the tests call. `Tools` holds everything
that is costly to build; a worker builds it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from extract.decode import Undecodable, decode
from extract.model import Reading
from flows.inbox import InboxFile
from flows.versions import extractor_version
from schemas.tables import DOCUMENTS, STATEMENTS, Table
from transform.identity import statement_id

Row = dict[str, Any]
Reader = Callable[[str, Any], Reading]
Standardiser = Callable[[Reading, Row, Any, Any], list[Row]]
"""(reading, document row, standard, matcher) -> rows of STATEMENTS, without ids."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading needs beside the text: the standard, the gazetteer, the matcher, and the two steps that use them."""

    standard: Any
    places: Any
    matcher: Any
    reader: Reader
    standardiser: Standardiser
    max_bytes: int = 20_000_000


@dataclass(frozen=True, slots=True)
class ProcessedDocument:
    """A row of `documents`, its rows of `statements`, and the reading they come from (None when it was not read)."""

    document: Row
    statements: tuple[Row, ...] = ()
    reading: Reading | None = field(default=None, compare=False)

    def without_reading(self) -> ProcessedDocument:
        return replace(self, reading=None)


def process(source_file: str, data: bytes, tools: Tools) -> ProcessedDocument:
    """Read one document. Never raises for what is in `data`: trouble becomes a status with a reason and a remedy."""
    document = _document_row(source_file, data)
    if not data.strip():
        return _stopped(document, "empty", "the file holds no text; remove it or deliver it again")
    if len(data) > tools.max_bytes:
        return _stopped(
            document,
            "too_large",
            f"{len(data)} bytes, the limit is {tools.max_bytes}; split the document or "
            "raise max_document_bytes in the settings",
        )
    try:
        decoded = decode(data)
    except Undecodable as trouble:
        return _stopped(document, "unreadable", str(trouble))
    document.update(text=decoded.text, encoding=decoded.encoding, status_reason="; ".join(decoded.warnings) or None)
    if not decoded.text.strip():
        return _stopped(document, "empty", "the file holds no text; remove it or deliver it again")
    return read_text(document, decoded.text, tools)


def read_text(document: Row, text: str, tools: Tools) -> ProcessedDocument:
    """Read a decoded document whose row so far is `document`."""
    try:
        reading = tools.reader(text, tools.places)
        document = document | _facts(reading)
        rows = _identified(tools.standardiser(reading, document, tools.standard, tools.matcher), document)
    except Exception as trouble:
        reason = f"{type(trouble).__name__}: {trouble}"
        return _stopped(document, "failed", f"the reading rules stopped ({reason}); report it with this document")
    return ProcessedDocument(document | {"n_statements": len(rows)}, tuple(rows), reading)


def _document_row(source_file: str, data: bytes) -> Row:
    row: Row = dict.fromkeys(DOCUMENTS.names)
    row.update(
        document_id=hashlib.sha256(data).hexdigest(),
        source_file=source_file,
        n_statements=0,
        status="processed",
        extractor_version=extractor_version(),
    )
    return row


def _stopped(document: Row, status: str, reason: str) -> ProcessedDocument:
    return ProcessedDocument(document | {"status": status, "status_reason": reason, "n_statements": 0})


def _facts(reading: Reading) -> Row:
    facts = reading.facts
    of_province = facts.territory_level in ("nation", "province")
    return {
        "kind": facts.kind,
        "title": facts.title,
        "province": facts.territory if of_province else None,
        "document_number": facts.number,
        "document_date": facts.date,
        "issuer": facts.issuer,
        "reports_on": facts.reports_on,
    }


def _identified(rows: Iterable[Row], document: Row) -> list[Row]:
    """Fill what every statement shares with its document, give each its id, drop exact repeats, order by place."""
    shared = {
        name: document[name]
        for name in ("document_id", "source_file", "document_number", "document_date", "extractor_version")
    }
    shared |= {"document_kind": document["kind"], "prevails": False}
    found: dict[str, Row] = {}
    for row in rows:
        whole = row | shared
        whole["statement_id"] = statement_id(whole)
        found.setdefault(whole["statement_id"], whole)
    return sorted(found.values(), key=lambda row: (row["char_start"], row["char_end"], row["statement_id"]))


def as_table(table: Table, rows: Iterable[Row]) -> pa.Table:
    """Rows as an Arrow table of the published schema; keys that are no columns are left out, missing ones are null."""
    columns: dict[str, list[Any]] = {name: [] for name in table.names}
    for row in rows:
        for name, values in columns.items():
            values.append(row.get(name))
    arrays = [pa.array(columns[column.name], column.type) for column in table.columns]
    return pa.Table.from_arrays(arrays, schema=table.arrow_schema())


def statements_table(documents: Iterable[ProcessedDocument]) -> pa.Table:
    return as_table(STATEMENTS, (row for document in documents for row in document.statements))


def documents_table(documents: Iterable[ProcessedDocument]) -> pa.Table:
    return as_table(DOCUMENTS, (document.document for document in documents))


@cache
def shipped_tools() -> Tools:
    """The tools as shipped, built once per process (a few hundred milliseconds)."""
    from schemas.standard import load_standard
    from transform.places import places_from

    standard = load_standard()
    try:
        from extract.reading import read_document
        from transform.matching import Matcher
        from transform.standardise import standardise
    except ImportError:  # stand-in until these modules land: documents without statements
        from extract.model import DocumentFacts

        return Tools(standard, places_from(standard), None, lambda *_: Reading(DocumentFacts()), lambda *_: [])
    return Tools(standard, places_from(standard), Matcher(standard), read_document, standardise)


def process_file(file: InboxFile, tools: Tools) -> tuple[ProcessedDocument, ...]:
    """Read one file of the inbox; one that cannot be opened (vanished, no permission) is recorded as unreadable."""
    try:
        data = Path(file.path).read_bytes()
    except OSError as trouble:
        document = _document_row(file.source_file, file.source_file.encode("utf-8"))
        remedy = "it may be protected or have been removed while the run went on; the next run tries again"
        return (_stopped(document, "unreadable", f"cannot open {file.source_file}: {trouble.strerror}; {remedy}"),)
    return (process(file.source_file, data, tools),)
