"""A document's text cut into lines and segments, so that every statement and every refused number can be marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

WHOLE_TEXT_UP_TO = 300_000
"""Characters; of a longer text only the lines near a mark are shown, so that its page still opens at once."""
LINES_AROUND = 2
STATUS_ORDER = ("accepted", "rejected", "uncatalogued", "qualitative", "no_year", "other_territory", "no_province")
_HEADING = re.compile(
    r"(?:phần|chương|mục|điều)\s+[\dIVXLC]+\b|[IVXLC]{1,6}[.)]\s|\d{1,2}(?:\.\d{1,2})*[.)]\s", re.IGNORECASE
)
_HEADING_LENGTH = 140
_LISTED = re.compile(r"(?:[a-zđ]|\d{1,2}(?:\.\d{1,2})*)[.)]\s", re.IGNORECASE)
_FINISHED = (".", ";", ":", "!", "?", "*", "-")


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text that says something. Offsets are characters. `statement` is empty for a number: one
    that was refused for a `reason`, or without a reason one that a statement was made from."""

    start: int
    end: int
    statement: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Text that is one number, or none: `reason` tells why the number was refused, `number` that it was kept."""

    text: str
    reason: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """Text under the same statements. `statements` are anchors; `status` is the weightiest of them."""

    parts: tuple[Part, ...]
    statements: tuple[str, ...] = ()
    status: str = ""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text; `hidden` counts lines left out in its place, of a text that is too long to show whole."""

    segments: tuple[Segment, ...]
    heading: bool = False
    continued: bool = False
    """Whether it goes on with the sentence of the line before: the file was wrapped there."""
    hidden: int = 0


def lines(text: str, marks: Iterable[Mark]) -> list[Line]:
    """Lines of `text` with their marks; marks outside the text are ignored, empty lines dropped. Linear but
    for overlaps."""
    usable = sorted((m for m in marks if 0 <= m.start < m.end <= len(text)), key=lambda m: (m.start, m.end))
    found: list[Line] = []
    waiting, position = 0, 0
    active: list[Mark] = []
    before = ""
    for raw in text.split("\n"):
        end = position + len(raw)
        active = [m for m in active if m.end > position]
        while waiting < len(usable) and usable[waiting].start < end:
            active.append(usable[waiting])
            waiting += 1
        if raw.strip():
            continued = bool(before) and _goes_on(before, raw.strip())
            found.append(Line(tuple(_segments(text, position, end, active)), _is_heading(raw), continued))
        before = raw.strip()
        position = end + 1
    return _shortened(found) if len(text) > WHOLE_TEXT_UP_TO else found


def _segments(text: str, start: int, end: int, marks: Sequence[Mark]) -> Iterable[Segment]:
    inside = [m for m in marks if m.start < end and m.end > start]
    cuts = sorted({start, end, *(min(max(at, start), end) for m in inside for at in (m.start, m.end))})
    for said, pieces in groupby(pairwise(cuts), key=lambda cut: _said(inside, *cut)):
        parts = tuple(_part(text, inside, left, right) for left, right in pieces)
        statements = tuple(dict.fromkeys(mark.statement for mark in said))
        yield Segment(parts, statements, min((mark.status for mark in said), key=_rank, default=""))


def _said(marks: Sequence[Mark], left: int, right: int) -> tuple[Mark, ...]:
    return tuple(m for m in marks if m.statement and m.start <= left and m.end >= right)


def _part(text: str, marks: Sequence[Mark], left: int, right: int) -> Part:
    numbers = [m for m in marks if not m.statement and m.start <= left and m.end >= right]
    reasons = dict.fromkeys(m.reason for m in numbers if m.reason)
    return Part(text[left:right], "; ".join(reasons), any(not m.reason for m in numbers))


def _rank(status: str) -> int:
    return STATUS_ORDER.index(status) if status in STATUS_ORDER else len(STATUS_ORDER)


def _goes_on(before: str, line: str) -> bool:
    """Whether `line` continues `before`: an unfinished line, then no capital, no item of a list."""
    open_end = not before.endswith(_FINISHED)
    return open_end and (line[:1].islower() or line[:1].isdigit()) and _LISTED.match(line) is None


def _is_heading(line: str) -> bool:
    stripped = line.strip()
    short = len(stripped) <= _HEADING_LENGTH
    return short and (
        (stripped.isupper() and len(stripped) > 3)
        or (_HEADING.match(stripped) is not None and stripped[-1] not in ".;,")
    )


def _shortened(found: list[Line]) -> list[Line]:
    keep: set[int] = set()
    for index, line in enumerate(found):
        if any(segment.statements or any(part.reason for part in segment.parts) for segment in line.segments):
            keep.update(range(max(0, index - LINES_AROUND), index + LINES_AROUND + 1))
    shown: list[Line] = []
    hidden = 0
    for index, line in enumerate(found):
        if index in keep or index < 2 * LINES_AROUND:
            if hidden:
                shown.append(Line((), hidden=hidden))
            shown.append(line)
            hidden = 0
        else:
            hidden += 1
    return [*shown, Line((), hidden=hidden)] if hidden else shown
