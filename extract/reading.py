"""Reading a document: text in, statements and refusals out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from extract.blocks import Block, plain, split_blocks
from extract.decisions import Surroundings
from extract.facts import read_facts
from extract.model import DocumentFacts, Reading, Refusal, Statement
from extract.outline import Outline, Scope
from extract.places import Places
from extract.sentences import split_sentences
from extract.statements import Read, open_sentence, read_sentence
from extract.tables import read_table
from extract.territories import Territory
from extract.times import Time, find_times
from extract.tokens import tokenise
from extract.vocabulary import canonical_words
from extract.year_scopes import YearScope, scope_of

_DIGIT_OR_WHOLE = re.compile(r"\d|[Tt]ất cả|[Tt]oàn bộ|[Mm]ọi |[Mm]ỗi |nửa|phần ba|gấp đôi|đều ")


def read_document(text: str, places: Places, source_file: str = "") -> Reading:
    """Facts, statements and refusals of one document. Never raises for what the text holds."""
    facts = read_facts(text, places, source_file)
    if facts.territory is None and facts.kind != "plan":
        return Reading(facts)
    statements: list[Statement] = []
    refusals: list[Refusal] = []
    for read in _Reader(text, facts, places).read():
        statements.extend(read.statements)
        refusals.extend(read.refusals)
    return Reading(facts, tuple(statements), tuple(refusals))


class _Reader:
    """Walks the blocks of one document; holds the outline and what one sentence hands to the next."""

    def __init__(self, text: str, facts: DocumentFacts, places: Places) -> None:
        self.text, self.facts = text, facts
        level = facts.territory_level or "province"
        self.territory = Territory(facts.territory, level, facts.date, places)
        self.issue_year = self.document_year = facts.date.year if facts.date else _latest_day(text)
        self.outline = Outline(heading_modes=facts.kind == "plan")
        self.title_scope = self._title_scope()
        if self._made_for_next_year():
            self.document_year = facts.date.year + 1 if facts.date else None
        self.run: YearScope | None = None
        self.run_commits = False

    def _made_for_next_year(self) -> bool:
        """A plan issued in the last months of a year whose title starts with a later one: this year is past for it."""
        date, scope = self.facts.date, self.title_scope
        return bool(
            date
            and scope
            and self.facts.kind == "plan"
            and date.month >= 10
            and (scope.period_start or (scope.year if scope.role == "in" else 0)) > date.year
        )

    def _title_scope(self) -> YearScope | None:
        if not self.facts.title:
            return None
        tokens = tokenise(self.facts.title)
        times = [
            t for t in find_times(tokens, canonical_words(tokens)) if t.role in ("by", "in", "period") and not t.stamp
        ]
        if len({(t.year, t.period_start) for t in times}) != 1:
            return None
        return scope_of(times[0], "title")

    def read(self) -> Iterator[Read]:
        for block in split_blocks(self.text, self.facts.furniture):
            if block.kind == "table":
                yield read_table(self.text, block, self._surroundings(None), self.territory)
                continue
            if block.rank < 9.0:
                self.run, self.run_commits = None, False
            self.outline.enter(block, self.text)
            if block.kind == "heading" or block.shouted or not _DIGIT_OR_WHOLE.search(self.text, block.body, block.end):
                continue
            yield from self._block(block)

    def _block(self, block: Block) -> Iterator[Read]:
        carried = replace(self.run, source="heading") if self.run else None
        line = plain(self.text, block.body, block.end)
        labels: tuple[str, ...] = ()
        found = False
        padded = line
        for start, end in split_sentences(padded, 0, len(padded)):
            if not _DIGIT_OR_WHOLE.search(padded, start, end):
                continue
            tokens = [_moved(token, block.body) for token in tokenise(padded, start, end)]
            sentence = open_sentence(tokens)
            around = self._surroundings(carried, block, found)
            read = read_sentence(self.text, sentence, around, self.territory, labels)
            if read.opening and (self.document_year is None or read.opening.year >= self.document_year):
                carried = read.opening
            found = found or bool(read.statements)
            labels = read.labels or labels
            yield read
        if block.rank >= 9.0:
            self.run = carried if found else None
            self.run_commits = found

    def _surroundings(self, carried: YearScope | None, block: Block | None = None, found: bool = False) -> Surroundings:
        scopes = [carried] if carried else []
        dated = undecided = None
        for scope in reversed(self.outline.scopes):
            if block is not None and scope.block.start == block.start:
                continue
            years = [t for t in scope.times if self.document_year is None or t.year >= self.document_year]
            if years:
                scopes.append(scope_of(years[0], "heading"))
            if undecided is None and (years or scope.mode != "none"):
                announces = scope.mode in ("none", "objective") and scope.is_heading
                undecided, dated = False, bool(years) and announces and self._commits(scope, years[0])
        if self.title_scope:
            scopes.append(self.title_scope)
        return Surroundings(
            mode=self.outline.mode(),
            kind=self.facts.kind,
            document_year=self.document_year,
            issue_year=self.issue_year,
            issued=(self.facts.date.year, self.facts.date.month) if self.facts.date else None,
            scopes=tuple(scopes),
            path=self.outline.path(),
            subject=self._lead(),
            carried=self.run_commits or found,
            dated_heading=bool(dated),
        )

    def _commits(self, scope: Scope, time: Time) -> bool:
        """A heading such as "Đến năm 2025"; on a news page a question or "năm 2025" alone announces no targets."""
        return self.facts.kind == "plan" or (time.role in ("by", "period") and not scope.text.endswith("?"))

    def _lead(self) -> str:
        for scope in reversed(self.outline.scopes):
            if scope.lead:
                return _subject_of(scope)
            break
        return ""


_DAY = re.compile(r"(?<!trước ngày )(?:\d{1,2}[/-]\d{1,2}[/-]|tháng \d{1,2} năm )((?:19|20)\d\d)(?!\d)")


def _latest_day(text: str) -> int | None:
    """Year of the latest day that a document without a date of its own mentions: it was written then or later."""
    years = [int(match.group(1)) for match in _DAY.finditer(text)]
    return max(years, default=None)


def _subject_of(scope: Scope) -> str:
    return " ".join(scope.words[:40])


def _moved(token, offset):  # type: ignore[no-untyped-def]
    return type(token)(token.text, token.start + offset, token.end + offset)
