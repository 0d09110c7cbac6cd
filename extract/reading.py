"""Reading a document: text in, statements and refusals out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from extract.blocks import Block, plain, split_blocks
from extract.commitments import read_commitments
from extract.decisions import Surroundings
from extract.early import hopeless, may_hold_commitment, may_hold_quantity, speaks_of_targets
from extract.facts import read_facts
from extract.furniture import find_furniture
from extract.labels import refers_back
from extract.model import DocumentFacts, Reading, Refusal, Statement
from extract.outline import Outline, Scope
from extract.places import Places
from extract.proof import objection
from extract.sentences import crowded, split_sentences
from extract.statements import Read, Sentence, open_sentence, read_sentence
from extract.tables import read_table
from extract.territories import Territory
from extract.times import Time, find_times, still_open
from extract.tokens import tokenise
from extract.vocabulary import canonical_words, phrase_table
from extract.year_scopes import YearScope, scope_of

_QUOTES = " \"”'*"
_MORE_THAN_DIGITS = re.compile(r"[^\W\d_]|%")


def read_document(text: str, places: Places, source_file: str = "", *, thorough: bool = False) -> Reading:
    """Facts, statements and refusals of one document. Never raises for what the text holds.

    Sentences that cannot hold a target are passed over early; `thorough` reads them too, so that every number of the
    document has its refusal. Statements are the same either way.
    """
    facts = read_facts(text, places, source_file)
    beside_the_point = facts.territory is None and facts.kind != "plan" and not speaks_of_targets(text)
    if beside_the_point and not thorough:
        return Reading(facts)
    statements: list[Statement] = []
    refusals: list[Refusal] = []
    reader = _Reader(text, facts, places, thorough=thorough)
    for read in reader.read():
        if beside_the_point:
            read = _refused(read, "the document speaks of no territory and of no targets")
        statements.extend(_proven(statement) for statement in read.statements)
        refusals.extend(read.refusals)
    repeated = _repeated_in_body(statements, reader.headline)
    refusals.extend(Refusal(s.value_start, s.value_end, "headline") for s in repeated)
    kept = tuple(statement for statement in statements if statement not in repeated)
    return Reading(facts, kept, tuple(refusals))


def _repeated_in_body(statements: Sequence[Statement], headline: tuple[int, int]) -> list[Statement]:
    """Statements of the headline of which the body says more: a number of the same kind for the same year."""
    start, end = headline
    body = {(s.measure.dimension, s.year) for s in statements if not start <= s.value_start < end}
    return [s for s in statements if start <= s.value_start < end and (s.measure.dimension, s.year) in body]


def _refused(read: Read, reason: str = "no year that is open and no commitment") -> Read:
    """What a passed-over sentence gives: its numbers, all refused."""
    late = tuple(Refusal(s.value_start, s.value_end, reason) for s in read.statements)
    return replace(read, statements=(), refusals=(*read.refusals, *late))


def _proven(statement: Statement) -> Statement:
    doubt = objection(statement)
    return replace(statement, objection=doubt) if doubt else statement


class _Reader:
    """Walks the blocks of one document; holds the outline and what one sentence hands to the next."""

    def __init__(self, text: str, facts: DocumentFacts, places: Places, *, thorough: bool) -> None:
        self.text, self.facts, self.thorough = text, facts, thorough
        level = "firm" if _about_a_firm(facts) else facts.territory_level or "province"
        self.territory = Territory(facts.territory, level, facts.date, places)
        self.issue_year = self.document_year = facts.date.year if facts.date else _latest_day(text)
        self.outline = Outline(heading_modes=facts.kind == "plan", title=facts.title or "")
        self.title_scope = self._title_scope()
        self.regulates = _regulates(facts)
        if facts.date is None and self.title_scope and self.title_scope.role == "in" and facts.kind != "plan":
            self.issue_year = self.document_year = max(self.document_year or 0, self.title_scope.year)
        if self._made_for_next_year():
            self.document_year = facts.date.year + 1 if facts.date else None
        self.run: YearScope | None = None
        self.before: YearScope | None = None
        title = [token.text for token in tokenise(facts.title or "")]
        self.money_topic = _money_topic(title) if facts.kind == "article" else ""
        self.run_commits = False
        self.named: tuple[str, ...] = ()
        self.headline = (0, 0)
        self.skipped: tuple[str, int, int, int, Surroundings] | None = None

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
        words = canonical_words(tokens)
        times = [
            t
            for t in find_times(tokens, words)
            if t.of_target and not (self.facts.kind == "plan" and "nhiệm" in words[t.start : t.end])
        ]
        if len({(t.year, t.period_start) for t in times}) != 1:
            return None
        return scope_of(times[0], "title")

    def read(self) -> Iterator[Read]:
        for block in split_blocks(self.text, find_furniture(self.text)):
            if block.kind == "table":
                yield read_table(self.text, block, self._surroundings(None), self.territory)
                self.outline.pass_table()
                continue
            if block.rank < 9.0:
                self.run, self.run_commits = None, False
            self.outline.enter(block, self.text)
            if block.kind == "heading" or block.shouted:
                continue
            words = self.text[block.body : block.end]
            if self.facts.kind == "article" and self.headline == (0, 0) and words.strip("* \n") == self.facts.title:
                self.headline = (block.body, block.end)
            if may_hold_quantity(words) or may_hold_commitment(words):
                yield from self._block(block)

    def _block(self, block: Block) -> Iterator[Read]:
        carried = replace(self.run, source="heading") if self.run else None
        base: Surroundings | None = None
        territory: Territory | None = None
        line = plain(self.text, block.body, block.end)
        labels: tuple[str, ...] = ()
        found = False
        for start, end in split_sentences(line, 0, len(line)):
            words = line[start:end]
            counts = may_hold_quantity(words) and _MORE_THAN_DIGITS.search(words) is not None
            commits = may_hold_commitment(words)
            if not counts and not commits:
                continue
            base = base or self._surroundings(block)
            around = base
            if carried or found:
                scopes = (carried, *base.scopes) if carried else base.scopes
                around = replace(base, scopes=scopes, carried=base.carried or found)
            if crowded(line, start, end):
                yield Read((), (Refusal(block.body + start, block.body + end, "no sentence"),), None, ())
                continue
            passed_over = hopeless(words, around)
            if passed_over:
                self.skipped = (line, start, end, block.body, around)
                if not self.thorough:
                    continue
            sentence = open_sentence(tokenise(line, start, end, block.body))
            named = self._named(sentence)
            territory = territory or self._territory_of(block)
            read = read_sentence(self.text, sentence, around, territory, labels, named)
            if passed_over:
                yield _refused(read)
                continue
            if words.rstrip(_QUOTES).endswith("?"):
                yield _refused(read, "question")
                continue
            if self.regulates and around.mode != "objective":
                yield _refused(read, "norm of a regulation")
                continue
            if commits:
                states = read_commitments(self.text, sentence, around, territory)
                read = replace(read, statements=(*read.statements, *states))
            if read.opening and still_open(read.opening.year, self.document_year):
                carried = read.opening
            elif carried and (said := _sole_year(read)):
                carried = said
            found = found or bool(read.statements)
            labels = read.labels or labels
            if read.labels:
                self.named, self.skipped = read.labels, None
            self.before = self._last_year(sentence)
            yield read
        if block.rank >= 9.0:
            self.run = carried if found else None
            self.run_commits = found

    def _territory_of(self, block: Block) -> Territory:
        """In a document without a territory of its own a paragraph that names one province speaks of that one."""
        if self.territory.home is not None:
            return self.territory
        places = self.territory.places.find(self.text, block.start, block.end, on=self.territory.date, home=None)
        named = {place.name for place in places if place.level == "province" and place.in_force}
        return replace(self.territory, home=named.pop(), level="province") if len(named) == 1 else self.territory

    def _named(self, sentence: Sentence) -> tuple[str, ...]:
        """Labels of the last sentence that had any; one passed over is read for them only when needed."""
        if not refers_back(sentence.words):
            return ()
        if self.skipped:
            line, start, end, offset, around = self.skipped
            self.skipped = None
            skipped = open_sentence(tokenise(line, start, end, offset))
            self.named = read_sentence(self.text, skipped, around, self.territory).labels or self.named
        return self.named

    def _last_year(self, sentence: Sentence) -> YearScope | None:
        """On a news page the only open year of a sentence holds for the next one too."""
        open_times = [t for t in sentence.times if t.of_target and still_open(t.year, self.document_year)]
        if len({(t.year, t.period_start) for t in open_times}) != 1:
            return self.before if not open_times else None
        return scope_of(open_times[0], "title")

    def _surroundings(self, block: Block | None) -> Surroundings:
        """What the headings above `block` hand down."""
        scopes: list[YearScope] = []
        dated: bool | None = None
        for scope in reversed(self.outline.scopes):
            if block is not None and scope.block.start == block.start:
                continue
            years = [t for t in scope.times if still_open(t.year, self.document_year)]
            if years:
                scopes.append(scope_of(years[0], "heading"))
            if dated is None and (years or scope.mode != "none"):
                announces = scope.mode in ("none", "objective") and scope.is_heading
                dated = bool(years) and announces and self._commits(scope, years[0])
        if self.title_scope:
            scopes.append(self.title_scope)
        elif self.before:
            scopes.append(self.before)
        return Surroundings(
            mode=self.outline.mode(),
            kind=self.facts.kind,
            document_year=self.document_year,
            issue_year=self.issue_year,
            issued=(self.facts.date.year, self.facts.date.month) if self.facts.date else None,
            scopes=tuple(scopes),
            path=self.outline.path(),
            subject=self._lead(),
            carried=self.run_commits,
            dated_heading=bool(dated),
            money_topic=self.money_topic,
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


def _money_topic(title: Sequence[str]) -> str:
    """The revenue that a headline is about: of a customs office, of tourism, or what it names itself."""
    if topics := phrase_table("money_topics").find(title):
        return topics[0].entry.fields["topic"]
    named = phrase_table("money_targets").find(title)
    return named[0].entry.phrase if named else ""


def _sole_year(read: Read) -> YearScope | None:
    """The year that a sentence itself gives all its targets, due by then."""
    years = {(s.year, s.year_source in ("phrase", "sentence"), s.year_basis) for s in read.statements}
    if len(years) != 1:
        return None
    year, said, basis = years.pop()
    return YearScope(year, None, "by", "bullet") if year and said and basis == "by" else None


def _regulates(facts: DocumentFacts) -> bool:
    """A paper whose title speaks of rules, fees or procedures before it speaks of a plan sets norms, no targets."""
    hits = phrase_table("title_kinds").find(canonical_words(tokenise(facts.title or "")))
    return facts.kind == "plan" and bool(hits) and hits[0].entry.fields["kind"] == "regulation"


def _about_a_firm(facts: DocumentFacts) -> bool:
    """A news page whose headline speaks of a company, and of no authority, reports the company's own figures."""
    if facts.kind != "article" or not facts.title:
        return False
    words = canonical_words(tokenise(facts.title))
    return bool(phrase_table("firms").find(words)) and not {"tỉnh", "ubnd", "hđnd", "thành"} & set(words)


_DAYS = (
    re.compile(r"\d(?<!trước ngày .)\d?[/-]\d{1,2}[/-]((?:19|20)\d\d)(?!\d)"),
    re.compile(r"tháng \d{1,2} năm ((?:19|20)\d\d)(?!\d)"),
)


def _latest_day(text: str) -> int | None:
    """Year of the latest day that a document without a date of its own mentions: it was written then or later."""
    return max((int(year) for day in _DAYS for year in day.findall(text)), default=None)


def _subject_of(scope: Scope) -> str:
    return " ".join(scope.words[:40])
