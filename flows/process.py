"""One file in, its documents and statements out: all pure steps, no Prefect, no shared state.

This is what the worker processes run, what `muctieu explain` shows and what the tests call. `Tools` holds everything
that is costly to build; a worker builds it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import pyarrow as pa

from extract.limits import Limits
from extract.model import Reading
from extract.sources.document import SourceDocument
from flows.inbox_file import InboxFile, documents_of
from flows.versions import extractor_version
from schemas.tables import DOCUMENTS, STATEMENTS, Table
from transform.identity import statement_id

Row = dict[str, Any]
SourceReader = Callable[[str, bytes], Iterable[SourceDocument]]
"""(source_file, bytes) -> the documents that the file holds"""
Reader = Callable[..., Reading]
"""(text, places, source_file) -> what the document says"""
Standardiser = Callable[[Reading, Row, Any, Any], list[Row]]
"""(reading, document row, standard, matcher) -> rows of STATEMENTS, without ids."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What reading needs beside the text: the standard, the gazetteer, the matcher, and the two steps that use them."""

    standard: Any
    places: Any
    matcher: Any
    open_source: SourceReader
    reader: Reader
    standardiser: Standardiser
    version: str
    """extractor_version of the rows: the run's, also when the files are replaced while it goes on"""


@dataclass(frozen=True, slots=True)
class ProcessedDocument:
    """A row of `documents`, its rows of `statements`, and the reading they come from (None when it was not read)."""

    document: Row
    statements: tuple[Row, ...] = ()
    reading: Reading | None = field(default=None, compare=False)

    def without_reading(self) -> ProcessedDocument:
        return replace(self, reading=None)


def process(source_file: str, data: bytes, tools: Tools) -> tuple[ProcessedDocument, ...]:
    """Read the documents of one file: one, or several when it is an archive.

    Never raises for what is in `data`: trouble becomes a status with a reason and a remedy.
    """
    return tuple(process_source(source, tools) for source in tools.open_source(source_file, data))


def process_source(source: SourceDocument, tools: Tools) -> ProcessedDocument:
    """Read one document whose text is there already."""
    document: Row = dict.fromkeys(DOCUMENTS.names)
    document.update(
        document_id=hashlib.sha256(source.data).hexdigest(),
        source_file=source.source_file,
        text=source.text,
        n_statements=0,
        status=source.status,
        status_reason=source.status_reason or "; ".join(source.warnings) or None,
        encoding=source.encoding,
        extractor_version=tools.version,
    )
    if source.status != "processed" or source.text is None:
        return ProcessedDocument(document)
    try:
        reading = _dated(tools.reader(source.text, tools.places, source.source_file), source)
        document |= _facts(reading)
        rows = _identified(tools.standardiser(reading, document, tools.standard, tools.matcher), document)
    except Exception as trouble:
        return _failed(document, trouble)
    return ProcessedDocument(document | {"n_statements": len(rows)}, tuple(rows), reading)


def _dated(reading: Reading, source: SourceDocument) -> Reading:
    """The date that the container states, where the text itself states none."""
    if source.date is None or reading.facts.date is not None:
        return reading
    return replace(reading, facts=replace(reading.facts, date=source.date))


def _failed(document: Row, trouble: Exception) -> ProcessedDocument:
    reason = f"the reading rules stopped ({type(trouble).__name__}: {trouble}); report it with this document"
    return ProcessedDocument(document | {"status": "failed", "status_reason": reason})


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


def shipped_tools(version: str | None = None) -> Tools:
    """The tools as shipped, built once per process (a second or two)."""
    return replace(_built_tools(), version=version or extractor_version())


@cache
def _built_tools() -> Tools:
    from extract.reading import read_document
    from extract.sources import read_source
    from flows.places import places_from
    from schemas.standard import load_standard
    from transform.matching import Matcher
    from transform.standardise import standardise

    standard = load_standard()
    places = places_from(standard)
    return Tools(standard, places, Matcher(standard), read_source, read_document, standardise, "")


def explaining(tools: Tools) -> Tools:
    """`tools` that read every sentence, so that each number that is no target has its reason: slower."""
    return replace(tools, reader=partial(tools.reader, thorough=True))


def process_file(
    file: InboxFile, tools: Tools, limits: Limits | None = None, skip: Mapping[int, str] | None = None
) -> Iterator[ProcessedDocument]:
    """Read the documents of one file of the inbox, one by one; a file that has vanished is recorded as unreadable.

    `skip`: positions of documents that a worker did not survive, and why (flows/workers.py).
    """
    found = False
    for source in documents_of(file, limits or Limits(), skip):
        found = True
        yield process_source(source, tools)
    if not found:
        reason = f"{file.source_file} was removed while the run went on; the next run leaves it out"
        name = file.source_file.encode("utf-8")
        yield process_source(SourceDocument(file.source_file, name, None, None, "unreadable", reason), tools)


def given_up(file: InboxFile, reason: str, tools: Tools) -> ProcessedDocument:
    """A file that no worker could read to its end."""
    name = file.source_file.encode("utf-8")
    return process_source(SourceDocument(file.source_file, name, None, None, "failed", reason), tools)
