"""The gate: each expectation is broken once, by name; a good row passes all of them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest

from schemas import suite
from schemas.expectations import row_expectations
from schemas.standard import Standard, load_standard
from schemas.standard.publish import standard_tables
from schemas.suite import check_statements, check_tables
from schemas.tables import TARGETS
from tests.rows import document, documents, statement, statements
from transform.reconcile import reconcile


@pytest.fixture(scope="module")
def standard() -> Standard:
    return load_standard()


GOOD = {
    "a share": {},
    "a national figure over the province's bound": {
        "province": "Việt Nam",
        "province_code": "00",
        "province_2025": "Việt Nam",
        "indicator": "export_turnover",
        "unit": "million_usd",
        "value": 9e6,
    },
    "a total over a period beyond the bound of a year": {
        "indicator": "budget_revenue",
        "unit": "billion_vnd",
        "value": 9e6,
        "year_basis": "period",
    },
    "a range": {"comparator": "between", "value_max": 20.0},
    "an undated document": {"document_date": None},
    "the year of the document": {"year": 2021},
    "an uncatalogued number": {"status": "uncatalogued", "indicator": None},
    "a status that is not checked": {"status": "no_year", "year": None, "year_basis": None},
}
BAD = {
    "required_values_are_present": {"unit": None, "value": None},
    "comparator_is_in_its_list": {"comparator": "about"},
    "value_basis_is_in_its_list": {"value_basis": "guessed"},
    "year_basis_is_in_its_list": {"year_basis": "sometime"},
    "admin_level_is_in_its_list": {"admin_level": "hamlet"},
    "document_kind_is_in_its_list": {"document_kind": "letter"},
    "quote_is_not_empty": {"quote": " ", "char_start": 3, "char_end": 4},
    "quote_stands_in_document": {"char_start": 1},
    "indicator_is_known": {"indicator": "no_such_indicator"},
    "unit_is_known": {"unit": "furlong"},
    "unit_is_the_indicators": {"unit": "billion_vnd"},
    "province_is_known": {"province": "Sài Gòn"},
    "successor_province_is_known": {"province_2025": "Yên Bái Mới"},
    "value_is_finite": {"indicator": None, "status": "uncatalogued", "value": float("inf")},
    "value_is_not_below_bounds": {"value": -1.0},
    "value_is_not_above_bounds": {"value": 1500.0},
    "range_is_ordered": {"comparator": "between", "value_max": 10.0},
    "year_is_not_past": {"year": 2020},
    "year_is_not_too_far": {"year": 2090},
    "period_starts_before_it_ends": {"period_start": 2026},
}


def test_each_row_expectation_is_broken_once_and_named(standard: Standard) -> None:
    """One run for all cases: the suite costs a second, whatever the number of rows."""
    rows = [statement(label=name, **given) for name, given in BAD.items()]
    checked = check_statements(statements(*rows), documents(document()), standard)
    found = dict(zip(checked.rejected["label"].to_pylist(), checked.rejected["expectation"].to_pylist(), strict=True))
    assert found == {name: name for name in BAD}
    assert set(checked.statements["status"].to_pylist()) == {"rejected"}
    assert all(detail for detail in checked.rejected["expectation_detail"].to_pylist())


@pytest.mark.parametrize("column", ["province", "unit", "value", "year", "year_basis", "province_2025"])
def test_a_missing_value_is_named(standard: Standard, column: str) -> None:
    checked = check_statements(statements(statement(**{column: None})), documents(document()), standard)
    assert checked.rejected["expectation"].to_pylist() == ["required_values_are_present"]
    assert column in checked.rejected["expectation_detail"].to_pylist()[0]


def test_a_range_whose_upper_end_exceeds_the_bound_is_rejected(standard: Standard) -> None:
    row = statement(comparator="between", value_max=150.0)
    checked = check_statements(statements(row), documents(document()), standard)
    assert checked.rejected["expectation"].to_pylist() == ["value_is_not_above_bounds"]


def test_good_rows_pass(standard: Standard) -> None:
    rows = [statement(label=name, **given) for name, given in GOOD.items()]
    checked = check_statements(statements(*rows), documents(document()), standard)
    assert checked.rejected.select(["label", "expectation"]).to_pylist() == []
    assert checked.statements.equals(statements(*rows))


def test_expectations_have_names_of_their_own_and_reasons() -> None:
    expectations = row_expectations()
    assert len({expectation.name for expectation in expectations}) == len(expectations)
    assert all(len(expectation.reason) > 20 for expectation in expectations)


def _tables(**replaced: pa.Table) -> dict[str, pa.Table]:
    result = reconcile(statements(statement()))
    return {
        "targets": result.targets,
        "targets_provisional": result.targets_provisional,
        "statements": result.statements,
        "documents": documents(document()),
    } | replaced


def test_good_tables_pass() -> None:
    assert check_tables(_tables(), previous_targets=1) == ()


def _doubled() -> pa.Table:
    targets = _tables()["targets"]
    return pa.concat_tables([targets, targets])


def _without_values() -> pa.Table:
    targets = _tables()["targets"]
    return targets.set_column(3, pa.field("value", pa.float64()), pa.nulls(targets.num_rows, pa.float64()))


DAMAGED: dict[str, tuple[Any, str]] = {
    "the same cell twice": (_doubled, "grain_is_unique"),
    "a column missing": (lambda: _tables()["targets"].drop_columns(["comparator"]), "columns_are_the_contract"),
    "a column of another type": (
        lambda: _tables()["targets"].set_column(4, "year", pa.array([2025], pa.int64())),
        "types_are_the_contract",
    ),
    "nulls where none may be": (_without_values, "required_columns_are_never_null"),
    "nothing after something": (lambda: TARGETS.arrow_schema().empty_table(), "targets_do_not_vanish"),
}


@pytest.mark.parametrize(("targets", "expectation"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_tables_stop_the_publish(targets: Any, expectation: str) -> None:
    failures = check_tables(_tables(targets=targets()), previous_targets=1)
    assert expectation in {failure.expectation for failure in failures}
    assert all(failure.table == "targets" and failure.reason for failure in failures)


FAILED_TOGETHER = {
    "all of three": (["failed"] * 3, True),
    "all but one": (["failed", "failed", "processed"], False),
    "one that earned it": (["failed"], False),
    "unreadable files": (["unreadable"] * 3, False),
}


@pytest.mark.parametrize(("statuses", "stopped"), FAILED_TOGETHER.values(), ids=FAILED_TOGETHER)
def test_a_run_in_which_every_document_failed_is_stopped(statuses: list[str], stopped: bool) -> None:
    read = documents(
        *(document(document_id=f"{n:064}", source_file=f"{n}.txt", status=s) for n, s in enumerate(statuses))
    )
    found = {failure.expectation for failure in check_tables({"documents": read})}
    assert ("not_all_documents_failed" in found) == stopped


def test_rows_beyond_the_first_slice_are_named(standard: Standard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations gets some rows at a time; what it finds is the same."""
    monkeypatch.setattr(suite, "ROWS_AT_ONCE", 2)
    rows = statements(*(statement(statement_id=f"{n:024d}", unit="furlong" if n > 2 else "percent") for n in range(5)))
    rejected = check_statements(rows, documents(document()), standard).rejected
    assert rejected["statement_id"].to_pylist() == [f"{3:024d}", f"{4:024d}"]
    doubled = pa.concat_tables([rows.slice(4, 1), rows])
    found = [it for it in check_tables({"statements": doubled}) if it.expectation == "grain_is_unique"]
    assert [f"{4:024d}" in it.found for it in found] == [True, True]


def test_a_warehouse_is_held_against_its_own_standard(standard: Standard) -> None:
    published = standard_tables(standard)
    assert check_statements(statements(statement()), documents(document()), published).rejected.num_rows == 0
    other = published["units"].slice(0, 0)
    rejected = check_statements(statements(statement()), documents(document()), {**published, "units": other}).rejected
    assert rejected["expectation"].to_pylist() == ["unit_is_known"]


def test_importing_the_suite_does_not_import_great_expectations() -> None:
    code = "import sys, schemas.suite; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
