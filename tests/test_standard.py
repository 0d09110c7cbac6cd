"""The standard as shipped: what it holds, provinces by date, the published tables."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pytest

from schemas.standard import NATION, StandardError, load_standard, version_of
from schemas.standard.load import FILES, FOLDER
from schemas.standard.publish import standard_tables
from schemas.tables import ALL_TABLES, TABLES

FIRST_EDITION = Path(__file__).parents[2] / "shared" / "standard" / "indicators.csv"
STANDARD = load_standard()


def on(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def test_it_covers_the_national_frameworks() -> None:
    assert len(STANDARD.indicators) >= 450
    assert all(entry.definition and entry.phrasings for entry in STANDARD.indicators.values())
    assert sum(bool(entry.negative_phrasings) for entry in STANDARD.indicators.values()) > 200


@pytest.mark.skipif(not FIRST_EDITION.exists(), reason="../shared is not here")
def test_ids_and_units_of_the_first_edition_stay() -> None:
    with FIRST_EDITION.open(encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            entry = STANDARD.indicators[row["indicator_id"]]
            assert (entry.unit, entry.name_vi) == (row["unit"], row["name_vi"])


def test_every_unit_is_on_the_closed_list_and_every_breakdown_known() -> None:
    for entry in STANDARD.indicators.values():
        assert entry.unit in STANDARD.units
        assert set(entry.breakdowns) <= set(STANDARD.breakdowns)
        assert set(entry.neighbours) <= set(STANDARD.indicators) - {entry.id}


BOUNDS = [
    # weak spots of the first edition: real targets that its bounds refused
    ("budget_revenue", "Quảng Ninh", 12_000),
    ("budget_revenue", "Hà Nội", 2_500_000),
    ("budget_revenue", "Lạng Sơn", 60),
    ("jobs_created", "Hà Nội", 800_000),
    ("total_investment", "Hà Nội", 3_100_000),
    ("tourism_revenue", NATION, 1_125_000),
    ("overseas_workers", "Nghệ An", 70_000),
    ("population_size", NATION, 105_000_000),
    ("social_housing_units", NATION, 1_062_200),
    ("grdp_per_capita_usd", "Hồ Chí Minh", 37_000),
]


@pytest.mark.parametrize(("indicator", "province", "value"), BOUNDS)
def test_bounds_hold_real_targets(indicator: str, province: str, value: float) -> None:
    low, high = STANDARD.indicators[indicator].bounds(province)
    assert low is not None and high is not None and low <= value <= high


def test_bounds_still_refuse_a_scale_word_too_many() -> None:
    assert STANDARD.indicators["population_size"].bounds("Lạng Sơn")[1] < 100_000_000
    assert STANDARD.indicators["budget_revenue"].bounds("Hà Nội")[1] < 50_000_000


PROVINCES_BY_DATE = [
    ("Hà Tây", "2008-07-31", "28"),
    ("Hà Tây", "2008-08-01", None),
    ("Hà Nội", "2008-07-31", "01"),
    ("Hà Nội", "2026-01-01", "01"),
    ("Thừa Thiên Huế", "2024-12-31", "46"),
    ("Thừa Thiên Huế", "2025-01-01", None),
    ("Huế", "2024-12-31", None),
    ("Huế", "2025-01-01", "46"),
    ("Bắc Giang", "2025-06-30", "24"),
    ("Bắc Giang", "2025-07-01", None),
    ("Bắc Ninh", "2025-06-30", "27"),
    ("Bắc Ninh", "2025-07-01", "24"),
    ("Quảng Trị", "2025-06-30", "45"),
    ("Quảng Trị", "2025-07-01", "44"),
    ("Gia Lai", "2025-07-01", "52"),
    ("Tây Ninh", "2025-07-01", "80"),
    ("Đồng Tháp", "2025-07-01", "82"),
    ("An Giang", "2025-07-01", "91"),
    ("Lào Cai", "2025-07-01", "15"),
    ("Việt Nam", "2019-01-01", "00"),
    ("Đắk Nông", "2003-12-31", None),
    ("Atlantis", "2020-01-01", None),
]


@pytest.mark.parametrize(("name", "date", "code"), PROVINCES_BY_DATE)
def test_province_on(name: str, date: str, code: str | None) -> None:
    found = STANDARD.province_on(name, on(date))
    assert (found.code if found else None) == code


def test_without_a_date_the_latest_unit_of_the_name_stands() -> None:
    assert STANDARD.province_on("Bắc Giang") is not None
    assert STANDARD.province_on("Đồng Nai").kind == "thành phố trực thuộc trung ương"  # type: ignore[union-attr]


def test_dong_nai_becomes_a_city_on_2026_04_30() -> None:
    kinds = [STANDARD.province_on("Đồng Nai", on(day)) for day in ("2026-04-29", "2026-04-30")]
    assert [kind.full_name for kind in kinds if kind] == ["Tỉnh Đồng Nai", "Thành phố Đồng Nai"]


MERGERS = {
    "Tuyên Quang": "Hà Giang|Tuyên Quang", "Lào Cai": "Lào Cai|Yên Bái", "Thái Nguyên": "Bắc Kạn|Thái Nguyên",
    "Phú Thọ": "Hòa Bình|Phú Thọ|Vĩnh Phúc", "Bắc Ninh": "Bắc Giang|Bắc Ninh", "Hưng Yên": "Hưng Yên|Thái Bình",
    "Hải Phòng": "Hải Dương|Hải Phòng", "Ninh Bình": "Hà Nam|Nam Định|Ninh Bình", "Quảng Trị": "Quảng Bình|Quảng Trị",
    "Đà Nẵng": "Quảng Nam|Đà Nẵng", "Quảng Ngãi": "Kon Tum|Quảng Ngãi", "Gia Lai": "Bình Định|Gia Lai",
    "Khánh Hòa": "Khánh Hòa|Ninh Thuận", "Lâm Đồng": "Bình Thuận|Lâm Đồng|Đắk Nông", "Đắk Lắk": "Phú Yên|Đắk Lắk",
    "Hồ Chí Minh": "Bà Rịa - Vũng Tàu|Bình Dương|Hồ Chí Minh", "Đồng Nai": "Bình Phước|Đồng Nai",
    "Tây Ninh": "Long An|Tây Ninh", "Cần Thơ": "Cần Thơ|Hậu Giang|Sóc Trăng", "Vĩnh Long": "Bến Tre|Trà Vinh|Vĩnh Long",
    "Đồng Tháp": "Tiền Giang|Đồng Tháp", "Cà Mau": "Bạc Liêu|Cà Mau", "An Giang": "An Giang|Kiên Giang",
}  # fmt: skip
UNCHANGED = [
    "Cao Bằng",
    "Điện Biên",
    "Lai Châu",
    "Sơn La",
    "Lạng Sơn",
    "Quảng Ninh",
    "Thanh Hóa",
    "Nghệ An",
    "Hà Tĩnh",
    "Huế",
    "Hà Nội",
]


def test_the_63_became_the_34_by_resolution_202_2025_qh15() -> None:
    before = {row.name: row for row in STANDARD.provinces if row.in_force(on("2025-06-30")) and row.name != NATION}
    since = {row.name: row for row in STANDARD.provinces if row.in_force(on("2025-07-01")) and row.name != NATION}
    assert (len(before), len(since)) == (63, 34)
    assert set(since) == {*MERGERS, *UNCHANGED}
    for name, parts in MERGERS.items():
        assert {row.name for row in before.values() if row.successor_2025 == name} == set(parts.split("|"))
    for name in UNCHANGED:
        assert {row.name for row in before.values() if row.successor_2025 == name} == {name}
    assert len({row.code for row in since.values()}) == 34 and len({row.code for row in before.values()}) == 63


def test_successors_name_units_of_today() -> None:
    assert STANDARD.successor_2025("Hà Tây") == "Hà Nội"
    assert STANDARD.successor_2025("Thừa Thiên Huế") == "Huế"
    assert STANDARD.successor_2025("Việt Nam") == "Việt Nam"
    assert STANDARD.successor_2025("Atlantis") is None


def test_weak_aliases_need_a_cue() -> None:
    hue = STANDARD.province_on("Thừa Thiên Huế", on("2020-01-01"))
    assert hue is not None and "Huế" in hue.weak_aliases and "Huế" not in hue.aliases
    city = STANDARD.province_on("Hồ Chí Minh")
    assert city is not None and "Hồ Chí Minh" in city.weak_aliases and "TP.HCM" in city.aliases


def test_the_version_changes_with_the_content_and_not_with_line_ends(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes().replace(b"\n", b"\r\n"))
    assert version_of(tmp_path) == STANDARD.version
    with (tmp_path / "phrasings.csv").open("a", encoding="utf-8") as handle:
        handle.write("grdp_growth,nền kinh tế tăng trưởng,positive,\r\n")
    assert version_of(tmp_path) != STANDARD.version
    assert "nền kinh tế tăng trưởng" in load_standard(tmp_path).indicators["grdp_growth"].phrasings


def test_a_broken_file_is_an_error_that_names_line_and_remedy(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    text = (tmp_path / "indicators.csv").read_text(encoding="utf-8")
    (tmp_path / "indicators.csv").write_text(text.replace("percent,0,100,", "percent,none,100,", 1), encoding="utf-8")
    with pytest.raises(StandardError, match=r"indicators\.csv:2: a bound of .* is no number; write"):
        load_standard(tmp_path)


def test_the_standard_is_read_once() -> None:
    assert load_standard() is STANDARD


def test_the_published_tables_hold_all_of_it() -> None:
    tables = standard_tables(STANDARD)
    sizes = {name: table.num_rows for name, table in tables.items()}
    assert sizes == {
        "indicators": len(STANDARD.indicators),
        "provinces": len(STANDARD.provinces),
        "units": len(STANDARD.units),
    }
    for name, table in tables.items():
        assert table.schema.equals(TABLES[name].arrow_schema(), check_metadata=True)
        table.validate(full=True)
        required = [column.name for column in TABLES[name].columns if not column.nullable]
        assert all(table[column].null_count == 0 for column in required)
    example = tables["indicators"].to_pylist()[0]
    assert example["indicator"] == min(STANDARD.indicators)


def test_every_table_is_listed_once() -> None:
    assert len(TABLES) == len(ALL_TABLES) == 10
