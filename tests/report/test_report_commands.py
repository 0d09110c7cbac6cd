"""muctieu report, muctieu review and the interactive prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import standin
import typer
from typer.testing import CliRunner

from flows.commands import report as report_command
from flows.commands import review as review_command
from flows.interactive import open_prompt, words
from schemas.standard import load_standard
from schemas.tables import STATEMENTS
from warehouse.corrections import apply_corrections, load_corrections

runner = CliRunner()


@pytest.fixture(scope="module")
def program() -> typer.Typer:
    app = typer.Typer()
    report_command.register(app)
    review_command.register(app)
    return app


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    standin.write(folder, "1", *standin.generated(3))
    return folder


def statements(root: Path) -> pa.Table:
    rows = [
        row
        for path in sorted((root / "current" / "statements").glob("*.parquet"))
        for row in pa.parquet.read_table(path).to_pylist()
    ]
    return pa.Table.from_pylist(rows, STATEMENTS.arrow_schema())


def test_report_marks_real_refusals(program: typer.Typer, root: Path) -> None:
    done = runner.invoke(program, ["report", "--warehouse", str(root), "--workers", "1"])
    assert done.exit_code == 0, done.output
    assert "index.html" in done.output
    pages = "".join(path.read_text(encoding="utf-8") for path in (root / "report" / "d").iterdir())
    assert 'class="refused"' in pages and "<b>" in pages
    again = runner.invoke(program, ["report", "--warehouse", str(root), "--workers", "1"])
    assert "0 of " in again.output


def test_report_without_a_warehouse_says_what_to_run(program: typer.Typer, tmp_path: Path) -> None:
    done = runner.invoke(program, ["report", "--warehouse", str(tmp_path)])
    assert done.exit_code == 1 and "muctieu run" in done.output


def test_report_that_cannot_write_names_the_folder(program: typer.Typer, root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = runner.invoke(
        program, ["report", "--warehouse", str(root), "--to", str(tmp_path / "file" / "site"), "--workers", "1"]
    )
    assert done.exit_code == 1 and "file" in done.output and "--to" in done.output


def test_review_writes_entries_that_the_warehouse_applies(program: typer.Typer, root: Path, tmp_path: Path) -> None:
    file = tmp_path / "corrections.yml"
    typed = (
        "\n".join(
            ["r", "không phải mục tiêu", "f", "nonsense", "value=31,5 year=2031", "đọc sai", "s", "a", "đúng", "q"]
        )
        + "\n"
    )
    done = runner.invoke(
        program,
        ["review", "00001.txt", "--warehouse", str(root), "--corrections", str(file), "--author", "Lan", "--all"],
        input=typed,
    )
    assert done.exit_code == 0, done.output
    assert "3 entries written" in done.output
    corrected, outcomes = apply_corrections(statements(root), load_corrections(file))
    assert [o.message for o in outcomes if o.stale] == [] and len(outcomes) == 3
    mine = [row for row in corrected.to_pylist() if row["corrected_by"] == "Lan"]
    assert sorted(row["status"] for row in mine) == ["accepted", "accepted", "rejected"]
    assert any(row["value"] == 31.5 and row["year"] == 2031 for row in mine)


def test_review_finds_a_file_by_its_bytes_or_says_what_to_do(program: typer.Typer, root: Path, tmp_path: Path) -> None:
    done = runner.invoke(program, ["review", "nowhere.txt", "--warehouse", str(root)])
    assert done.exit_code == 2 and "nowhere.txt" in done.output and "source_file" in done.output
    done = runner.invoke(program, ["review", "plans/00001.txt", "--warehouse", str(root), "--all"], input="q\n")
    assert done.exit_code == 0 and "nothing was written" in done.output


def test_review_does_not_touch_a_broken_corrections_file(program: typer.Typer, root: Path, tmp_path: Path) -> None:
    file = tmp_path / "corrections.yml"
    file.write_text("- action: maybe\n", encoding="utf-8")
    done = runner.invoke(
        program,
        ["review", "00001.txt", "--warehouse", str(root), "--corrections", str(file), "--author", "Lan", "--all"],
        input="a\nok\n",
    )
    assert done.exit_code == 1 and file.read_text(encoding="utf-8") == "- action: maybe\n"


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("value=95", {"value": 95.0}),
        ("value=1,5 year=2030", {"value": 1.5, "year": 2030}),
        ("value_max=null", {"value_max": None}),
        ("indicator=grdp_growth", {"indicator": "grdp_growth", "unit": "percent_per_year"}),
        ("province='Bến Tre'", {"province": "Bến Tre", "province_code": "83", "province_2025": "Vĩnh Long"}),
    ],
)
def test_changes_as_typed(text: str, changes: dict[str, Any]) -> None:
    assert review_command.parse_changes(text, load_standard()) == changes


@pytest.mark.parametrize(
    "text", ["", "value", "quote=x", "value=many", "indicator=none_such", "province=Atlantis", "year='"]
)
def test_wrong_changes_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        review_command.parse_changes(text, load_standard())


def test_an_entry_uses_the_id_only_where_words_do_not_tell() -> None:
    _, rows = standin.generated(1)
    mine = [{**row} for row in rows]
    assert "quote" in review_command.entry(mine[0], mine, "accept", {}, "r", "a")
    twin = {**mine[0], "statement_id": "other"}
    assert review_command.entry(twin, [*mine, twin], "accept", {}, "r", "a")["statement_id"] == "other"


class Typing:
    """Stands for the person at the prompt."""

    def __init__(self, *typed: str | type[BaseException]) -> None:
        self.typed = list(typed)

    def prompt(self, _: str) -> str:
        if not self.typed:
            raise EOFError
        found = self.typed.pop(0)
        if isinstance(found, str):
            return found
        raise found


def test_prompt_answers_tells_errors_and_leaves(capsys: pytest.CaptureFixture[str]) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE VIEW targets AS SELECT 'Vĩnh Long' AS province, 90.0 AS value")
    shown: list[Any] = []

    def show(connected: Any, sql: str) -> None:
        shown.append(connected.execute(sql).fetchall())

    open_prompt(
        connection,
        show,
        Typing("SELECT province FROM targets;", "", KeyboardInterrupt, "SELEC", r"\d", "exit", "never"),
    )
    assert shown[0] == [("Vĩnh Long",)] and shown[1][0][0] == "targets" and len(shown) == 2
    assert "the query failed" in capsys.readouterr().err
    known = words(connection)
    assert known["targets"] == "table" and "targets" in known["province"]
