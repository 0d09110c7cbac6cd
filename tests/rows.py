"""Rows of `statements` and `documents` for tests: sensible values, of which a test names only what it is about."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

import pyarrow as pa

from schemas.tables import DOCUMENTS, STATEMENTS, Table

TEXT = "Đến năm 2025, kinh tế số chiếm 15% GRDP."


def statement(**given: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(STATEMENTS.names)
    row |= {
        "document_id": "d1",
        "source_file": "d1.txt",
        "province": "Yên Bái",
        "province_code": "15",
        "province_2025": "Lào Cai",
        "indicator": "digital_economy_share_grdp",
        "unit": "percent",
        "value": 15.0,
        "year": 2025,
        "comparator": "eq",
        "value_basis": "stated",
        "year_basis": "by",
        "label": "kinh tế số GRDP",
        "document_kind": "plan",
        "document_date": datetime.date(2021, 5, 24),
        "quote": TEXT,
        "char_start": 0,
        "char_end": len(TEXT),
        "status": "accepted",
        "prevails": False,
        "extractor_version": "test",
        "year_source": "phrase",
    }
    row |= given
    row["statement_id"] = given.get("statement_id") or _id(row)
    return row


def _id(row: dict[str, Any]) -> str:
    return hashlib.sha256(repr(sorted((name, str(value)) for name, value in row.items())).encode()).hexdigest()[:24]


def document(**given: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(DOCUMENTS.names)
    row |= {
        "document_id": "d1",
        "source_file": "d1.txt",
        "text": TEXT,
        "n_statements": 1,
        "status": "processed",
        "extractor_version": "test",
    }
    return row | given


def table(definition: Table, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=definition.arrow_schema())


def statements(*rows: dict[str, Any]) -> pa.Table:
    return table(STATEMENTS, list(rows))


def documents(*rows: dict[str, Any]) -> pa.Table:
    return table(DOCUMENTS, list(rows))
