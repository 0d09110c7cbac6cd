"""Automatic numbers of a DOCX: Word shows "1.", "a)" or "-", the file only says which list a paragraph belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile("%([1-9])")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Level:
    format: str
    text: str
    start: int


@dataclass(slots=True)
class Numbering:
    """Counters of one document; `marker` must be called once for each paragraph, in order."""

    lists: dict[str, str] = field(default_factory=dict)
    """numId to abstractNumId."""
    levels: dict[tuple[str, int], _Level] = field(default_factory=dict)
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)
    counters: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any) -> Numbering:
        numbering = cls()
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return numbering
        for abstract in root.iterchildren(_W + "abstractNum"):
            name = abstract.get(_W + "abstractNumId", "")
            for level in abstract.iterchildren(_W + "lvl"):
                depth = _integer(level.get(_W + "ilvl"))
                numbering.levels[name, depth] = _Level(
                    _value(level, "numFmt") or "decimal", _value(level, "lvlText"), _integer(_value(level, "start"), 1)
                )
        for number in root.iterchildren(_W + "num"):
            numbering.lists[number.get(_W + "numId", "")] = _value(number, "abstractNumId")
        for style in document.styles.element.iterchildren(_W + "style"):
            properties = style.find(f"{_W}pPr/{_W}numPr")
            if properties is not None and (number := _value(properties, "numId")):
                numbering.styles[style.get(_W + "styleId", "")] = (number, _integer(_value(properties, "ilvl")))
        return numbering

    def marker(self, paragraph: Any) -> str:
        """The number or bullet that Word shows before `paragraph`, or ""."""
        properties = paragraph.find(f"{_W}pPr/{_W}numPr")
        if properties is not None:
            number, depth = _value(properties, "numId"), _integer(_value(properties, "ilvl"))
        else:
            style = paragraph.find(f"{_W}pPr/{_W}pStyle")
            number, depth = self.styles.get(style.get(_W + "val", ""), ("", 0)) if style is not None else ("", 0)
        abstract = self.lists.get(number)
        level = self.levels.get((abstract or "", depth))
        if abstract is None or level is None or depth > 8:
            return ""
        if level.format == "bullet":
            return "-"
        counters = self.counters.setdefault(abstract, [])
        while len(counters) <= depth:
            above = self.levels.get((abstract, len(counters)))
            counters.append((above.start if above else 1) - (1 if len(counters) == depth else 0))
        counters[depth] += 1
        del counters[depth + 1 :]
        return _PLACE.sub(lambda match: self._shown(abstract, int(match.group(1)) - 1, counters), level.text)

    def _shown(self, abstract: str, depth: int, counters: list[int]) -> str:
        level = self.levels.get((abstract, depth))
        count = counters[depth] if depth < len(counters) else 1
        return _format(count, level.format if level else "decimal")


def _format(count: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (count - 1) % 26)
        return letter.upper() if kind.startswith("upper") else letter
    if kind in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        roman = ""
        for value, sign in _ROMAN:
            roman += sign * (count // value)
            count %= value
        return roman.upper() if kind.startswith("upper") else roman
    return "" if kind == "none" else str(count)


def _value(parent: Any, name: str) -> str:
    element = parent.find(_W + name)
    return "" if element is None else element.get(_W + "val", "") or ""


def _integer(text: str | None, fallback: int = 0) -> int:
    return int(text) if text and text.isdigit() and len(text) < 6 else fallback
