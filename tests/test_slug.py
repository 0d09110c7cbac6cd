"""Provisional names: stable, readable, the same for the same thing; and the ranking of what the standard lacks."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transform.gaps import SCHEMA, gaps
from transform.slug import LONGEST_SLUG, slug


@pytest.mark.parametrize(
    ("label", "context", "expected"),
    [
        ("giá trị xuất khẩu xoài", "", "~gia_tri_xuat_khau_xoai"),
        ("Phấn đấu đến năm 2030, giá trị xuất khẩu xoài đạt", "", "~gia_tri_xuat_khau_xoai"),
        ("tỷ lệ HTX có kế toán trưởng", "", "~ty_le_hop_tac_xa_ke_toan_truong"),
        ("tỉ lệ hợp tác xã có kế toán trưởng", "", "~ty_le_hop_tac_xa_ke_toan_truong"),
        ("xây dựng cầu dân sinh", "", "~cau_dan_sinh"),
        ("diện tích", "cây cà phê", "~cay_ca_phe_dien_tich"),
        ("", "", "~unnamed"),
    ],
)
def test_slug(label: str, context: str, expected: str) -> None:
    assert slug(label, context=context) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sản lượng thuỷ sản", "Sản lượng thủy sản"),
        ("số trạm quan trắc không khí tự động", "trạm quan trắc không khí tự động trên địa bàn tỉnh"),
        ("đường ngõ xóm sạch tại cấp xã", "đường ngõ xóm sạch"),
    ],
)
def test_same_thing_same_slug(one: str, other: str) -> None:
    assert slug(one) == slug(other)


def test_different_things_differ() -> None:
    assert len({slug(f"giá trị xuất khẩu {what}") for what in ("xoài", "nhãn", "chuối", "cà phê", "chanh leo")}) == 5


def test_dimension_names_an_empty_phrase() -> None:
    assert slug("đạt 30", "percent") == "~percent"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_slug_is_always_a_short_plain_name(label: str) -> None:
    name = slug(label)
    assert 2 <= len(name) <= LONGEST_SLUG
    assert name[0] == "~" and name[1:].replace("_", "a").isalnum() and name.isascii()
    assert slug(label) == name


def statements(*rows: tuple[str, str | None, str, str, str]) -> pa.Table:
    names = ("status", "label", "province", "document_id", "unit")
    return pa.table(
        {name: [row[number] for row in rows] for number, name in enumerate(names)}
        | {"indicator": pa.nulls(len(rows), pa.string()), "runner_up": pa.nulls(len(rows), pa.string())}
    )


def test_gaps_rank_by_provinces_then_documents() -> None:
    table = gaps(
        statements(
            ("uncatalogued", "trạm sạc xe điện", "Huế", "a", "count"),
            ("uncatalogued", "số trạm sạc xe điện", "Cà Mau", "b", "count"),
            ("uncatalogued", "giá trị xuất khẩu xoài", "Sơn La", "c", "million_usd"),
            ("uncatalogued", "giá trị xuất khẩu xoài", "Sơn La", "d", "million_usd"),
            ("uncatalogued", "giá trị xuất khẩu xoài", "Sơn La", "d", "tonne"),
            ("accepted", "tỷ lệ che phủ rừng", "Huế", "a", "percent"),
        )
    )
    assert table.schema.equals(SCHEMA)
    assert table.select(["indicator", "provinces", "documents", "statements", "unit"]).to_pylist() == [
        {"indicator": "~tram_sac_xe_dien", "provinces": 2, "documents": 2, "statements": 2, "unit": "count"},
        {
            "indicator": "~gia_tri_xuat_khau_xoai",
            "provinces": 1,
            "documents": 2,
            "statements": 3,
            "unit": "million_usd",
        },
    ]


def test_gaps_of_nothing_is_an_empty_table() -> None:
    assert gaps(statements()).num_rows == 0
