"""Tables with plan columns: one statement for each cell that commits to a number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extract.blocks import Block
from extract.clauses import find_levels
from extract.decisions import Surroundings
from extract.grids import Cell, Grid, read_grids
from extract.loose_tables import LooseTable
from extract.model import Measure, Refusal, Statement, YearBasis
from extract.quantities import Quantity, scan
from extract.statements import Read
from extract.territories import Territory
from extract.times import FIRST_YEAR, LAST_YEAR, TARGET_ROLES, Time, find_times, still_open
from extract.tokens import tokenise
from extract.vocabulary import canonical_words, phrase_table
from extract.year_scopes import YearScope, scope_of

_NOTHING = Read((), (), None, ())
_DASHES = "-–+•*"


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: number, unit, label, value or other; for values the year and unit of the header."""

    role: str
    scope: YearScope | None = None
    unit: str = ""
    words: tuple[str, ...] = ()
    grouped: bool = False
    """The year is that of the row above that heads a group: Giai đoạn 2026 - 2030."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit cell as read: factor to the dimension's base unit, dimension, base."""

    factor: float
    dimension: str
    per: str | None
    text: str


def read_table(text: str, block: Block, around: Surroundings, territory: Territory) -> Read:
    """Statements of the table at `block`; columns of results, comparisons and projects give none."""
    grids = (_loose_grid(block.loose),) if block.loose else read_grids(text, block.start, block.end)
    reads = [_read_grid(text, grid, around, territory) for grid in grids if grid.rows]
    if len(reads) == 1:
        return reads[0]
    statements = tuple(found for read in reads for found in read.statements)
    return Read(statements, tuple(refusal for read in reads for refusal in read.refusals), None, ())


def _read_grid(text: str, grid: Grid, around: Surroundings, territory: Territory) -> Read:
    heads = [_words(text, [row[i] for row in grid.header]) for i in range(grid.columns)]
    if any(_roles(words) & {"project"} for words in heads):
        return _refuse_all(text, grid, "table of projects, costs or procedures")
    columns = _columns(text, grid, heads, around)
    if not any(column.role == "value" for column in columns):
        return _NOTHING
    statements: list[Statement] = []
    refusals: list[Refusal] = []
    parents: list[str] = []
    if columns[0].role == "year":
        listed = [found for row in grid.rows for found in _read_year_row(text, row, columns, around, territory)]
        return Read(tuple(listed), (), None, ())
    for row in grid.rows:
        if any(column.grouped for column in columns) and (scope := _group_scope(text, row, around)):
            columns = [replace(column, scope=scope) if column.grouped else column for column in columns]
        _read_row(text, row, columns, around, territory, parents, statements, refusals)
    return Read(tuple(statements), tuple(refusals), None, ())


def _loose_grid(table: LooseTable) -> Grid:
    rows = tuple(tuple(Cell(start, end) for start, end in row) for row in table.rows)
    return Grid(len(rows[0]), rows[:1], rows[1:], loose=True)


def _words(text: str, cells: Sequence[Cell]) -> list[str]:
    words: list[str] = []
    seen: set[tuple[int, int]] = set()
    for cell in cells:
        if (cell.start, cell.end) not in seen:
            seen.add((cell.start, cell.end))
            words += canonical_words(tokenise(text, cell.start, cell.end))
    return words


def _roles(words: Sequence[str]) -> set[str]:
    return {hit.entry.fields["role"] for hit in phrase_table("table_words").find(words)}


def _columns(text: str, grid: Grid, heads: Sequence[list[str]], around: Surroundings) -> list[Column]:
    columns: list[Column] = []
    labelled = False
    if _years_down(text, grid):
        return _columns_of_years_down(text, grid, heads, around)
    sole = _sole_values(text, grid, heads, around)
    for i, words in enumerate(heads):
        roles = _roles(words)
        times = [time for row in grid.header for time in _times(text, row[i])]
        numeric = _numeric_share(text, grid, i)
        if not labelled and "number" in roles and not times:
            columns.append(Column("number"))
        elif (grid.loose and i == 1 and not words) or (
            "unit" in roles and not times and (numeric < 0.5 or len(words) <= 3)
        ):
            columns.append(Column("unit"))
        elif not labelled and not times and numeric < 0.5:
            labelled = True
            columns.append(Column("label", words=tuple(words)))
        elif not times and i == sole:
            columns.append(Column("value", None, _header_unit(words), tuple(words), grouped=True))
        elif roles & {"actual", "compare", "other"} and not (roles & {"plan"} and not roles & {"actual", "compare"}):
            columns.append(Column("other"))
        elif numeric > 0:
            scope = _column_scope(times, roles, around)
            columns.append(Column("value", scope, _header_unit(words), tuple(words)) if scope else Column("other"))
        else:
            columns.append(Column("other"))
    return columns


def _sole_values(text: str, grid: Grid, heads: Sequence[list[str]], around: Surroundings) -> int | None:
    """The only column of values in a table of targets whose years stand in rows that head groups."""
    if not any(_group_scope(text, row, around) for row in grid.rows):
        return None
    if not any("mục tiêu" in " ".join(words) or "chỉ tiêu" in " ".join(words) for words in heads):
        return None
    numeric = [
        i
        for i, words in enumerate(heads)
        if _numeric_share(text, grid, i) > 0.5 and not _roles(words) & {"number", "unit", "compare"}
    ]
    return numeric[0] if len(numeric) == 1 else None


def _group_scope(text: str, row: Sequence[Cell], around: Surroundings) -> YearScope | None:
    """The year of a row that holds a name and no values: II | Đến năm 2030."""
    filled = [cell for cell in row if cell.filled]
    if not 1 <= len(filled) <= 2:
        return None
    times = _times(text, filled[-1])
    if not times or not still_open(times[-1].year, around.document_year):
        return None
    words = canonical_words(tokenise(text, filled[-1].start, filled[-1].end))
    return scope_of(times[-1], "heading") if len(words) <= _GROUP_WORDS else None


_GROUP_WORDS = 12


def _years_down(text: str, grid: Grid) -> bool:
    """True when the first column lists years: a table turned on its side."""
    firsts = [text[row[0].start : row[0].end].strip() for row in grid.rows]
    years = sum(1 for first in firsts if _bare_year(first) is not None)
    return years >= 2 and years * 2 > len(firsts)


def _bare_year(cell: str) -> int | None:
    word = cell.split()[-1] if cell.split() else ""
    return int(word) if len(word) == 4 and word.isdecimal() and FIRST_YEAR <= int(word) <= LAST_YEAR else None


def _columns_of_years_down(text: str, grid: Grid, heads: Sequence[list[str]], around: Surroundings) -> list[Column]:
    """Every numeric column is a measure; the year comes from the row."""
    columns = [Column("year")]
    for i in range(1, grid.columns):
        roles = _roles(heads[i])
        numeric = _numeric_share(text, grid, i)
        plain_value = numeric >= 0.5 and not roles & {"actual", "compare", "other"}
        columns.append(
            Column("value", None, _header_unit(heads[i]), tuple(heads[i])) if plain_value else Column("other")
        )
    return columns


def _read_year_row(
    text: str, row: tuple[Cell, ...], columns: Sequence[Column], around: Surroundings, territory: Territory
) -> list[Statement]:
    year = _bare_year(text[row[0].start : row[0].end])
    if year is None or not still_open(year, around.document_year):
        return []
    scope = YearScope(year, None, "in", "phrase")
    unit = _caption_unit(around)
    found: list[Statement] = []
    for cell, column in zip(row[1:], columns[1:], strict=True):
        quantity = _cell_quantity(text, cell) if column.role == "value" and cell.filled else None
        if quantity is None:
            continue
        label = _header_label(column) or " ".join(column.words)
        caption = around.path[-1] if around.path else ""
        measure_unit = read_unit(column.unit) or unit
        dated = Column("value", scope, column.unit, column.words)
        found.append(
            _cell_statement(
                text, row, cell, quantity, measure_unit, label, caption, dated, around, territory.home, territory.level
            )
        )
    return found


def _caption_unit(around: Surroundings) -> Unit | None:
    """Unit that the line above a table gives: (đơn vị tính: ha)."""
    for line in reversed(around.path[-2:]):
        match = _UNIT_IN_CAPTION.search(line)
        if match:
            return read_unit(match.group(1).strip(" )."))
    return None


_UNIT_IN_CAPTION = re.compile(r"(?:đơn vị tính|đơn vị|ĐVT|đvt)\s*:?\s*([^,;.)]{1,30})", re.IGNORECASE)


def _times(text: str, cell: Cell) -> list[Time]:
    tokens = tokenise(text, cell.start, cell.end)
    return [time for time in find_times(tokens, canonical_words(tokens)) if time.role in TARGET_ROLES]


def _column_scope(times: Sequence[Time], roles: set[str], around: Surroundings) -> YearScope | None:
    """The year of a value column: its own, else that of the heading or title when the column says it is a plan."""
    if times:
        last = times[-1]
        return scope_of(last, "phrase") if still_open(last.year, around.document_year) else None
    if "plan" in roles and around.scopes:
        return around.scopes[0]
    return None


def _numeric_share(text: str, grid: Grid, i: int) -> float:
    filled = [text[row[i].start : row[i].end] for row in grid.rows if row[i].filled]
    if not filled:
        return 0.0
    return sum(1 for value in filled if value.lstrip("<>≥≤=~-–+ ")[:1].isdigit()) / len(filled)


def _header_unit(words: Sequence[str]) -> str:
    """Unit in brackets in a header: Lượng (tấn)."""
    if "(" in words and ")" in words:
        low, high = words.index("("), len(words) - 1 - list(reversed(words)).index(")")
        if low < high:
            return " ".join(words[low + 1 : high])
    return ""


def read_unit(unit: str) -> Unit | None:
    """Unit cell such as Nghìn tấn, Triệu USD, %/năm, Doanh nghiệp; None when the cell says nothing."""
    unit = unit.strip()
    if not unit:
        return None
    folded = unit.casefold()
    if "hạng" in folded or folded in ("thứ bậc", "vị trí"):
        return Unit(1.0, "rank", None, unit)
    tokens = tokenise(unit if unit[0].isdigit() else f"1 {unit}")
    words = canonical_words(tokens)
    found = scan(tokens, words, ()).quantities
    if not found:
        return Unit(1.0, "count", None, unit)
    quantity = found[0]
    dimension = "count" if quantity.dimension == "bare" else quantity.dimension
    return Unit(quantity.value, dimension, quantity.per or _base_behind(words), unit)


def _base_behind(words: Sequence[str]) -> str | None:
    hits = phrase_table("bases").find(words)
    return hits[-1].entry.fields["per"] if hits else None


def _read_row(
    text: str,
    row: tuple[Cell, ...],
    columns: Sequence[Column],
    around: Surroundings,
    territory: Territory,
    parents: list[str],
    statements: list[Statement],
    refusals: list[Refusal],
) -> None:
    label_cell = next((cell for cell, column in zip(row, columns, strict=True) if column.role == "label"), None)
    number_cell = next((cell for cell, column in zip(row, columns, strict=True) if column.role == "number"), None)
    if label_cell is None or not label_cell.filled:
        return
    own = " ".join(text[label_cell.start : label_cell.end].split())
    number = text[number_cell.start : number_cell.end].strip(" .*") if number_cell else ""
    child = own[:1] in _DASHES or number in ("-", "+", "–") or (number_cell is not None and not number)
    label = own.lstrip(_DASHES + " ").strip()
    unit_cell = next((cell for cell, column in zip(row, columns, strict=True) if column.role == "unit"), None)
    unit = read_unit(text[unit_cell.start : unit_cell.end]) if unit_cell else None
    values = [
        (cell, column) for cell, column in zip(row, columns, strict=True) if column.role == "value" and cell.filled
    ]
    if not child:
        parents[:] = [label]
    parent = parents[0] if child and parents else ""
    if not values:
        return
    name, level = _owner(text, label_cell, territory)
    if level == "province" and name == territory.home and _lists_districts(columns) and not _total(label):
        level = "district"
    for cell, column in values:
        quantity = _cell_quantity(text, cell)
        if quantity is None or column.scope is None:
            continue
        measure_unit = unit or read_unit(column.unit) or _label_unit(label) or _caption_unit(around)
        family = parent if _needs_parent(label, parent) else ""
        full = " ".join(part for part in (label, family, _header_label(column)) if part)
        statements.append(
            _cell_statement(text, row, cell, quantity, measure_unit, full, parent, column, around, name, level)
        )


def _needs_parent(label: str, parent: str) -> bool:
    """A short or tiered label, or a part of a measure that the parent row names (Tốc độ tăng trưởng: - Dịch vụ)."""
    words = canonical_words(tokenise(label))
    if len(words) <= 2 or find_levels(words, (0, len(words))):
        return True
    above = canonical_words(tokenise(parent))
    openers = phrase_table("subject_openers")
    return bool(above) and openers.at(above, 0) is not None and openers.at(words, 0) is None


def _lists_districts(columns: Sequence[Column]) -> bool:
    """The label column is headed Huyện, Thị xã, Xã, Đơn vị: each row is a part of the province."""
    words = next((column.words for column in columns if column.role == "label"), ())
    return any(word in ("huyện", "xã", "phường", "quận") for word in words) or tuple(words[:2]) in (
        ("địa", "phương"),
        ("địa", "bàn"),
    )


def _total(label: str) -> bool:
    folded = label.casefold()
    return folded.startswith(("tổng", "toàn tỉnh", "toàn thành phố", "cộng", "cả tỉnh"))


def _owner(text: str, cell: Cell, territory: Territory) -> tuple[str | None, str]:
    """A row that is named after a place belongs to it."""
    mentions = territory.places.find(text, cell.start, cell.end, on=territory.date, home=territory.home)
    for mention in mentions:
        if mention.end - mention.start >= 0.7 * (cell.end - cell.start) and not mention.self_reference:
            if mention.level in ("nation", "province"):
                return mention.name, mention.level
            return territory.home, mention.level
    return territory.home, territory.level


def _cell_quantity(text: str, cell: Cell) -> Quantity | None:
    tokens = tokenise(text, cell.start, cell.end)
    while (
        tokens
        and not tokens[0].is_number
        and tokens[0].text not in ("<", ">", "≥", "≤", "=", "~")
        and not tokens[0].text.isalpha()
    ):
        tokens = tokens[1:]
    words = canonical_words(tokens)
    if len(tokens) > 12:
        return None
    found = scan(tokens, words, ()).quantities
    return found[0] if len(found) == 1 or (found and found[0].value_max is not None) else None


def _label_unit(label: str) -> Unit | None:
    """Unit named at the end of the label: Diện tích gieo trồng (ha)."""
    if label.endswith(")") and "(" in label:
        return read_unit(label[label.rindex("(") + 1 : -1])
    return None


def _header_label(column: Column) -> str:
    """What a value column adds to the label: Lượng, Giá trị tham gia xuất khẩu."""
    words = list(column.words)
    if "(" in words:
        words = words[: words.index("(")]
    kept = [word for word in words if word[0].isalpha() and not word.isdigit()]
    roles = phrase_table("table_words").find(kept)
    taken = {i for hit in roles for i in range(hit.start, hit.end)}
    left = [word for i, word in enumerate(kept) if i not in taken and word not in ("năm", "giai", "đoạn", "đến")]
    return " ".join(left)


def _cell_statement(
    text: str,
    row: tuple[Cell, ...],
    cell: Cell,
    quantity: Quantity,
    unit: Unit | None,
    label: str,
    parent: str,
    column: Column,
    around: Surroundings,
    name: str | None,
    level: str,
) -> Statement:
    scope = column.scope
    assert scope is not None
    if unit is None or quantity.dimension not in ("bare", "count"):
        dimension = "count" if quantity.dimension == "bare" else quantity.dimension
        factor, per, worded = 1.0, quantity.per, quantity.unit_text
    else:
        dimension, factor, per, worded = unit.dimension, unit.factor, unit.per, unit.text
    words = canonical_words(tokenise(label))
    change = _label_change(words) if dimension in ("percent", "percentage_point") else None
    basis: YearBasis = "by"
    start = None
    if per == "year" or (change and dimension == "percent" and "so" not in words):
        basis, start = (
            "annual",
            scope.period_start or (scope.year if scope.role == "in" or scope.source == "phrase" else None),
        )
    elif scope.period_start is None and dimension in ("count", "person", "household") and _added(words):
        basis, start = "annual", scope.year
    elif scope.period_start is not None and dimension not in ("percent", "rank", "index"):
        basis, start = "period", scope.period_start
    first = next(item for item in row if item.filled)
    last = [item for item in row if item.filled][-1]
    comparator = quantity.comparator if quantity.comparator != "from" else "ge"  # type: ignore[comparison-overlap]
    return Statement(
        label=label,
        value=quantity.value * factor,
        value_max=None if quantity.value_max is None else quantity.value_max * factor,
        comparator=comparator,
        value_basis="stated",
        measure=Measure(dimension, per, change, worded),  # type: ignore[arg-type]
        year=scope.year,
        year_basis=basis,
        period_start=start,
        baseline_year=None,
        levels=find_levels(words, (0, len(words)))[:1],
        territory=name,
        territory_level=level,  # type: ignore[arg-type]
        quote=text[first.start : last.end],
        char_start=first.start,
        char_end=last.end,
        value_start=cell.start,
        value_end=cell.end,
        section=around.path,
        year_source=scope.source,
        context=" ".join((parent, *around.path[-2:])),
        rules=(
            "table",
            dimension,
            f"year:{scope.source}",
            f"year-role:{'in' if scope.period_start is None else 'period'}",
        ),
    )


def _added(words: Sequence[str]) -> bool:
    """thành lập mới, tăng thêm, trong năm: what a single year adds."""
    return "thêm" in words or "mới" in words[:4] or words[-2:] == ["trong", "năm"]


def _label_change(words: Sequence[str]) -> str | None:
    """tăng or giảm in a label makes its percentages rates of change, unless it says where to (giảm còn)."""
    if "còn" in words or "xuống" in words or "góp" in words or "vào" in words:
        return None
    for i, word in enumerate(words):
        if word in ("tăng", "giảm") and words[i + 1 : i + 2] not in (["cường"], ["thiểu"]):
            return "increase" if word == "tăng" else "decrease"
    return None


def _refuse_all(text: str, grid: Grid, reason: str) -> Read:
    refusals = [
        Refusal(cell.start, cell.end, reason)
        for row in grid.rows
        for cell in row
        if cell.filled and text[cell.start].isdigit()
    ]
    return Read((), tuple(refusals), None, ())
