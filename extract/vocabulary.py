"""Phrase tables: reviewed CSV files compiled once into one trie over folded tokens."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from extract.tokens import Token, tokenise


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a lexicon file."""

    table: str
    phrase: str
    fields: Mapping[str, str]


class Hit(NamedTuple):
    """An entry found at tokens[start:end]."""

    entry: Entry
    start: int
    end: int


class PhraseTable:
    """Longest-match look-up of token sequences. Work is bounded by the longest phrase at each token."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_first: dict[str, dict[str, list[tuple[tuple[str, ...], Entry]]]] = {}
        """Phrases by their first word and their second ("" where there is none), the longest first."""
        for entry in entries:
            words = tuple(canonical(token.text) for token in tokenise(entry.phrase))
            if words:
                by_second = self._by_first.setdefault(words[0], {})
                by_second.setdefault(words[1] if len(words) > 1 else "", []).append((words, entry))
        for by_second in self._by_first.values():
            for options in by_second.values():
                options.sort(key=lambda option: (-len(option[0]), option[1].table, option[1].phrase))

    @property
    def first_words(self) -> frozenset[str]:
        """The words that an entry can start with."""
        return frozenset(self._by_first)

    def at(self, words: Sequence[str], position: int) -> Hit | None:
        """Longest entry that starts at words[position]; `words` are canonical token texts."""
        by_second = self._by_first.get(words[position])
        if by_second is None:
            return None
        if position + 1 < len(words):
            for phrase, entry in by_second.get(words[position + 1], ()):
                size = len(phrase)
                if size == 2 or tuple(words[position : position + size]) == phrase:
                    return Hit(entry, position, position + size)
        alone = by_second.get("")
        return Hit(alone[0][1], position, position + 1) if alone else None

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Non-overlapping longest matches from left to right."""
        hits: list[Hit] = []
        by_first = self._by_first
        if by_first.keys().isdisjoint(words):
            return hits
        position, length = 0, len(words)
        while position < length:
            if words[position] in by_first and (hit := self.at(words, position)):
                hits.append(hit)
                position = hit.end
            else:
                position += 1
        return hits

    def find_all(self, words: Sequence[str]) -> list[Hit]:
        """Like find, but a match may start inside another one."""
        by_first = self._by_first
        return [hit for i, word in enumerate(words) if word in by_first and (hit := self.at(words, i))]


def canonical(word: str) -> str:
    """Number tokens lose their thousands separators, so that 10.000 and 10000 look alike."""
    if word[0].isdigit() and "." in word and all(len(part) == 3 for part in word.split(".")[1:]):
        return word.replace(".", "")
    return word


def canonical_words(tokens: Sequence[Token]) -> list[str]:
    return [canonical(token.text) for token in tokens]


@cache
def load_entries(table: str) -> tuple[Entry, ...]:
    """Lines of extract/lexicon/<table>.csv. Raises ValueError naming file, line and remedy."""
    source = resources.files("extract") / "lexicon" / f"{table}.csv"
    with resources.as_file(source) as path:
        return read_entries(path)


def read_entries(path: Path) -> tuple[Entry, ...]:
    """Lines of a lexicon file. Raises ValueError naming file, line and remedy."""
    entries: list[Entry] = []
    lines: dict[tuple[str, ...], int] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for line, row in enumerate(csv.DictReader(handle), start=2):
            if None in row or None in row.values():
                raise ValueError(f"{path}:{line}: not the columns of the first line; a field with a comma wants quotes")
            if not row["phrase"].strip():
                raise ValueError(f"{path}:{line}: no phrase; fill it in or remove this line")
            said = tuple(value for column, value in row.items() if column != "note")
            if said in lines:
                raise ValueError(f"{path}:{line}: {row['phrase']!r} says the same as line {lines[said]}; remove one")
            lines[said] = line
            entries.append(Entry(path.stem, row["phrase"], row))
    return tuple(entries)


@cache
def phrase_table(*tables: str) -> PhraseTable:
    """The named lexicon files in one table."""
    return PhraseTable(entry for table in tables for entry in load_entries(table))


@cache
def word_set(name: str) -> frozenset[str]:
    """One set of lexicon/word_sets.csv, in canonical words. Raises ValueError for an unknown set."""
    return frozenset(" ".join(canonical_words(tokenise(phrase))) for phrase in _members("word_sets", name))


@cache
def written_forms(name: str) -> tuple[str, ...]:
    """One set of lexicon/written_forms.csv as written, the longest first. Raises ValueError for an unknown set."""
    return tuple(sorted(_members("written_forms", name), key=lambda form: (-len(form), form)))


def alternatives(name: str) -> str:
    """A set of written forms as alternatives of a regular expression."""
    return "|".join(map(re.escape, written_forms(name)))


def _members(table: str, name: str) -> list[str]:
    found = [entry.phrase for entry in load_entries(table) if entry.fields["set"] == name]
    if not found:
        raise ValueError(f"extract/lexicon/{table}.csv: no set {name!r}; add its words or mend the name")
    return found
