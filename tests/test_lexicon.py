"""The lexicon of the reading rules: its files load, its word sets are used, mistakes are told with file, line and remedy."""

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
SETS = sorted({entry.fields["set"] for entry in load_entries("word_sets")})


@pytest.mark.parametrize("table", TABLES)
def test_every_table_loads(table: str) -> None:
    assert load_entries(table)


@pytest.mark.parametrize("name", SETS)
def test_every_word_set_is_used(name: str) -> None:
    assert f'word_set("{name}")' in CODE, f"no code reads the set {name}: remove its lines or mend its name"


def test_every_word_set_that_the_code_names_is_there() -> None:
    assert set(re.findall(r'word_set\("(\w+)"\)', CODE)) == set(SETS)


@pytest.mark.parametrize("name", [name for name in SETS if name.endswith("_cues")])
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
