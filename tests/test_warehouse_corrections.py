"""corrections.yml: applied where it finds what it expects, told where it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

import warehouse
from benchmarks import synthetic
from tests import warehouse_samples as samples
from transform.reconcile import reconcile
from warehouse import CorrectionsError, apply_corrections, load_corrections

EDITIONS = dict.fromkeys(range(12), 0)


@pytest.fixture(scope="module")
def statements() -> pa.Table:
    return samples.tables_of(EDITIONS)[1]


def first(statements: pa.Table, status: str) -> dict[str, Any]:
    return next(row for row in statements.to_pylist() if row["status"] == status)


def entry(row: dict[str, Any], action: str, **more: Any) -> dict[str, Any]:
    found = {"action": action, "document": row["source_file"], "quote": row["quote"], "expect": {"value": row["value"]}}
    return found | {"reason": "read again", "author": "Lan"} | more


def write(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "corrections.yml"
    path.write_text(yaml.safe_dump(list(entries), allow_unicode=True))
    return path


def applied(
    statements: pa.Table, folder: Path, *entries: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], list[Any]]:
    result, outcomes = apply_corrections(statements, load_corrections(write(folder, *entries)))
    assert result.schema.equals(statements.schema)
    assert result["statement_id"].equals(statements["statement_id"])
    return {row["statement_id"]: row for row in result.to_pylist()}, list(outcomes)


def test_reject(statements: pa.Table, tmp_path: Path) -> None:
    row = first(statements, "accepted")
    rows, outcomes = applied(statements, tmp_path, entry(row, "reject"))
    changed = rows[row["statement_id"]]
    assert (changed["status"], changed["corrected_by"]) == ("rejected", "Lan")
    assert changed["status_reason"] == "rejected by Lan: read again"
    assert not outcomes[0].stale
    others = {key: value for key, value in rows.items() if key != row["statement_id"]}
    assert others == {r["statement_id"]: r for r in statements.to_pylist() if r["statement_id"] != row["statement_id"]}


def test_fix_changes_the_target(statements: pa.Table, tmp_path: Path) -> None:
    row = first(statements, "accepted")
    corrections = load_corrections(write(tmp_path, entry(row, "fix", set={"value": 3.5, "comparator": "ge"})))
    result, _ = apply_corrections(statements, corrections)
    targets = reconcile(result).targets.to_pylist()
    found = [target for target in targets if target["statement_id"] == row["statement_id"]]
    assert [(target["value"], target["comparator"], target["corrected_by"]) for target in found] == [(3.5, "ge", "Lan")]


@pytest.mark.parametrize("action", ["accept", "fix"])
def test_indicator_given_by_a_person_makes_a_target(statements: pa.Table, tmp_path: Path, action: str) -> None:
    row = first(statements, "uncatalogued")
    rows, _ = applied(
        statements, tmp_path, entry(row, action, set={"indicator": "grdp_growth", "unit": "percent_per_year"})
    )
    assert rows[row["statement_id"]]["status"] == "accepted"


def test_document_may_be_named_by_its_id_and_statement_by_its_own(statements: pa.Table, tmp_path: Path) -> None:
    row = first(statements, "accepted")
    named = entry(row, "reject", document=row["document_id"], statement_id=row["statement_id"])
    del named["quote"]
    _, outcomes = applied(statements, tmp_path, named)
    assert not outcomes[0].stale


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"expect": {"value": -1}}, r"value is .*, expected -1"),
        ({"quote": "Không còn câu này"}, "the document no longer says that"),
        ({"document": "gone.txt"}, "no statement comes from that document"),
    ],
    ids=["says something else", "no longer says it", "document gone"],
)
def test_stale(statements: pa.Table, tmp_path: Path, more: dict[str, Any], told: str) -> None:
    import re

    row = first(statements, "accepted")
    corrections = load_corrections(write(tmp_path, entry(row, "reject", **more)))
    result, outcomes = apply_corrections(statements, corrections)
    assert outcomes[0].stale
    assert re.search(told, str(outcomes[0]))
    assert result.equals(statements)


def test_ambiguous_is_told(statements: pa.Table, tmp_path: Path) -> None:
    row = first(statements, "accepted")
    twice = pa.concat_tables(
        [statements, pa.Table.from_pylist([row | {"statement_id": "other"}], schema=statements.schema)]
    )
    _, outcomes = apply_corrections(twice, load_corrections(write(tmp_path, entry(row, "reject"))))
    assert outcomes[0].stale
    assert "2 statements fit; name more columns in expect" in str(outcomes[0])


def test_applied_again_finds_what_it_expects(statements: pa.Table, tmp_path: Path) -> None:
    """Two entries for one statement: the second sees what the first made of it."""
    row = first(statements, "accepted")
    one = entry(row, "fix", set={"value": 7})
    two = entry(row, "fix", expect={"value": 7}, set={"year": 2033})
    rows, outcomes = applied(statements, tmp_path, one, two)
    assert [outcome.stale for outcome in outcomes] == [False, False]
    assert (rows[row["statement_id"]]["value"], rows[row["statement_id"]]["year"]) == (7, 2033)


GOOD = {
    "action": "fix",
    "document": "a.txt",
    "quote": "x",
    "expect": {"value": 1},
    "set": {"value": 2},
    "reason": "r",
    "author": "a",
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"action": "delete"}, "action 'delete' is unknown"),
        ({"author": ""}, "author is missing"),
        ({"reason": None}, "reason is missing"),
        ({"expect": {}}, "expect is missing"),
        ({"set": {}}, "a fix needs `set`"),
        ({"set": {"quote": "y"}}, "set names quote"),
        ({"set": {"value": "95"}}, "value is '95', a number is expected"),
        ({"set": {"year": 2025.5}}, "a whole number is expected"),
        ({"set": {"comparator": "about"}}, "none of eq, ge"),
        ({"set": {"province": "Huế"}}, "set together"),
        ({"quote": None}, "either quote"),
        ({"statement_id": "s"}, "either quote"),
        ({"colour": "red"}, "unknown keys colour"),
        ({"action": "reject"}, "drop `set` or use fix"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_lint(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    path = write(tmp_path, GOOD, GOOD | change)
    with pytest.raises(CorrectionsError) as trouble:
        load_corrections(path)
    assert f"{path}: correction 2: " in str(trouble.value)
    assert told in str(trouble.value)


@pytest.mark.parametrize("text", ["action: [", "just words", "action: fix"], ids=["no yaml", "text", "no list"])
def test_no_list_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "corrections.yml").write_text(text)
    with pytest.raises(CorrectionsError, match=r"corrections\.yml"):
        load_corrections(tmp_path / "corrections.yml")


def test_no_file_means_no_corrections(statements: pa.Table, tmp_path: Path) -> None:
    corrections = load_corrections(tmp_path / "corrections.yml")
    assert (corrections.sha256, apply_corrections(statements, corrections)) == (None, (statements, ()))


def test_corrections_come_and_go_with_the_nights(tmp_path: Path) -> None:
    """The corrected document is read again, the row shows who corrected it, and without the entry it is as before."""
    root = tmp_path / "w"
    samples.night(root, EDITIONS)
    row = first(samples.tables_of(EDITIONS)[1], "accepted")
    corrections = load_corrections(write(tmp_path, entry(row, "reject")))
    before = samples.parquet_bytes((root / "current").resolve())
    for applied_now in (corrections, warehouse.Corrections()):
        listing = samples.listing_of(EDITIONS)
        files = applied_now.files(listing)
        changes = warehouse.plan_changes(
            root, listing, samples.VERSIONS, corrections=applied_now.sha256, corrected_files=files
        )
        assert changes.to_read == (row["source_file"],)
        number = int(row["source_file"][5:12])
        assert synthetic.source_file(number) == row["source_file"]
        documents, fresh = samples.tables_of({number: 0})
        fresh, _ = apply_corrections(fresh, applied_now)
        rejected = samples.REJECTED.arrow_schema().empty_table()
        found = warehouse.assemble(root, changes, documents, fresh, rejected, reconcile)
        run = samples.run_facts(f"corrected {applied_now.sha256}", corrections=applied_now.sha256)
        assert warehouse.publish(root, {**found.tables, **samples.standard_tables()}, run, change=found.change).new
        with warehouse.connect(root) as connection:
            corrected = connection.execute("SELECT statement_id FROM statements WHERE corrected_by = 'Lan'").fetchall()
        assert corrected == ([(row["statement_id"],)] if applied_now.sha256 else [])
    assert samples.parquet_bytes((root / "current").resolve()) == before
