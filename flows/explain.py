"""A document with its numbers marked: what became of each of them, and why. Pure; printing is in flows/commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flows.process import ProcessedDocument

TARGET_MARKS = ("⟦", "⟧")
REFUSED_MARKS = ("⟪", "⟫")


@dataclass(frozen=True, slots=True)
class Mark:
    """One number of the text: `notes` are the rows that it became, or the reason why it became none."""

    start: int
    end: int
    kept: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of the text with its numbers in marks, and a note for each mark in order."""

    text: str
    notes: tuple[str, ...]


def marks(document: ProcessedDocument) -> list[Mark]:
    """Every statement and refusal of a read document, by place; a number that became rows is not shown as refused."""
    by_span: dict[tuple[int, int], list[str]] = {}
    for row in document.statements:
        start, end = row.get("value_start"), row.get("value_end")
        if start is None or end is None:
            start, end = row["char_start"], row["char_end"]
        by_span.setdefault((start, end), []).append(describe(row))
    found = [Mark(start, end, True, tuple(notes)) for (start, end), notes in by_span.items()]
    for refusal in document.reading.refusals if document.reading else ():
        if not any(mark.start < refusal.char_end and refusal.char_start < mark.end for mark in found if mark.kept):
            found.append(Mark(refusal.char_start, refusal.char_end, False, (refusal.reason,)))
    return sorted(found, key=lambda mark: (mark.start, mark.end))


def describe(row: Mapping[str, Any]) -> str:
    """One statement row in words: status, place, indicator, value, year, how it was matched, the rules that made it."""
    value = _value(row)
    parts = [f"{row['status']}: {row['province'] or '?'}", f"{row['indicator'] or '~ ' + str(row['label'])} = {value}"]
    parts.append(f"year {row['year']} ({row['year_basis']}, from {row['year_source']})" if row["year"] else "no year")
    for name in ("period_start", "baseline_year", "admin_level", "breakdown"):
        if row.get(name) is not None:
            parts.append(f"{name} {row[name]}")
    if row.get("match_score") is not None:
        parts.append(f"match {row['match_score']:.2f}")
    if row.get("runner_up"):
        parts.append(f"runner-up {row['runner_up']} {row['runner_up_score'] or 0:.2f}")
    if row.get("status_reason"):
        parts.append(str(row["status_reason"]))
    if row.get("rules"):
        parts.append(f"rules: {row['rules']}")
    return "; ".join(parts)


def _value(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return "no number"
    upper = "" if row["value_max"] is None else f" to {row['value_max']:.10g}"
    return f"{row['comparator']} {row['value']:.10g}{upper} {row['unit']}"


def marked_lines(document: ProcessedDocument, *, only_marked: bool = False) -> Iterator[MarkedLine]:
    """The text line by line; a mark belongs to the line in which it starts."""
    text = document.document["text"] or ""
    left = marks(document)
    at = 0
    for line in text.splitlines(keepends=True):
        end = at + len(line)
        here = [mark for mark in left if at <= mark.start < end]
        left = left[len(here) :]
        if here or not only_marked:
            yield MarkedLine(_insert(line.rstrip("\n"), at, here), tuple(_notes(text, here)))
        at = end


def _insert(line: str, offset: int, here: list[Mark]) -> str:
    pieces = []
    at = 0
    for mark in here:
        start, end = max(mark.start - offset, at), min(mark.end - offset, len(line))
        if start >= end:
            continue
        opening, closing = TARGET_MARKS if mark.kept else REFUSED_MARKS
        pieces += [line[at:start], opening, line[start:end], closing]
        at = end
    return "".join([*pieces, line[at:]])


def _notes(text: str, here: list[Mark]) -> Iterator[str]:
    for mark in here:
        number = " ".join(text[mark.start : mark.end].split())
        opening, closing = TARGET_MARKS if mark.kept else REFUSED_MARKS
        for note in mark.notes:
            yield f"{opening}{number}{closing} {note if mark.kept else 'refused: ' + note}"
