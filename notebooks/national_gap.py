"""Which provinces promise more than the nation asks, which less? From DuckDB to a chart.

Open it with `marimo edit notebooks/national_gap.py`, run it with `python notebooks/national_gap.py`; it reads the
warehouse that MUCTIEU_WAREHOUSE names, else warehouse/data (made by `make run`). A test runs it.
"""

import marimo

app = marimo.App(width="medium")


@app.cell
def _():
    import os
    from pathlib import Path

    import altair as alt
    import duckdb
    import marimo as mo

    return Path, alt, duckdb, mo, os


@app.cell
def _(mo):
    mo.md(
        """
        # Who promises more than the nation asks?

        Every province restates the national programmes in its own plans. Here every provincial target stands beside the
        national one for the same indicator and year, where documents of both are there. Only bounds and values
        in the same unit and year basis are compared; a target without a national counterpart is left out, not guessed.
        """
    )
    return


@app.cell
def _(Path, duckdb, os):
    root = Path(os.environ.get("MUCTIEU_WAREHOUSE", "warehouse/data"))
    snapshot = (root / "current").resolve()
    targets = duckdb.read_parquet(str(snapshot / "targets.parquet"))
    indicators = duckdb.read_parquet(str(snapshot / "indicators.parquet"))
    return indicators, targets


@app.cell
def _(duckdb, indicators, targets):
    gaps = (
        duckdb.sql(
            """
        SELECT here.province, i.name_vi AS indicator, here.year, here.unit, here.value, nation.value AS national,
               here.value - nation.value AS gap, i.direction, here.quote, here.document_number
        FROM targets AS here
        JOIN targets AS nation
          ON nation.province = 'Việt Nam' AND nation.indicator = here.indicator AND nation.year = here.year
         AND nation.year_basis = here.year_basis AND nation.unit = here.unit
         AND nation.admin_level IS NOT DISTINCT FROM here.admin_level
         AND nation.breakdown IS NOT DISTINCT FROM here.breakdown
        JOIN indicators AS i ON i.indicator = here.indicator
        WHERE here.province <> 'Việt Nam'
        ORDER BY indicator, here.year, gap DESC, here.province
        """
        )
        .arrow()
        .read_all()
    )
    return (gaps,)


@app.cell
def _(gaps, mo):
    ahead = sum(1 for row in gaps.to_pylist() if row["gap"] > 0)
    behind = sum(1 for row in gaps.to_pylist() if row["gap"] < 0)
    answer = f"{gaps.num_rows} comparisons: {ahead} above the national target, {behind} below, the rest equal."
    mo.md(f"**{answer}**")
    return ahead, answer, behind


@app.cell
def _(alt, gaps):
    rows = [row | {"case": f"{row['indicator']} ({row['year']})"} for row in gaps.to_pylist()]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("province:N", title=None),
        tooltip=["province:N", "case:N", "value:Q", "national:Q", "document_number:N", "quote:N"],
    )
    dots = base.mark_point(filled=True, size=90).encode(
        x=alt.X("value:Q", title=None),
        color=alt.condition("datum.gap < 0", alt.value("#c77700"), alt.value("#0b6e75")),
    )
    national = base.mark_tick(color="#b3261e", thickness=2).encode(x="national:Q")
    chart = (
        alt.layer(national, dots)
        .properties(width=420)
        .facet(row=alt.Row("case:N", title=None))
        .resolve_scale(x="independent", y="independent")
    )
    chart  # noqa: B018 - marimo shows the last expression of a cell
    return (chart,)


@app.cell
def _(gaps, mo):
    mo.ui.table(gaps.to_pandas(), selection=None)
    return


if __name__ == "__main__":
    app.run()
