"""Tables as lines of text: one line a row, cells between bars, columns kept in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell with the columns and rows that it spans."""

    text: str
    columns: int = 1
    rows: int = 1


MOST_SPAN = 200
MOST_COLUMNS = 400


def row_line(cells: Iterable[str]) -> str:
    """`| a | b |`; bars and line ends inside a cell become spaces."""
    return "| " + " | ".join(" ".join(cell.replace("|", " ").split()) for cell in cells) + " |"


def lay_out(rows: Sequence[Sequence[Cell]], heads: int) -> list[list[str]]:
    """Rows of equal columns. A cell over several rows is repeated in each: it holds for all of them. A cell over
    several columns is repeated in the first `heads` rows (a heading holds for its columns), elsewhere it stands once.
    """
    grid: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(rows):
        line: list[str] = []

        def take_hanging(line: list[str] = line) -> None:
            while len(line) in hanging:
                left, text = hanging[len(line)]
                if left == 1:
                    del hanging[len(line)]
                else:
                    hanging[len(line)] = (left - 1, text)
                line.append(text)

        for cell in row:
            take_hanging()
            for offset in range(min(max(cell.columns, 1), MOST_SPAN, MOST_COLUMNS - len(line))):
                text = cell.text if offset == 0 or number < heads else ""
                if min(cell.rows, MOST_SPAN) > 1:
                    hanging[len(line)] = (min(cell.rows, MOST_SPAN) - 1, text)
                line.append(text)
        take_hanging()
        grid.append(line)
    width = max(map(len, grid), default=0)
    return [line + [""] * (width - len(line)) for line in grid if any(cell.strip() for cell in line)]


def table_lines(grid: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a laid-out table; a row with a single filled cell in a wider table stays a row."""
    return [row_line(row) for row in grid]
