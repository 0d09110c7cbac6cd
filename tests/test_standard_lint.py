"""The linter: clean on what is shipped, and for each kind of mistake a finding with file, line and remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.standard.lint import NAMES, check
from schemas.standard.load import FOLDER

FILES = [f"{name}.csv" for name in NAMES]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in FILES:
        shutil.copy(FOLDER / file, tmp_path)
    return tmp_path


def test_the_standard_as_shipped_is_clean() -> None:
    assert [str(finding) for finding in check()] == []


MISTAKES = [
    # id, file, text to find, text instead, file of the finding, part of its message
    ("duplicate id", "indicators.csv", "grdp_size_multiple,", "grdp_size,", "indicators.csv", "stands in line"),
    ("unknown unit", "indicators.csv", "economy_growth,multiple,", "economy_growth,mutliple,", "indicators.csv",
     "unit mutliple is not in units.csv"),
    ("closed list", "indicators.csv", ",lower,", ",worse,", "indicators.csv", "direction worse is not in the closed list"),
    ("bounds swapped", "indicators.csv", "multiple,0.5,10,", "multiple,10,0.5,", "indicators.csv", "is not below"),
    ("bound missing", "indicators.csv", "multiple,0.5,10,", "multiple,0.5,,", "indicators.csv", "lacks a bound"),
    ("bound no number", "indicators.csv", "multiple,0.5,10,", "multiple,0.5,ten,", "indicators.csv", "ten is no number"),
    ("national below province", "indicators.csv", "billion_vnd,0,5000000,16000000", "billion_vnd,0,5000000,16",
     "indicators.csv", "is not above value_max"),
    ("rank beyond the provinces", "indicators.csv", "rank,1,63", "rank,1,100", "indicators.csv", "is a rank from 1 to 100"),
    ("bounds without a number", "indicators.csv", "status,,,", "status,0,1,", "indicators.csv", "no number but bounds"),
    ("unknown neighbour", "indicators.csv", "grdp_size_multiple|grdp_per_capita_vnd", "grdp_of_the_moon", "indicators.csv",
     "grdp_of_the_moon is not in indicators.csv"),
    ("unknown breakdown", "indicators.csv", ",price_basis,", ",moon_phase,", "indicators.csv",
     "moon_phase is not in breakdowns.csv"),
    ("first edition gone", "indicators.csv", "\ngrdp_growth,", "\ngrdp_rise,", "phrasings.csv",
     "grdp_growth is not in indicators.csv"),
    ("first edition unit changed", "indicators.csv", "agriculture_rural,tonne,0,10000000", "agriculture_rural,kwh,0,10000000",
     "indicators.csv", "in the first edition it was tonne"),
    ("blank at the end", "phrasings.csv", ",tăng trưởng kinh tế,positive", ",tăng trưởng kinh tế ,positive", "phrasings.csv",
     "has blanks too many"),
    ("not NFC", "phrasings.csv", ",GRDP tăng,positive", ",GRDP ta\u0306ng,positive", "phrasings.csv", "Unicode form NFC"),
    ("polarity", "phrasings.csv", ",GRDP tăng,positive", ",GRDP tăng,good", "phrasings.csv", "polarity good"),
    ("phrasing of an unknown indicator", "phrasings.csv", "grdp_growth,GRDP tăng,", "grdp_groth,GRDP tăng,", "phrasings.csv",
     "grdp_groth is not in indicators.csv"),
    ("same wording twice", "phrasings.csv", ",GRDP tăng,positive", ",TỈ LỆ X,positive,\ngrdp_growth,tỷ lệ x,positive",
     "phrasings.csv", "stands twice under grdp_growth"),
    ("same wording under two", "phrasings.csv", "grdp_growth,GRDP tăng,positive", "grdp_growth,tổng mức bán lẻ tăng,positive",
     "phrasings.csv", "and their units hold the same measures"),
    ("negative against its own", "phrasings.csv", "grdp_growth,kinh tế số,negative", "grdp_growth,GRDP,negative",
     "phrasings.csv", "rules out grdp_growth's own phrasing"),
    ("lines apart", "phrasings.csv", "grdp_growth,GRDP tăng,positive",
     "grdp_size,cỡ GRDP,positive,\ngrdp_growth,GRDP tăng,positive", "phrasings.csv", "has lines further up"),
    ("cells too many", "phrasings.csv", "grdp_growth,GRDP tăng,positive", "grdp_growth,GRDP, tăng,positive", "phrasings.csv",
     "5 cells instead of 4"),
    ("quotation mark", "phrasings.csv", "grdp_growth,GRDP tăng,", 'grdp_growth,"GRDP tăng,', "phrasings.csv", ""),
    ("header", "units.csv", "unit,name_vi", "unit,name", "units.csv", "the columns are"),
    ("target beyond bounds", "national_targets.csv", ",80,,eq,2025,749/QĐ-TTg", ",800,,eq,2025,749/QĐ-TTg",
     "national_targets.csv", "is outside its bounds"),
    ("range without between", "national_targets.csv", "1,1.5,between", "1,1.5,eq", "national_targets.csv", "does not go with"),
    ("unit that holds nothing", "unit_readings.csv", "\nmhz,", "\nmw,", "units.csv", "mhz can hold no measure"),
    ("two plain units", "unit_readings.csv", "\ntonne,tonne,year,no|yes,1,,", "\nkm,tonne,,no,1,yes,", "unit_readings.csv",
     "is plain for"),
    ("province twice in force", "provinces.csv", "2025-07-01,,Bắc Ninh", "2025-06-01,,Bắc Ninh", "provinces.csv",
     "is in force twice"),
    ("province lost", "provinces.csv", "2025-07-01,,Sơn La", "2025-07-02,,Sơn La", "provinces.csv",
     "33 units are in force on 2025-07-01"),
    ("no date", "provinces.csv", "2008-07-31", "31/07/2008", "provinces.csv", "31/07/2008 is no date"),
    ("successor of the past", "provinces.csv", ",2008-07-31,Hà Nội,,", ",2008-07-31,Hà Tây,,", "provinces.csv",
     "is no unit in force now"),
    ("alias of two", "province_aliases.csv", "\nHà Nam,HÀ NAM,strong", "\nHà Nam,HÀ TĨNH,strong", "province_aliases.csv",
     "is a strong alias of"),
    ("alias of nobody", "province_aliases.csv", "\nHà Nam,HÀ NAM,", "\nHà Namm,HÀ NAM,", "province_aliases.csv",
     "name_vi Hà Namm is not in provinces.csv"),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake[0] for mistake in MISTAKES])
def test_a_mistake_is_found_where_it_stands(folder: Path, mistake: tuple[str, str, str, str, str, str]) -> None:
    _, file, old, new, where, message = mistake
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    findings = check(folder)
    found = [finding for finding in findings if finding.file == where and message in finding.message]
    assert found, [str(finding) for finding in findings[:5]]
    for finding in found:
        assert finding.line >= 1 and finding.remedy


def test_the_line_is_the_line_of_the_file(folder: Path) -> None:
    lines = (folder / "units.csv").read_text(encoding="utf-8").split("\n")
    lines[6] = lines[6].replace("count,1,", "count,one,")
    (folder / "units.csv").write_text("\n".join(lines), encoding="utf-8")
    assert [(finding.file, finding.line) for finding in check(folder)] == [("units.csv", 7)]


def test_a_missing_file_is_a_finding(folder: Path) -> None:
    (folder / "units.csv").unlink()
    assert [str(finding) for finding in check(folder)] == [
        "units.csv:0: the file is missing; restore it from the repository"
    ]


def test_a_file_in_another_encoding_is_a_finding(folder: Path) -> None:
    (folder / "units.csv").write_bytes((folder / "units.csv").read_text(encoding="utf-8").encode("utf-16"))
    assert [(finding.file, finding.remedy) for finding in check(folder)] == [("units.csv", "save the file as UTF-8")]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.integers(0, 10**6), st.integers(0, 40), st.text(max_size=12))
def test_it_never_raises_whatever_the_files_hold(folder: Path, file: str, start: int, length: int, text: str) -> None:
    content = (FOLDER / file).read_text(encoding="utf-8")
    start %= len(content)
    damaged = content[:start] + text + content[start + length :]
    (folder / file).write_bytes(damaged.encode("utf-8", "surrogatepass"))
    try:
        check(folder)
    finally:
        (folder / file).write_text(content, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_published_schemas_hold_by_frictionless(name: str) -> None:
    frictionless = pytest.importorskip("frictionless")
    schema = frictionless.Schema.from_descriptor(str(FOLDER / f"{name}.schema.json"))
    schema.foreign_keys = []
    resource = frictionless.Resource(path=f"{name}.csv", basepath=str(FOLDER), schema=schema)
    report = resource.validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "message"])[:5]
