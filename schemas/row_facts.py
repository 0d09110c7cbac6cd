"""What the row expectations look at: each statement beside its document and the standard, one boolean a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.expectations import LONGEST_HORIZON_YEARS, MISSING, REQUIRED_OF_A_STATEMENT
from schemas.standard.model import NATION
from schemas.tables import INDICATORS, PROVINCES, UNITS

_FACTS = """
SELECT s.position, s.* EXCLUDE (position, quote_stands),
    length(trim(coalesce(s.quote, ''))) > 0 AS quote_is_not_empty,
    s.quote_stands AS quote_stands_in_document,
    CASE WHEN s.status = 'accepted' THEN i.indicator IS NOT NULL ELSE s.indicator IS NULL END AS indicator_is_known,
    s.unit IN (SELECT unit FROM units) AS unit_is_known,
    i.indicator IS NULL OR s.unit = i.unit OR (s.year_basis = 'period' AND starts_with(i.unit, s.unit || '_per_year'))
        AS unit_is_the_indicators,
    p.province IS NOT NULL AS province_is_known,
    s.province_2025 IN (SELECT province FROM provinces) AS successor_province_is_known,
    isfinite(s.value) AND isfinite(coalesce(s.value_max, 0)) AS value_is_finite,
    coalesce(s.value >= i.value_min, true) AS value_is_not_below_bounds,
    s.province = $nation OR s.year_basis = 'period' OR coalesce(greatest(s.value, s.value_max) <= i.value_max, true)
        AS value_is_not_above_bounds,
    CASE WHEN s.comparator = 'between' THEN coalesce(s.value_max >= s.value, false) ELSE s.value_max IS NULL END
        AS range_is_ordered,
    coalesce(s.year >= year(s.document_date), true) AS year_is_not_past,
    coalesce(s.year <= year(s.document_date) + $horizon, true) AS year_is_not_too_far,
    coalesce(s.period_start <= s.year, true) AS period_starts_before_it_ends
FROM statements AS s
LEFT JOIN indicators AS i ON s.indicator = i.indicator
LEFT JOIN (SELECT DISTINCT province, province_code FROM provinces) AS p
    ON s.province = p.province AND s.province_code = p.province_code
WHERE s.status IN ('accepted', 'uncatalogued')
ORDER BY s.position
"""

_FACT_COLUMNS = (
    "document_id",
    "status",
    "statement_id",
    "province",
    "indicator",
    "unit",
    "value",
    "value_max",
    "comparator",
    "value_basis",
    "year",
    "year_basis",
    "period_start",
    "admin_level",
    "province_code",
    "province_2025",
    "document_kind",
    "document_date",
    "quote",
    "char_start",
    "char_end",
)


def missing_columns(rows: pa.Table, required: Sequence[str]) -> pa.Array:
    """For each row the names of the required columns that hold no value, joined by a space; mostly empty texts."""
    gaps = pa.array([""] * rows.num_rows, pa.string())
    for name in required:
        if name in rows.column_names and rows[name].null_count:
            found = pc.if_else(pc.is_null(rows[name].combine_chunks()), f" {name}", "")
            gaps = pc.binary_join_element_wise(gaps, found, "")
    return pc.utf8_ltrim_whitespace(gaps)


def repeated_grains(rows: pa.Table, grain: Sequence[str]) -> pa.Array:
    """For each row its grain in words when another row has the same (nulls are equal), else an empty text."""
    names = [name for name in grain if name in rows.column_names]
    none = pa.repeat(pa.scalar("", pa.string()), rows.num_rows)
    if not names or not rows.num_rows:
        return none
    positions = pa.array(np.arange(rows.num_rows, dtype=np.int64))
    keys = ", ".join(names)
    with duckdb.connect() as connection:
        connection.register("rows", rows.select(names).append_column("position", positions))
        groups = f"FROM rows GROUP BY {keys} HAVING count(*) > 1"
        if not connection.execute(f"SELECT 1 {groups} LIMIT 1").fetchone():
            return none
        shown = ", ".join(f"coalesce({name}::VARCHAR, '-')" for name in names)
        found = connection.execute(f"SELECT concat_ws(' ', {shown}), list(position) {groups}").fetchall()
    words = [""] * rows.num_rows
    for grain_in_words, where in found:
        for position in where:
            words[position] = grain_in_words
    return pa.array(words, pa.string())


_QUOTES = """
SELECT s.position FROM quotes AS s JOIN texts AS d ON d.document_id = s.document_id
WHERE d.text IS NOT NULL AND s.char_start >= 0 AND s.char_end > s.char_start
    AND substring(d.text, s.char_start + 1, s.char_end - s.char_start) = s.quote
"""


def quotes_that_stand(statements: pa.Table, documents: Iterable[pa.Table]) -> pa.Array:
    """For each statement whether its quote stands where it says in its document. Texts are looked at once, table by
    table, so that no more than one of the `documents` need be in memory."""
    stands = np.zeros(statements.num_rows, dtype=bool)
    positions = pa.array(np.arange(statements.num_rows, dtype=np.int64))
    columns = ["document_id", "char_start", "char_end", "quote"]
    with duckdb.connect() as connection:
        connection.register("quotes", statements.select(columns).append_column("position", positions))
        for table in documents:
            texts = table.select(["document_id", "status", "text"])
            texts = texts.filter(pc.equal(texts["status"], "processed")).drop_columns(["status"])
            connection.register("texts", texts)
            stands[connection.execute(_QUOTES).to_arrow_table()["position"].to_numpy()] = True
            connection.unregister("texts")
    return pa.array(stands)


def row_facts(statements: pa.Table, stands: pa.Array, standard: Mapping[str, pa.Table]) -> pa.Table:
    """The checked rows with one boolean column per comparison that needs the document (`stands`: what quotes_that_stand
    says of them) or the standard (its published tables)."""
    positions = pa.array(range(statements.num_rows), pa.int64())
    gaps = missing_columns(statements, REQUIRED_OF_A_STATEMENT)
    with duckdb.connect() as connection:
        facts = statements.select(_FACT_COLUMNS).append_column("position", positions).append_column(MISSING, gaps)
        connection.register("statements", facts.append_column("quote_stands", stands))
        for table in (INDICATORS, UNITS, PROVINCES):
            connection.register(table.name, standard[table.name])
        return connection.execute(_FACTS, {"nation": NATION, "horizon": LONGEST_HORIZON_YEARS}).to_arrow_table()
