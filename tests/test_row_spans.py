"""Tables whose cells stand on lines of their own: where rows end is found from the empty cells alone."""

from __future__ import annotations

import random

import pytest

from extract.grids import read_grids
from extract.row_spans import row_spans


def bars(*rows: str, gap: bool = True) -> str:
    """Rows such as "1,Cà phê,ha" with each cell on its own line and one empty cell behind each row."""
    cells = [cell for row in rows for cell in ([*row.split(","), ""] if gap else row.split(","))]
    return "|\n" + "".join(f"{cell}\n|\n" if cell else "|\n" for cell in cells)


def cells(text: str) -> list[list[list[str]]]:
    return [[[text[c.start : c.end] for c in row] for row in grid.rows] for grid in read_grids(text, 0, len(text))]


EXAMPLES = {
    "plain": (("TT,Chỉ tiêu,2025", "1,Xoài,10", "2,Nhãn,20"), [[["1", "Xoài", "10"], ["2", "Nhãn", "20"]]]),
    "empty cells": (
        ("TT,Chỉ tiêu,2024,2025", "1,Xoài,,10", "2,Nhãn,5,", "3,Mít,4,5"),
        [[["1", "Xoài", "", "10"], ["2", "Nhãn", "5", ""], ["3", "Mít", "4", "5"]]],
    ),
    "merged group row": (
        ("TT,Chỉ tiêu,ĐVT,2025", "I,Cây ăn quả", "1,Xoài,ha,10", "2,Nhãn,ha,20"),
        [[["I", "Cây ăn quả", "", ""], ["1", "Xoài", "ha", "10"], ["2", "Nhãn", "ha", "20"]]],
    ),
    "two tables in a row": (
        ("TT,Chỉ tiêu,2025", "1,Xoài,10", "2,Nhãn,20", "Tên,ĐVT,2024,2025,2030", "A,ha,1,2,3", "B,ha,4,5,6"),
        [
            [["1", "Xoài", "10"], ["2", "Nhãn", "20"]],
            [["A", "ha", "1", "2", "3"], ["B", "ha", "4", "5", "6"]],
        ],
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_rows_are_found(name: str) -> None:
    rows, expected = EXAMPLES[name]
    assert cells(bars(*rows)) == expected


def test_a_merged_header_is_laid_over_its_years() -> None:
    text = bars("STT,Tên,ĐVT,Lộ trình", ",,,2024,2025", "1,Xoài,ha,10,11", "2,Nhãn,ha,20,21")
    (grid,) = read_grids(text, 0, len(text))
    assert [text[cell.start : cell.end] for cell in grid.header[-1]] == ["", "", "", "2024", "2025"]
    assert len(grid.rows) == 2


@pytest.mark.parametrize("rows", [(), ("a",), ("a,b",)])
def test_what_is_no_table_gives_none(rows: tuple[str, ...]) -> None:
    assert cells(bars(*rows)) == []


def test_spans_never_overlap_and_stay_inside() -> None:
    rng = random.Random(7)
    for _ in range(200):
        filled = [rng.random() < rng.choice((0.3, 0.6, 0.9)) for _ in range(rng.randrange(120))]
        passed = -1
        for columns, spans in row_spans(filled):
            for low, high in spans:
                assert passed < low < high <= len(filled)
                assert high - low <= columns
                passed = high
