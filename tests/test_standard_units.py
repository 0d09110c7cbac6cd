"""A measure as read, in the unit of the standard: tables of both directions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.standard import load_standard
from transform.units import period_unit, plain_unit, plain_value, to_standard_unit

CONVERSIONS = [
    # phrase, value in the base unit, dimension, per, change, unit of the indicator, expected
    ("95 percent", 95, "percent", None, None, "percent", 95),
    ("95 percent a year as a share", 95, "percent", "year", None, "percent", 95),
    ("share never takes a change", 5, "percent", None, "increase", "percent", None),
    ("5 per mille in percent", 5, "per_mille", None, None, "percent", 0.5),
    ("growth with change and year", 7, "percent", "year", "increase", "percent_per_year", 7),
    ("growth of one year", 7, "percent", None, "increase", "percent_per_year", 7),
    ("tốc độ tăng đạt 7%", 7, "percent", None, None, "percent_per_year", 7),
    ("natural increase in per mille", 9.5, "per_mille", None, None, "percent_per_year", 0.95),
    ("giảm 30% chi phí", 30, "percent", None, "decrease", "percent_change", 30),
    ("poverty falls 1 percent a year", 1, "percent", "year", "decrease", "percentage_point_per_year", 1),
    ("poverty falls 1 point", 1, "percentage_point", None, "decrease", "percentage_point_per_year", 1),
    ("poverty at 3 percent is no fall", 3, "percent", None, None, "percentage_point_per_year", None),
    ("1,2 nghìn tỷ đồng", 1.2e12, "vnd", None, None, "billion_vnd", 1200),
    ("776.880 triệu đồng", 776_880e6, "vnd", None, None, "billion_vnd", 776.88),
    ("dong are no dollars", 1e9, "vnd", None, None, "million_usd", None),
    ("5,2 tỷ USD", 5.2e9, "usd", None, None, "million_usd", 5200),
    ("65 triệu đồng/người/năm", 65e6, "vnd", "person_year", None, "million_vnd_per_person_year", 65),
    ("65 triệu đồng/người", 65e6, "vnd", "person", None, "million_vnd_per_person_year", 65),
    ("65 triệu đồng", 65e6, "vnd", None, None, "million_vnd_per_person_year", 65),
    ("5 triệu đồng/người/tháng", 5e6, "vnd", "person_month", None, "million_vnd_per_person_year", 60),
    ("6.300 USD", 6300, "usd", None, None, "usd_per_person_year", 6300),
    ("120 triệu đồng/ha", 120e6, "vnd", "ha", None, "million_vnd_per_ha", 120),
    ("32 m2 sàn/người", 32, "square_metre", "person", None, "m2_per_person", 32),
    ("32 m2", 32, "square_metre", None, None, "m2_per_person", 32),
    ("m2 is no person", 32, "square_metre", None, None, "person", None),
    ("70 doanh nghiệp/vạn dân", 70, "count", "10000_pop", None, "per_1000_pop", 7),
    ("7 doanh nghiệp/1.000 dân", 7, "count", "1000_pop", None, "per_10000_pop", 70),
    ("a count without base is no density", 7, "count", None, None, "per_1000_pop", None),
    ("9,5 bác sĩ trên vạn dân", 9.5, "person", "10000_pop", None, "per_10000_pop", 9.5),
    ("70 ca/100.000 dân", 70, "count", "100000_pop", None, "per_100000_pop", 70),
    ("tử vong 20‰", 20, "per_mille", None, None, "per_1000_live_births", 20),
    ("42/100.000 trẻ đẻ sống", 42, "person", "100000_live_births", None, "per_100000_live_births", 42),
    ("109 bé trai/100 bé gái", 109, "count", "100_girls", None, "boys_per_100_girls", 109),
    ("2,1 con/phụ nữ", 2.1, "count", "woman", None, "child_per_woman", 2.1),
    ("30.000 lao động mỗi năm", 30_000, "person", "year", None, "person_per_year", 30_000),
    ("30.000 lao động, the year in the heading", 30_000, "person", None, None, "person_per_year", 30_000),
    ("18,5 tiêu chí/xã", 18.5, "count", "commune", None, "criterion", 18.5),
    ("120 km", 120_000, "metre", None, None, "km", 120),
    ("2.000 MW", 2e9, "watt", None, None, "mw", 2000),
    ("kWh is no MW", 2e9, "kwh", None, None, "mw", None),
    ("10 Gb/s", 10_000, "mbps", None, None, "mbps", 10_000),
    ("rank", 10, "rank", None, None, "rank", 10),
    ("17 places up is no rank", 17, "rank", None, "increase", "rank", None),
    ("gấp 2 lần", 2, "multiple", None, None, "multiple", 2),
    ("a multiple is no percent", 2, "multiple", None, None, "percent_change", None),
    ("60 tạ/ha", 60, "quintal_per_ha", None, None, "tonne_per_ha", 6),
    ("1,2 triệu lượt khách", 1.2e6, "visit", None, None, "visit", 1.2e6),
    ("1,2 triệu khách", 1.2e6, "person", None, None, "visit", 1.2e6),
    ("xóa 3.000 nhà tạm", 3000, "count", None, None, "household", 3000),
    ("qualitative takes no number", 3, "count", None, None, "status", None),
]


@pytest.mark.parametrize("case", CONVERSIONS, ids=lambda case: case[0])
def test_to_standard_unit(case: tuple[str, float, str, str | None, str | None, str, float | None]) -> None:
    _, value, dimension, per, change, unit, expected = case
    assert to_standard_unit(value, dimension, per, change, unit) == expected


PLAIN = [
    ("vnd", None, None, "billion_vnd", 2e9, 2),
    ("vnd", "person_year", None, "million_vnd_per_person_year", 14e6, 14),
    ("vnd", "week", None, "billion_vnd", 2e9, 2),
    ("usd", None, None, "million_usd", 48.3e6, 48.3),
    ("percent", None, None, "percent", 40, 40),
    ("percent", None, "decrease", "percent_change", 25, 25),
    ("percent", "year", "increase", "percent_per_year", 5, 5),
    ("percent", "year", None, "percent_per_year", 5, 5),
    ("count", None, None, "count", 58, 58),
    ("count", "year", None, "count", 6, 6),
    ("person", "year", None, "person_per_year", 300, 300),
    ("tonne", None, None, "tonne", 46_200, 46_200),
    ("metre", None, None, "km", 2693, 2.693),
    ("hectare", None, None, "hectare", 27_000, 27_000),
    ("square_metre", "household", None, "m2_per_household", 200, 200),
    ("litre", "person_day", None, "litre_per_person_day", 120, 120),
    ("kwh", None, None, "kwh", 8.6e9, 8.6e9),
    ("teu", None, None, "teu", 970_000, 970_000),
    ("head", None, None, "head", 28_100, 28_100),
    ("tonne", "ha", None, "tonne_per_ha", 23, 23),
    ("centimetre", None, None, "centimetre", 168.5, 168.5),
    ("count", "1000_women", None, "per_1000_women", 21, 21),
    ("count", "person", None, "per_person", 4, 4),
    ("parsec", None, None, "other", 3, 3),
    ("parsec", "year", "increase", "other", 3, 3),
]


@pytest.mark.parametrize(("dimension", "per", "change", "unit", "value", "stored"), PLAIN)
def test_plain_unit(
    dimension: str, per: str | None, change: str | None, unit: str, value: float, stored: float
) -> None:
    assert plain_unit(dimension, per, change) == unit
    assert plain_value(value, dimension, per, change) == stored


def test_a_total_over_years_of_a_yearly_unit_is_a_plain_count() -> None:
    assert period_unit("person_per_year") == "person"
    assert period_unit("billion_vnd") == "billion_vnd"


def test_an_unknown_unit_is_an_error_of_the_caller() -> None:
    with pytest.raises(KeyError, match="furlong"):
        to_standard_unit(1, "metre", None, None, "furlong")


_DIMENSIONS = sorted({d for u in load_standard().units.values() for r in u.readings for d in r.dimensions})
_PERS = [None, "week", *sorted({p for u in load_standard().units.values() for r in u.readings for p in r.pers if p})]


@given(
    st.sampled_from(_DIMENSIONS),
    st.sampled_from(_PERS),
    st.sampled_from([None, "increase", "decrease"]),
    st.floats(0.001, 1e15, allow_nan=False),
)
def test_every_measure_has_a_plain_unit_of_the_closed_list(
    dimension: str, per: str | None, change: str | None, value: float
) -> None:
    unit = load_standard().units[plain_unit(dimension, per, change)]
    assert plain_value(value, dimension, per, change) == pytest.approx(value / unit.factor, rel=1e-9)


_BASES = (100, 1000, 10_000, 100_000)


@given(st.floats(0.001, 1e9), st.sampled_from(_BASES))
def test_densities_agree_whatever_base_they_are_stored_in(value: float, base: int) -> None:
    for size in _BASES:
        stored = to_standard_unit(value, "count", f"{base}_pop", None, f"per_{size}_pop")
        assert stored == pytest.approx(value * size / base, rel=1e-9)
