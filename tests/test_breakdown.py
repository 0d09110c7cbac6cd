"""Which part of an indicator a phrase speaks of."""

from __future__ import annotations

import pytest

from schemas.standard import load_standard
from transform.breakdown import detect_breakdown


@pytest.mark.parametrize(
    ("indicator", "label", "sentence", "expected"),
    [
        ("national_standard_school_share", "trường tiểu học đạt chuẩn quốc gia", "", "primary"),
        ("national_standard_school_share", "trường THCS đạt chuẩn quốc gia", "", "lower_secondary"),
        ("national_standard_school_share", "trường đạt chuẩn quốc gia", "mầm non 47%, tiểu học 62%", None),
        ("national_standard_school_share", "trường đạt chuẩn quốc gia", "riêng mầm non đạt 47%", "preschool"),
        ("cashless_school_share", "cơ sở giáo dục ở khu vực nông thôn thu học phí không dùng tiền mặt", "", "rural"),
        ("ocop_product_count", "sản phẩm OCOP 5 sao", "", "ocop_5_star"),
        ("forest_cover", "tỷ lệ che phủ rừng khu vực nông thôn", "", None),
        ("clean_water_rural_share", "hộ nông thôn sử dụng nước sạch", "", None),
    ],
)
def test_breakdown(indicator: str, label: str, sentence: str, expected: str | None) -> None:
    assert detect_breakdown(label, sentence, load_standard().indicators[indicator]) == expected
