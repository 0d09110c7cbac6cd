"""Where the rows of a table end when every cell stands on a line of its own and a row is closed by one empty cell.

The number of columns is nowhere written, cells may be empty or merged, and tables may follow each other without a gap.
So all widths are tried at once, and the cut is taken in which the rows look most like rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_COLUMNS = 60
_CHANGE = 3.0
"""What a change of the width costs: more than a row that fits by chance brings."""
_SHORT = 1.5
"""What a row with merged cells costs against one of full width."""
_HOLE = 1.0
"""What an empty cell in front of a filled one costs."""
_LEAST = 0.5
"""What any row is worth at the least."""
_SKIPPED = 1.0
"""What a filled cell costs that no row takes in."""
_TRIED = 12
"""How many of the likely widths are tried."""


@dataclass(frozen=True, slots=True)
class _Step:
    """Best way on from one piece at one width: how much it is worth, the end of the row, the width from there on."""

    worth: float
    end: int
    columns: int


def row_spans(filled: Sequence[bool]) -> list[tuple[int, list[tuple[int, int]]]]:
    """(columns, [(first, end) of each row]) for each table; the empty piece that closes a row is not in its span.

    Time grows in step with the number of pieces.
    """
    size = len(filled)
    widths = _widths(filled)
    counts, holes, blank_from, filled_from = _sums(filled)
    free = [_Step(0.0, size, 0)] * (size + 2)
    at: dict[int, list[_Step | None]] = {columns: [None] * (size + 2) for columns in widths}
    for place in range(size - 1, -1, -1):
        best = _Step(free[place + 1].worth - _SKIPPED * filled[place], place + 1, 0)
        run = blank_from[place]
        gap = filled_from[run]
        opens = min(filled_from[place], size - 1) + 1
        for columns in widths:
            chosen: _Step | None = None
            full = min(place + columns, size)
            for end, cost in ((full, 0.0), (run, _SHORT), (gap - 1, _SHORT)):
                if (end < size and filled[end]) or counts[end] == counts[place]:
                    continue
                if cost and not (filled[place] and 2 <= end - place < columns):
                    continue
                same, other = at[columns][end + 1] if end < size else None, free[min(end + 1, size)]
                stays = same is not None and same.worth > other.worth
                worth = same.worth if same is not None and stays else other.worth
                worth += max(_LEAST, counts[end] - counts[place] - cost - _HOLE * (holes[end] - holes[opens]))
                if chosen is None or worth > chosen.worth:
                    chosen = _Step(worth, end, columns if stays else 0)
            at[columns][place] = chosen
            if chosen and chosen.worth - _CHANGE > best.worth:
                best = _Step(chosen.worth - _CHANGE, place, columns)
        free[place] = best
    return _tables(free, at, size)


def _widths(filled: Sequence[bool]) -> list[int]:
    """The likely numbers of columns: distances between cells that follow an empty one, the most frequent first."""
    starts = [i for i in range(len(filled)) if filled[i] and (i == 0 or not filled[i - 1])]
    seen: Counter[int] = Counter()
    for steps in (1, 2, 3):
        seen.update(after - before - 1 for before, after in zip(starts, starts[steps:], strict=False))
    likely = [columns for columns, _ in seen.most_common() if 2 <= columns <= MOST_COLUMNS]
    return likely[:_TRIED]


def _sums(filled: Sequence[bool]) -> tuple[list[int], list[int], list[int], list[int]]:
    """Filled cells and holes before each place; the first empty and the first filled cell from each place on."""
    size = len(filled)
    counts, holes = [0], [0]
    for i, cell in enumerate(filled):
        counts.append(counts[-1] + cell)
        holes.append(holes[-1] + (cell and i > 0 and not filled[i - 1]))
    blank_from, filled_from = [size] * (size + 1), [size] * (size + 1)
    for i in range(size - 1, -1, -1):
        blank_from[i] = blank_from[i + 1] if filled[i] else i
        filled_from[i] = i if filled[i] else filled_from[i + 1]
    return counts, holes, blank_from, filled_from


def _tables(
    free: Sequence[_Step], at: Mapping[int, Sequence[_Step | None]], size: int
) -> list[tuple[int, list[tuple[int, int]]]]:
    """The best cut from the first piece on; a gap of less than a row does not end a table."""
    tables: list[tuple[int, list[tuple[int, int]]]] = []
    place, columns = 0, 0
    while place < size:
        if not columns:
            columns, place = free[place].columns, free[place].end
            if columns and not (tables and tables[-1][0] == columns and place - tables[-1][1][-1][1] <= columns + 1):
                tables.append((columns, []))
            continue
        step = at[columns][place]
        if step is None:
            break
        tables[-1][1].append((place, step.end))
        place, columns = step.end + 1, step.columns
    return [(columns, rows) for columns, rows in tables if len(rows) >= 2]
