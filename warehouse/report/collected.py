"""Everything that pages about the whole snapshot are made of, read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.tables import TARGET_GRAIN, TARGETS
from warehouse.report.formatting import read_rows
from warehouse.report.names import Names
from warehouse.report.national import NationalTargets, side
from warehouse.report.source import Published, Row

_PLACE = ("statement_id", "document_id", "source_file", "char_start")
_TOLD = (
    "province",
    "indicator",
    "unit",
    "value",
    "value_max",
    "comparator",
    "year",
    "year_basis",
    "period_start",
    "admin_level",
    "breakdown",
    "province_2025",
    "agreement",
    "n_statements",
    "n_documents",
    "document_number",
    "document_date",
    "document_kind",
    "quote",
    "corrected_by",
    "label",
)
_SAID = ("value", "value_max", "comparator")


@dataclass(frozen=True, slots=True)
class Collected:
    """`targets` and `provisional` carry where they stand (document_id, source_file), the national row and the
    side that they lie on, and `history`: earlier or weaker statements of the same cell that say something else."""

    published: Published
    names: Names
    targets: tuple[Row, ...]
    provisional: tuple[Row, ...]
    commitments: tuple[Row, ...]
    documents: tuple[Row, ...]
    """All columns but the text."""

    @classmethod
    def of(cls, published: Published) -> Collected:
        themes = {row["theme"]: (row["vi"], row["en"]) for row in read_rows("themes.csv")}
        known = Names.of(published, themes)
        documents = published.query(
            "SELECT document_id, source_file, kind, title, province, document_number, document_date, issuer, "
            "reports_on, "
            "n_statements, status, status_reason FROM documents ORDER BY source_file",
            ["documents"],
        )
        titles = {row["source_file"]: row for row in documents}
        statements = published.query(
            f"SELECT {', '.join(dict.fromkeys((*_PLACE, *TARGET_GRAIN, *_SAID)))}, status, prevails, document_number, "
            "document_date, label, quote FROM statements WHERE status IN ('accepted', 'uncatalogued', 'qualitative')",
            ["statements"],
        )
        by_id = {row["statement_id"]: row for row in statements}
        losers = _losers(statements)
        targets = [dict(row) for row in published.rows("targets")]
        national = NationalTargets.of(targets, known.indicators)
        provisional = [dict(row) for row in published.rows("targets_provisional")]
        for row in (*targets, *provisional):
            place = by_id.get(row["statement_id"], {})
            row.update({name: place.get(name) for name in ("document_id", "source_file")})
            row["title"] = (titles.get(row["source_file"]) or {}).get("title")
            beside = national.beside(row) if row["province"] != "Việt Nam" else None
            row["national"] = _brief(beside, by_id)
            row["side"] = side(row, beside)
            row["history"] = (
                losers.get(tuple(row[name] for name in TARGET_GRAIN), []) if row["n_statements"] > 1 else []
            )
            row["history"] = [old for old in row["history"] if _differs(old, row)]
        commitments = [
            row
            | {
                name: by_id.get(row["statement_id"], {}).get(name)
                for name in ("document_id", "source_file", "document_number", "document_date", "label")
            }
            for row in published.rows("commitments")
        ]
        return cls(
            published,
            known,
            tuple(map(_trimmed, targets)),
            tuple(map(_trimmed, provisional)),
            tuple(commitments),
            tuple(documents),
        )


def _trimmed(row: Row) -> Row:
    kept = (*_PLACE, *_TOLD, "title", "national", "side", "history")
    return {name: row.get(name) for name in kept}


def _brief(row: Row | None, by_id: Mapping[str, Row]) -> Row | None:
    if row is None:
        return None
    place = by_id.get(row["statement_id"] or "", {})
    kept = {
        name: row[name]
        for name in (
            "value",
            "value_max",
            "comparator",
            "unit",
            "year",
            "period_start",
            "statement_id",
            "document_number",
            "document_date",
        )
    }
    return kept | {name: place.get(name) for name in ("document_id", "source_file")}


def _losers(statements: list[Row]) -> dict[tuple[Any, ...], list[Row]]:
    cells: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in statements:
        if not row["prevails"] and row["status"] == "accepted":
            cells[tuple(row[name] for name in TARGET_GRAIN)].append(
                {
                    name: row[name]
                    for name in (
                        "statement_id",
                        "document_id",
                        "source_file",
                        "unit",
                        *_SAID,
                        "document_number",
                        "document_date",
                    )
                }
            )
    for rows in cells.values():
        rows.sort(key=lambda row: (str(row["document_date"] or ""), row["statement_id"]), reverse=True)
    return cells


def _differs(old: Row, new: Row) -> bool:
    return any(old[name] != new[name] for name in _SAID)


CELL = TARGET_GRAIN
VALUE_COLUMNS = TARGETS.names
