"""The small parts: numbers in two languages, folding, marking, CSV cells, national targets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from warehouse.report.csv_export import as_csv, safe_cell
from warehouse.report.formatting import amount_texts, anchor, both, due, fold, neutral, number_en, number_vi, slug
from warehouse.report.marking import WHOLE_TEXT_UP_TO, Mark, lines
from warehouse.report.national import NationalTargets, listed_targets, side
from warehouse.report.site import script_json


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (1234567.0, "1.234.567", "1,234,567"),
        (0.5, "0,5", "0.5"),
        (90.0, "90", "90"),
        (66.666667, "66,6667", "66.6667"),
        (-0.00001, "0", "0"),
        (-3.5, "-3,5", "-3.5"),
    ],
)
def test_numbers(value: float, vi: str, en: str) -> None:
    assert (number_vi(value), number_en(value)) == (vi, en)


@pytest.mark.parametrize(
    ("row", "vi"),
    [
        ({"value": 90.0, "unit": "percent", "comparator": "ge"}, "≥\u200990%"),
        ({"value": 6.0, "value_max": 6.5, "unit": "percent_per_year", "comparator": "between"}, "6–6,5%/năm"),
        ({"value": 1200.0, "unit": "billion_vnd", "comparator": "eq"}, "1.200\u00a0tỷ đồng"),
        ({"value": 3.0, "unit": "no_such_unit", "comparator": "approx"}, "≈\u20093\u00a0no such unit"),
        ({"value": None, "unit": "status"}, "–"),
    ],
    ids=["bound", "range", "money", "unknown unit", "no number"],
)
def test_amounts(row: dict, vi: str) -> None:
    assert amount_texts(row)[0] == vi


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({"year": 2030, "period_start": None}, "2030"),
        ({"year": 2030, "period_start": 2026}, "2026–2030"),
        ({"year": 2030, "period_start": 2030}, "2030"),
        ({"year": None, "period_start": None}, "–"),
    ],
)
def test_due(row: dict, shown: str) -> None:
    assert due(row) == shown


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đắk  Lắk", "dak lak"),
        ("TỶ TRỌNG kinh tế số", "ty trong kinh te so"),
        ("Thừa Thiên Huế", "thua thien hue"),
        ("đĐ", "dd"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("name", "file"), [("Bà Rịa - Vũng Tàu", "ba-ria-vung-tau"), ("../../x", "x"), ("", "x"), ("<b>", "b")]
)
def test_slug(name: str, file: str) -> None:
    assert slug(name) == file


@given(st.text())
def test_shown_text_never_acts(text: str) -> None:
    shown = str(both(text, text + "x"))
    assert "<script" not in shown.replace('<span class="vi" lang="vi">', "")
    assert not set(neutral(text)) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u2028\x00\x1b"
    )
    assert isinstance(neutral(Markup(text)), Markup)


@given(
    st.recursive(
        st.text() | st.none() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_script_json_is_inert(value: object) -> None:
    import json

    shown = script_json(value)
    assert shown.isascii() and not set(shown) & set("<>&")
    assert json.loads(shown) == json.loads(json.dumps(value))


@given(
    st.text(alphabet="ab \n%1", max_size=80),
    st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90), st.booleans()), max_size=8),
)
def test_marking_keeps_every_character(text: str, spans: list[tuple[int, int, bool]]) -> None:
    marks = [
        Mark(a, b, f"s-{n}" if said else "", "accepted" if said else "", "" if said else "why")
        for n, (a, b, said) in enumerate(spans)
    ]
    found = lines(text, marks)
    assert ["".join(s.text for s in line.segments) for line in found] == [
        raw for raw in text.split("\n") if raw.strip()
    ]
    for number, (start, end, said) in enumerate(spans):
        if said and 0 <= start < end <= len(text):
            covered = "".join(s.text for line in found for s in line.segments if f"s-{number}" in s.statements)
            kept = [raw for raw in text[start:end].split("\n")]
            assert "".join(covered.split()) == "".join("".join(kept).split())


def test_marking_orders_what_overlaps() -> None:
    text = "Đạt 90% vào năm 2030, nay 80%."
    found = lines(
        text,
        [
            Mark(0, 30, "s-1", "uncatalogued"),
            Mark(4, 7, "", "refused", ""),
            Mark(0, 20, "s-2", "accepted"),
            Mark(26, 29, "", "refused", "achievement"),
        ],
    )
    (line,) = found
    by_text = {part.text: (segment, part) for segment in line.segments for part in segment.parts}
    number, part = by_text["90%"]
    assert part.number and number.statements == ("s-2", "s-1") and number.status == "accepted"
    refused, part = by_text["80%"]
    assert part.reason == "achievement" and refused.statements == ("s-1",)


def test_long_text_shows_only_lines_near_marks() -> None:
    text = "\n".join(f"dòng {n}" for n in range(WHOLE_TEXT_UP_TO // 5))
    at = text.index("dòng 30000")
    found = lines(text, [Mark(at, at + 10, "s-1", "accepted")])
    assert len(found) < 20 and sum(line.hidden for line in found) > 50_000
    assert any(s.statements for line in found for s in line.segments)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+84", "'+84"),
        ("-x", "'-x"),
        ("@a", "'@a"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        (-5.0, "-5.0"),
        ("-5", "-5"),
        (12, "12"),
        (None, ""),
        ("bình thường", "bình thường"),
        ("-5+cmd", "'-5+cmd"),
    ],
)
def test_safe_cell(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_as_csv_begins_with_a_mark_for_spreadsheets() -> None:
    assert as_csv(["a", "b"], [["x,y", 'q"']]) == '\ufeffa,b\r\n"x,y","q"""\r\n'


def _target(**changes: object) -> dict:
    row = {
        "province": "Vĩnh Long",
        "indicator": "x",
        "unit": "percent",
        "year": 2030,
        "year_basis": "by",
        "breakdown": None,
        "admin_level": None,
        "period_start": None,
        "value": 20.0,
        "value_max": None,
        "comparator": "eq",
    }
    return {**row, **changes}


LISTED = {
    "x": {
        "indicator": "x",
        "unit": "percent",
        "national_targets": ">=80@2025 (749/QĐ-TTg)|20-25@2035 (Nghị quyết (mới))",
    }
}


@pytest.mark.parametrize(
    ("target", "value", "where"),
    [
        (_target(), 30.0, "below"),
        (_target(value=30.0), 30.0, "equal"),
        (_target(year=2031), None, None),
        (_target(admin_level="commune", value=50.0), 40.0, "above"),
        (_target(admin_level="district"), 30.0, "below"),
        (_target(year=2025, value=90.0), 80.0, "above"),
        (_target(year=2025, breakdown="rural"), None, None),
        (_target(unit="count"), None, None),
    ],
    ids=[
        "below",
        "equal",
        "other year",
        "own level",
        "level falls back",
        "from the standard",
        "breakdown differs",
        "unit differs",
    ],
)
def test_national_target_beside(target: dict, value: float | None, where: str | None) -> None:
    nation = [_target(province="Việt Nam", value=30.0), _target(province="Việt Nam", value=40.0, admin_level="commune")]
    found = NationalTargets.of(nation, LISTED).beside(target)
    assert (found and found["value"], side(target, found)) == (value, where)


def test_listed_targets_are_read() -> None:
    first, second = listed_targets(LISTED["x"])
    assert (first["value"], first["comparator"], first["year"], first["document_number"]) == (
        80.0,
        "ge",
        2025,
        "749/QĐ-TTg",
    )
    assert (second["value"], second["value_max"], second["comparator"]) == (20.0, 25.0, "between")


@given(st.text())
def test_anchor_is_a_plain_fragment(text: str) -> None:
    assert anchor(text).replace("-", "").replace("_", "").isalnum() and anchor(text).isascii()
