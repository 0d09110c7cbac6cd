"""Spans of a page that say nothing of the plan: menus, counters, captions, related news, legal bases, signatures.

Line by line, by the phrases of lexicon/furniture.csv. Precision first: what might be body text stays.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from extract.tokens import fold_text, fold_word
from extract.vocabulary import alternatives, written_forms

_LEXICON = Path(__file__).with_name("lexicon") / "furniture.csv"
ACTIONS = ("line", "exact", "always", "related", "recipients", "basis", "signature")
_MARKS = ' \t*|_#>•▪■◆●○–—-+▸►»"“'
_JSON_TABLE = "<jsontable"
_WIKI_EDIT = "[sửa | sửa mã nguồn]"
_CAPTION = re.compile(r"(?:^|[\s(.])(?:Ảnh|ẢNH)\s?(?:minh họa|minh hoạ|tư liệu|internet)?\s?:\s?\S")
_CAPTION_LENGTH = 350
_DATE_IN_LINK = re.compile(r"\(\s?\d{1,2}/\d{1,2}(?:/\d{4})?\s?\)")
_BULLETS = ("-", "•", "▪", "■", "●", "○", "»", "+", "*", "[", "·", ">")
_HEADING = re.compile(r"^(?:[IVXivx]{1,5}|\d{1,2}(?:\.\d{1,2})*|[a-zđA-ZĐ])[.)]\s|^(?i:điều|phần|chương|mục|phụ lục)\s")
_SIGNATURE = re.compile(
    r"^(?:TM\.|T/M|KT\.|TL\.|TUQ\.|Q\.)"
    rf"|(?:^|\s)(?:{alternatives('signing_offices')})$"
    r"|^\((?:Đã ký|đã ký)\)$"
)
_PERSON = re.compile(r"^[^\W\d_]+(?: [^\W\d_]+){1,4}$")
_ANNEX = re.compile(r"^(?i:phụ lục|biểu số|danh mục|kèm theo)")
# A basis that quotes what the document commits to is no mere basis.
_TARGET_WORDS = ("%", *written_forms("words_of_targets"))
_MAX_RELATED_LINES = 40
_MAX_BLOCK_LINES = 30


@dataclass(frozen=True, slots=True)
class _Phrase:
    folded: str
    action: str
    max_length: int


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    """Without the line break."""
    text: str
    """Stripped of marks."""
    bulleted: bool


@cache
def furniture_phrases(path: Path = _LEXICON) -> dict[str, tuple[_Phrase, ...]]:
    """Phrases by folded first word, longest first. Raises ValueError naming file, line and remedy."""
    by_word: dict[str, list[_Phrase]] = {}
    seen: set[str] = set()
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            folded = fold_text(row["phrase"])
            if row["action"] not in ACTIONS:
                raise ValueError(f"{path}:{number}: unknown action {row['action']!r}; use one of {', '.join(ACTIONS)}")
            if not folded or folded in seen:
                raise ValueError(
                    f"{path}:{number}: phrase {row['phrase']!r} is empty or stands twice; remove this line"
                )
            if not row["max_length"].isdigit():
                raise ValueError(f"{path}:{number}: max_length {row['max_length']!r}; write a number of characters")
            seen.add(folded)
            by_word.setdefault(_first_word(folded), []).append(_Phrase(folded, row["action"], int(row["max_length"])))
    return {word: tuple(sorted(found, key=lambda p: -len(p.folded))) for word, found in by_word.items()}


@cache
def _beginnings() -> frozenset[str]:
    """First four letters of the phrases, as they may be written: most lines are told by them."""
    words = [phrase.folded[:4] for phrases in furniture_phrases().values() for phrase in phrases]
    return frozenset(form for word in words for form in (word, word.capitalize(), word.upper()))


def _first_word(text: str) -> str:
    word = text.split(" ", 1)[0]
    cut = word.find("(", 1)
    return (word[:cut] if cut > 0 else word).rstrip(":(.,")


def _phrase_of(line: str) -> _Phrase | None:
    """The phrase that opens the (stripped) line, if the line is short enough for it."""
    candidates = furniture_phrases().get(fold_word(_first_word(line)))
    if candidates is None:
        return None
    folded = fold_text(line[:80])
    for phrase in candidates:
        if folded.startswith(phrase.folded) and len(line) <= phrase.max_length:
            rest = folded[len(phrase.folded) : len(phrase.folded) + 1]
            if (not rest.isalnum() or not phrase.folded[-1].isalnum()) and _fits(line, folded, phrase):
                return phrase
    return None


def _fits(line: str, folded: str, phrase: _Phrase) -> bool:
    """A line that a wrapped sentence runs through is no furniture, nor one that speaks of targets."""
    whole = folded.rstrip(" :.…") == phrase.folded
    if phrase.action in ("exact", "recipients") or (line[0].islower() and phrase.folded[-1].isalnum()):
        return whole or (phrase.action not in ("exact", "recipients") and folded[len(phrase.folded) :][:1] in "(:")
    return phrase.action != "line" or whole or not any(word in folded for word in _TARGET_WORDS)


def is_furniture_line(line: str) -> bool:
    """Whether a single line is site furniture by itself: a menu, a counter, a caption, a date of publication."""
    stripped = line.strip(_MARKS)
    phrase = _phrase_of(stripped) if stripped else None
    return (phrase is not None and phrase.action != "basis") or _is_caption(line)


def _is_caption(line: str) -> bool:
    return len(line) <= _CAPTION_LENGTH and "nh:" in line.lower() and _CAPTION.search(line) is not None


def find_furniture(text: str) -> tuple[tuple[int, int], ...]:
    """Non-overlapping sorted spans (start, end) of `text`. Time linear in the text; never raises."""
    spans = list(_marked_spans(text))
    lines = _Lines(text)
    beginnings = _beginnings()
    index, count = 0, len(lines)
    while index < count:
        raw = lines.raw[index]
        phrase = _phrase_of(raw.strip(_MARKS)) if raw.lstrip(_MARKS)[:4] in beginnings else None
        if phrase is None:
            if ("nh:" in raw and _is_caption(raw)) or (raw.endswith("…") and raw.startswith("[")):
                spans.append((lines.starts[index], lines[index].end))
            index += 1
            continue
        stop = _block_end(lines, index, phrase, len(text))
        if stop > index:
            spans.append((lines.starts[index], lines[stop - 1].end))
        index = max(stop, index + 1)
    return _merged(spans)


def _marked_spans(text: str) -> Iterator[tuple[int, int]]:
    """Spans that carry their own marks: front matter, images and links, table tags."""
    if text.startswith("---"):
        close = text.find("\n---", 3, 4000)
        if close > 0:
            yield 0, close + 4
    at = text.find(_JSON_TABLE)
    while at >= 0:
        end = text.find(">", at, at + 400)
        close = text.find("</jsontable>", at, at + 400)
        stop = close + 12 if close >= 0 else (end + 1 if end >= 0 else at + len(_JSON_TABLE))
        yield at, stop
        at = text.find(_JSON_TABLE, stop)
    at = text.find(_WIKI_EDIT)
    while at >= 0:
        yield at, at + len(_WIKI_EDIT)
        at = text.find(_WIKI_EDIT, at + 1)
    at = text.find("](")
    while at >= 0:
        opening, close = text.rfind("[", max(0, at - 400), at), text.find(")", at + 2, at + 600)
        if opening >= 0 and close >= 0 and text.find("\n", opening, close) < 0:
            image = opening > 0 and text[opening - 1] == "!"
            whole = image or text[opening + 1] == ":"
            yield (opening - image if whole else at), close + 1
            at = close
        at = text.find("](", at + 2)


class _Lines:
    """The lines of a text; most are never looked at closely, so they are described on demand."""

    def __init__(self, text: str) -> None:
        self.raw = text.split("\n")
        self.starts = list(accumulate((len(raw) + 1 for raw in self.raw), initial=0))

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, index: int) -> _Line:
        raw, start = self.raw[index], self.starts[index]
        return _Line(start, start + len(raw), raw.strip(_MARKS), raw.lstrip(" \t*|").startswith(_BULLETS))

    def rest(self, index: int) -> Iterator[_Line]:
        return (self[at] for at in range(index, len(self.raw)))


def _block_end(lines: _Lines, index: int, phrase: _Phrase, length: int) -> int:
    """Index after the last line of the furniture that opens at `index`; `index` itself when it is none."""
    if phrase.action in ("line", "exact", "always"):
        return index + 1
    if phrase.action == "signature":
        return _signature_end(lines, index)
    if phrase.action == "recipients":
        return _recipients_end(lines, index)
    if phrase.action == "basis":
        return _basis_end(lines, index, phrase.max_length)
    return _related_end(lines, index, length)


def _basis_end(lines: _Lines, index: int, max_length: int) -> int:
    """To the end of the paragraph (";", "." or an empty line) unless it speaks of targets."""
    size, words = 0, []
    for stop in range(index, min(index + _MAX_BLOCK_LINES, len(lines))):
        line = lines[stop].text
        if not line:
            break
        size += len(line)
        words.append(line)
        if size > max_length:
            return index
        if line.endswith((";", ".", ":")):
            stop += 1
            break
    else:
        stop = min(index + _MAX_BLOCK_LINES, len(lines))
    paragraph = " ".join(words).lower()
    return index if any(word in paragraph for word in _TARGET_WORDS) else stop


def _signature_end(lines: _Lines, index: int) -> int:
    """The offices in capitals and the name below them."""
    return _signature_lines(lines, index) if lines[index].text[:12].isupper() else index


def _signature_lines(lines: _Lines, at: int) -> int:
    stop = at
    while at < len(lines) and at < stop + 4:
        line = lines[at].text
        signs = line.isupper() and _SIGNATURE.search(line)
        named = stop and at > 0 and line.istitle() and len(line) < 40 and _PERSON.match(line)
        if signs or named or line.startswith("("):
            stop = at + 1
        elif line:
            break
        at += 1
        if named:
            break
    return stop


def _recipients_end(lines: _Lines, index: int) -> int:
    """ "Nơi nhận:", its bulleted lines with their continuations, and the signature beside them."""
    stop = at = index + 1
    open_item = False
    while at < len(lines) and at < index + _MAX_BLOCK_LINES:
        line = lines[at]
        if line.text or line.bulleted:
            if line.bulleted:
                open_item = True
            elif not open_item or len(line.text) > 120 or line.text.isupper():
                break
            stop = at + 1
        elif open_item and line.end - line.start > 0:
            open_item = False
        elif not open_item and at > stop + 1:
            break
        if line.text.endswith((".", "./.")):
            open_item = False
        at += 1
    return max(stop, _signature_lines(lines, stop))


def _related_end(lines: _Lines, index: int, length: int) -> int:
    """Link-like lines below the header: all of them at the end of the page, else only those with a bullet or a date."""
    strong = stop = index + 1
    all_strong = True
    while stop < len(lines) and stop <= index + _MAX_RELATED_LINES:
        line = lines[stop]
        if line.text:
            following = _phrase_of(line.text)
            if following is not None and following.action == "related":
                break
            dated = _DATE_IN_LINK.search(line.text[-40:]) is not None
            if not dated and not _link_like(line.text):
                break
            all_strong = all_strong and (dated or (line.bulleted and not _speaks_of_targets(line.text)))
            strong = stop + 1 if all_strong else strong
        stop += 1
    at_end = length - lines[index].start < 6000 and all(
        not line.text or _link_like(line.text) or _phrase_of(line.text) for line in lines.rest(stop)
    )
    return stop if at_end else strong


def _speaks_of_targets(line: str) -> bool:
    lowered = line.lower()
    return any(word in lowered for word in _TARGET_WORDS)


def _link_like(line: str) -> bool:
    return (
        len(line) <= 200
        and not line.endswith((".", ";", ":", "./."))
        and not _HEADING.match(line)
        and not (line.isupper() and len(line) > 12)
    )


def _merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return tuple(merged)
