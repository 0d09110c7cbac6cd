"""The outline of a document: what the headings above a block say of its year, its mode and its subject."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from extract.blocks import Block, plain
from extract.times import Time, find_times
from extract.tokens import Token, tokenise
from extract.vocabulary import canonical_words, phrase_table

Mode = Literal["objective", "achievement", "task", "organisation", "none"]
_HEADING_TOKENS = 80
_HEADING_AT_MOST = 220
_OPENING_TOKENS = 8
_LINE_AT_MOST = 120
_MAY_HOLD_YEAR = re.compile(r"\d{4}")
_PLAIN_AT_MOST = 90
_PLAIN_RANK = 2.5
_PARAGRAPHS_OF_A_LEAD = 2
_NUMBERED = re.compile(r"số:? ?\d+[\d/]*[-/]\w")


@dataclass(slots=True)
class Scope:
    """A heading, a lead-in or a bullet that stands above other blocks. Its words are read when first asked for."""

    block: Block
    text: str
    lead: bool
    _words: list[str] | None = None
    _times: list[Time] | None = None
    _mode: Mode | None = None
    _line: str | None = None

    def _tokens(self) -> list[Token]:
        return tokenise(self.text, most=_HEADING_TOKENS)

    @property
    def words(self) -> list[str]:
        if self._words is None:
            self._words = canonical_words(self._tokens())
        return self._words

    @property
    def times(self) -> list[Time]:
        if self._times is None:
            latest = _HEADING_TOKENS if self.is_heading else _OPENING_TOKENS
            dated = _MAY_HOLD_YEAR.search(self.text) and not self._cites()
            found = find_times(self._tokens(), self.words) if dated else ()
            self._times = [time for time in found if time.of_target and time.start <= latest]
        return self._times

    @property
    def line(self) -> str:
        """The beginning of the words, on one line."""
        if self._line is None:
            self._line = " ".join(self.text.split())[:_LINE_AT_MOST]
        return self._line

    def _cites(self) -> bool:
        """Thực hiện Nghị quyết số 76/NQ-CP ... giai đoạn 2021 - 2030, ... như sau: the years are of that paper."""
        opens = phrase_table("preambles").at(self.words, 0) if self.words else None
        return opens is not None and _NUMBERED.search(self.text) is not None

    @property
    def mode(self) -> Mode:
        """Decided by the last phrase of lexicon/section_modes.csv that opens the heading or stands in it."""
        if self._mode is None:
            hits = phrase_table("section_modes").find(self._heading_words())
            mode: Mode = "none"
            if hits:
                mode = cast(Mode, hits[0].entry.fields["mode"])
                later = {hit.entry.fields["mode"] for hit in hits[1:]}
                if mode == "achievement" and "objective" in later and hits[0].start > 0:
                    mode = "objective"
                if mode == "task" and "objective" in later:
                    mode = "objective"
            self._mode = mode
        return self._mode

    @property
    def is_heading(self) -> bool:
        return self.lead or (len(self.text) <= _HEADING_AT_MOST and not self.text.endswith((".", ";", ",")))

    def _heading_words(self) -> list[str]:
        """The words of the block that speak as a heading: all of a short one, else those before an early colon."""
        if self.is_heading:
            return self.words[:40]
        if ":" not in self.text:
            return []
        early = self.words[:16]
        return early[: early.index(":")] if ":" in early else []


class Outline:
    """The stack of scopes above the block that is being read."""

    def __init__(self, *, heading_modes: bool = True, title: str = "") -> None:
        """`heading_modes`: whether the headings above all parts (the title) set a mode; those of a news page do not."""
        self.scopes: list[Scope] = []
        self._heading_modes = heading_modes
        self._below_lead = 0
        self._title = " ".join(title.split())

    def enter(self, block: Block, text: str) -> None:
        """Close the scopes that `block` ends; open its own where others can stand below it."""
        piece = plain(text, block.body, block.end).strip()
        lead = piece.endswith(":")
        if block.rank >= 9.0 and not self._heading_modes:
            if self._enter_plain(block, piece):
                return
            bold = text.startswith("**", block.start) and text.endswith("**", block.start, block.end)
            if bold and self.mode() == "objective":
                self._leave_plain()
        if block.rank >= 9.0:
            if not lead and self._announced(piece):
                return
            while self.scopes and self.scopes[-1].lead and not self.scopes[-1].block.marker:
                self.scopes.pop()
            if not lead:
                return
            rank = (self.scopes[-1].block.rank if self.scopes else 0.0) + 0.05
            block = Block(block.kind, block.start, block.end, block.body, rank, "")
        else:
            while self.scopes and self.scopes[-1].block.rank >= block.rank:
                self.scopes.pop()
        self._below_lead = 0
        self.scopes.append(Scope(block, piece, lead))

    def pass_table(self) -> None:
        """What a lead announced was the table: the paragraphs behind it are no list."""
        self._below_lead = _PARAGRAPHS_OF_A_LEAD

    def _announced(self, piece: str) -> bool:
        """On a news page the paragraphs right below "... với các chỉ tiêu chủ yếu:" are the list that it announces."""
        if self._heading_modes or not self.scopes or not self.scopes[-1].lead or self.scopes[-1].block.marker:
            return False
        self._below_lead += 1
        lead = self.scopes[-1]
        return lead.mode == "objective" and bool(lead.times) and self._below_lead <= _PARAGRAPHS_OF_A_LEAD

    def _enter_plain(self, block: Block, piece: str) -> bool:
        """A short line on a news page that names a section or a year is a heading without a mark."""
        if not 6 <= len(piece) <= _PLAIN_AT_MOST or piece[-1] in '.;,:!”"' or not piece[0].isupper() or "%" in piece:
            return False
        if " ".join(piece.split()) == self._title:
            return False
        scope = Scope(block, piece, False)
        if scope.mode == "none" and not scope.times:
            return False
        self._leave_plain()
        self.scopes.append(Scope(Block("heading", block.start, block.end, block.body, _PLAIN_RANK, ""), piece, False))
        return True

    def _leave_plain(self) -> None:
        while self.scopes and self.scopes[-1].block.rank >= _PLAIN_RANK:
            self.scopes.pop()

    def path(self) -> tuple[str, ...]:
        """Words of the scopes above, outermost first, each cut to a line."""
        return tuple(scope.line for scope in self.scopes if scope.text)

    def mode(self) -> Mode:
        """Mode of the nearest scope that has one."""
        for scope in reversed(self.scopes):
            if (mode := scope.mode) != "none" and (self._heading_modes or scope.block.rank >= 1.0 or scope.lead):
                return mode
        return "none"
