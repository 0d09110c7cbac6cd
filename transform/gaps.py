"""Which indicators the standard lacks most: provisional ones ranked by how many provinces and documents use them."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from transform.slug import slug

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

_RANKING = """
SELECT slug AS indicator, count(DISTINCT province)::INTEGER AS provinces,
       count(DISTINCT document_id)::INTEGER AS documents, count(*)::INTEGER AS statements,
       mode(unit ORDER BY unit) AS unit, mode(label ORDER BY label) AS label,
       mode(runner_up ORDER BY runner_up) AS nearest
FROM uncatalogued GROUP BY slug ORDER BY provinces DESC, documents DESC, statements DESC, indicator
"""


def gaps(statements: pa.Table) -> pa.Table:
    """Rows of SCHEMA, most wanted first, from a table of statements (schemas.tables.STATEMENTS).

    Counts statements with status uncatalogued; where the indicator column has no provisional name yet, the slug of the
    label is taken. Raises KeyError when a column is missing."""
    rows = statements.select(
        ["status", "indicator", "label", "province", "document_id", "unit", "runner_up"]
    ).to_pylist()
    wanted = [row for row in rows if row["status"] == "uncatalogued" and (row["label"] or row["indicator"])]
    names = [row["indicator"] or slug(row["label"]) for row in wanted]
    uncatalogued = pa.table(
        {
            "slug": pa.array(names, pa.string()),
            **{
                name: pa.array([row[name] for row in wanted], pa.string())
                for name in ("label", "province", "document_id", "unit", "runner_up")
            },
        }
    )
    connection = duckdb.connect()
    try:
        connection.register("uncatalogued", uncatalogued)
        found = connection.execute(_RANKING).to_arrow_table()
    finally:
        connection.close()
    return found.cast(SCHEMA)
