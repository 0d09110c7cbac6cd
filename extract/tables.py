"""Tables with plan columns: one statement for each cell that commits to a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extract.blocks import Block
from extract.clauses import find_levels
from extract.decisions import Surroundings, find_cues
from extract.grids import Cell, Grid, read_grids
from extract.loose_tables import LooseTable
from extract.model import Measure, Refusal, Statement, YearBasis
from extract.quantities import Quantity, scan
from extract.statements import Read
from extract.table_columns import Column, bare_year, columns_of, group_scope, header_label, roles_of, words_of
from extract.table_units import Unit, caption_unit, label_unit, read_unit
from extract.territories import Territory
from extract.times import still_open
from extract.tokens import tokenise
from extract.vocabulary import canonical_words, phrase_table
from extract.year_scopes import YearScope

_NOTHING = Read((), (), None, ())
_DASHES = "-–+•*"


def read_table(text: str, block: Block, around: Surroundings, territory: Territory) -> Read:
    """Statements of the table at `block`; columns of results, comparisons and projects give none."""
    grids = (_loose_grid(block.loose),) if block.loose else read_grids(text, block.start, block.end)
    reads = [_read_grid(text, grid, around, territory) for grid in grids if grid.rows]
    if len(reads) == 1:
        return reads[0]
    statements = tuple(found for read in reads for found in read.statements)
    return Read(statements, tuple(refusal for read in reads for refusal in read.refusals), None, ())


def _read_grid(text: str, grid: Grid, around: Surroundings, territory: Territory) -> Read:
    heads = [words_of(text, [row[i] for row in grid.header]) for i in range(grid.columns)]
    if any(roles_of(words) & {"project"} for words in heads):
        return _refuse_all(text, grid, "table of projects, costs or procedures")
    columns = columns_of(text, grid, heads, around)
    if not any(column.role == "value" for column in columns):
        return _NOTHING
    statements: list[Statement] = []
    refusals: list[Refusal] = []
    parents: list[str] = []
    if columns[0].role == "year":
        listed = [found for row in grid.rows for found in _read_year_row(text, row, columns, around, territory)]
        return Read(tuple(listed), (), None, ())
    for row in grid.rows:
        if any(column.grouped for column in columns) and (scope := group_scope(text, row, around)):
            columns = [replace(column, scope=scope) if column.grouped else column for column in columns]
        _read_row(text, row, columns, around, territory, parents, statements, refusals)
    return Read(tuple(statements), tuple(refusals), None, ())


def _loose_grid(table: LooseTable) -> Grid:
    rows = tuple(tuple(Cell(start, end) for start, end in row) for row in table.rows)
    return Grid(len(rows[0]), rows[:1], rows[1:], loose=True)


def _read_year_row(
    text: str, row: tuple[Cell, ...], columns: Sequence[Column], around: Surroundings, territory: Territory
) -> list[Statement]:
    year = bare_year(text[row[0].start : row[0].end])
    if year is None or not still_open(year, around.document_year):
        return []
    scope = YearScope(year, None, "in", "phrase")
    unit = caption_unit(around.path)
    found: list[Statement] = []
    for cell, column in zip(row[1:], columns[1:], strict=True):
        quantity = _cell_quantity(text, cell) if column.role == "value" and cell.filled else None
        if quantity is None:
            continue
        label = header_label(column) or " ".join(column.words)
        caption = around.path[-1] if around.path else ""
        measure_unit = read_unit(column.unit) or unit
        dated = Column("value", scope, column.unit, column.words)
        found.append(
            _cell_statement(
                text, row, cell, quantity, measure_unit, label, caption, dated, around, territory.home, territory.level
            )
        )
    return found


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
        rate = read_unit(column.unit) if column.unit == "%" else None
        measure_unit = rate or unit or read_unit(column.unit) or label_unit(label) or caption_unit(around.path)
        if measure_unit and measure_unit.dimension in ("vnd", "usd") and _money_given(label):
            refusals.append(Refusal(cell.start, cell.end, "money of a project or programme"))
            continue
        family = parent if _needs_parent(label, parent) else ""
        full = " ".join(part for part in (label, family, header_label(column)) if part)
        statements.append(
            _cell_statement(text, row, cell, quantity, measure_unit, full, parent, column, around, name, level)
        )


def _money_given(label: str) -> bool:
    """Nhu cầu kinh phí thực hiện: what a plan costs, not what it earns or raises."""
    words = canonical_words(tokenise(label))
    given = any(cue.entry.fields["cue"] == "project_money" for cue in find_cues(words))
    return given and not phrase_table("money_targets").find(words)


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
