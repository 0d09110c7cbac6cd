"""Which statement prevails, and what makes a cell: the rules of docs/target-table.md, one case a line."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables import COMMITMENTS, STATEMENTS, TARGETS, TARGETS_PROVISIONAL
from tests.rows import statement, statements
from transform.identity import statement_id
from transform.reconcile import reconcile

LATER, EARLIER = datetime.date(2023, 1, 1), datetime.date(2021, 1, 1)

PREVAILING = {
    "a plan over an article, though earlier": (
        {"document_kind": "plan", "document_date": EARLIER},
        {"document_kind": "article", "document_date": LATER},
    ),
    "a plan over another document": ({"document_kind": "plan"}, {"document_kind": "other", "document_date": LATER}),
    "a plan over a document of unknown kind": ({"document_kind": "plan"}, {"document_kind": None}),
    "the later plan": ({"document_date": LATER}, {"document_date": EARLIER}),
    "a dated plan over an undated one": ({"document_date": EARLIER}, {"document_date": None}),
    "the later article": (
        {"document_kind": "article", "document_date": LATER},
        {"document_kind": "article", "document_date": EARLIER},
    ),
    "stated over implied": ({"value_basis": "stated"}, {"value_basis": "implied"}),
    "the later document, though implied": (
        {"document_date": LATER, "value_basis": "implied"},
        {"document_date": EARLIER, "value_basis": "stated"},
    ),
    "year in the phrase over year of a heading": ({"year_source": "phrase"}, {"year_source": "heading"}),
    "year in the sentence over year of the title": ({"year_source": "sentence"}, {"year_source": "title"}),
    "year in the sentence over year of the bullet": ({"year_source": "sentence"}, {"year_source": "bullet"}),
    "stated with an inherited year over implied with its own": (
        {"value_basis": "stated", "year_source": "heading"},
        {"value_basis": "implied", "year_source": "phrase"},
    ),
    "the smallest id, all else equal": ({"statement_id": "0a"}, {"statement_id": "0b"}),
}


@pytest.mark.parametrize(("wins", "loses"), PREVAILING.values(), ids=PREVAILING)
@pytest.mark.parametrize("winner_first", [True, False], ids=["given first", "given last"])
def test_prevails(wins: dict[str, Any], loses: dict[str, Any], winner_first: bool) -> None:
    rows = [statement(document_id="w", **wins), statement(document_id="l", value=16.0, **loses)]
    result = reconcile(statements(*(rows if winner_first else rows[::-1])))
    assert result.targets["statement_id"].to_pylist() == [rows[0]["statement_id"]]
    assert result.targets["value"].to_pylist() == [15.0]
    prevailing = {row["statement_id"]: row["prevails"] for row in result.statements.to_pylist()}
    assert prevailing == {rows[0]["statement_id"]: True, rows[1]["statement_id"]: False}


OTHER_CELLS = {
    "another province": {"province": "Hà Nam"},
    "another indicator": {"indicator": "digital_economy_share_each_sector"},
    "a level of government": {"admin_level": "commune"},
    "a breakdown": {"breakdown": "rural"},
    "another unit": {"unit": "percent_change"},
    "another year": {"year": 2030},
    "another basis": {"year_basis": "annual"},
    "a start of the period, basis by": {"period_start": 2021},
}


@pytest.mark.parametrize("difference", OTHER_CELLS.values(), ids=OTHER_CELLS)
def test_another_cell(difference: dict[str, Any]) -> None:
    assert reconcile(statements(statement(), statement(**difference))).targets.num_rows == 2


SAME_CELL = {
    "another value": {"value": 20.0},
    "another comparator": {"comparator": "ge"},
    "another baseline year": {"baseline_year": 2020},
    "another label": {"label": "tỷ trọng kinh tế số"},
}


@pytest.mark.parametrize("difference", SAME_CELL.values(), ids=SAME_CELL)
def test_same_cell(difference: dict[str, Any]) -> None:
    assert reconcile(statements(statement(), statement(**difference))).targets.num_rows == 1


PERIODS = {
    "joins the only period": ([2021, None], [(2021, 2)]),
    "is a cell of its own beside two periods": ([2021, 2025, None], [(None, 1), (2021, 1), (2025, 1)]),
    "is a cell alone": ([None, None], [(None, 2)]),
}


@pytest.mark.parametrize("basis", ["annual", "period"])
@pytest.mark.parametrize(("starts", "cells"), PERIODS.values(), ids=PERIODS)
def test_a_statement_without_period_start(starts: list[int | None], cells: list[Any], basis: str) -> None:
    rows = [statement(period_start=start, year_basis=basis, document_id=f"d{n}") for n, start in enumerate(starts)]
    targets = reconcile(statements(*rows)).targets
    assert list(zip(*targets.select(["period_start", "n_statements"]).to_pydict().values(), strict=True)) == cells


AGREEMENTS = {
    "one statement": ([{}], "single", 1, 1),
    "the same number twice in one document": ([{}, {"label": "x"}], "agree", 2, 1),
    "the same number in two documents": ([{}, {"document_id": "d2"}], "agree", 2, 2),
    "equal to six decimals": ([{"value": 66.666667}, {"value": 66.6666671}], "agree", 2, 1),
    "another bound, the same number": ([{}, {"comparator": "ge"}], "agree", 2, 1),
    "another number": ([{}, {"value": 16.0, "document_id": "d2"}], "conflict", 2, 2),
    "another upper end": (
        [{"comparator": "between", "value_max": 20.0}, {"comparator": "between", "value_max": 25.0}],
        "conflict",
        2,
        1,
    ),
    "a range and its lower end": ([{"comparator": "between", "value_max": 20.0}, {}], "conflict", 2, 1),
}


@pytest.mark.parametrize(("rows", "agreement", "n_statements", "n_documents"), AGREEMENTS.values(), ids=AGREEMENTS)
def test_agreement(rows: list[dict[str, Any]], agreement: str, n_statements: int, n_documents: int) -> None:
    (target,) = reconcile(statements(*(statement(**row) for row in rows))).targets.to_pylist()
    assert (target["agreement"], target["n_statements"], target["n_documents"]) == (
        agreement,
        n_statements,
        n_documents,
    )


SLUGS = {
    "Giá trị xuất khẩu xoài": "~gia_tri_xuat_khau_xoai",
    "Phấn đấu đến năm 2030 GTXK xoài đạt": "~gtxk_xoai",
    "các tỷ lệ tương ứng": "~ty_le",
    "như sau": "~percent",
    "tỉ lệ đường được chiếu sáng (đô thị)": "~ty_le_duong_chieu_sang_do_thi",
    "Tỷ lệ  đường được chiếu sáng, đô thị": "~ty_le_duong_chieu_sang_do_thi",
}


@pytest.mark.parametrize(("label", "slug"), SLUGS.items(), ids=SLUGS)
def test_provisional_slug(label: str, slug: str) -> None:
    row = statement(status="uncatalogued", indicator=None, label=label)
    result = reconcile(statements(row))
    (target,) = result.targets_provisional.to_pylist()
    assert (target["indicator"], target["label"]) == (slug, label)
    assert result.targets.num_rows == 0
    assert result.statements["indicator"].to_pylist() == [None]
    assert result.statements["prevails"].to_pylist() == [True]


def test_long_labels_with_the_same_beginning_stay_apart() -> None:
    labels = ["số lượng " * 20 + end for end in ("a", "b")]
    rows = [statement(status="uncatalogued", indicator=None, label=label) for label in labels]
    slugs = reconcile(statements(*rows)).targets_provisional["indicator"].to_pylist()
    assert len(set(slugs)) == 2
    assert max(map(len, slugs)) <= 81


@pytest.mark.parametrize("status", ["no_year", "no_province", "other_territory", "rejected", "qualitative"])
def test_other_statuses_make_no_target(status: str) -> None:
    result = reconcile(statements(statement(status=status)))
    assert (result.targets.num_rows, result.targets_provisional.num_rows) == (0, 0)
    assert result.statements["prevails"].to_pylist() == [False]
    assert result.commitments.num_rows == (1 if status == "qualitative" else 0)


def test_tables_have_their_published_schemas() -> None:
    result = reconcile(statements(statement(), statement(status="qualitative", value=None)))
    for definition, table in (
        (TARGETS, result.targets),
        (TARGETS_PROVISIONAL, result.targets_provisional),
        (COMMITMENTS, result.commitments),
        (STATEMENTS, result.statements),
    ):
        assert table.schema.equals(definition.arrow_schema()), definition.name


def test_nothing_gives_nothing() -> None:
    assert reconcile(STATEMENTS.arrow_schema().empty_table()).targets.num_rows == 0


_ROWS = st.builds(
    statement,
    document_id=st.sampled_from(["d1", "d2", "d3"]),
    document_kind=st.sampled_from(["plan", "article", "other", None]),
    document_date=st.sampled_from([EARLIER, LATER, None]),
    value=st.sampled_from([10.0, 15.0]),
    year_basis=st.sampled_from(["by", "annual", "period"]),
    period_start=st.sampled_from([None, 2021, 2024]),
    status=st.sampled_from(["accepted", "uncatalogued", "qualitative", "no_year"]),
    year_source=st.sampled_from(["phrase", "heading", None]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(_ROWS, max_size=12, unique_by=lambda row: row["statement_id"]), st.randoms())
def test_order_does_not_matter(rows: list[dict[str, Any]], random: Any) -> None:
    shuffled = rows[:]
    random.shuffle(shuffled)
    first, second = reconcile(statements(*rows)), reconcile(statements(*shuffled))
    for name in ("targets", "targets_provisional", "commitments"):
        assert getattr(first, name).equals(getattr(second, name)), name
    prevailing = sum(first.statements["prevails"].to_pylist())
    assert prevailing == first.targets.num_rows + first.targets_provisional.num_rows


def test_statement_id_depends_on_meaning_and_place_only() -> None:
    row = statement()
    assert statement_id(row) == statement_id(dict(reversed(row.items())) | {"source_file": "elsewhere.txt"})
    for name, value in (
        ("value", 16.0),
        ("char_start", 1),
        ("year", 2030),
        ("admin_level", "commune"),
        ("document_id", "d2"),
        ("value_start", 7),
    ):
        assert statement_id(row | {name: value}) != statement_id(row), name
