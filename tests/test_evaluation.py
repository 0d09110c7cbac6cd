"""How figures of accuracy come about: pairing, classes of errors, and agreement with the gold files' own scorer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from flows.cli import app, assemble
from flows.evaluation import Evaluation, Gold, GoldError, GoldRow, cleaned, evaluate, held_out_names, read_gold
from schemas.standard import first_edition
from tests.conftest import PROJECT

SHARED = PROJECT.parent / "shared"
COMMAND = app if app.registered_commands else assemble(typer.Typer(rich_markup_mode=None))
ROW: dict[str, Any] = {
    "province": "Yên Bái",
    "indicator": "poverty_rate_multidimensional",
    "unit": "percent",
    "value": 5.0,
    "value_max": None,
    "comparator": "lt",
    "year": 2025,
    "year_basis": "by",
    "admin_level": None,
}


def expected(document: str = "a", *, optional: bool = False, **columns: Any) -> GoldRow:
    return GoldRow(document, cleaned(ROW | columns), "a quote", optional)


def found(document: str = "a", **columns: Any) -> dict[str, Any]:
    return ROW | {"source_file": f"folder/{document}.txt", "status": "accepted", "quote": "a quote"} | columns


def judged(rows: list[GoldRow], finds: list[dict[str, Any]], documents: set[str] | None = None) -> Evaluation:
    gold = Gold("test", tuple(rows), frozenset(documents or {"a"}))
    return evaluate(gold, finds, first_edition())


ERRORS: dict[str, tuple[dict[str, Any], str | None]] = {
    "nothing is wrong": ({}, None),
    "the bound": ({"comparator": "eq"}, "wrong bound"),
    "the upper end": ({"value_max": 7.0}, "wrong bound"),
    "the basis": ({"year_basis": "annual"}, "wrong basis or level"),
    "the level": ({"admin_level": "commune"}, "wrong basis or level"),
    "the year": ({"year": 2030}, "wrong year"),
    "the unit": ({"unit": "household"}, "wrong unit"),
    "the province": ({"province": "Lào Cai"}, "wrong province"),
    "the indicator": ({"indicator": "jobs_created", "unit": "person"}, "wrong indicator"),
    "left without an indicator": ({"indicator": None, "status": "uncatalogued"}, "no indicator"),
    "left without a year": ({"year": None, "status": "no_year"}, "no indicator"),
}


@pytest.mark.parametrize(("change", "kind"), ERRORS.values(), ids=ERRORS)
def test_an_error_has_one_class(change: dict[str, Any], kind: str | None) -> None:
    result = judged([expected()], [found(**change)])
    assert [finding.kind for finding in result.findings] == ([kind] if kind else [])


def test_what_has_no_partner_is_missed_or_false() -> None:
    result = judged([expected()], [found(value=80.0, year=2040, province="Hà Nam")])
    assert sorted(finding.kind for finding in result.findings) == ["false", "missed"]
    assert (result.tallies["core"].right, result.tallies["core"].false, result.tallies["core"].missed) == (0, 1, 1)


def test_an_optional_row_counts_neither_way() -> None:
    assert judged([expected(optional=True)], []).tallies["core"].missed == 0
    assert judged([expected(optional=True)], [found()]).tallies["core"].false == 0
    assert judged([expected(optional=True)], [found(), found()]).tallies["core"].false == 1


def test_a_row_is_found_once() -> None:
    core = judged([expected()], [found(), found()]).tallies["core"]
    assert (core.right, core.false) == (1, 1)


def test_a_newer_indicator_for_a_number_that_gold_leaves_open_is_neither_right_nor_false() -> None:
    rows = [expected(indicator=None)]
    assert judged(rows, [found(indicator="newer_than_gold")]).tallies["core"].false == 0
    assert judged(rows, [found()]).tallies["core"].false == 1


def test_finds_in_a_document_without_targets_are_noise() -> None:
    result = judged([expected()], [found(), found("b")], {"a", "b"})
    assert (result.noise, result.tallies["core"].false, len(result.tallies["core"].by_document)) == (1, 1, 1)


def test_by_document_is_the_mean_of_their_own() -> None:
    rows = [expected(), expected(value=6.0), expected("b")]
    result = judged(rows, [found(), found(value=6.0)], {"a", "b"})
    assert result.tallies["core"].f1_by_document == 0.5
    assert result.tallies["core"].f1 == pytest.approx(0.8)
    assert result.silent == ("b",)


def test_the_held_out_list_may_name_the_set() -> None:
    lines = ["# why", "", "dev/one  # a note", "modelled/two", "three"]
    assert held_out_names(lines, "dev") == {"one", "three"}


BAD_GOLD = {
    "no such column": ("doc,province\na,Yên Bái\n", r"gold\.csv:1: columns missing: .*value"),
    "no number": (
        "doc,province,indicator,unit,value,value_max,comparator,year,year_basis,admin_level,quote\n"
        'a,Yên Bái,,percent,"5,5",,eq,2025,by,,words\n',
        r"gold\.csv:2: .*5,5.*1234\.5",
    ),
}


@pytest.mark.parametrize(("text", "told"), BAD_GOLD.values(), ids=BAD_GOLD)
def test_a_bad_gold_file_is_told_by_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "gold.csv").write_text(text, encoding="utf-8")
    with pytest.raises(GoldError, match=told):
        read_gold(tmp_path / "gold.csv")


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(COMMAND, ["evaluate", str(tmp_path / "none.csv"), str(tmp_path)])
    assert (result.exit_code, "none.csv" in result.stderr) == (2, True)
    result = CliRunner().invoke(COMMAND, ["evaluate", "gold.csv", str(tmp_path / "none")])
    assert (result.exit_code, "no folder" in result.stderr) == (2, True)


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
def test_the_figures_are_those_of_the_gold_files_own_scorer(prefect_server: None, tmp_path: Path) -> None:
    """On news written for these tests, where there are errors of many kinds."""
    from flows.nightly import nightly

    gold, documents = PROJECT / "tests/documents/news.csv", PROJECT / "tests/documents/news"
    nightly(str(documents), str(tmp_path / "w"))
    scorer = [sys.executable, str(SHARED / "tools/score.py"), str(tmp_path / "w"), str(gold), "--json"]
    theirs = json.loads(subprocess.run(scorer, capture_output=True, text=True, timeout=120, check=True).stdout)
    ours = json.loads(CliRunner().invoke(COMMAND, ["evaluate", str(gold), str(documents), "--json"]).stdout)["all"]
    assert ours["core"]["fn"] > 0
    assert {name: ours[name] for name in theirs if name in ours} == {
        name: theirs[name] for name in theirs if name in ours
    }
    assert {"number", "open", "core", "full", "documents"} <= set(theirs) & set(ours)
