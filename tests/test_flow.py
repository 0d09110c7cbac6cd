"""The night as a whole: from an inbox to published tables, also when the inbox or the warehouse misbehave."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

import flows.nightly
import flows.process
from flows.inbox import discover
from flows.inbox_file import InboxMissing
from flows.nightly import nightly
from flows.versions import extractor_version
from tests.conftest import PROJECT, SAMPLES
from warehouse import GateFailed, WarehouseError

SEEDS = PROJECT.parent / "shared" / "gold" / "seeds"
PLAN = "01-ke-hoach-chuyen-doi-so-yen-bai.txt"
ALL_BUT_RUNS = ("targets", "targets_provisional", "commitments", "rejected", "indicators", "provinces", "units")


def rows(root: Path, sql: str) -> list[tuple[Any, ...]]:
    """Answer of plain DuckDB over the files of the current snapshot; {name} stands for a table."""
    current = (root / "current").resolve()
    paths = {name: f"'{current}/{name}.parquet'" for name in (*ALL_BUT_RUNS, "runs")}
    paths |= {name: f"'{current}/{name}/*.parquet'" for name in ("statements", "documents")}
    return duckdb.sql(sql.format(**paths)).fetchall()


def fingerprint(root: Path) -> dict[str, bytes]:
    """Bytes of every Parquet file of the current snapshot but runs."""
    current = (root / "current").resolve()
    return {
        path.relative_to(current).as_posix(): path.read_bytes()
        for path in sorted(current.rglob("*.parquet"))
        if path.name != "runs.parquet"
    }


def test_samples_give_their_targets(sample_warehouse: Path) -> None:
    wanted = {
        ("Yên Bái", "digital_economy_share_grdp", "percent", 15.0, 2025, None),
        ("Yên Bái", "digital_economy_share_grdp", "percent", 20.0, 2030, None),
        ("Yên Bái", "case_files_processed_online_share", "percent", 80.0, 2025, "district"),
        ("Yên Bái", "labour_productivity_growth", "percent_per_year", 7.0, 2025, None),
        ("Hà Nam", "export_turnover", "million_usd", 5200.0, 2023, None),
        ("Hà Nam", "grdp_growth", "percent_per_year", 10.8, 2023, None),
        ("Việt Nam", "digital_economy_share_grdp", "percent", 30.0, 2030, None),
        ("Bắc Ninh", "doctors_per_10000", "per_10000_pop", 8.0, 2015, None),
        ("Vĩnh Long", "dti_rank", "rank", 10.0, 2030, None),
    }
    found = set(rows(sample_warehouse, "SELECT province, indicator, unit, value, year, admin_level FROM {targets}"))
    assert wanted <= found


def test_the_plan_prevails_over_the_article_about_it(sample_warehouse: Path) -> None:
    (found,) = rows(
        sample_warehouse,
        """
        SELECT document_kind, document_number, n_statements, n_documents, agreement FROM {targets}
        WHERE province = 'Yên Bái' AND indicator = 'digital_economy_share_grdp' AND year = 2025""",
    )
    assert found == ("plan", "118/KH-UBND", 2, 2, "agree")
    articles = rows(sample_warehouse, "SELECT reports_on FROM {documents} WHERE source_file LIKE '02-%'")
    assert articles == [("118/KH-UBND",)]


def test_every_quote_stands_where_it_says(sample_warehouse: Path) -> None:
    found = rows(
        sample_warehouse,
        """
        SELECT count(*), count(*) FILTER (substring(d.text, s.char_start + 1, s.char_end - s.char_start) = s.quote)
        FROM {statements} AS s JOIN {documents} AS d USING (document_id)""",
    )
    assert found[0][0] == found[0][1] > 30


def test_a_document_without_targets_is_a_row(sample_warehouse: Path) -> None:
    found = rows(sample_warehouse, "SELECT count(*) FROM {targets} WHERE province = 'Quảng Nam'")
    assert found == [(0,)]
    assert rows(sample_warehouse, "SELECT status FROM {documents} WHERE source_file LIKE '06-%'") == [("processed",)]


def test_the_run_is_recorded(sample_warehouse: Path) -> None:
    ((documents, read, validation),) = rows(
        sample_warehouse, "SELECT documents, documents_read, validation FROM {runs}"
    )
    assert (documents, read, validation) == (len(discover(SAMPLES)), len(discover(SAMPLES)), "passed")


def test_the_same_inbox_gives_the_same_bytes(sample_warehouse: Path, tmp_path: Path) -> None:
    """Another warehouse, other batches, worker processes instead of one's own: the same files."""
    nightly(str(SAMPLES), str(tmp_path / "other"), {"batch_size": 2, "workers": 2, "small_run_documents": 0})
    assert fingerprint(tmp_path / "other") == fingerprint(sample_warehouse)


def test_nothing_changed_publishes_nothing(prefect_server: None, tmp_path: Path) -> None:
    inbox = _inbox(tmp_path)
    first = nightly(str(inbox), str(tmp_path / "w"))
    second = nightly(str(inbox), str(tmp_path / "w"))
    assert (first.published, second.published) == (True, False)
    assert first.snapshot_id == second.snapshot_id


def test_a_changed_inbox_gives_what_a_full_run_gives(prefect_server: None, tmp_path: Path) -> None:
    inbox = _inbox(tmp_path)
    nightly(str(inbox), str(tmp_path / "w"))
    (inbox / PLAN).unlink()
    shutil.copy(SAMPLES / "02-bai-bao-ve-ke-hoach-118.txt", inbox / "article.txt")
    changed = nightly(str(inbox), str(tmp_path / "w"))
    nightly(str(inbox), str(tmp_path / "fresh"))
    assert changed.published
    assert fingerprint(tmp_path / "w") == fingerprint(tmp_path / "fresh")
    assert rows(tmp_path / "w", "SELECT DISTINCT document_kind FROM {targets}") == [("article",)]


def test_bad_files_become_rows_and_the_run_goes_on(prefect_server: None, tmp_path: Path) -> None:
    inbox = _inbox(tmp_path)
    (inbox / "nothing.txt").write_bytes(b"")
    (inbox / "blank.txt").write_text(" \n\n")
    (inbox / "binary.txt").write_bytes(bytes(range(256)) * 8)
    shutil.copy(inbox / PLAN, inbox / "again.txt")
    (inbox / "sub").mkdir()
    shutil.copy(inbox / PLAN, inbox / "sub" / "deep.txt")
    summary = nightly(str(inbox), str(tmp_path / "w"))
    assert summary.published
    found = rows(tmp_path / "w", "SELECT source_file, status, status_reason FROM {documents} ORDER BY source_file")
    assert {name: status for name, status, _ in found} == {
        PLAN: "processed",
        "again.txt": "duplicate",
        "sub/deep.txt": "duplicate",
        "nothing.txt": "empty",
        "blank.txt": "empty",
        "binary.txt": "unreadable",
    }
    assert all(reason for _, status, reason in found if status != "processed")
    assert summary.rows["targets"] > 0


def test_a_file_that_vanishes_in_mid_run_is_recorded(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = _inbox(tmp_path)
    (inbox / "gone.txt").write_text("Đến năm 2025, đạt 80%.")
    read = flows.nightly.read

    def vanish_then_read(*given: Any) -> Any:
        (inbox / "gone.txt").unlink()
        return read(*given)

    monkeypatch.setattr(flows.nightly, "read", vanish_then_read)
    assert nightly(str(inbox), str(tmp_path / "w")).published
    ((status, reason),) = rows(
        tmp_path / "w", "SELECT status, status_reason FROM {documents} WHERE source_file = 'gone.txt'"
    )
    assert status == "unreadable"
    assert "gone.txt" in reason


def test_a_missing_inbox_is_told(prefect_server: None, tmp_path: Path) -> None:
    with pytest.raises(InboxMissing, match="no inbox folder"):
        nightly(str(tmp_path / "nowhere"), str(tmp_path / "w"))
    assert not (tmp_path / "w").exists()


def test_an_empty_inbox_publishes_nothing(prefect_server: None, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    summary = nightly(str(tmp_path / "inbox"), str(tmp_path / "w"))
    assert not summary.published
    assert "no documents" in summary.message
    assert not (tmp_path / "w").exists()


def test_a_broken_expectation_stops_the_publish(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the schema broken on purpose the run is red and `current` is what it was."""
    inbox = _inbox(tmp_path)
    before = nightly(str(inbox), str(tmp_path / "w"))
    import schemas.suite
    from schemas.expectations import Expectation

    real = schemas.suite.table_expectations

    def demanding(table: Any) -> Any:
        broken = Expectation(
            "value_is_negative",
            "expect_column_values_to_be_between",
            {"column": "value", "max_value": -1},
            "broken on purpose",
        )
        return (*real(table), broken) if table.name == "targets" else real(table)

    monkeypatch.setattr(schemas.suite, "table_expectations", demanding)
    shutil.copy(SAMPLES / "09-ke-hoach-vinh-long-sau-hop-nhat.md", inbox)
    state = nightly(str(inbox), str(tmp_path / "w"), return_state=True)
    assert state.is_failed()
    with pytest.raises(GateFailed, match="value_is_negative"):
        state.result()
    assert (tmp_path / "w" / "current").resolve().name == before.snapshot_id


def test_a_broken_reader_publishes_nothing(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New documents that all fail: yesterday's snapshot stays, the run is red and says what the reader said."""
    inbox, root = _inbox(tmp_path), tmp_path / "w"
    nightly(str(inbox), str(root))
    before = os.readlink(root / "current")
    for number in range(3):
        (inbox / f"new-{number}.txt").write_text(f"KẾ HOẠCH số {number}. Đến năm 2030 đạt 80%.", encoding="utf-8")

    def broken(*given: Any) -> Any:
        raise ValueError("a rule broke")

    tools = replace(flows.process.shipped_tools(extractor_version()), reader=broken)
    monkeypatch.setattr("flows.batches.shipped_tools", lambda version: tools)
    with pytest.raises(GateFailed, match=r"not_all_documents_failed.*a rule broke"):
        nightly(str(inbox), str(root))
    assert os.readlink(root / "current") == before


def test_rejected_statements_are_published_with_their_expectation(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schemas.row_facts.LONGEST_HORIZON_YEARS", 6)
    summary = nightly(str(_inbox(tmp_path)), str(tmp_path / "w"))
    found = rows(tmp_path / "w", "SELECT DISTINCT expectation FROM {rejected}")
    assert found == [("year_is_not_too_far",)]
    assert summary.statements_by_status["rejected"] == summary.rows["rejected"] > 0
    assert rows(tmp_path / "w", "SELECT count(*) FROM {targets} WHERE year > 2027") == [(0,)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_names_the_path(prefect_server: None, tmp_path: Path) -> None:
    root = tmp_path / "w"
    root.mkdir(mode=0o500)
    with pytest.raises(WarehouseError, match=str(root)):
        nightly(str(_inbox(tmp_path)), str(root))


def test_a_warehouse_in_the_place_of_a_file_is_told(prefect_server: None, tmp_path: Path) -> None:
    (tmp_path / "w").write_text("no folder")
    with pytest.raises(WarehouseError, match=str(tmp_path / "w")):
        nightly(str(_inbox(tmp_path)), str(tmp_path / "w"))


def test_links_out_of_the_inbox_are_not_followed(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path)
    (tmp_path / "secret.txt").write_text("Đến năm 2025, đạt 80%.")
    (inbox / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inbox / ".hidden.txt").write_text("x")
    (inbox / "own.txt").symlink_to(inbox / PLAN)
    readable = [file.source_file for file in discover(inbox) if not file.problem]
    assert readable == [PLAN, "own.txt"]


def test_names_of_any_bytes_are_found(tmp_path: Path) -> None:
    name = os.fsdecode(b"k\xff.txt")
    (tmp_path / name).write_text("x")
    (file,) = discover(tmp_path)
    assert file.source_file == "k\\xff.txt"
    assert Path(file.path).read_text() == "x"


@pytest.mark.skipif(not SEEDS.exists(), reason="the seed documents are not here")
def test_the_seeds_come_out_whole(prefect_server: None, tmp_path: Path) -> None:
    summary = nightly(str(SEEDS), str(tmp_path / "w"))
    assert summary.documents_by_status == {"processed": 5}
    assert pq.read_metadata(tmp_path / "w" / "current" / "targets.parquet").num_rows > 0


def _inbox(tmp_path: Path) -> Path:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(SAMPLES / PLAN, inbox)
    return inbox


def test_corrections_are_applied_and_stale_ones_told(prefect_server: None, tmp_path: Path) -> None:
    corrections = tmp_path / "corrections.yml"
    corrections.write_text(
        f"""
- action: reject
  document: {PLAN}
  quote: Kinh tế số chiếm khoảng 15% GRDP.
  expect: {{value: 15.0}}
  reason: a test
  author: tester
- action: reject
  document: {PLAN}
  quote: no such words
  expect: {{value: 1.0}}
  reason: a test
  author: tester
""",
        encoding="utf-8",
    )
    summary = nightly(str(_inbox(tmp_path)), str(tmp_path / "w"), {"corrections": str(corrections)})
    (warning,) = summary.warnings
    assert "no such words" in warning
    sql = "SELECT status, corrected_by FROM {statements} WHERE quote LIKE 'Kinh tế số chiếm khoảng 15%'"
    assert rows(tmp_path / "w", sql) == [("rejected", "tester")]


def test_the_gate_keeps_its_record_in_the_snapshot(sample_warehouse: Path) -> None:
    record = json.loads((sample_warehouse / "current" / "validation.json").read_text(encoding="utf-8"))
    assert record["passed"] is True
    assert {"quote_stands_in_document", "year_is_not_past"} <= {e["name"] for e in record["suite"]["row_expectations"]}
