"""The command line: what users type, what they see, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import duckdb
import polars
import pyarrow.parquet as pq
import pytest
import typer.main
from typer.testing import CliRunner

from flows.cli import app, assemble
from flows.commands.query import safe_cell
from tests.conftest import PROJECT, SAMPLES

COMMAND = assemble(typer.Typer(rich_markup_mode=None)) if not app.registered_commands else app
README = (PROJECT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def muctieu(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.chdir(PROJECT)
    return CliRunner()


def commands() -> dict[str, click.Command]:
    """Every command by its words: `run`, `standard check` ..."""
    found: dict[str, click.Command] = {}

    def walk(command: click.Command, words: tuple[str, ...]) -> None:
        children = getattr(command, "commands", None)
        if children is None:
            found[" ".join(words)] = command
            return
        for name, child in children.items():
            walk(child, (*words, name))

    walk(typer.main.get_command(COMMAND), ())
    return found


@pytest.mark.parametrize("words", sorted(commands()))
def test_every_command_has_help_with_an_example(words: str) -> None:
    help_text = commands()[words].help or ""
    assert f"Example: muctieu {words}" in help_text


@pytest.mark.parametrize("words", sorted({words.split()[0] for words in commands()}))
def test_every_command_is_in_the_readme(words: str) -> None:
    assert f"`muctieu {words}" in README


def test_the_readme_names_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"(?:^|[`/ ])muctieu ([a-z]+)", README))
    assert named - {"reads"} <= {words.split()[0] for words in commands()} | {"COMMAND"}


def test_the_readme_table_is_what_the_samples_give(sample_warehouse: Path) -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in README.splitlines()
        if re.match(r"\| [^|]+ \| [a-z_]+( \*\([a-z]+\)\*)? \| [a-z_]+ \| \d+ \| \d{4} \|", line)
    ]
    assert len(rows) >= 4
    for province, indicator, unit, value, year in rows:
        indicator, _, level = indicator.partition(" *(")
        level = level.rstrip(")*")
        found = duckdb.execute(
            "SELECT count(*) FROM read_parquet(?) WHERE (province, indicator, unit, value, year) = (?, ?, ?, ?, ?) "
            "AND coalesce(admin_level, '') = ?",
            [
                str(sample_warehouse / "current/targets.parquet"),
                province,
                indicator,
                unit,
                float(value),
                int(year),
                level,
            ],
        ).fetchone()
        assert found == (1,), (province, indicator)


def test_the_readme_python_blocks_run(sample_warehouse: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(blocks) >= 3
    for block in blocks:
        exec(block.replace("warehouse/data", str(sample_warehouse)), {})


def test_run_publishes_and_shows_targets(prefect_server: None, muctieu: CliRunner, tmp_path: Path) -> None:
    result = muctieu.invoke(COMMAND, ["run", str(SAMPLES), "--warehouse", str(tmp_path / "w")])
    assert result.exit_code == 0, result.output
    assert "health_insurance_coverage" in result.output
    for following in ("muctieu query", "muctieu explain", "muctieu run"):
        assert following in result.output
    assert pq.read_metadata(tmp_path / "w/current/targets.parquet").num_rows > 20
    again = muctieu.invoke(COMMAND, ["run", str(SAMPLES), "--warehouse", str(tmp_path / "w"), "--quiet"])
    assert (again.exit_code, again.stdout.count("\n")) == (0, 1)
    assert "nothing has changed" in again.stdout


def test_run_with_an_empty_inbox(prefect_server: None, muctieu: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    result = muctieu.invoke(COMMAND, ["run", str(tmp_path / "inbox"), "--warehouse", str(tmp_path / "w")])
    assert result.exit_code == 0
    assert "nothing was published" in result.output


def test_run_that_cannot_write_names_the_path(prefect_server: None, muctieu: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "w").write_text("a file")
    result = muctieu.invoke(COMMAND, ["run", str(SAMPLES), "--warehouse", str(tmp_path / "w")])
    assert result.exit_code == 1
    assert str(tmp_path / "w") in result.stderr


def test_run_without_an_inbox_is_told_at_once(tmp_path: Path) -> None:
    """As a user runs it, in a process of its own; Prefect is not even imported."""
    muctieu = Path(sys.executable).with_name("muctieu")
    result = subprocess.run([muctieu, "run", tmp_path / "nowhere"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert "no inbox folder" in result.stderr
    assert "Traceback" not in result.stderr


def test_query_as_csv(muctieu: CliRunner, sample_warehouse: Path) -> None:
    sql = "SELECT province, value, year FROM targets WHERE indicator = 'digital_economy_share_grdp' ORDER BY ALL"
    result = muctieu.invoke(COMMAND, ["query", sql, "-w", str(sample_warehouse), "--csv"])
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert {"province": "Yên Bái", "value": "15.0", "year": "2025"} in rows


def test_query_as_json(muctieu: CliRunner, sample_warehouse: Path) -> None:
    sql = "SELECT province, document_date, 0.0 / 0.0 AS nothing FROM targets WHERE province = 'Hà Nam' LIMIT 2"
    result = muctieu.invoke(COMMAND, ["query", sql, "-w", str(sample_warehouse), "--json"])
    row = {"province": "Hà Nam", "document_date": "2022-12-09", "nothing": None}
    assert json.loads(result.stdout) == [row, row]
    empty = muctieu.invoke(COMMAND, ["query", "SELECT 1 WHERE false", "-w", str(sample_warehouse), "--json"])
    assert json.loads(empty.stdout) == []


def test_query_as_parquet(muctieu: CliRunner, sample_warehouse: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    given = ["query", "SELECT * FROM targets", "-w", str(sample_warehouse), "--parquet", str(path)]
    assert muctieu.invoke(COMMAND, given).exit_code == 0
    assert polars.read_parquet(path).height == pq.read_metadata(sample_warehouse / "current/targets.parquet").num_rows


def test_query_without_sql_opens_a_prompt(
    muctieu: CliRunner, sample_warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr("flows.interactive.open_prompt", lambda connection, show: opened.append(show))
    result = muctieu.invoke(COMMAND, ["query", "-w", str(sample_warehouse)])
    assert result.exit_code == 0 and len(opened) == 1, result.output
    refused = muctieu.invoke(COMMAND, ["query", "--csv", "-w", str(sample_warehouse)])
    assert refused.exit_code == 2 and "give the SQL" in refused.output


def test_query_as_a_table(muctieu: CliRunner, sample_warehouse: Path) -> None:
    sql = "SELECT '[bold]x' AS text, 1.5 AS number, NULL AS nothing"
    result = muctieu.invoke(COMMAND, ["query", sql, "-w", str(sample_warehouse)])
    assert "[bold]x" in result.stdout
    assert "1.5" in result.stdout


REFUSED = {
    "COPY targets TO 'x.csv'": "COPY",
    "CREATE TABLE t AS SELECT 1": "CREATE",
    "DELETE FROM targets": "DELETE",
    "ATTACH 'x.duckdb'": "ATTACH",
    "SET VARIABLE muctieu_root = '/'": "SET",
    "SELECT 1; SELECT 2": "one statement",
    "": "one statement",
    "SELECT no_such_column FROM targets": "no_such_column",
    "SELEC 1": "failed",
}


@pytest.mark.parametrize(("sql", "named"), REFUSED.items(), ids=REFUSED)
def test_query_refuses(muctieu: CliRunner, sample_warehouse: Path, sql: str, named: str) -> None:
    result = muctieu.invoke(COMMAND, ["query", sql, "-w", str(sample_warehouse)])
    assert result.exit_code == 2
    assert named in result.stderr
    assert not (PROJECT / "x.csv").exists()


def test_query_without_a_warehouse(muctieu: CliRunner, tmp_path: Path) -> None:
    result = muctieu.invoke(COMMAND, ["query", "SELECT 1", "-w", str(tmp_path / "nowhere")])
    assert result.exit_code == 1
    assert "muctieu run" in result.stderr


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u200b=1", "＝1"])
def test_csv_cells_cannot_become_formulas(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [-1.5, 3, "Yên Bái", "1-2"], ids=str)
def test_other_csv_cells_stay(cell: object) -> None:
    assert safe_cell(cell) == cell


def test_explain_marks_targets_and_refused_numbers(muctieu: CliRunner) -> None:
    result = muctieu.invoke(COMMAND, ["explain", str(SAMPLES / "01-ke-hoach-chuyen-doi-so-yen-bai.txt")])
    assert result.exit_code == 0
    assert "chiếm khoảng ⟦15⟧% GRDP" in result.stdout
    assert "digital_economy_share_grdp = approx 15 percent; year 2025" in result.stdout
    assert re.search(r"⟪62,5%?⟫.* refused: \w+", result.stdout)


def test_explain_gives_back_every_character(muctieu: CliRunner) -> None:
    """Marks and notes taken away, the text is the document's."""
    path = SAMPLES / "07-bai-nong-thon-moi-dong-thap.md"
    shown = muctieu.invoke(COMMAND, ["explain", str(path)]).stdout
    body = re.sub("[⟦⟧⟪⟫]", "", "\n".join(line for line in shown.splitlines() if not line.startswith("    ")))
    assert path.read_text(encoding="utf-8").strip() in body


def test_explain_says_what_is_wrong_with_a_file(muctieu: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 8)
    result = muctieu.invoke(COMMAND, ["explain", str(tmp_path / "binary.txt")])
    assert result.exit_code == 1
    assert "unreadable" in result.stdout
    assert muctieu.invoke(COMMAND, ["explain", str(tmp_path / "none.txt")]).exit_code == 2


def test_standard_check(muctieu: CliRunner, tmp_path: Path) -> None:
    assert muctieu.invoke(COMMAND, ["standard", "check"]).exit_code == 0
    copy = tmp_path / "standard"
    shutil.copytree(PROJECT / "schemas/standard", copy)
    path = copy / "indicators.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",percent,", ",percnt,", 1), encoding="utf-8")
    result = muctieu.invoke(COMMAND, ["standard", "check", str(copy)])
    assert result.exit_code == 1
    assert re.search(r"indicators\.csv.*\d+", result.stdout)


def test_query_imports_neither_prefect_nor_great_expectations(sample_warehouse: Path) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from flows.cli import app, assemble;"
        f"given = ['query', 'SELECT count(*) FROM targets', '-w', {str(sample_warehouse)!r}];"
        "r = CliRunner().invoke(assemble(app), given);"
        "assert r.exit_code == 0, r.output;"
        "sys.exit(', '.join({'prefect', 'great_expectations', 'pandas', 'pydantic'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=PROJECT)
    assert (result.returncode, result.stderr) == (0, "")


def test_every_direct_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[=<>~! ]", name)[0] for name in declared}
    told = set(re.findall(r"^\| ([a-z0-9-]+) \| .{10,}", (PROJECT / "docs/dependencies.md").read_text(), re.M))
    assert names == told - {"package"}


def test_the_contract_page_names_every_column() -> None:
    from schemas.tables import DOCUMENTS, REJECTED, STATEMENTS, TARGETS, TARGETS_PROVISIONAL

    page = (PROJECT / "docs/target-table.md").read_text(encoding="utf-8")
    for table in (TARGETS, TARGETS_PROVISIONAL, STATEMENTS, DOCUMENTS, REJECTED):
        missing = [name for name in table.names if not re.search(rf"\b{name}\b", page)]
        assert not missing, table.name


def test_a_user_without_a_home_gets_a_place_for_prefect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from flows.prefect_environment import prepare_prefect

    monkeypatch.setenv("HOME", str(tmp_path / "no-such-home"))
    monkeypatch.setenv("PREFECT_HOME", "to be restored")
    monkeypatch.delenv("PREFECT_HOME")
    prepare_prefect()
    assert Path(os.environ["PREFECT_HOME"]).is_dir()
