"""Tables that lost their bars: columns kept by spaces under a line of years, or one cell a line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from extract.vocabulary import alternatives, written_forms

_YEAR = re.compile(r"(?<![\d/.,])(?<![-–])(?<![-–] )(?:19|20)\d\d(?![\d/.,])(?!\s?[-–]\s?(?:19|20)\d\d)")
_VALUE = r"(?:[<>≥≤=~]{0,2}\s?\d[\d.,]*(?:\s?[-–÷]\s?\d[\d.,]*)?%?|[-–]|x)"
_VALUE_CELL = re.compile(_VALUE + r"\Z")
_TAIL_VALUE = re.compile(r"(?:^|\s)(" + r"[<>≥≤]?\d[\d.,]*(?:[-–]\d[\d.,]*)?%?|[-–]" + r")\Z")
_GAP = re.compile(r"\s{2,}|\t+")
_NUMBER_HEADS = frozenset(written_forms("number_heads"))
_LABEL_HEADS = frozenset(written_forms("label_heads"))
_UNIT_HEADS = frozenset(written_forms("unit_heads"))
_HEAD_WORDS = re.compile(rf"(?:(?:{alternatives('words_before_head_years')})\s*)+\Z")
TABLE_HEADS = _NUMBER_HEADS | _LABEL_HEADS
_FIRST_MARKS = frozenset(("1", "01", "I", "A", "1.", "I."))
_MARK = re.compile(r"(?:\d{1,3}|[IVX]{1,5}|[A-HĐ]|\d{1,2}\.\d{1,2}|[a-zđ])[.)]?\Z|[-+*]\Z")
_CELL_AT_MOST = 160
_ROWS_AT_MOST = 3000
_HEAD_AT_MOST = 30
_CELLS_AT_MOST = 16
_UNIT_AT_MOST = 24
_TABS_OF_A_GRID = 2
"""A line with as many tabs is a row of cells already (extract/grids.py)."""


@dataclass(frozen=True, slots=True)
class LooseTable:
    """Lines [first, last] that make one table. `rows` are cells as (start, end) offsets, the header row first."""

    first: int
    last: int
    rows: tuple[tuple[tuple[int, int], ...], ...]


def find_loose_tables(lines: Sequence[str], offsets: Sequence[int]) -> list[LooseTable]:
    """All such tables, in order. `offsets[i]` is where lines[i] begins in the document. Linear in the lines."""
    found: list[LooseTable] = []
    first_rows = _FirstRows(lines)
    ahead = _Ahead(lines)
    i = 0
    while i < len(lines):
        line = lines[i].strip(" *_")
        table = None
        if line in _NUMBER_HEADS or line in _LABEL_HEADS:
            table = _one_cell_a_line(lines, offsets, i) if ahead.tells_columns(i) else None
        elif "|" not in line and line.count("\t") < _TABS_OF_A_GRID and has_years(line):
            table = _under_years(lines, offsets, i)
        else:
            i += 1
            continue
        if table is None and ahead.has_years(i):
            table = _number_columns(lines, offsets, i, first_rows)
        if table:
            found.append(table)
            i = table.last + 1
        else:
            i += 1
    return found


class _Ahead:
    """What stands in the lines behind a head, counted once: most heads open no table."""

    def __init__(self, lines: Sequence[str]) -> None:
        years = [len(_YEAR.findall(line)) if "20" in line or "19" in line else 0 for line in lines]
        columns = (count > 0 or line.strip(" *_") in _UNIT_HEADS for count, line in zip(years, lines, strict=True))
        self._filled = [i for i, line in enumerate(lines) if line.strip()]
        self._years = list(accumulate(years, initial=0))
        self._columns = list(accumulate(columns, initial=0))

    def has_years(self, i: int) -> bool:
        """Whether a head that starts at line i can name two years."""
        return self._years[min(i + _HEAD_AT_MOST, len(self._years) - 1)] - self._years[i] >= 2

    def tells_columns(self, i: int) -> bool:
        """Whether there is a year or a unit among the cells of a head that starts at line i."""
        last = min(bisect_left(self._filled, i) + _CELLS_AT_MOST, len(self._filled)) - 1
        return self._columns[self._filled[last] + 1] > self._columns[i]


def has_years(line: str) -> bool:
    """Whether a line could be the head of columns of years."""
    return len(line) < 200 and line.count("20") >= 2 and len(_YEAR.findall(line)) >= 2


def _filled(lines: Sequence[str], i: int) -> int:
    while i < len(lines) and not lines[i].strip():
        i += 1
    return i


# -- columns kept by spaces


def _under_years(lines: Sequence[str], offsets: Sequence[int], i: int) -> LooseTable | None:
    """A line of years, then lines that end in as many numbers."""
    head = lines[i]
    if head.rstrip().endswith((".", ";", ",", ":")) or re.search(r"[;()]", head):
        return None
    spaced = [match for match in _GAP.finditer(head.strip())]
    years = [match for match in _YEAR.finditer(head)]
    columns = len(years)
    rows: list[tuple[tuple[int, int], ...]] = []
    j, last, misses = i + 1, i, 0
    while j < len(lines) and len(rows) < _ROWS_AT_MOST and misses < 2:
        if not lines[j].strip():
            if rows or j - i > 3:
                misses += 1
            j += 1
            continue
        row = _spaced_row(lines[j], offsets[j], columns, wide=len(spaced) >= columns)
        if row:
            rows.append(row)
            last, misses = j, 0
        elif _group_line(lines[j]):
            start = offsets[j] + len(lines[j]) - len(lines[j].lstrip())
            end = offsets[j] + len(lines[j].rstrip())
            rows.append(((start, end), *(((end, end),) * (columns + 1))))
        else:
            break
        j += 1
    while rows and rows[-1][-1][0] == rows[-1][-1][1] and rows[-1][1][0] == rows[-1][1][1]:
        rows.pop()
    if sum(1 for row in rows if row[-1][0] < row[-1][1]) < 2:
        return None
    header = _year_header(head, offsets[i], years)
    return LooseTable(i, last, (header, *rows))


def _year_header(head: str, offset: int, years: Sequence[re.Match[str]]) -> tuple[tuple[int, int], ...]:
    """Label, unit and one cell a year; the words in front of a year (KH, TH, Năm) belong to its cell."""
    cells: list[tuple[int, int]] = []
    first = years[0].start()
    front = _HEAD_WORDS.search(head[:first])
    begin = front.start() if front else first
    unit = re.search(r"(?:ĐVT|Đơn vị(?: tính)?|Đvt)\s*\Z", head[:begin])
    label_end = len(head[: unit.start() if unit else begin].rstrip())
    cells.append((offset, offset + label_end))
    cells.append((offset + unit.start(), offset + unit.end()) if unit else (offset + begin, offset + begin))
    for n, year in enumerate(years):
        end = year.end()
        cells.append((offset + begin, offset + end))
        begin = end if n + 1 < len(years) else begin
    return tuple(cells)


def _spaced_row(line: str, offset: int, columns: int, *, wide: bool) -> tuple[tuple[int, int], ...] | None:
    """(label, unit, value ...) of a line that ends in `columns` numbers."""
    text = line.rstrip()
    cells: list[tuple[int, int]] = []
    if wide and len(_GAP.findall(text.strip())) >= columns:
        spans: list[tuple[int, int]] = []
        at = len(text) - len(text.lstrip())
        for gap in _GAP.finditer(text, at):
            spans.append((at, gap.start()))
            at = gap.end()
        spans.append((at, len(text)))
        values = spans[-columns:]
        if len(spans) <= columns or not all(_VALUE_CELL.match(text[low:high]) for low, high in values):
            return None
        cells = values
        low, high = spans[0][0], spans[-columns - 1][1]
        unit = (
            spans[-columns - 1]
            if len(spans) - columns >= 2 and len(text[slice(*spans[-columns - 1])]) <= 18
            else (high, high)
        )
        label = (low, unit[0]) if unit[0] < unit[1] else (low, high)
    else:
        end = len(text)
        for _ in range(columns):
            match = _TAIL_VALUE.search(text, max(0, end - 24), end)
            if not match:
                return None
            cells.insert(0, (match.start(1), end))
            end = len(text[: match.start(1)].rstrip())
        low = len(text) - len(text.lstrip())
        if end <= low or text[low:end].strip().replace(".", "").isdigit():
            return None
        label, unit = (low, end), (end, end)
    trimmed = (label[0], label[0] + len(text[label[0] : label[1]].rstrip()))
    return tuple((offset + start, offset + stop) for start, stop in (trimmed, unit, *cells))


def _group_line(line: str) -> bool:
    """A short line without numbers inside a table: the name of a group."""
    text = line.strip()
    return 2 < len(text) <= 70 and not any(char.isdigit() for char in text[3:]) and not text.endswith((".", ";", ","))


# -- one cell a line


def _one_cell_a_line(lines: Sequence[str], offsets: Sequence[int], i: int) -> LooseTable | None:
    """Header cells, then rows, each cell on a line of its own."""
    cells: list[int] = []
    j = i
    numbered = lines[i].strip(" *_") in _NUMBER_HEADS
    while j < len(lines) and len(cells) < _CELLS_AT_MOST:
        j = _filled(lines, j)
        if j >= len(lines) or "|" in lines[j] or len(lines[j]) > _CELL_AT_MOST:
            return None
        text = lines[j].strip(" *_")
        if numbered and cells and text in _FIRST_MARKS:
            break
        if not numbered and len(cells) >= 2 and not _header_cell(text):
            break
        cells.append(j)
        j += 1
    columns = len(cells)
    if columns < 3 or not any(_YEAR.search(lines[k]) or lines[k].strip(" *_") in _UNIT_HEADS for k in cells):
        return None
    rows: list[tuple[tuple[int, int], ...]] = [tuple(_span(lines, offsets, k) for k in cells)]
    last = cells[-1]
    while j < len(lines) and len(rows) < _ROWS_AT_MOST:
        taken = _take_row(lines, j, columns, numbered=numbered)
        if not taken:
            break
        spans = [_span(lines, offsets, k) for k in taken]
        end = spans[-1][1]
        rows.append(tuple(spans + [(end, end)] * (columns - len(spans))))
        last = taken[-1]
        j = last + 1
    if len(rows) < 3:
        return None
    return LooseTable(i, last, tuple(rows))


def _header_cell(text: str) -> bool:
    return (
        bool(_YEAR.search(text))
        or text in _UNIT_HEADS
        or text in _LABEL_HEADS
        or text.startswith(("KH", "TH", "Ước", "Kế hoạch"))
    )


def _span(lines: Sequence[str], offsets: Sequence[int], k: int) -> tuple[int, int]:
    line = lines[k]
    start = len(line) - len(line.lstrip(" \t*_"))
    return offsets[k] + start, offsets[k] + max(start, len(line.rstrip(" \t*_")))


def _take_row(lines: Sequence[str], j: int, columns: int, *, numbered: bool) -> list[int] | None:
    """Indices of the lines of the next row; a group row (mark and name) is shorter."""
    taken: list[int] = []
    k = j
    while len(taken) < columns:
        k = _filled(lines, k)
        if k >= len(lines) or "|" in lines[k] or len(lines[k]) > _CELL_AT_MOST:
            break
        text = lines[k].strip(" *_")
        if numbered and not taken and not _MARK.match(text):
            return None
        if numbered and len(taken) == 2 and _MARK.match(text) and not _continues_row(lines, k, columns):
            return taken
        taken.append(k)
        k += 1
    if len(taken) < columns:
        return None
    values = [lines[n].strip(" *_") for n in taken[3 if numbered else 2 :]]
    if values and not any(_VALUE_CELL.match(value) for value in values):
        return None
    return taken


def _continues_row(lines: Sequence[str], k: int, columns: int) -> bool:
    """Behind a mark and a name stands a unit, not the mark of the next row."""
    following = _filled(lines, k + 1)
    return following < len(lines) and bool(_VALUE_CELL.match(lines[following].strip(" *_"))) and columns == 3


# -- a label, then a column of numbers


def _number_columns(lines: Sequence[str], offsets: Sequence[int], i: int, first_rows: _FirstRows) -> LooseTable | None:
    """A head that names years (its words broken over lines), then rows: mark, label, unit, a line for each number."""
    head_end = first_rows.behind(i)
    if head_end is None or sum(len(_YEAR.findall(line)) for line in lines[i:head_end]) < 2:
        return None
    rows: list[_Row] = []
    j, last = head_end, i
    while j < len(lines) and len(rows) < _ROWS_AT_MOST:
        row = _number_row(lines, j)
        if row is None:
            break
        rows.append(row)
        last = row.after - 1
        j = _filled(lines, row.after)
    sizes = [len(row.values) for row in rows if row.values]
    if len(sizes) < 2:
        return None
    columns = max(set(sizes), key=lambda size: (sizes.count(size), size))
    years = [
        (offsets[k] + match.start(), offsets[k] + match.end())
        for k in range(i, head_end)
        for match in _YEAR.finditer(lines[k])
    ]
    years = [_with_role(lines, offsets, span, i, head_end) for span in years]
    if columns < 2 or len(years) < columns or sizes.count(columns) < 2:
        return None
    start = offsets[i]
    header = ((start, start), (start, start), *years[-columns:])
    cells = [
        (
            _span(lines, offsets, row.label),
            _unit_span(lines, offsets, row),
            *(_span(lines, offsets, k) for k in row.values),
        )
        for row in rows
        if len(row.values) == columns
    ]
    return LooseTable(i, last, (header, *cells))


@dataclass(frozen=True, slots=True)
class _Row:
    """Line numbers of one row: label, unit (or None), values; `after` is the line behind it."""

    label: int
    unit: int | None
    values: tuple[int, ...]
    after: int


class _FirstRows:
    """The first row behind each head. Heads ask from the top down, so that no line is read twice."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._from = 0
        """Lines before it begin no row, but for the last one found."""
        self._found: int | None = None

    def behind(self, i: int) -> int | None:
        """First line of the first row behind line i: a mark or a label that numbers follow."""
        if self._found is not None and self._found <= i:
            self._from, self._found = self._found + 1, None
        self._from = max(self._from, i + 1)
        while self._found is None and self._from < min(len(self._lines), i + _HEAD_AT_MOST):
            k = _filled(self._lines, self._from)
            if self._begins(k):
                self._found = k
            else:
                self._from = k + 1
        return self._found

    def _begins(self, k: int) -> bool:
        row = _number_row(self._lines, k) if k < len(self._lines) else None
        if row is None or len(row.values) < 2:
            return False
        return not _YEAR.fullmatch(self._lines[row.values[0]].strip(" *_"))


def _number_row(lines: Sequence[str], j: int) -> _Row | None:
    """A row at line j; a group row has no values. None where running text begins."""
    k = _filled(lines, j)
    mark = ""
    if k < len(lines) and _MARK.match(lines[k].strip(" *_")):
        mark = lines[k].strip(" *_.)")
        k = _filled(lines, k + 1)
    if k >= len(lines) or not _label_line(lines[k]):
        return None
    label = k
    k = _filled(lines, k + 1)
    unit = None
    if k < len(lines) and len(lines[k].strip()) <= _UNIT_AT_MOST and _unit_line(lines[k]):
        after = _filled(lines, k + 1)
        if after < len(lines) and _VALUE_CELL.match(lines[after].strip(" *_")):
            unit, k = k, after
    values: list[int] = []
    while k < len(lines) and _VALUE_CELL.match(lines[k].strip(" *_")):
        values.append(k)
        k = _filled(lines, k + 1)
    if len(values) >= 2 and k < len(lines) and _next_mark(lines, values, k, mark):
        k = values.pop()
    return _Row(label, unit, tuple(values), k)


def _next_mark(lines: Sequence[str], values: Sequence[int], k: int, mark: str) -> bool:
    """The last "value" is the mark of the next row: the count goes on, or a small integer stands before a label."""
    text = lines[values[-1]].strip(" *_.)")
    if mark.isdecimal() and text.isdecimal() and int(text) == int(mark) + 1:
        return _label_line(lines[k])
    if mark in ("-", "+"):
        return text in ("-", "+") and _label_line(lines[k])
    return (
        text.isdecimal()
        and len(text) <= 2
        and _label_line(lines[k])
        and len(values) > 2
        and _odd_one_out(lines, values)
    )


def _odd_one_out(lines: Sequence[str], values: Sequence[int]) -> bool:
    """The numbers before it are far larger than a row mark, or the mark goes on counting from the row before."""
    others = [lines[k].strip(" *_<>≥≤") for k in values[:-1]]
    return all(len(other.replace(".", "").replace(",", "")) > 2 for other in others if other not in ("-", "–"))


def _unit_line(line: str) -> bool:
    return line.strip(" *_") in ("%", "‰", "$") or _label_line(line)


def _label_line(line: str) -> bool:
    text = line.strip(" *_")
    return (
        0 < len(text) <= _CELL_AT_MOST
        and any(char.isalpha() for char in text)
        and "|" not in text
        and not text.endswith((".", ";"))
    )


def _with_role(
    lines: Sequence[str], offsets: Sequence[int], span: tuple[int, int], first: int, last: int
) -> tuple[int, int]:
    """The year with the word in front of it, on its line or on the line above: KH, TH, Ước."""
    k = max(k for k in range(first, last) if offsets[k] <= span[0])
    if lines[k][: span[0] - offsets[k]].strip():
        return offsets[k] + len(lines[k]) - len(lines[k].lstrip()), span[1]
    above = lines[k - 1].strip(" *_") if k > first else ""
    if above in written_forms("lines_above_head_years"):
        return offsets[k - 1] + lines[k - 1].index(above[0]), span[1]
    return span


def _unit_span(lines: Sequence[str], offsets: Sequence[int], row: _Row) -> tuple[int, int]:
    if row.unit is None:
        end = _span(lines, offsets, row.label)[1]
        return end, end
    return _span(lines, offsets, row.unit)
