"""Every question of docs/questions.md runs; the macros give what hand-made rows say they must."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import warehouse
from schemas.tables import STATEMENTS
from tests import warehouse_samples as samples
from transform.reconcile import reconcile

DOCUMENT = Path(__file__).parents[1] / "docs" / "questions.md"
QUESTIONS = re.findall(
    r"^### (\d+)\. ([^\n]+)\n```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)

OLD, NEW = datetime.date(2021, 5, 1), datetime.date(2023, 5, 1)
SINCE_2025 = datetime.date(2025, 9, 1)
CODES = {
    "Hà Giang": ("02", "Tuyên Quang"),
    "Tuyên Quang": ("08", "Tuyên Quang"),
    "Vĩnh Long": ("86", "Vĩnh Long"),
    "Bến Tre": ("83", "Vĩnh Long"),
    "Trà Vinh": ("84", "Vĩnh Long"),
    "Cao Bằng": ("04", "Cao Bằng"),
    "Việt Nam": ("00", "Việt Nam"),
}
SHARE, AMOUNT = ("eservice_online_file_share", "percent"), ("enterprise_new_count", "count")


def _stated(
    number: int, province: str, indicator: tuple[str, str], value: float, date: datetime.date = OLD, **more: Any
) -> dict[str, Any]:
    code, successor = CODES[province]
    return {
        "province": province,
        "province_code": code,
        "province_2025": successor,
        "indicator": indicator[0],
        "unit": indicator[1],
        "value": value,
        "year": 2025,
        "comparator": "eq",
        "value_basis": "stated",
        "year_basis": "by",
        "label": indicator[0],
        "quote": f"Đến năm 2025, dịch vụ công đạt {value:g} ({number})",
        "document_number": f"{number}/KH-UBND",
        "document_date": date,
        "document_kind": "plan",
        "status": "accepted",
        **more,
    }


ROWS = [
    _stated(1, "Việt Nam", SHARE, 80),
    _stated(2, "Vĩnh Long", SHARE, 70),
    _stated(3, "Vĩnh Long", SHARE, 90, NEW),
    _stated(4, "Hà Giang", SHARE, 60),
    _stated(5, "Tuyên Quang", SHARE, 80),
    _stated(6, "Cao Bằng", SHARE, 85),
    _stated(7, "Hà Giang", AMOUNT, 300, comparator="ge"),
    _stated(8, "Tuyên Quang", AMOUNT, 500),
    _stated(9, "Vĩnh Long", AMOUNT, 1000),
    _stated(10, "Bến Tre", AMOUNT, 2000),
    _stated(11, "Hà Giang", AMOUNT, 10, year=2030, comparator="ge"),
    _stated(12, "Tuyên Quang", AMOUNT, 20, year=2030, comparator="le"),
    _stated(13, "Tuyên Quang", AMOUNT, 999, SINCE_2025, year=2035),
    _stated(14, "Hà Giang", AMOUNT, 1, year=2035),
    _stated(15, "Cao Bằng", AMOUNT, 50),
    _stated(16, "Vĩnh Long", AMOUNT, 40, year=2026),
    _stated(17, "Vĩnh Long", AMOUNT, 30, NEW, year=2026),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("questions") / "w"
    tables = samples.whole(dict.fromkeys(range(len(ROWS)), 0))
    documents = tables["documents"].sort_by("source_file").to_pylist()
    statements = []
    for number, (row, document) in enumerate(zip(ROWS, documents, strict=True)):
        document |= {"text": row["quote"], "n_statements": 1, "province": row["province"]}
        statements.append(
            row
            | {"statement_id": f"{number:024d}", "document_id": document["document_id"], "prevails": False}
            | {"source_file": document["source_file"], "char_start": 0, "char_end": len(row["quote"])}
            | {"extractor_version": "1"}
        )
    result = reconcile(pa.Table.from_pylist(statements, schema=STATEMENTS.arrow_schema()))
    tables |= {
        "documents": pa.Table.from_pylist(documents, schema=tables["documents"].schema),
        "statements": result.statements,
        "targets": result.targets,
        "targets_provisional": result.targets_provisional,
        "commitments": result.commitments,
    }
    standard = tables["indicators"].to_pylist()
    for entry in standard:
        if entry["indicator"] == "broadband_commune_coverage":
            entry["national_targets"] = ">=95@2025 (27/QĐ)|80-90@2024 (1/QĐ-TTg)|~1.5e+06@2030 (NQ (2))"
    tables["indicators"] = pa.Table.from_pylist(standard, schema=tables["indicators"].schema)
    warehouse.publish(root, tables, samples.run_facts(), gate=warehouse.Gate())
    return root


@pytest.fixture
def connection(root: Path) -> duckdb.DuckDBPyConnection:
    return warehouse.connect(root)


def test_there_are_enough_questions() -> None:
    assert len(QUESTIONS) >= 20
    assert [int(number) for number, _, _ in QUESTIONS] == list(range(1, len(QUESTIONS) + 1))


@pytest.mark.parametrize(
    "sql", [sql for _, _, sql in QUESTIONS], ids=[f"{number}. {title}" for number, title, _ in QUESTIONS]
)
def test_question_runs(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    result = connection.execute(sql)
    assert result.description
    result.fetchall()


@pytest.mark.parametrize("number", [7, 8, 13, 14, 15, 17, 20, 22, 28, 30])
def test_question_has_an_answer_here(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    assert connection.execute(QUESTIONS[number - 1][2]).fetchall()


def test_the_rows_know_the_standard(connection: duckdb.DuckDBPyConnection) -> None:
    """The hand-made rows use indicators and codes that exist, or they would prove nothing."""
    unknown = "SELECT DISTINCT indicator FROM targets ANTI JOIN indicators USING (indicator, unit)"
    assert connection.execute(unknown).fetchall() == []
    codes = "SELECT DISTINCT province FROM targets ANTI JOIN provinces USING (province, province_code)"
    assert connection.execute(codes).fetchall() == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Vĩnh Long dịch vụ công", {90.0}),
        ("vinh long dich vu cong", {90.0}),
        ("DICH VU CONG cao bang", {85.0, 50.0}),
        ("nothing of the kind", set()),
    ],
)
def test_search_without_diacritics(connection: duckdb.DuckDBPyConnection, words: str, found: set[float]) -> None:
    rows = connection.execute(
        "SELECT value FROM search_targets(?) WHERE has_words(quote, 'dich vu')", [words]
    ).fetchall()
    assert {value for (value,) in rows} - {1000.0, 30.0} == found


@pytest.mark.parametrize(("text", "plain"), [("Đắk Lắk", "dak lak"), ("ĐỒNG THÁP", "dong thap"), ("Huế", "hue")])
def test_plain(connection: duckdb.DuckDBPyConnection, text: str, plain: str) -> None:
    assert connection.execute("SELECT plain(?)", [text]).fetchone() == (plain,)


def test_target_gap(connection: duckdb.DuckDBPyConnection) -> None:
    query = f"SELECT province, gap, ambition, national_source FROM target_gap('{SHARE[0]}', 2025)"
    assert {row[0]: row[1:] for row in connection.execute(query).fetchall()} == {
        "Hà Giang": (-20.0, "less ambitious", "document"),
        "Tuyên Quang": (0.0, "equal", "document"),
        "Cao Bằng": (5.0, "more ambitious", "document"),
        "Vĩnh Long": (10.0, "more ambitious", "document"),
    }


def test_national_targets_of_the_standard(connection: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT year, comparator, value, document_number FROM national_targets "
        "WHERE indicator = 'broadband_commune_coverage' ORDER BY year"
    )
    assert connection.execute(query).fetchall() == [
        (2024, "between", 80.0, "1/QĐ-TTg"),
        (2025, "ge", 95.0, "27/QĐ"),
        (2030, "approx", 1.5e6, "NQ (2)"),
    ]


@pytest.mark.parametrize(
    ("province", "indicator", "year", "expected"),
    [
        pytest.param("tuyen quang", AMOUNT, 2025, ("sum", 800.0, "ge"), id="amounts of all predecessors are added"),
        pytest.param("tuyen quang", SHARE, 2025, ("not_addable", None, None), id="shares are never added"),
        pytest.param("tuyen quang", AMOUNT, 2030, ("not_addable", None, None), id="at least plus at most is nothing"),
        pytest.param("tuyen quang", AMOUNT, 2035, ("stated", 999.0, "eq"), id="what the new unit says counts"),
        pytest.param("vinh long", AMOUNT, 2025, ("incomplete", None, None), id="one of three predecessors is missing"),
        pytest.param("cao bang", SHARE, 2025, ("unchanged", 85.0, "eq"), id="not merged"),
    ],
)
def test_roll_up(
    connection: duckdb.DuckDBPyConnection,
    province: str,
    indicator: tuple[str, str],
    year: int,
    expected: tuple[object, ...],
) -> None:
    query = "SELECT method, value, comparator FROM province_2025(?) WHERE indicator = ? AND year = ?"
    assert connection.execute(query, [province, indicator[0], year]).fetchall() == [expected]


def test_missing_predecessor_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT reason FROM province_2025('vinh long') WHERE indicator = ? AND year = 2025"
    assert connection.execute(query, [AMOUNT[0]]).fetchone() == ("no target of Trà Vinh",)


def test_only_amounts_are_addable(connection: duckdb.DuckDBPyConnection) -> None:
    units = {unit for (unit,) in connection.execute("FROM addable_units").fetchall()}
    assert {"count", "person", "billion_vnd", "tonne", "hectare"} <= units
    assert not {
        name for name in units if "per_person" in name or name.startswith(("percent", "rank", "index", "point"))
    }
    assert not units & {
        "multiple",
        "per_mille",
        "mbps",
        "criterion",
        "year_age",
        "million_vnd",
        "other",
        "status",
        "day",
    }


def test_history_from_plan_to_plan(connection: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT document_number, value, previous_value, change, prevails "
        f"FROM target_history('vinh long', '{SHARE[0]}')"
    )
    assert connection.execute(query).fetchall() == [
        ("2/KH-UBND", 70.0, None, None, False),
        ("3/KH-UBND", 90.0, 70.0, 20.0, True),
    ]


def test_evidence_shows_the_quote(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute("SELECT quote, text_before, text_after FROM evidence(?)", [f"{2:024d}"]).fetchone()
    assert found == (ROWS[2]["quote"], "", "")


def test_wide_view_has_one_row_per_target(connection: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT (SELECT count(*) FROM targets), (SELECT count(*) FROM targets_wide), (SELECT count(*) FROM muc_tieu)"
    )
    assert len(set(connection.execute(query).fetchone() or ())) == 1
    names = "SELECT count(*) FROM targets_wide WHERE indicator_vi IS NULL OR indicator_en IS NULL OR unit_vi IS NULL"
    assert connection.execute(names).fetchone() == (0,)


def test_macros_work_in_a_notebook_without_muctieu(root: Path) -> None:
    with duckdb.connect(root / "targets.duckdb", read_only=True) as plain:
        assert len(plain.sql("FROM search_targets('ha giang')").fetchall()) == 4
