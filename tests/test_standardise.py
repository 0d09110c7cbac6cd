"""Which status a statement gets, and why."""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import cache

import pytest

from extract.model import DocumentFacts, Measure, Reading, Statement
from schemas.standard import load_standard
from transform.matching import Matcher
from transform.standardise import standardise

KNOWN = Statement(
    label="tỷ lệ che phủ rừng",
    value=45.0,
    value_max=None,
    comparator="eq",
    value_basis="stated",
    measure=Measure("percent"),
    year=2025,
    year_basis="by",
    period_start=None,
    baseline_year=None,
    levels=(),
    territory="Lào Cai",
    territory_level="province",
    quote="tỷ lệ che phủ rừng đạt 45%",
    char_start=0,
    char_end=26,
    value_start=23,
    value_end=26,
    section=(),
    year_source="phrase",
    rules=("percent", "mode:objective"),
)
UNKNOWN = replace(KNOWN, label="vở kịch mới về người trồng quế")
OUTSIDE = replace(UNKNOWN, year_source="heading", rules=("percent", "mode:task"))


@cache
def _matcher() -> Matcher:
    return Matcher(load_standard())


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        pytest.param(KNOWN, "accepted", id="known to the standard"),
        pytest.param(UNKNOWN, "uncatalogued", id="no indicator fits"),
        pytest.param(replace(KNOWN, year=None), "no_year", id="no year"),
        pytest.param(replace(KNOWN, territory=None), "no_province", id="nobody's"),
        pytest.param(replace(KNOWN, territory_level="district"), "other_territory", id="a district's"),
        pytest.param(replace(KNOWN, objection="quote does not prove"), "rejected", id="not proved by its quote"),
        pytest.param(OUTSIDE, "rejected", id="task with a borrowed year that no indicator fits"),
        pytest.param(replace(OUTSIDE, rules=("percent", "mode:none")), "rejected", id="prose with a borrowed year"),
        pytest.param(replace(OUTSIDE, year_source="sentence"), "uncatalogued", id="task with a year of its own"),
        pytest.param(replace(OUTSIDE, rules=UNKNOWN.rules), "uncatalogued", id="objective with a borrowed year"),
        pytest.param(replace(OUTSIDE, label=KNOWN.label), "accepted", id="task that the standard knows"),
    ],
)
def test_status(statement: Statement, status: str) -> None:
    reading = Reading(DocumentFacts(), (statement,))
    (row,) = standardise(reading, {"document_date": datetime.date(2021, 3, 1)}, load_standard(), _matcher())
    assert row["status"] == status
