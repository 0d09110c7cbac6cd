"""The lexicon of the reading rules: files load, sets are used, mistakes name file, line and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from extract.vocabulary import load_entries, read_entries, word_set

EXTRACT = Path(__file__).parents[1] / "extract"
CODE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(EXTRACT.rglob("*.py")))
TABLES = sorted(
    path.stem
    for path in (EXTRACT / "lexicon").glob("*.csv")
    if path.read_text(encoding="utf-8").startswith("phrase,") and f'"{path.stem}"' in CODE
)
CALLS = {"word_sets": "word_set", "written_forms": "written_forms|alternatives"}
"""Files of named sets, and the functions by which the code reads one."""
CUE_SETS = sorted({name for entry in load_entries("word_sets") if (name := entry.fields["set"]).endswith("_cues")})


@pytest.mark.parametrize("table", TABLES)
def test_every_table_loads(table: str) -> None:
    assert load_entries(table)


@pytest.mark.parametrize(("table", "calls"), CALLS.items(), ids=CALLS)
def test_sets_are_those_that_the_code_reads(table: str, calls: str) -> None:
    named = set(re.findall(rf"""(?:{calls})\(["'](\w+)["']\)""", CODE))
    assert named == {entry.fields["set"] for entry in load_entries(table)}


@pytest.mark.parametrize("name", CUE_SETS)
def test_sets_of_cues_hold_cues(name: str) -> None:
    assert word_set(name) <= {entry.phrase for entry in load_entries("cues")}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param("đạt,a,\n,a,\n", r":3: no phrase; fill", id="empty phrase"),
        pytest.param("đạt,a\n", r":2: not the columns .* quotes", id="missing field"),
        pytest.param("đạt,là,a,\n", r":2: not the columns .* quotes", id="comma without quotes"),
        pytest.param("đạt,a,\nlà,a,\nđạt,a,again\n", r":4: 'đạt' says the same as line 2; remove one", id="twice"),
    ],
)
def test_mistakes_name_file_line_and_remedy(tmp_path: Path, lines: str, told: str) -> None:
    path = tmp_path / "word_sets.csv"
    path.write_text("phrase,set,note\n" + lines, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"word_sets\.csv{told}"):
        read_entries(path)


def test_unknown_set_is_told() -> None:
    with pytest.raises(ValueError, match=r"no set 'no_such_set'; add its words"):
        word_set("no_such_set")
