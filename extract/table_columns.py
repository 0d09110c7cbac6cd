"""What the columns of a table hold: numbers of rows, names, units, and the values of which year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extract.decisions import Surroundings
from extract.grids import Cell, Grid
from extract.table_units import header_unit
from extract.times import FIRST_YEAR, LAST_YEAR, TARGET_ROLES, Time, find_times, still_open
from extract.tokens import tokenise
from extract.vocabulary import canonical_words, phrase_table
from extract.year_scopes import YearScope, scope_of

_GROUP_WORDS = 12


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: number, unit, label, value or other; for values the year and unit of the header."""

    role: str
    scope: YearScope | None = None
    unit: str = ""
    words: tuple[str, ...] = ()
    grouped: bool = False
    """The year is that of the row above that heads a group: Giai đoạn 2026 - 2030."""


def words_of(text: str, cells: Sequence[Cell]) -> list[str]:
    words: list[str] = []
    seen: set[tuple[int, int]] = set()
    for cell in cells:
        if (cell.start, cell.end) not in seen:
            seen.add((cell.start, cell.end))
            words += canonical_words(tokenise(text, cell.start, cell.end))
    return words


def roles_of(words: Sequence[str]) -> set[str]:
    return {hit.entry.fields["role"] for hit in phrase_table("table_words").find(words)}


def columns_of(text: str, grid: Grid, heads: Sequence[list[str]], around: Surroundings) -> list[Column]:
    columns: list[Column] = []
    labelled = False
    if _years_down(text, grid):
        return _columns_of_years_down(text, grid, heads, around)
    sole = _sole_values(text, grid, heads, around)
    for i, words in enumerate(heads):
        roles = roles_of(words)
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
            columns.append(Column("value", None, header_unit(words), tuple(words), grouped=True))
        elif roles & {"actual", "compare", "other"} and not (roles & {"plan"} and not roles & {"actual", "compare"}):
            columns.append(Column("other"))
        elif numeric > 0:
            scope = _column_scope(times, roles, around, measured=bool(header_unit(words)))
            columns.append(Column("value", scope, header_unit(words), tuple(words)) if scope else Column("other"))
        else:
            columns.append(Column("other"))
    return columns


def _sole_values(text: str, grid: Grid, heads: Sequence[list[str]], around: Surroundings) -> int | None:
    """The only column of values in a table of targets whose years stand in rows that head groups."""
    if not any(group_scope(text, row, around) for row in grid.rows):
        return None
    if not any("mục tiêu" in " ".join(words) or "chỉ tiêu" in " ".join(words) for words in heads):
        return None
    numeric = [
        i
        for i, words in enumerate(heads)
        if _numeric_share(text, grid, i) > 0.5 and not roles_of(words) & {"number", "unit", "compare"}
    ]
    return numeric[0] if len(numeric) == 1 else None


def group_scope(text: str, row: Sequence[Cell], around: Surroundings) -> YearScope | None:
    """The year of a row that holds a name and no values: II | Đến năm 2030."""
    filled = [cell for cell in row if cell.filled]
    if not 1 <= len(filled) <= 2:
        return None
    times = _times(text, filled[-1])
    if not times or not still_open(times[-1].year, around.document_year):
        return None
    words = canonical_words(tokenise(text, filled[-1].start, filled[-1].end))
    return scope_of(times[-1], "heading") if len(words) <= _GROUP_WORDS else None


def _years_down(text: str, grid: Grid) -> bool:
    """True when the first column lists years: a table turned on its side."""
    firsts = [text[row[0].start : row[0].end].strip() for row in grid.rows]
    years = sum(1 for first in firsts if bare_year(first) is not None)
    return years >= 2 and years * 2 > len(firsts)


def bare_year(cell: str) -> int | None:
    word = cell.split()[-1] if cell.split() else ""
    return int(word) if len(word) == 4 and word.isdecimal() and FIRST_YEAR <= int(word) <= LAST_YEAR else None


def _columns_of_years_down(text: str, grid: Grid, heads: Sequence[list[str]], around: Surroundings) -> list[Column]:
    """Every numeric column is a measure; the year comes from the row."""
    columns = [Column("year")]
    for i in range(1, grid.columns):
        roles = roles_of(heads[i])
        numeric = _numeric_share(text, grid, i)
        plain_value = numeric >= 0.5 and not roles & {"actual", "compare", "other"}
        columns.append(
            Column("value", None, header_unit(heads[i]), tuple(heads[i])) if plain_value else Column("other")
        )
    return columns


def header_label(column: Column) -> str:
    """What a value column adds to the label: Lượng, Giá trị tham gia xuất khẩu."""
    words = list(column.words)
    if "(" in words:
        words = words[: words.index("(")]
    kept = [word for word in words if word[0].isalpha() and not word.isdigit()]
    roles = phrase_table("table_words").find(kept)
    taken = {i for hit in roles for i in range(hit.start, hit.end)}
    left = [word for i, word in enumerate(kept) if i not in taken and word not in ("năm", "giai", "đoạn", "đến")]
    return " ".join(left)


def _times(text: str, cell: Cell) -> list[Time]:
    tokens = tokenise(text, cell.start, cell.end)
    return [time for time in find_times(tokens, canonical_words(tokens)) if time.role in TARGET_ROLES]


def _column_scope(times: Sequence[Time], roles: set[str], around: Surroundings, *, measured: bool) -> YearScope | None:
    """The year of a value column: its own, else that of the heading or title when the column says that it is a plan, or
    names a measure with its unit among the objectives."""
    if times:
        last = times[-1]
        return scope_of(last, "phrase") if still_open(last.year, around.document_year) else None
    if ("plan" in roles or (measured and around.mode == "objective")) and around.scopes:
        return around.scopes[0]
    return None


def _numeric_share(text: str, grid: Grid, i: int) -> float:
    filled = [text[row[i].start : row[i].end] for row in grid.rows if row[i].filled]
    if not filled:
        return 0.0
    return sum(1 for value in filled if value.lstrip("<>≥≤=~-–+ ")[:1].isdigit()) / len(filled)
