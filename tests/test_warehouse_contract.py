"""The data contract: lints, says what the tables are, and tells major from minor changes."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from flows.commands import contract as commands
from schemas.tables import ALL_TABLES
from tests import warehouse_samples as samples
from warehouse import WarehouseError
from warehouse.contract import contract, contract_yaml, diff, read_contract


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.night(tmp_path_factory.mktemp("contract") / "w", dict.fromkeys(range(5), 0)).path


def test_datacontract_lints_it(snapshot: Path) -> None:
    command = [str(Path(sys.executable).with_name("datacontract")), "lint", str(snapshot / "contract.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Data contract is valid" in done.stdout


def test_contract_has_every_column_of_every_table() -> None:
    written = yaml.safe_load(contract_yaml())
    found = {table["name"]: [column["name"] for column in table["properties"]] for table in written["schema"]}
    assert found == {table.name: list(table.names) for table in ALL_TABLES}
    assert written == contract()


def test_datapackage_describes_the_files(snapshot: Path) -> None:
    from frictionless import Package

    package = json.loads((snapshot / "datapackage.json").read_text())
    assert Package.validate_descriptor(package).valid
    paths = [
        path
        for item in package["resources"]
        for path in ([item["path"]] if isinstance(item["path"], str) else item["path"])
    ]
    assert all((snapshot / path).is_file() for path in paths)
    assert len(package["resources"]) == len(ALL_TABLES)


def _column(found: dict[str, Any], table: str, column: str) -> dict[str, Any]:
    columns = next(entry for entry in found["schema"] if entry["name"] == table)["properties"]
    return next(entry for entry in columns if entry["name"] == column)  # type: ignore[no-any-return]


def _columns(found: dict[str, Any], table: str) -> list[dict[str, Any]]:
    return next(entry for entry in found["schema"] if entry["name"] == table)["properties"]  # type: ignore[no-any-return]


EXTRA = {"name": "extra", "physicalType": "VARCHAR", "description": "x", "required": False}
# ruff: noqa: E501
CASES: list[tuple[str, Callable[[dict[str, Any]], object], str, str]] = [
    ("nothing", lambda c: None, "none", ""),
    ("column at the end", lambda c: _columns(c, "targets").append(EXTRA), "minor", "targets.extra: the column is new, at the end"),
    ("column in between", lambda c: _columns(c, "targets").insert(2, EXTRA), "major", "moves the columns behind it"),
    ("column gone", lambda c: _columns(c, "targets").pop(2), "major", "targets.unit: the column is gone"),
    ("columns swapped", lambda c: _columns(c, "targets").reverse(), "major", "another order"),
    ("retyped", lambda c: _column(c, "targets", "year").update(physicalType="BIGINT"), "major", "SMALLINT became BIGINT"),
    ("re-meant", lambda c: _column(c, "targets", "year").update(description="?"), "major", "it means something else"),
    ("nullable", lambda c: _column(c, "targets", "year").update(required=False), "major", "it may be null now"),
    ("never null", lambda c: _column(c, "targets", "breakdown").update(required=True), "minor", "never null any more"),
    ("table gone", lambda c: c["schema"].pop(0), "major", "targets: the table is gone"),
    ("table new", lambda c: c["schema"].append({**copy.deepcopy(c["schema"][0]), "name": "more"}), "minor", "more: the table is new"),
    ("list", lambda c: _column(c, "targets", "comparator")["customProperties"][0]["value"].append("ne"), "major", r"added ['ne']"),
    ("grain", lambda c: c["schema"][0].update(dataGranularityDescription="?"), "major", "the grain is another"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "severity", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_diff(change: Callable[[dict[str, Any]], object], severity: str, told: str) -> None:
    new = copy.deepcopy(contract())
    change(new)
    found = diff(contract(), new)
    assert found.severity == severity
    assert any(told in str(line) for line in found.changes) or not told


@pytest.mark.parametrize(
    ("severity", "version", "fits"),
    [
        ("none", "1.0.0", True),
        ("minor", "1.0.0", False),
        ("minor", "1.1.0", True),
        ("major", "1.1.0", False),
        ("major", "2.0.0", True),
    ],
)
def test_version_must_say_as_much(severity: str, version: str, fits: bool) -> None:
    new = copy.deepcopy(contract())
    if severity != "none":
        _columns(new, "targets").append(EXTRA) if severity == "minor" else _columns(new, "targets").pop()
    new["version"] = version
    assert diff({**contract(), "version": "1.0.0"}, new).version_fits is fits


def test_command(snapshot: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    commands.register(app)
    runner = CliRunner()
    shown = runner.invoke(app, ["contract", "show"])
    (tmp_path / "now.yaml").write_text(shown.stdout)
    same = runner.invoke(app, ["contract", "diff", str(snapshot), str(tmp_path / "now.yaml")])
    assert (same.exit_code, same.stdout) == (0, "none\n")
    new = contract()
    _columns(new, "targets").pop()
    (tmp_path / "new.yaml").write_text(yaml.safe_dump(new, allow_unicode=True))
    major = runner.invoke(app, ["contract", "diff", str(snapshot), str(tmp_path / "new.yaml")])
    assert major.exit_code == 1
    assert "\nmajor\n" in major.output
    assert "raise CONTRACT_VERSION" in major.output


@pytest.mark.parametrize("text", ["", "[", "a: 1"], ids=["empty", "no yaml", "no contract"])
def test_unreadable_contract_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "contract.yaml").write_text(text)
    with pytest.raises(WarehouseError, match=r"contract\.yaml"):
        read_contract(tmp_path)
