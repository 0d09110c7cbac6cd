"""Tables in plain text to rows of cells: Markdown bars, bars on lines of their own, tabs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extract.row_spans import MOST_COLUMNS, row_spans

_RULE = re.compile(r"[\s|:\-=+–—]*\Z")
_ORDINAL = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3}){0,3}|[IVXLivxl]{1,6}|[A-ZĐa-zđ])[.)]{0,2}\Z")
_MOST_HEADS = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """text[start:end] of the document, trimmed; empty cells have start == end."""

    start: int
    end: int

    @property
    def filled(self) -> bool:
        return self.start < self.end


@dataclass(frozen=True, slots=True)
class Grid:
    """Header rows and data rows of one table; all data rows have the same number of cells as `columns`."""

    columns: int
    header: tuple[tuple[Cell, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]
    loose: bool = False
    """Cells of a table without bars: label, unit, values."""


def read_grids(text: str, start: int, end: int) -> tuple[Grid, ...]:
    """The tables in text[start:end]; none when the cells cannot be aligned."""
    lines = _lines(text, start, end)
    bars = sum(1 for low, high in lines if text[low:high].strip() == "|")
    if bars >= 4 and bars * 3 >= len(lines):
        return _vertical(text, start, end)
    grid = _horizontal(text, lines)
    return (grid,) if grid else ()


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans, at = [], start
    while at <= end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        spans.append((at, stop))
        at = stop + 1
    return spans


def _trim(text: str, start: int, end: int) -> Cell:
    while start < end and text[start] in " \t\n*_":
        start += 1
    while end > start and text[end - 1] in " \t\n*_":
        end -= 1
    return Cell(start, end)


def _horizontal(text: str, lines: Sequence[tuple[int, int]]) -> Grid | None:
    """One row a line, cells between bars or tabs."""
    rows: list[tuple[Cell, ...]] = []
    rule_after = 0
    for low, high in lines:
        line = text[low:high]
        if not line.strip():
            continue
        mark = "|" if "|" in line else "\t"
        if mark == "|" and _RULE.match(line):
            rule_after = rule_after or len(rows)
            continue
        cells, at = [], low
        for piece in line.split(mark):
            cells.append(_trim(text, at, at + len(piece)))
            at += len(piece) + 1
        if mark == "|":
            if cells and not cells[0].filled and line.lstrip().startswith("|"):
                cells = cells[1:]
            if cells and not cells[-1].filled and line.rstrip().endswith("|"):
                cells = cells[:-1]
        rows.append(tuple(cells))
    if len(rows) < 2:
        return None
    counts: dict[int, int] = {}
    for row in rows:
        counts[len(row)] = counts.get(len(row), 0) + 1
    columns = max(counts, key=lambda size: (counts[size], size))
    if columns < 2 or columns > MOST_COLUMNS:
        return None
    depth = rule_after or 1
    body = [_aligned(row, columns) for row in rows]
    while depth < len(rows) - 1 and depth < _MOST_HEADS and _looks_like_header(text, rows[depth]):
        depth += 1
    header = tuple(_spread(text, row, columns, rows[depth - 1] if depth > 1 else None) for row in rows[:depth])
    return Grid(columns, header, tuple(row for row in body[depth:] if row))


def _aligned(row: tuple[Cell, ...], columns: int) -> tuple[Cell, ...]:
    """A row that lost its number cell is shifted right, a group row filled up; any other odd length is refused."""
    if len(row) == columns:
        return row
    if len(row) <= 2:
        return (*row, *(Cell(row[-1].end, row[-1].end) for _ in range(columns - len(row))))
    if len(row) == columns - 1:
        return (Cell(row[0].start, row[0].start), *row)
    return ()


def _spread(text: str, row: tuple[Cell, ...], columns: int, below: tuple[Cell, ...] | None) -> tuple[Cell, ...]:
    """A header cell that spans columns stands once: empty cells behind it take it over, where a second row is below."""
    cells = list(row[:columns]) + [Cell(row[-1].end, row[-1].end)] * max(0, columns - len(row))
    if below is not None and row is not below:
        for i in range(1, columns):
            if not cells[i].filled and i < len(below) and below[i].filled:
                cells[i] = cells[i - 1]
    return tuple(cells)


def _looks_like_header(text: str, row: tuple[Cell, ...]) -> bool:
    """No numbers but years, and an empty or a years-only first cell: the second line of a header, or column numbers."""
    filled = [text[cell.start : cell.end] for cell in row if cell.filled]
    if not filled:
        return False
    if row[0].filled and not filled[0].isdigit():
        return False
    numbers = [word for word in filled if any(char.isdigit() for char in word)]
    if len(numbers) == len(filled) and [word.strip("()") for word in filled] == [
        str(int(filled[0].strip("()")) + i) if filled[0].strip("()").isdigit() else "" for i in range(len(filled))
    ]:
        return True
    if row[0].filled:
        return False
    return (
        all(re.fullmatch(r"(?:19|20)\d\d", word.strip()) or not word[:1].isdigit() for word in filled)
        and len(filled) >= 2
        and not any(re.search(r"\d{1,3}(?:[.,]\d+)", word) for word in filled)
    )


def _vertical(text: str, start: int, end: int) -> tuple[Grid, ...]:
    """Bars on lines of their own: every cell is closed by a bar, every row by one more. Several tables may follow."""
    pieces: list[Cell] = []
    at = start
    opened = False
    for low, high in _lines(text, start, end):
        if text[low:high].strip() == "|":
            if opened:
                pieces.append(_trim(text, at, low))
            opened, at = True, high + 1
    grids, passed = [], 0
    for columns, spans in row_spans([cell.filled for cell in pieces]):
        rows: list[list[Cell]] = [pieces[low:high] for low, high in spans]
        if passed < spans[0][0] and not pieces[spans[0][0] - 1].filled:
            rows[:0] = _before(pieces[passed : spans[0][0]], columns)
        passed = spans[-1][1] + 1
        grid = _grid(text, rows, columns)
        if grid:
            grids.append(grid)
    return tuple(grids)


def _before(pieces: Sequence[Cell], columns: int) -> list[list[Cell]]:
    """Header rows in front of the first row of the right width, cut at empty cells."""
    rows: list[list[Cell]] = [[]]
    for cell in pieces:
        if cell.filled:
            rows[-1].append(cell)
        elif rows[-1]:
            rows.append([])
    return [row for row in rows if 2 <= len(row) <= columns][-_MOST_HEADS:]


def _grid(text: str, rows: Sequence[Sequence[Cell]], columns: int) -> Grid | None:
    heads = [rows[0]]
    body = list(rows[1:])
    while len(heads) < _MOST_HEADS and len(body) > 1:
        merged = len(body[0]) < columns and len(heads[-1]) < columns and not _ordinal(text, body[0][0])
        if not merged and not _looks_like_header(text, tuple(body[0])):
            break
        heads.append(body.pop(0))
    filled = [[cell for cell in row if cell.filled] if len(row) < columns else row for row in heads]
    header = tuple(_span(row, filled, columns, n) for n, row in enumerate(filled) if row)
    return Grid(columns, header, tuple(_fill(row, columns) for row in body)) if body else None


def _ordinal(text: str, cell: Cell) -> bool:
    """1, II, a): the cell that opens a row of data."""
    return _ORDINAL.match(text[cell.start : cell.end]) is not None


def _fill(row: Sequence[Cell], columns: int) -> tuple[Cell, ...]:
    """A short row: a merged heading keeps its place on the left, cells below a merged one move to the right."""
    if len(row) == columns:
        return tuple(row)
    filled = sum(cell.filled for cell in row)
    blank = (Cell(row[0].start, row[0].start),) * (columns - len(row))
    return (*row, *blank) if filled <= 2 else (*blank, *row)


def _span(row: Sequence[Cell], heads: Sequence[Sequence[Cell]], columns: int, n: int) -> tuple[Cell, ...]:
    """Lay a header row with merged cells over the columns: the second row tells how many the last cells span."""
    if len(row) == columns:
        return tuple(row)
    blank = Cell(row[0].start, row[0].start)
    below = next((len(other) for other in heads[n + 1 :] if len(other) < columns), 0)
    if n == 0 and below:
        fixed = columns - below
        spanning = len(row) - fixed
        if spanning > 0 and below % spanning == 0:
            width = below // spanning
            return tuple(row[:fixed]) + tuple(cell for cell in row[fixed:] for _ in range(width))
    if n > 0 and len(row) < columns:
        return (blank,) * (columns - len(row)) + tuple(row)
    return tuple(row[:columns]) + (blank,) * max(0, columns - len(row))
