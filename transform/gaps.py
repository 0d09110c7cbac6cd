"""Which indicators the standard lacks most: provisional ones ranked by how many provinces and documents use them."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from transform.slug import PAIRS_TO_NAME, with_slugs

SCHEMA = pa.schema(
    [
        pa.field("indicator", pa.string(), False, {"description": "provisional indicator: ~ and a slug of the phrase"}),
        pa.field("provinces", pa.int32(), False, {"description": "provinces that commit to it"}),
        pa.field("documents", pa.int32(), False, {"description": "documents that speak of it"}),
        pa.field("statements", pa.int32(), False, {"description": "statements that speak of it"}),
        pa.field("unit", pa.string(), True, {"description": "its most frequent unit"}),
        pa.field("label", pa.string(), True, {"description": "its most frequent wording"}),
        pa.field("nearest", pa.string(), True, {"description": "indicator of the standard that came nearest, if any"}),
    ]
)

_COLUMNS = ("status", "indicator", "label", "province", "document_id", "unit", "runner_up")
_RANKING = """
WITH wanted AS (
    SELECT coalesce(s.indicator, slug) AS indicator, province, document_id, unit, label, runner_up
    FROM statements AS s LEFT JOIN slugs USING (label, unit) WHERE status = 'uncatalogued'
)
SELECT indicator, count(DISTINCT province)::INTEGER AS provinces,
       count(DISTINCT document_id)::INTEGER AS documents, count(*)::INTEGER AS statements,
       mode(unit ORDER BY unit) AS unit, mode(label ORDER BY label) AS label,
       mode(runner_up ORDER BY runner_up) AS nearest
FROM wanted WHERE indicator IS NOT NULL
GROUP BY indicator ORDER BY provinces DESC, documents DESC, statements DESC, indicator
"""


def gaps(statements: pa.Table) -> pa.Table:
    """Rows of SCHEMA, most wanted first, from a table of statements (schemas.tables.STATEMENTS).

    Counts statements with status uncatalogued; where the indicator column has no provisional name yet, the slug of
    label and unit is taken. Raises KeyError when a column is missing."""
    with duckdb.connect() as connection:
        connection.register("statements", statements.select(_COLUMNS))
        connection.register("slugs", with_slugs(connection.execute(PAIRS_TO_NAME).to_arrow_table()))
        return connection.execute(_RANKING).to_arrow_table().cast(SCHEMA)
