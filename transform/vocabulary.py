"""From a phrase to its concepts: longest known forms first, abbreviations and slips undone, filler dropped.

The vocabulary is data: lexicon/terms.csv (one concept a line, its first form names it), stop_words.csv (forms by kind),
abbreviations.csv, slips.csv (reading errors of scans), groups.csv (concepts that exclude one another) and
naming_words.csv (what slugs keep and drop).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from transform.normalise import CLOSE, MARKS, OPEN, STRONG, bare, keys_of, words_of

LEXICON = Path(__file__).parent / "lexicon"
DROPPED = frozenset({"stop", "tier", "place"})
FAR_APART = 3
"""Steps between segments that a semicolon, a colon or a word of commitment parts; a comma is one step."""
SHORTEST_PAIR = 5
"""Pairs of fewer letters, blank included, are spelt alike by too many words to be corrected."""
ROMAN = re.compile(r"[ivx]+$")
FLAGS = frozenset({"growth", "up", "down"})
OVERRIDING = frozenset({"rate", "level"})
"""Kinds whose forms may be terms as well: a rate by its own name (lạm phát), a share of a whole (chiếm)."""


class VocabularyError(ValueError):
    """A vocabulary file says something that cannot be used; the message names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class Term:
    """One form of a concept. `kind` is term, soft, stop, tier, place, owner, predicate, commitment, growth, up, down,
    rate, level or exclusion."""

    concept: str
    kind: str


Forms: TypeAlias = "dict[str, tuple[Term | None, Forms]]"
"""Key of a syllable to the term that ends with it and to the forms that go on."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a phrase says: its concepts in order, the segment (between punctuation) of each, and what it says of change.

    A segment in brackets has a negative number."""

    concepts: tuple[str, ...] = ()
    segments: tuple[int, ...] = ()
    flags: frozenset[str] = frozenset()
    words: str = ""
    """The corrected syllables between blanks, for comparing word for word."""
    owners: frozenset[str] = frozenset()
    """Concepts that stand right behind "của", "thuộc": whose the thing is."""
    said: frozenset[str] = frozenset()
    """Concepts behind "có": what is said of the subject, without which the phrase is another."""
    level: bool = False
    """Whether it speaks of a share of a whole ("chiếm"), which is no growth."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Forms by their space-joined keys."""

    terms: dict[str, Term]
    rewrites: dict[str, tuple[str, ...]]
    soft: frozenset[str]
    groups: dict[str, frozenset[str]]
    """Group name to the concepts in it."""
    rewrite_lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    forms_by_key: Forms = field(default_factory=dict)
    """The terms again, key by key, for finding the longest."""
    pairs: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Bare letters of two neighbouring syllables to their keys, where only one known pair is spelt so."""

    def phrase(self, text: str) -> Phrase:
        """Concepts, segments and change flags of a text of any length; unknown syllables are concepts of their own."""
        keys, marks = _without_boundaries(self._corrected(self._rewritten(keys_of(text))))
        concepts: list[str] = []
        segments: list[int] = []
        flags: set[str] = set()
        owners: set[str] = set()
        said: set[str] = set()
        position, excluded_in, said_in, owner_next, shift = 0, 0, 0, False, 0
        level = False
        while position < len(keys):
            segment = marks[position] + (shift if marks[position] > 0 else -shift)
            term, length = self._term_at(keys, position)
            position += length
            if term is None:
                key = keys[position - 1]
                owner_next = False
                if len(key) > 1 and not key[0].isdigit() and segment != excluded_in and not ROMAN.match(key):
                    concepts.append(key)
                    segments.append(segment)
                    if segment == said_in:
                        said.add(key)
            elif term.kind == "exclusion":
                excluded_in = segment
            elif term.kind == "predicate":
                said_in = segment if concepts else 0
            elif term.kind == "owner":
                owner_next = True
            elif term.kind == "commitment":
                shift += FAR_APART
            elif segment == excluded_in or term.kind in DROPPED:
                continue
            elif term.kind in FLAGS:
                flags.add(term.kind)
            elif term.kind == "level":
                level = True
            else:
                if term.kind == "rate":
                    flags.add("growth")
                if owner_next:
                    owners.add(term.concept)
                    owner_next = False
                if segment == said_in:
                    said.add(term.concept)
                concepts.append(term.concept)
                segments.append(segment)
        words = f" {' '.join(keys)} "
        return Phrase(
            tuple(concepts), tuple(segments), frozenset(flags), words, frozenset(owners), frozenset(said), level
        )

    def forms(self, text: str) -> Iterator[tuple[str, str]]:
        """Every form of a text with its kind, in order, as joined keys; a syllable without a term is `unknown`."""
        keys, _ = _without_boundaries(self._corrected(self._rewritten(keys_of(text))))
        position = 0
        while position < len(keys):
            term, length = self._term_at(keys, position)
            yield " ".join(keys[position : position + length]), term.kind if term else "unknown"
            position += length

    @staticmethod
    def key(form: str) -> str:
        """How `forms` writes a form."""
        return words_of(form).strip()

    def _term_at(self, keys: list[str], position: int) -> tuple[Term | None, int]:
        found, length, at, forms = None, 1, position, self.forms_by_key
        while at < len(keys):
            step = forms.get(keys[at])
            if step is None:
                break
            at += 1
            term, forms = step
            if term is not None:
                found, length = term, at - position
        return found, length

    def _corrected(self, keys: list[str]) -> list[str]:
        """Slips of one mark undone: an unknown syllable whose letters with a neighbour's make a known pair."""
        if self.known.issuperset(keys):
            return keys
        for position, key in enumerate(keys):
            if key in self.known or key[0].isdigit():
                continue
            before = self.pairs.get(f"{bare(keys[position - 1])} {bare(key)}") if position else None
            after = self.pairs.get(f"{bare(key)} {bare(keys[position + 1])}") if position + 1 < len(keys) else None
            if after and after[1] == keys[position + 1]:
                keys[position] = after[0]
            elif before and before[0] == keys[position - 1]:
                keys[position] = before[1]
        return keys

    def _rewritten(self, keys: list[str]) -> list[str]:
        if self.rewrite_lengths.keys().isdisjoint(keys):
            return keys
        out: list[str] = []
        position = 0
        while position < len(keys):
            for length in self.rewrite_lengths.get(keys[position], ()):
                replacement = self.rewrites.get(" ".join(keys[position : position + length]))
                if replacement is not None:
                    out.extend(replacement)
                    position += length
                    break
            else:
                out.append(keys[position])
                position += 1
        return out


def _without_boundaries(keys: list[str]) -> tuple[list[str], list[int]]:
    """Syllables alone, and for each the number of its segment, negative in brackets."""
    if MARKS.isdisjoint(keys):
        return keys, [1] * len(keys)
    syllables, segments, segment, depth = [], [], 1, 0
    for key in keys:
        if key in MARKS:
            segment += FAR_APART if key == STRONG else 1
            depth = depth + 1 if key == OPEN else max(0, depth - 1) if key == CLOSE else depth
        else:
            syllables.append(key)
            segments.append(-segment if depth else segment)
    return syllables, segments


def _rows(name: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with (LEXICON / name).open(encoding="utf-8", newline="") as handle:
        for number, row in enumerate(csv.DictReader(handle), start=2):
            missing = [column for column in columns if not (row.get(column) or "").strip()]
            if missing:
                raise VocabularyError(
                    f"transform/lexicon/{name}, line {number}: no {missing[0]}; fill it or remove the line"
                )
            yield number, {key: value.strip() for key, value in row.items() if key and value}


def _lengths(forms: Iterable[str]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = {}
    for form in forms:
        first, *_ = form.split(" ")
        lengths.setdefault(first, set()).add(form.count(" ") + 1)
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}


def _by_key(terms: Mapping[str, Term]) -> Forms:
    tree: Forms = {}
    for form, term in terms.items():
        *firsts, last = form.split(" ")
        branch = tree
        for key in firsts:
            branch = branch.setdefault(key, (None, {}))[1]
        branch[last] = (term, branch[last][1] if last in branch else {})
    return tree


def _joined(form: str) -> str:
    return words_of(form).strip()


def load_vocabulary(more_known: Iterable[str] = (), places: Iterable[str] = ()) -> Vocabulary:
    """Read the lexicon. `more_known`: phrases whose syllables count as correctly spelt; `places`: names to drop.

    Raises VocabularyError."""
    terms: dict[str, Term] = {}
    for number, row in _rows("terms.csv", ("forms",)):
        forms = row["forms"].split("|")
        concept = forms[0]
        for form in forms:
            key = _joined(form)
            clash = terms.get(key)
            if clash is not None and clash.concept != concept:
                raise VocabularyError(
                    f"transform/lexicon/terms.csv, line {number}: {form!r} already means {clash.concept}; "
                    "keep it in one line"
                )
            terms[key] = Term(concept, "term")
    soft = set()
    for _number, row in _rows("stop_words.csv", ("kind", "forms")):
        for form in row["forms"].split("|"):
            key = _joined(form)
            if row["kind"] in OVERRIDING:
                terms[key] = Term(terms[key].concept if key in terms else form, row["kind"])
            elif key not in terms:
                terms[key] = Term(form, row["kind"])
                if row["kind"] == "soft":
                    soft.add(form)
    for place in places:
        if " " in (key := _joined(place)):
            terms.setdefault(key, Term(place, "place"))
    rewrites = {}
    for name, left, right in (("abbreviations.csv", "abbreviation", "expansion"), ("slips.csv", "wrong", "right")):
        for _number, row in _rows(name, (left, right)):
            rewrites[_joined(row[left])] = tuple(_joined(row[right]).split(" "))
    phrases = [form.split(" ") for form in terms]
    phrases += [[key for key in keys_of(phrase) if key not in MARKS] for phrase in more_known]
    known = {key for phrase in phrases for key in phrase}
    return Vocabulary(
        terms=terms,
        rewrites=rewrites,
        soft=frozenset(soft),
        groups=_groups(terms),
        forms_by_key=_by_key(terms),
        rewrite_lengths=_lengths(rewrites),
        known=frozenset(known) | MARKS,
        pairs=_pairs(phrases),
    )


def _groups(terms: dict[str, Term]) -> dict[str, frozenset[str]]:
    groups = {}
    for number, row in _rows("groups.csv", ("group", "members")):
        members = set()
        for member in row["members"].split("|"):
            term = terms.get(_joined(member))
            if term is None:
                raise VocabularyError(
                    f"transform/lexicon/groups.csv, line {number}: {member!r} is no form of terms.csv; "
                    "add it there first"
                )
            members.add(term.concept)
        groups[row["group"]] = frozenset(members)
    return groups


def _pairs(phrases: list[list[str]]) -> dict[str, tuple[str, str]]:
    spelt: dict[str, set[tuple[str, str]]] = {}
    for phrase in phrases:
        for pair in pairwise(phrase):
            letters = f"{bare(pair[0])} {bare(pair[1])}"
            if len(letters) >= SHORTEST_PAIR:
                spelt.setdefault(letters, set()).add(pair)
    return {letters: pairs.pop() for letters, pairs in spelt.items() if len(pairs) == 1}


def naming_words(kind: str) -> tuple[str, ...]:
    """Forms of one kind of naming_words.csv, for slugs. Raises VocabularyError."""
    rows = [row for _number, row in _rows("naming_words.csv", ("kind", "forms")) if row["kind"] == kind]
    if not rows:
        raise VocabularyError(f"transform/lexicon/naming_words.csv: no line of kind {kind!r}; add one")
    return tuple(form for row in rows for form in row["forms"].split("|"))


@lru_cache(maxsize=1)
def default_vocabulary() -> Vocabulary:
    """The vocabulary without a standard, for slugs."""
    return load_vocabulary()
