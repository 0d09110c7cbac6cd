"""The linter: clean on what is shipped, and for each kind of mistake a finding with file, line and remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
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


MISTAKES = yaml.safe_load((Path(__file__).parent / "data" / "standard_mistakes.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_is_found_where_it_stands(folder: Path, mistake: dict[str, str]) -> None:
    file = folder / mistake["file"]
    text = file.read_text(encoding="utf-8")
    assert mistake["text"] in text
    file.write_text(text.replace(mistake["text"], mistake["instead"], 1), encoding="utf-8")
    findings = check(folder)
    found = [one for one in findings if one.file == mistake["found_in"] and mistake["message"] in one.message]
    assert found, [str(finding) for finding in findings[:5]]
    assert all(finding.line >= 1 and finding.remedy for finding in found)


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
