"""Words, numbers and signs of a stretch of text, folded for look-up, with their places in the document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+\d*|[^\w\s]|_")
_TONE_PLACES = (
    ("oà", "òa"), ("oá", "óa"), ("oả", "ỏa"), ("oã", "õa"), ("oạ", "ọa"),
    ("oè", "òe"), ("oé", "óe"), ("oẻ", "ỏe"), ("oẽ", "õe"), ("oẹ", "ọe"),
    ("uỳ", "ùy"), ("uý", "úy"), ("uỷ", "ủy"), ("uỹ", "ũy"), ("uỵ", "ụy"),
)  # fmt: skip
_TONE_LETTERS = re.compile("[ou][àáảãạèéẻẽẹỳýỷỹỵ]")
_SPELLINGS = {"tỉ": "tỷ", "ngàn": "nghìn", "sỹ": "sĩ", "kỹ": "kĩ", "kỳ": "kì", "quí": "quý", "kí": "ký", "lí": "lý",
              "–": "-", "—": "-", "−": "-", "‑": "-", "‐": "-", "÷": "~", "∼": "~", "héc": "hec", "⁄": "/", "∕": "/",
              "m²": "m2", "m³": "m3", "km²": "km2"}  # fmt: skip


class Token(NamedTuple):
    """One token: folded text (lower case, one tone placement, one spelling) and its span in the document."""

    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit()


def glued(tokens: Sequence[Token], left: int, right: int) -> bool:
    """Whether nothing stands between two neighbouring tokens."""
    return tokens[right].start == tokens[left].end


@lru_cache(maxsize=65536)
def fold_word(word: str) -> str:
    """Lower case, tone mark on the first vowel of oa, oe, uy, one spelling each for common pairs (tỉ = tỷ)."""
    word = word.lower()
    if len(word) > 1 and _TONE_LETTERS.search(word) and not (word.startswith("qu")):
        for old, new in _TONE_PLACES:
            if word.endswith(old):
                word = word.replace(old, new)
                break
    return _SPELLINGS.get(word, word)


def fold_text(text: str) -> str:
    """Folded words with one space between them."""
    return " ".join(map(fold_word, text.split()))


def tokenise(
    text: str, start: int = 0, end: int | None = None, offset: int = 0, *, most: int | None = None
) -> list[Token]:
    """Tokens of text[start:end], the first `most` of them; spans are offsets in `text`, moved by `offset`. Linear."""
    tokens: list[Token] = []
    append, new = tokens.append, tuple.__new__  # Token(...) takes twice the time
    for match in islice(_TOKEN.finditer(text, start, len(text) if end is None else end), most):
        word = match[0]
        low, high = match.span()
        append(new(Token, (word if word[0].isdigit() else fold_word(word), low + offset, high + offset)))
    return tokens
