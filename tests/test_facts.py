"""Facts and furniture: tables of examples, the modelled documents, and what must hold on any text."""

from __future__ import annotations

import csv
import dataclasses
import time
import unicodedata
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.facts import read_facts
from extract.furniture import find_furniture, furniture_phrases
from flows.places import places_from
from schemas.standard import load_standard

ROOT = Path(__file__).parents[1]
GOLD = ROOT.parent / "shared" / "gold"
PLACES = places_from(load_standard())


def load(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((ROOT / "extract" / "corpus" / name).read_text(encoding="utf-8"))


FACTS, FURNITURE = load("facts.yml"), load("furniture.yml")


@pytest.mark.parametrize("example", FACTS, ids=[example["id"] for example in FACTS])
def test_facts(example: dict[str, Any]) -> None:
    facts = dataclasses.asdict(read_facts(example["text"], PLACES, example.get("source_file", "")))
    assert {name: facts[name] for name in example["facts"]} == example["facts"]


@pytest.mark.parametrize("example", FURNITURE, ids=[example["id"] for example in FURNITURE])
def test_furniture(example: dict[str, Any]) -> None:
    text = example["text"]
    assert [text[start:end].strip() for start, end in find_furniture(text)] == example["furniture"]


def gold_documents() -> list[tuple[str, Path, list[dict[str, str]]]]:
    """(id, file, rows) of the documents that may be learned from; empty when ../shared is missing."""
    held_out = {line.split("/")[-1] for line in (ROOT / "tests/data/held_out.txt").read_text().split() if "/" in line}
    documents = []
    for name in ("seeds", "dev", "modelled"):
        rows = defaultdict(list)
        for path in sorted(GOLD.glob(f"{name}*.csv")):
            with path.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    rows[row["doc"]].append(row)
        for path in sorted((GOLD / name).glob("*.txt")):
            if path.stem not in held_out:
                documents.append((f"{name}/{path.stem}", path, rows[path.stem]))
    return documents


DOCUMENTS = gold_documents()


def text_of(path: Path) -> str:
    return unicodedata.normalize("NFC", path.read_text(encoding="utf-8-sig")).replace("\xa0", " ")


@pytest.mark.skipif(not DOCUMENTS, reason="../shared is missing")
def test_the_province_of_every_gold_document() -> None:
    wrong = {}
    for name, path, rows in DOCUMENTS:
        provinces = Counter(row["province"] for row in rows if row["province"] != "Việt Nam")
        if provinces:
            territory = read_facts(text_of(path), PLACES, path.name).territory
            if territory != provinces.most_common(1)[0][0]:
                wrong[name] = territory
    assert not wrong


@pytest.mark.skipif(not DOCUMENTS, reason="../shared is missing")
def test_no_gold_quote_is_furniture() -> None:
    lost = []
    for name, path, rows in DOCUMENTS:
        text = text_of(path)
        body, at = [], 0
        for start, end in find_furniture(text):
            body.append(text[at:start])
            at = end
        words = "".join("".join([*body, text[at:]]).translate(MARKS).split())
        lost += [(name, row["quote"]) for row in rows if "".join(row["quote"].translate(MARKS).split()) not in words]
    assert not lost


MARKS = str.maketrans("", "", "*|")


def test_phrase_listed_twice_names_file_and_line(tmp_path: Path) -> None:
    broken = tmp_path / "furniture.csv"
    broken.write_text("phrase,action,max_length,note\ntags,line,250,\nTags,line,250,\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"furniture\.csv:3: phrase 'Tags' is empty or stands twice"):
        furniture_phrases(broken)


PIECES = [
    "Số:", "57/KH-UBND", "ỦY BAN NHÂN DÂN", "TỈNH SƠN LA", "KẾ HOẠCH", "ngày 5 tháng 13 năm 2024",
    "31/02/2021", "08:15", "---", "\n", "\n\n", "|", "**", "Tin liên quan", "Nơi nhận:", "- a;",
    "Căn cứ Luật", ";", "<jsontable", "](x)", "[", "!", "Ảnh:", "KT. CHỦ TỊCH", "Trần Văn A", "title:",
    "date:", "Độc lập - Tự do", "QĐ-UBND", "Kế hoạch số", "thông qua ngày",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES)).map(" ".join) | st.text())
def test_never_raises_and_spans_lie_in_the_text_and_apart(text: str) -> None:
    read_facts(text, PLACES)
    spans = find_furniture(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(left[1] < right[0] for left, right in pairwise(spans))


@pytest.mark.parametrize(
    "piece", ["[a](", "Tin liên quan\n", "Nơi nhận:\n- ", "Số: ", "Hà Nội, ngày ", "thông qua ngày "]
)
def test_hostile_repetition_stays_linear(piece: str) -> None:
    started = time.perf_counter()
    text = piece * (200_000 // len(piece))
    read_facts(text, PLACES)
    find_furniture(text)
    assert time.perf_counter() - started < 3
