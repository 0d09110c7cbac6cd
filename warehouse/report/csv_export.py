"""CSV for people who open it in a spreadsheet: a cell can never become a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from warehouse.spreadsheet import is_formula

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\Z", re.IGNORECASE)


def safe_cell(value: Any) -> str:
    """`value` as text; one that a spreadsheet would take for a formula gets an apostrophe in front. Numbers
    stay numbers."""
    if value is None:
        return ""
    shown = str(value).replace("\x00", "")
    if _NUMBER.match(shown):
        return shown
    return f"'{shown}" if is_formula(shown) else shown


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Comma-separated, every text quoted, with a byte-order mark so that spreadsheets read UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return "\ufeff" + out.getvalue()
