"""Lines to blocks: headings, bullets, paragraphs whose wrapped lines are joined again, and runs of table lines."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from extract.loose_tables import TABLE_HEADS, LooseTable, find_loose_tables, has_years
from extract.vocabulary import written_forms

BlockKind = Literal["text", "heading", "table"]

_MARKER = re.compile(
    r"""[ \t>]*(?:
      (?P<hash>\#{1,6})\s
    | (?P<part>(?:PHẦN|Phần|CHƯƠNG|Chương)\s+(?:thứ\s+\w+|THỨ\s+\w+|[IVX]+|\d+)\b)
    | (?P<article>(?:ĐIỀU|Điều)\s+\d+)
    | (?P<roman>(?:I{1,3}|IV|VI{0,3}|IX|XI{0,3}|XIV|XV)\s?[.)/\-](?=\s|$))
    | (?P<capital>[A-HĐ][.)](?=\s|$))
    | (?P<decimal>\d{1,2}(?:\.\d{1,2}){0,4}
        (?:[.)/](?=\s|[^\d\s])|\s?[-–](?=\s+[^\W\d])|(?<=\d\.\d)(?=\s)|(?<=\d\.\d\d)(?=\s)))
    | (?P<bracket>\(\d{1,2}\))
    | (?P<letter>[a-zđ]\s?[.)](?=\s))
    | (?P<dash>[-–—•·●▪■◦*](?=[\s\w“"]))
    | (?P<plus>[+](?=[\s\w]))
    )""",
    re.VERBOSE,
)
_RANKS = {
    "part": 1.0,
    "capital": 1.5,
    "roman": 2.0,
    "article": 2.2,
    "bracket": 5.5,
    "letter": 6.0,
    "dash": 7.0,
    "plus": 8.0,
}
_EMPHASIS = re.compile(r"[*_]{1,3}")
_CLOSED = (".", ";", ":", "!", "?", "…", "./.", "”.", '".')
_WRAP_AT_LEAST = 42
_HEADING_AT_MOST = 160
_SAMPLE, _LOW_LETTERS = 24, 6
"""A line with more small letters than this at its beginning is not set in capitals."""


@dataclass(frozen=True, slots=True)
class Block:
    """text[start:end] with its marker. `body` is where the words begin; lower rank stands higher in the outline.

    Rank 9 is running text without a marker. The text inside may run over line ends.
    """

    kind: BlockKind
    start: int
    end: int
    body: int
    rank: float
    marker: str = ""
    shouted: bool = False
    """Whether it is set in capitals throughout, as titles are."""
    loose: LooseTable | None = None
    """Cells of a table that has no bars."""


def _marker(line: str) -> tuple[str, float, int]:
    """(marker name, rank, offset of the words) of one line; ("", 9, n) when it has none."""
    head = line.lstrip(" \t*_")
    lead = len(line) - len(head)
    match = _MARKER.match(head)
    if not match:
        return "", 9.0, lead
    name = match.lastgroup or ""
    if name == "hash":
        rank = 0.4 + 0.3 * len(match.group("hash"))
    elif name == "decimal":
        rank = 3.0 + match.group("decimal").rstrip(".)/").count(".")
    else:
        rank = _RANKS[name]
    after = head[match.end() :]
    return name, rank, lead + match.end() + (len(after) - len(after.lstrip(" *_")))


def _shouted(line: str) -> bool:
    """Mostly capital letters: a heading of a Vietnamese document."""
    if sum(map(str.islower, line[:_SAMPLE])) > _LOW_LETTERS:
        return False
    letters = [char for char in line if char.isalpha()]
    return len(letters) >= 4 and sum(char.isupper() for char in letters) >= 0.8 * len(letters)


def _continues(previous: str, line: str, name: str, wrapped: bool) -> bool:
    """True when `line` is the rest of a sentence that the page broke behind `previous`."""
    tail = previous.rstrip(" *_")
    first = line.lstrip(" *_")[:1]
    if not tail or not first or first in "|#":
        return False
    if not name and first.islower():
        return wrapped or not tail.endswith(_CLOSED)
    if tail.endswith(_CLOSED) and not _bare_marker(tail):
        return False
    long_enough = len(previous) >= _WRAP_AT_LEAST
    if name in ("dash", "plus"):
        rest = line.lstrip(" \t*_")[1:].lstrip()
        opens_low = bool(rest) and (rest[0].islower() or rest[0].isdigit())
        return wrapped and long_enough and opens_low and (tail[-1].isalnum() or tail[-1] in "%,(")
    if name == "decimal":
        return wrapped and (tail in _CUT_REFERENCES or (long_enough and tail.endswith(_CUT_REFERENCES)))
    if name == "article":
        return wrapped and tail.endswith(("tại", "của", "và", "theo", "Như", ","))
    if name:
        return False
    if wrapped:
        return _shouted(line) == _shouted(previous) or long_enough or _bare_marker(tail)
    if first.isdigit() or first in '(“"%':
        return long_enough or tail.endswith(_BEFORE_CUT_NUMBERS)
    return tail.endswith((",", "của", "và")) or (_shouted(line) and _shouted(previous))


_CUT_REFERENCES = (",", *written_forms("words_before_cut_references"))
_BEFORE_CUT_NUMBERS = (",", "-", *written_forms("words_before_cut_numbers"))


def _bare_marker(line: str) -> bool:
    """A line that holds a marker and nothing else: "II."."""
    return len(line) <= 6 and line[-1:] in ".)" and _marker(line + " x")[0] != ""


def looks_wrapped(lines: Sequence[str]) -> bool:
    """True for pages whose lines were cut at a fixed width inside sentences."""
    cut = whole = 0
    for line, following in itertools.pairwise(lines):
        if _WRAP_AT_LEAST <= len(line) <= 110 and following:
            head = following.lstrip(" *_")[:1]
            if head.islower():
                cut += 1
            elif line.rstrip().endswith((".", ";", ":")):
                whole += 1
        elif len(line) > 200:
            whole += 1
    return cut >= 3 and cut * 2 > whole


def split_blocks(text: str, furniture: Sequence[tuple[int, int]] = ()) -> Iterator[Block]:
    """Blocks of a document in order, furniture left out. Linear in the length of the text."""
    lines = text.split("\n")
    wrapped = looks_wrapped(lines[:1500])
    spans = iter((*furniture, (len(text) + 1, len(text) + 1)))
    skip_start, skip_end = next(spans)
    offset = 0
    open_block: list[object] | None = None  # start, end, body, rank, marker, last line
    table: list[int] | None = None
    loose, passed = _loose_tables(lines), -1
    for number, line in enumerate(lines):
        start, end = offset, offset + len(line)
        offset = end + 1
        if number <= passed:
            continue
        if number in loose:
            if open_block:
                yield _close(open_block)
                open_block = None
            passed = loose[number].last
            rows = loose[number].rows
            yield Block("table", start, rows[-1][-1][1], start, 9.0, loose=loose[number])
            continue
        while skip_end <= start and skip_end <= len(text):
            skip_start, skip_end = next(spans)
        if skip_start <= start and end <= skip_end and line:
            continue
        stripped = line.strip()
        if _tabular(line, stripped, inside=table is not None and table[1] + 1 == start):
            if open_block:
                yield _close(open_block)
                open_block = None
            if table and not _gap_is_blank(text, table[1], start):
                yield Block("table", table[0], table[1], table[0], 9.0)
                table = None
            table = [table[0] if table else start, end]
            continue
        if table:
            if not stripped or (stripped and _inside_bar_table(text, table[1], end)):
                if stripped:
                    table[1] = end
                continue
            yield Block("table", table[0], table[1], table[0], 9.0)
            table = None
        if not stripped or not stripped.strip("*_-=.~ "):
            if open_block:
                yield _close(open_block)
                open_block = None
            continue
        name, rank, body = _marker(line)
        if open_block and _continues(str(open_block[5]), line, name, wrapped):
            open_block[1], open_block[5] = end, line
            continue
        if open_block:
            yield _close(open_block)
        open_block = [start, end, start + body, rank, name, line]
    if open_block:
        yield _close(open_block)
    if table:
        yield Block("table", table[0], table[1], table[0], 9.0)


def _loose_tables(lines: Sequence[str]) -> dict[int, LooseTable]:
    """Tables without bars by the index of their first line."""
    if not any(line.strip(" *_") in TABLE_HEADS or has_years(line) for line in lines):
        return {}
    offsets, at = [], 0
    for line in lines:
        offsets.append(at)
        at += len(line) + 1
    return {table.first: table for table in find_loose_tables(lines, offsets)}


def _tabular(line: str, stripped: str, *, inside: bool) -> bool:
    """A line with bars or tabs; inside a table one bar is enough."""
    bars = stripped.count("|")
    if stripped[:1] == "|" or bars >= 2 or (inside and bars):
        return True
    return line.count("\t") >= 2 and bool(stripped)


def _gap_is_blank(text: str, start: int, end: int) -> bool:
    return not text[start:end].strip()


def _inside_bar_table(text: str, table_end: int, line_end: int) -> bool:
    """True for a cell on a line of its own, between lines that hold a bar alone."""
    following = text[line_end + 1 : line_end + 400]
    for line in following.split("\n")[:6]:
        if line.strip() == "|":
            return True
        if not line.strip() or len(line) > 200:
            return False
    return False


def _close(parts: list[object]) -> Block:
    start, end, body, rank, name, line = parts
    assert isinstance(start, int) and isinstance(end, int) and isinstance(body, int) and isinstance(rank, float)
    length = end - start
    kind: BlockKind = "text"
    tail = str(line).rstrip(" *_")
    shouted = _shouted(str(line))
    if name in ("hash", "part") or (
        length <= _HEADING_AT_MOST and not tail.endswith((".", ";", ",")) and (name in ("roman", "capital") or shouted)
    ):
        kind = "heading"
        if not name:
            rank = 1.8
    return Block(kind, start, end, body, rank, str(name), shouted)


def plain(text: str, start: int, end: int) -> str:
    """text[start:end] on one line of the same length: line ends and emphasis marks become spaces."""
    piece = text[start:end].replace("\n", " ").replace("\t", " ")
    if "*" in piece or "_" in piece:
        piece = _EMPHASIS.sub(lambda match: " " * len(match.group()), piece)
    return piece
