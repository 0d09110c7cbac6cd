"""Places: the table of examples, the data behind it, and what must hold on any text."""

from __future__ import annotations

import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.place_words import load_place_words
from extract.places import Places
from flows.places import place_rows, places_from
from schemas.standard import load_standard

CORPUS = Path(__file__).parents[1] / "extract" / "corpus" / "places.yml"
EXAMPLES: list[dict[str, Any]] = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def places() -> Places:
    return places_from(load_standard())


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["id"] for example in EXAMPLES])
def test_mentions(example: dict[str, Any], places: Places) -> None:
    text = example["text"]
    found = places.find(text, on=example.get("date"), home=example.get("home"))
    assert [[text[m.start : m.end], m.name, m.level] for m in found] == example["mentions"]


@pytest.mark.parametrize("day", [datetime.date(2010, 1, 1), datetime.date(2024, 12, 31), datetime.date(2026, 7, 1)])
def test_every_province_in_force_is_found_by_its_full_name(day: datetime.date, places: Places) -> None:
    for row in place_rows(load_standard()):
        if row.in_force(day):
            mentions = [(m.name, m.level) for m in places.find(f"UBND {row.full_name} ban hành", on=day)]
            assert mentions == [(row.name, "province")], row


def test_a_province_that_is_gone_is_marked(places: Places) -> None:
    old, new = (places.find("tỉnh Bạc Liêu", on=datetime.date(year, 1, 1))[0] for year in (2020, 2026))
    assert (old.in_force, new.in_force) == (True, False)


def test_only_the_asked_stretch_is_read(places: Places) -> None:
    text = "tỉnh Vĩnh Long, tỉnh Cà Mau, tỉnh Sơn La"
    assert [m.name for m in places.find(text, 14, 28)] == ["Cà Mau"]


def test_unknown_role_names_file_and_line(tmp_path: Path) -> None:
    broken = tmp_path / "place_words.csv"
    broken.write_text("word,role,note\ntỉnh,province,\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"place_words\.csv:2: unknown role 'province'; use one of"):
        load_place_words(broken)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["tỉnh", "thành phố", "các huyện", "Vĩnh", "Long", "An", "Giang", "Hà", "Nội", "Bà Rịa", "-", ",", "\n",
             "TP.", "Nguyễn", "xã", "Việt Nam", "cao tốc", "đường", "5", "Huế", "R'lấp", "ĐỒNG", "THÁP", "cả nước"]
        )
    ).map(" ".join)
    | st.text()
)  # fmt: skip
def test_mentions_lie_in_the_text_and_apart(text: str) -> None:
    mentions = PLACES.find(text, home="Hà Nội")
    assert all(0 <= m.start < m.end <= len(text) for m in mentions)
    assert all(left.end <= right.start for left, right in pairwise(mentions))


PLACES = places_from(load_standard())
