"""The shape of the example files themselves: every mistake in one names file, line, example and remedy."""

from __future__ import annotations

import csv
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from extract.corpus import render
from extract.corpus.examples import OPEN, OTHER_CORPORA, corpus_files, load_families, read_family

ROOT = Path(__file__).parents[1]
GOLD = ROOT.parent / "shared" / "gold"
OTHER_SHAPES = {
    "facts": ({"id", "text", "facts"}, {"source_file"}),
    "furniture": ({"id", "text", "furniture"}, set()),
    "places": ({"id", "text", "mentions"}, {"date", "home"}),
}


@pytest.mark.parametrize("path", corpus_files(), ids=lambda path: path.name)
def test_shape(path: Path) -> None:
    problems: list[str] = []
    assert read_family(path, problems) is not None
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", OTHER_CORPORA)
def test_shape_of_the_other_corpora(name: str) -> None:
    required, allowed = OTHER_SHAPES[name]
    examples = yaml.safe_load((files("extract") / "corpus" / f"{name}.yml").read_text(encoding="utf-8"))
    wrong = [
        f"{name}.yml: {example.get('id')!r} has {sorted(example)}; needs {sorted(required)}, may have {sorted(allowed)}"
        for example in examples
        if not required <= set(example) <= required | allowed
    ]
    assert not wrong, "\n".join(wrong)
    assert [identity for identity, n in Counter(example["id"] for example in examples).items() if n > 1] == []


def test_shape_of_the_matching_corpus() -> None:
    families = yaml.safe_load(files("transform.corpus").joinpath("matching.yml").read_text(encoding="utf-8"))
    wrong = [
        f"matching.yml: {family}: {line!r}; write phrase | measure | indicator (or null) [| context]"
        for family, lines in families.items()
        for line in lines
        if not 3 <= len(line.split(" | ")) <= 4
    ]
    assert not wrong, "\n".join(wrong)


MISTAKES = {
    "no mapping": ("- a\n", r"x\.yml:1: must be a mapping"),
    "broken YAML": ("title: [\n", r"x\.yml: no YAML"),
    "family without a word": ("reader: number\nexamples: []\n", r"x\.yml:1: title is missing; say in a sentence"),
    "unknown reader": ("- {id: a, text: b}\n", r"x\.yml:5: 'a': reader is 'xx'; use one of number"),
    "no id": ("- {text: b, rows: []}\n", r"x\.yml:5: id is None; give the example"),
    "no text": ("- {id: a, rows: []}\n", r"x\.yml:5: 'a': text is None; write the phrase"),
    "text that YAML takes for a number": ("- {id: a, text: 12, rows: []}\n", r"in quotes"),
    "nothing expected": ("- {id: a, text: b}\n", r"x\.yml:5: 'a': says nothing to expect; add refused or rows"),
    "unknown key": ("- {id: a, text: b, rows: [], row: 1}\n", r"unknown key \['row'\]"),
    "unknown field of a row": ("- {id: a, text: b, rows: [{value: 1, units: x}]}\n", r"row field \['units'\]"),
    "row without value": ("- {id: a, text: b, rows: [{unit: percent}]}\n", r"has no value"),
    "unknown bound": ("- {id: a, text: b, rows: [{value: 1, comparator: min}]}\n", r"comparator 'min'; use one"),
    "half a range": ("- {id: a, text: b, rows: [{value: 1, value_max: 2}]}\n", r"go together"),
    "value in words": ("- {id: a, text: b, rows: [{value: ten}]}\n", r"value is 'ten', no number"),
    "same id twice": ("- {id: a, text: b, rows: []}\n- {id: a, text: c, rows: []}\n", r"x\.yml:6: id 'a' stands twice"),
    "unknown context": ("- {id: a, text: b, rows: [], context: {day: 1}}\n", r"unknown context 'day'"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_names_file_line_and_remedy(name: str, tmp_path: Path) -> None:
    content, message = MISTAKES[name]
    reader = "xx" if name == "unknown reader" else "quantities"
    if content.startswith("- {"):
        content = f"title: A\nabout: B\nreader: {reader}\nexamples:\n{content}"
    path = tmp_path / "x.yml"
    path.write_text(content, encoding="utf-8")
    problems: list[str] = []
    read_family(path, problems)
    assert any(re.search(message, problem) for problem in problems), problems


def test_a_known_gap_needs_its_cause(tmp_path: Path) -> None:
    path = tmp_path / f"{OPEN}.yml"
    path.write_text(
        "title: A\nabout: B\nreader: quantities\nexamples:\n- {id: a, text: b, rows: []}\n", encoding="utf-8"
    )
    problems: list[str] = []
    read_family(path, problems)
    assert problems == ["open.yml:5: 'a': a known gap needs its cause; add 'cause: ...'"]


def test_enough_examples_of_both_kinds() -> None:
    """The count that issue 3 asks for, and negative examples in every family."""
    families = load_families()
    own = sum(len(family.examples) for family in families)
    other = sum(
        len(yaml.safe_load((files("extract") / "corpus" / f"{name}.yml").read_text(encoding="utf-8")))
        for name in OTHER_CORPORA
    )
    matching = yaml.safe_load(files("transform.corpus").joinpath("matching.yml").read_text(encoding="utf-8"))
    assert own + other + sum(len(lines) for lines in matching.values()) >= 1200
    assert sum(example.reader == "document" for family in families for example in family.examples) >= 300
    readers = {"number", "quantities", "document"}
    for family in families:
        if family.name != OPEN and {example.reader for example in family.examples} <= readers:
            negative = [e for e in family.examples if not e.answer.get("rows") and e.answer.get("value") is None]
            assert negative, f"{family.name}.yml has no negative example; add a phrase with 'rows: []'"


def test_texts_are_our_own() -> None:
    """No sentence of the documents of others (seeds, dev) stands in a corpus; held-out documents are not opened."""
    held_out = {line.split("/")[-1] for line in (ROOT / "tests/data/held_out.txt").read_text().split() if "/" in line}
    foreign = [p for name in ("seeds", "dev") for p in sorted((GOLD / name).glob("*.txt")) if p.stem not in held_out]
    if not foreign:
        pytest.skip("../shared is missing")
    seen = {shingle for path in foreign for shingle in shingles(path.read_text(encoding="utf-8", errors="replace"))}
    copied = {
        (family.name, example.id): common
        for family in load_families()
        for example in family.examples
        if len(common := seen & shingles(example.text)) > 2
    }
    assert not copied


def shingles(text: str) -> set[str]:
    words = re.findall(r"\w+", text.casefold())
    return {" ".join(words[i : i + 11]) for i in range(len(words) - 10)}


def test_rendering_is_current() -> None:
    expected = render.render(load_families())
    assert (ROOT / "docs" / "reading.md").read_text(encoding="utf-8") == expected, (
        "docs/reading.md is not current; run: python -m extract.corpus.render"
    )


def test_no_unit_of_the_corpora_is_unknown() -> None:
    with (ROOT / "extract" / "lexicon" / "units.csv").open(encoding="utf-8", newline="") as lines:
        known = {row["dimension"] for row in csv.DictReader(lines)} | {"count", "rank", "bare", "index", "status"}
    used = {
        (family.name, example.id, row["unit"].split()[-1])
        for family in load_families()
        for example in family.examples
        for row in example.answer.get("rows") or ()
        if "unit" in row
    }
    assert {use for use in used if use[2] not in known} == set()
