"""From the parts of all batches to whole tables: duplicates settled, rows in their published order."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.batches import BatchResult
from flows.parts import opened
from schemas.tables import DOCUMENTS, STATEMENTS, Table
from warehouse import StoredDocuments


def assemble(parts: Sequence[BatchResult]) -> tuple[StoredDocuments, pa.Table]:
    """(documents, whose texts stay in the parts, and statements sorted) of all parts. Of documents with the same bytes
    the first by name is read."""
    known, text_bytes = _without_texts([part.documents_path for part in parts])
    statements = _gather(STATEMENTS, [part.statements_path for part in parts])
    known, repeats = mark_duplicates(known)
    if repeats:
        repeated = pc.is_in(statements["source_file"], pa.array(repeats, pa.string()))
        statements = statements.filter(pc.invert(repeated))
    return StoredDocuments(known, [part.documents_path for part in parts], text_bytes, opened), statements


def _without_texts(paths: Sequence[str]) -> tuple[pa.Table, int]:
    """(all columns of documents but text, bytes of all texts)"""
    schema = DOCUMENTS.arrow_schema()
    schema = schema.remove(schema.get_field_index("text"))
    tables, text_bytes = [schema.empty_table()], 0
    for path in paths:
        with opened(path) as file:
            part = pq.ParquetFile(file)
            index = part.schema_arrow.get_field_index("text")
            groups = range(part.metadata.num_row_groups)
            text_bytes += sum(part.metadata.row_group(group).column(index).total_uncompressed_size for group in groups)
            tables.append(part.read(columns=schema.names, use_threads=False).cast(schema))
    return pa.concat_tables(tables).combine_chunks(), text_bytes


def _gather(table: Table, paths: Sequence[str]) -> pa.Table:
    schema = table.arrow_schema()
    tables = [schema.empty_table()]
    for path in paths:
        with opened(path) as file:
            tables.append(pq.ParquetFile(file).read(use_threads=False).cast(schema))
    return pa.concat_tables(tables).sort_by([(name, "ascending") for name in table.sort])


_FIRSTS = """
SELECT d.source_file, f.source_file AS first_file
FROM documents AS d
JOIN (SELECT document_id, min(source_file) AS source_file FROM documents
      WHERE status = 'processed' GROUP BY document_id HAVING count(*) > 1) AS f
  ON d.document_id = f.document_id AND d.source_file <> f.source_file
WHERE d.status = 'processed'
ORDER BY d.source_file
"""


def mark_duplicates(documents: pa.Table) -> tuple[pa.Table, list[str]]:
    """`documents` with status duplicate for all but the first of equal bytes, and the names of those."""
    with duckdb.connect() as connection:
        connection.register("documents", documents.select(["document_id", "source_file", "status"]))
        firsts = connection.execute(_FIRSTS).to_arrow_table()
    repeats = dict(zip(firsts["source_file"].to_pylist(), firsts["first_file"].to_pylist(), strict=True))
    if not repeats:
        return documents, []
    mask = pc.is_in(documents["source_file"], pa.array(list(repeats), pa.string())).combine_chunks()
    names = [name for name in documents["source_file"].to_pylist() if name in repeats]
    reasons = [f"the same bytes as {repeats[name]}, which is read; remove one of them" for name in names]
    changes = {
        "status": pa.array(["duplicate"] * len(names), pa.string()),
        "status_reason": pa.array(reasons, pa.string()),
        "n_statements": pa.array([0] * len(names), pa.int32()),
    }
    for column, values in changes.items():
        index = documents.schema.get_field_index(column)
        replaced = pc.replace_with_mask(documents[column].combine_chunks(), mask, values)
        documents = documents.set_column(index, documents.schema.field(index), replaced)
    return documents, names
