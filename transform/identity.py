"""The identity of a statement: the same words in the same place with the same meaning have the same id in every run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

IDENTIFYING_COLUMNS = (
    "document_id",
    "char_start",
    "char_end",
    "value_start",
    "value_end",
    "province",
    "indicator",
    "label",
    "unit",
    "value",
    "value_max",
    "comparator",
    "year",
    "year_basis",
    "period_start",
    "admin_level",
    "breakdown",
    "status",
)
ID_LENGTH = 24


def statement_id(row: Mapping[str, Any]) -> str:
    """24 hexadecimal characters from what the statement says and where it stands.

    Independent of order, time, path and machine. `value_start` and `value_end`, the span of the number, are no columns
    of the table but may be given: they keep two equal numbers of one sentence apart.
    """
    identity = [_plain(row.get(name)) for name in IDENTIFYING_COLUMNS]
    packed = json.dumps(identity, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(packed.encode("utf-8")).hexdigest()[:ID_LENGTH]


def _plain(value: Any) -> Any:
    return repr(float(value)) if isinstance(value, float) else value
