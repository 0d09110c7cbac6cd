"""Names of places in running text: which territory a passage names, and at what level of government.

One scan over capitalised words and level words, then a walk down a tree of syllables: linear in the text. The names
come from rows handed in, the level words and the words that make a name something else (streets, rivers, persons) from
lexicon/place_words.csv.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from extract.place_words import PlaceWords, load_place_words
from extract.tokens import fold_text, fold_word

PlaceLevel = Literal["nation", "province", "district", "commune"]
NATION = "Việt Nam"

_LEVEL_OF_CUE: dict[str, PlaceLevel] = {"city_cue": "district", "district_cue": "district", "commune_cue": "commune"}

_UPPER = "".join(chr(c) for c in (*range(0x41, 0x250), *range(0x1E00, 0x1F00)) if chr(c).isupper())
_WORD = re.compile(r"[^\W_]+")
_CAPITALISED_NAME = re.compile(
    rf"(?:[{_UPPER}][^\W_]*)(?:['’][^\W_]+)?(?:\s+[{_UPPER}][^\W_]*(?:['’][^\W_]+)?){{0,3}}|\d{{1,2}}(?!\w)"
)
_LIST_MEMBER = re.compile(r"\s*(?:[,;]|\s(?:và|-|–))\s*")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A territory as it was called in a span of time. `renamed_to` only where the territory stayed the same."""

    name: str
    full_name: str
    level: Literal["nation", "province"] = "province"
    aliases: tuple[str, ...] = ()
    weak_aliases: tuple[str, ...] = ()
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    renamed_to: str | None = None

    @property
    def centrally_run_city(self) -> bool:
        return fold_word(self.full_name).startswith("thành phố ")

    def in_force(self, on: datetime.date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place named at text[start:end], the level word ("tỉnh", "huyện") included."""

    start: int
    end: int
    name: str
    """Canonical name on the document's date; of districts and communes, the name as written."""
    level: PlaceLevel
    weak: bool = False
    """An alias that also means other things: Huế before 2025, Sài Gòn."""
    in_force: bool = True
    """False for a province that no longer (or not yet) exists on the document's date."""
    self_reference: bool = False
    """ "tỉnh", "Thành phố" alone: the document's own territory."""
    cued: bool = False
    """A level word stands before the name."""


class _Node:
    """A syllable of the tree of names: its continuations, and the rows of the name that ends here."""

    __slots__ = ("blocked", "next", "strong", "weak")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.strong: list[PlaceRow] = []
        self.weak: list[PlaceRow] = []
        self.blocked = False


class Places:
    """The names of all territories, compiled once; safe to share between documents."""

    def __init__(self, rows: Iterable[PlaceRow], words: PlaceWords | None = None) -> None:
        self.rows = tuple(rows)
        self._words = words or load_place_words()
        self._root = _Node()
        self._by_name: dict[str, list[PlaceRow]] = {}
        for row in self.rows:
            weak_names = {tuple(_syllables(alias)) for alias in row.weak_aliases if not alias.islower()}
            self._by_name.setdefault(row.name, []).append(row)
            for alias in (row.name, *row.aliases, *row.weak_aliases):
                self._add(alias, row, weak_names)
        for name in self._words.having("longer_name"):
            self._descend(_syllables(name)).blocked = True
        self._not_territory = self._words.having("not_a_territory")
        self._is_territory = self._words.having("is_a_territory")
        self._not_nation = self._words.having("not_nation")
        self._not_own = self._words.having("not_own")
        self._surnames = self._words.having("surname")
        self._middle_names = self._words.having("middle_name")
        self._plurals = self._words.having("plural")
        self._scan, self._level_word = self._compile_level_words()
        level_words = (*self._words.cues, *self._words.having("nation"))
        self._heads = frozenset(self._root.next) | {fold_word(re.split(r"[\s.]", word)[0]) for word in level_words}

    def _compile_level_words(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """The scan (capitalised words, level words in lower case) and the level words in any case."""
        cues, nation = (_alternatives(words) for words in (self._words.cues, self._words.having("nation")))
        by_letter: dict[str, list[str]] = {}
        for word in (*self._words.cues, *self._words.having("nation")):
            by_letter.setdefault(word[0], []).append(word[1:])
        lower = "|".join(f"{letter}(?:{_alternatives(rests)})" for letter, rests in sorted(by_letter.items()))
        scan = re.compile(rf"[{_UPPER}][^\W_]*|(?:{lower})(?![^\W_])")
        return scan, re.compile(rf"(?i:(?P<cue>{cues})(?![^\W_])\.?|(?P<nation>{nation})(?![^\W_]))")

    def _add(self, alias: str, row: PlaceRow, weak_names: set[tuple[str, ...]]) -> None:
        syllables = _syllables(alias)
        while syllables and syllables[0] in ("tp", "tỉnh", "t", "tx"):
            syllables = syllables[1:]
        if syllables[:2] in (["thành", "phố"], ["thanh", "pho"]):
            syllables = syllables[2:]
        # Two-letter codes (HN, ĐN) stand for too many other things; "(mới)" names nothing new.
        if len("".join(syllables)) < 3 or "(" in alias:
            return
        spoken = [syllables]
        if len(syllables) == 2:
            spoken.append(["".join(syllables)])
        weak = tuple(syllables) in weak_names
        for form in spoken:
            node = self._descend(form)
            rows = node.weak if weak else node.strong
            if row not in rows:
                rows.append(row)

    def _descend(self, syllables: list[str]) -> _Node:
        node = self._root
        for syllable in syllables:
            node = node.next.setdefault(syllable, _Node())
        return node

    def find(
        self,
        text: str,
        start: int = 0,
        end: int | None = None,
        *,
        on: datetime.date | None = None,
        home: str | None = None,
    ) -> list[PlaceMention]:
        """Mentions in text[start:end], left to right, none overlapping.

        `on` is the document's date (names in force then; without it the latest). `home` is the document's own
        territory: with it "tỉnh" or "Thành phố" alone are mentions of it. Time linear in end - start.
        """
        return list(self._mentions(text, start, len(text) if end is None else end, on, home))

    def _mentions(
        self, text: str, start: int, end: int, on: datetime.date | None, home: str | None
    ) -> Iterator[PlaceMention]:
        resume, heads = start, self._heads
        for found in self._scan.finditer(text, start, end):
            word = found.group()
            if fold_word(word) not in heads and word[0].isupper():
                continue
            at = found.start()
            if at < resume or (at and text[at - 1].isalnum()):
                continue
            level_word = self._level_word.match(text, at, end)
            if level_word is None:
                bare = self._bare_name(text, at, end, on)
                if isinstance(bare, int):
                    resume = bare
                    continue
                mentions = [bare]
            elif level_word["cue"]:
                mentions = self._after_cue(text, level_word, end, on, home)
            elif self._names_nation(text, at, end):
                mentions = [PlaceMention(at, level_word.end(), NATION, "nation")]
            else:
                continue
            for mention in mentions:
                yield mention
                resume = mention.end

    def _after_cue(
        self, text: str, cue: re.Match[str], end: int, on: datetime.date | None, home: str | None
    ) -> list[PlaceMention]:
        role = self._words.cues[fold_text(cue["cue"])]
        at = _skip_space(text, cue.end(), end)
        glued = at == cue.end() and not cue.group().endswith(".")
        node, stop, _ = (None, at, False) if glued else self._walk(text, at, end)
        if role == "province_cue":
            return self._province(text, cue, node, stop, on, home)
        if node is not None and role == "city_cue":
            cities = [row for row in (*node.strong, *node.weak) if row.centrally_run_city]
            if on is not None:
                cities = [row for row in cities if row.in_force(on)] or [
                    row
                    for row in cities
                    if not any(r.in_force(on) for r in self._by_name[row.name])
                    and (row.valid_from is None or row.valid_from <= on)
                ]
            if cities:
                row = cities[-1]
                return [self._mention(cue.start(), stop, row, on, weak=False, cued=True)]
        if role != "city_cue" and _words_after(text, cue.end(), 1) & self._not_own:
            return []
        name = None if glued else _CAPITALISED_NAME.match(text, at, end)
        if name is None:
            return self._own_city(text, cue, on, home) if role == "city_cue" else []
        level = _LEVEL_OF_CUE[role]
        stop = stop if node is not None else name.end()
        mentions = [PlaceMention(cue.start(), stop, _one_line(text[at:stop]), level, cued=True)]
        if _words_before(text, cue.start(), 1) in self._plurals:
            mentions.extend(self._rest_of_list(text, stop, end, level))
        return mentions

    def _rest_of_list(self, text: str, at: int, end: int, level: PlaceLevel) -> Iterator[PlaceMention]:
        while (gap := _LIST_MEMBER.match(text, at, end)) and (name := _CAPITALISED_NAME.match(text, gap.end(), end)):
            _, stop, known = self._walk(text, name.start(), end)
            at = stop if known else name.end()
            yield PlaceMention(name.start(), at, _one_line(text[name.start() : at]), level, cued=True)

    def _province(
        self,
        text: str,
        cue: re.Match[str],
        node: _Node | None,
        stop: int,
        on: datetime.date | None,
        home: str | None,
    ) -> list[PlaceMention]:
        if node is not None and (chosen := self._choose(node, on)):
            return [self._mention(cue.start(), stop, chosen[0], on, weak=False, cued=True)]
        if home is None or self.centrally_run(home, on) or self._not_self(text, cue):
            return []
        return [PlaceMention(cue.start(), cue.end(), home, "province", self_reference=True)]

    def _own_city(
        self, text: str, cue: re.Match[str], on: datetime.date | None, home: str | None
    ) -> list[PlaceMention]:
        if home is None or not self.centrally_run(home, on) or self._not_self(text, cue):
            return []
        return [PlaceMention(cue.start(), cue.end(), home, "province", self_reference=True)]

    def _not_self(self, text: str, cue: re.Match[str]) -> bool:
        """ "34 tỉnh", "các thành phố", "cấp tỉnh", "tỉnh bạn": no word for the document's own territory."""
        before = _words_before(text, cue.start(), 1)
        after = _words_after(text, cue.end(), 2)
        return (
            before[-1:].isdigit()
            or before in self._plurals
            or f"{before} {fold_text(cue['cue'])}" in self._not_own
            or bool(after & self._not_own)
        )

    def _bare_name(self, text: str, at: int, end: int, on: datetime.date | None) -> PlaceMention | int:
        """The mention, or where to go on when the words name something else."""
        node, stop, known = self._walk(text, at, end, capitals=True)
        if node is None:
            return stop if known else at + 1
        if self._names_something_else(text, at):
            return self._end_of_chain(text, stop, end)
        chosen = self._choose(node, on)
        if chosen is None or (chosen[1] and not self._weak_is_enough(text, at, chosen[0])):
            return stop
        return self._mention(at, stop, chosen[0], on, weak=chosen[1], cued=False)

    def _end_of_chain(self, text: str, stop: int, end: int) -> int:
        """cao tốc A - B - C: the dash carries what the first name is."""
        while (gap := re.compile(r"\s*[-–]\s*").match(text, stop, end)) is not None:
            _, further, known = self._walk(text, gap.end(), end, capitals=True)
            if not known:
                break
            stop = further
        return stop

    def _walk(self, text: str, at: int, end: int, *, capitals: bool = False) -> tuple[_Node | None, int, bool]:
        """Longest name that starts at `at`: its node (None when it is a longer name of something else), end, known."""
        node, best, stop, known = self._root, None, at, False
        here = at
        while here < end:
            word = _WORD.match(text, here, end)
            if word is None:
                if text[here] not in "-–" or "-" not in node.next:
                    break
                node, here = node.next["-"], here + 1
            else:
                following = node.next.get(fold_word(word.group()))
                if following is None or (capitals and not word.group()[0].isupper()):
                    break
                node, here = following, word.end()
                if node.blocked:
                    best, stop, known = None, here, True
                elif node.strong or node.weak:
                    best, stop, known = node, here, True
            here = _skip_name_space(text, here, end)
        return best, stop, known

    def _names_nation(self, text: str, at: int, end: int) -> bool:
        """Not part of another name (Việt Nam Cộng hòa, Mặt trận Tổ quốc Việt Nam)."""
        node, _, known = self._walk(text, at, end)
        if known and node is None:
            return False
        if not text[at].isupper():
            return True
        before = _last_word(text, at)
        return not before[:1].isupper() and not any(_words_before(text, at, n) in self._not_nation for n in (1, 2))

    def _names_something_else(self, text: str, at: int) -> bool:
        if at == 0 or not text[at - 1].isspace():
            return False
        one = _words_before(text, at, 1)
        if not one:
            return False
        two, three = _words_before(text, at, 2), _words_before(text, at, 3)
        if two in self._is_territory:
            return False
        if one in self._not_territory or two in self._not_territory or three in self._not_territory:
            return True
        last = _last_word(text, at)
        if not last[:1].isupper() or "\n" in text[max(0, at - 1) : at]:
            return False
        return one in self._surnames or (one in self._middle_names and two.split()[0] in self._surnames)

    def _weak_is_enough(self, text: str, at: int, row: PlaceRow) -> bool:
        """A weak name counts inside a list of places ("Hà Nội, Hồ Chí Minh"), else only when no person bears it."""
        return row.name not in ("Hồ Chí Minh",) or text[max(0, at - 2) : at] in (", ", "- ", "– ")

    def _choose(self, node: _Node, on: datetime.date | None) -> tuple[PlaceRow, bool] | None:
        if on is not None:
            for rows, weak in ((node.strong, False), (node.weak, True)):
                for row in reversed(rows):
                    if row.in_force(on):
                        return row, weak
        for rows, weak in ((node.strong, False), (node.weak, True)):
            if rows:
                return rows[-1], weak
        return None

    def _mention(
        self, start: int, end: int, row: PlaceRow, on: datetime.date | None, *, weak: bool, cued: bool
    ) -> PlaceMention:
        name, in_force = row.name, on is None or row.in_force(on)
        if on is not None and not in_force and row.renamed_to and row.valid_to and on > row.valid_to:
            name, in_force = row.renamed_to, True
        level: PlaceLevel = row.level
        return PlaceMention(start, end, name, level, weak=weak, in_force=in_force, cued=cued)

    def centrally_run(self, name: str, on: datetime.date | None = None) -> bool:
        """Whether the territory is a city under the central government on that date (without one: at the latest)."""
        rows = self._by_name.get(name, [])
        if on is not None:
            rows = [row for row in rows if row.in_force(on)] or rows
        return bool(rows) and rows[-1].centrally_run_city

    def canonical(self, name: str, on: datetime.date | None = None) -> str | None:
        """Canonical name of a province or the nation written as `name`, else None."""
        for mention in self.find(name, on=on):
            if mention.level in ("province", "nation"):
                return mention.name
        return None


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=lambda w: (-len(w), w)))


def _syllables(name: str) -> list[str]:
    return [fold_word(part) if part not in "-–" else "-" for part in re.findall(r"[^\W_]+|[-–]", name)]


def _skip_space(text: str, at: int, end: int) -> int:
    while at < end and text[at].isspace():
        at += 1
    return at


def _skip_name_space(text: str, at: int, end: int) -> int:
    """Space inside a name: at most one line break, so that two lines of a table are not one name."""
    stop = _skip_space(text, at, min(end, at + 8))
    return stop if text.count("\n", at, stop) <= 1 else at


def _words_before(text: str, at: int, count: int) -> str:
    words = text[max(0, at - 40) : at].split()
    return " ".join(fold_word(word.strip('*_("“.,;:')) for word in words[-count:])


def _last_word(text: str, at: int) -> str:
    if at == 0 or not text[at - 1].isspace():
        return ""
    words = text[max(0, at - 24) : at].split()
    return words[-1].strip('*_("“') if words else ""


def _words_after(text: str, at: int, count: int) -> set[str]:
    words = [fold_word(word.strip('*_("“.,;:')) for word in text[at : at + 24].split()[:count]]
    return {" ".join(words[: n + 1]) for n in range(len(words))}


def _one_line(name: str) -> str:
    return " ".join(name.split())
