"""Lines in another encoding than they claim: found, read anew, and kept only when the result measures better."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from extract.legacy import READINGS
from extract.syllables import FOREIGN, high_words, likeness, syllable_score

_Reading = tuple[str, Callable[[str], str | None]]

MISREAD = "\x80-\x84\x86-\x9f¡-¨ª¬\xad¯´µ¶¸¹¿ÄÅÆÇËÏÑÖØÛÜÞßäåæçëîïðñöøûüþÿ\ufffd\ue000-\uf8ff"
"""Characters that misread text is full of and Vietnamese lacks: the inside of a regular expression set."""
_TRIGGER = re.compile(f"[{MISREAD}\u0400-\u04ff]")
_PAIRS = (
    re.compile("Ã[\xa0-\xbf]"),
    re.compile("Â[\xa0-\xbf]"),
    re.compile("á[º»]"),
)
"""A pattern each, for one that begins with a letter is many times as fast as one that begins with a set."""
_CAPITAL_MARKS = tuple(map(re.compile, "ÌÒÞ"))
"""Tone marks of cp1258 read as cp1252; they stand behind small letters."""
_CYRILLIC = frozenset(map(chr, range(0x400, 0x500)))
_CYRILLIC_IN_LATIN = re.compile("[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
_SIGN_IN_WORD = re.compile("[¡-§¨©ª¬\xad®¯°±´µ¶¸¹º¿«»\x80-\x9f\ufffd\ue000-\uf8ff‚ƒ„ˆ‰‹˜›]")
_FOREIGN_LETTER = re.compile("[ÄÅÆÇËÏÑÖØÛÜÞßäåæçëïñöøûüþÿ]")
_CAPITAL_INSIDE = re.compile("[a-zà-ỹ][À-ÂÄ-ÏÒ-Þ]|[ÃÂÄÆ][a-zà-ỹ]*[ÃÂÄÆ]")
_INNER = re.compile(r"^\W+|\W+$")

CONVINCING = 0.55
"""Likeness from which a reading counts as Vietnamese: nearly every word beyond ASCII is a well-formed syllable."""
MARGIN = 0.15
"""How much better than the text as it stands a reading must measure."""
SAMPLE = 20_000
"""Characters of suspect lines that decide which readings are tried on every line."""
MOST_GARBLED = 0.05
"""Share of words beyond ASCII that may stay garbled."""
MOST_FOREIGN = 0.4
"""Share of words with Latin-1 letters that Vietnamese lacks, above which text that no reading explains is refused."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """`readings` names what was applied; `garbled` counts words left garbled; `refused` says why the text is unfit."""

    text: str
    readings: tuple[str, ...] = ()
    garbled: int = 0
    refused: str = ""


def repair_lines(text: str) -> Repaired:
    """Measure every suspect line as it stands and under each reading; take the best that convinces. Linear."""
    suspects = _suspect_lines(text)
    if not suspects:
        return Repaired(text)
    lines = text.split("\n")
    bad = [number for number in suspects if _looks_misread(lines[number])]
    if not bad:
        return _judged(text, lines, suspects, ())
    readings = _worth_trying("\n".join(lines[number] for number in bad[:2000])[:SAMPLE])
    if not readings:
        return _judged(text, lines, suspects, ())
    # In a file that is mostly misread, lines without a tell-tale letter are misread too; in a good file they are not.
    high = sum(1 for line in lines if not line.isascii())
    mostly = len(bad) * 2 >= high
    applied: set[str] = set()
    for number in range(len(lines)) if mostly else bad:
        if not lines[number].isascii():
            name, lines[number] = _best_of_line(lines[number], readings)
            applied.add(name)
    return _judged("\n".join(lines), lines, suspects, tuple(sorted(applied - {""})))


def _suspect_lines(text: str) -> list[int]:
    """Numbers of the lines that hold a trigger, in order."""
    places = [match.start() for pair in _PAIRS for match in pair.finditer(text)]
    cyrillic = False
    for match in _TRIGGER.finditer(text):
        if match.group() in _CYRILLIC:
            cyrillic = True
        else:
            places.append(match.start())
    places += [
        match.start()
        for mark in _CAPITAL_MARKS
        for match in mark.finditer(text)
        if text[match.start() - 1 : match.start()].islower()
    ]
    if cyrillic:
        places += [match.start() for match in _CYRILLIC_IN_LATIN.finditer(text)]
    numbers: list[int] = []
    line = end = 0
    for place in sorted(places):
        if numbers and place < end:
            continue
        line += text.count("\n", end, place) + (1 if numbers else 0)
        numbers.append(line)
        end = text.find("\n", place)
        if end < 0:
            break
        end += 1
    return numbers


def _judged(text: str, lines: list[str], suspects: list[int], applied: tuple[str, ...]) -> Repaired:
    garbled, refused = _measure_garbling(text, suspects, lines)
    return Repaired(text, applied, garbled, refused)


def _looks_misread(line: str) -> bool:
    """Two words or more, and a third of those beyond ASCII, are no Vietnamese syllables; in a short line, one."""
    words = high_words(line)
    foreign = sum(1 for word in words if syllable_score(word) == FOREIGN)
    if foreign < 2:
        return foreign == 1 and (len(words) == 1 < len(words[0]) or (len(words) <= 3 and any(map(_is_garbled, words))))
    return foreign * 3 >= len(words) or sum(map(_is_garbled, words)) >= 2


def _worth_trying(sample: str) -> list[_Reading]:
    """Readings that improve the sample as a whole, or some of its lines (mixed files); best first, three at most."""
    own = _measure(sample)
    scored: list[tuple[float, int, _Reading]] = []
    for position, (name, reading) in enumerate(READINGS):
        read = reading(sample)
        if read is None or read == sample:
            continue
        score = _measure(read)
        if score > own + 0.02 or _improves_some_lines(sample, read):
            scored.append((-score, position, (name, reading)))
    return [reading for _, _, reading in sorted(scored, key=lambda item: item[:2])[:3]]


def _improves_some_lines(before: str, after: str) -> bool:
    pairs = list(zip(before.split("\n"), after.split("\n"), strict=False))[:50]
    return any(_measure(new) >= max(CONVINCING, _measure(old) + 2 * MARGIN) for old, new in pairs)


def _best_of_line(line: str, readings: list[_Reading]) -> tuple[str, str]:
    """Name and text of the reading that measures best, or ("", line)."""
    best_name, best, best_score = "", line, _measure(line)
    if best_score > 1 - MARGIN:
        return best_name, best
    own, floor = best_score, best_score + MARGIN
    for name, reading in readings:
        whole = reading(line)
        if whole is None or whole == line:
            continue
        score = _measure(whole)
        if score >= max(CONVINCING, floor) and score > best_score + 0.02:
            best_name, best, best_score = name, whole, score
        if own >= 0.3 or score < 0.8:
            mixed = _words_anew(line, reading)
            score = _measure(mixed)
            if score >= max(CONVINCING, floor) and score > best_score + 0.02:
                best_name, best, best_score = name, mixed, score
    return best_name, best


def _words_anew(line: str, reading: Callable[[str], str | None]) -> str:
    """Read only those words anew that are better Vietnamese with the reading than as they stand."""

    def read(match: re.Match[str]) -> str:
        word = match.group()
        if word.isascii():
            return word
        new = reading(word)
        return new if new and syllable_score(_INNER.sub("", new)) > syllable_score(_INNER.sub("", word)) else word

    return re.sub(r"\S+", read, line)


def _measure(text: str) -> float:
    return likeness(unicodedata.normalize("NFC", text)).score


def _measure_garbling(text: str, suspects: list[int], lines: list[str]) -> tuple[int, str]:
    """How many words are garbled still, and why the text is refused, if it is."""
    left = [line for line in (lines[number] for number in suspects) if not line.isascii()]
    words = [word for line in left for word in high_words(line)]
    garbled = sum(1 for word in words if _is_garbled(word))
    foreign = sum(1 for word in words if _FOREIGN_LETTER.search(word) and syllable_score(word) == FOREIGN)
    spaces = text.count(" ")
    if (not garbled and not foreign) or (garbled * 100 <= spaces and foreign < MOST_FOREIGN * spaces / 2):
        return garbled, ""
    everywhere = len(high_words(text))
    total = sum(1 for word in text.split() if any(map(str.isalpha, word)))
    if (garbled >= 3 and garbled > MOST_GARBLED * everywhere) or garbled * 2 > everywhere:
        return garbled, f"{garbled} of {everywhere} words"
    if foreign >= 8 and foreign > MOST_FOREIGN * total:
        return foreign, f"{foreign} of {total} words have letters that Vietnamese lacks"
    return garbled, ""


@lru_cache(maxsize=65536)
def _is_garbled(word: str) -> bool:
    """A sign that touches letters on either side within one word: C«ng, nghÖ has none, tiÕp none, but ®æi has."""
    inner = _INNER.sub("", word.replace("\xad", ""))
    if _CAPITAL_INSIDE.search(inner) and syllable_score(inner) == FOREIGN:
        return True
    sign = _SIGN_IN_WORD.search(inner) or _SIGN_IN_WORD.match(word)
    return bool(sign) and any(map(str.isalpha, word)) and syllable_score(inner) == FOREIGN
