"""Vietnamese spelling made comparable: one key a syllable, whatever the tone placement, case or i/y habit.

A key is the syllable without its tone mark, followed by the tone as a digit: "hoá" and "hóa" are both "hoa1", "tỷ" and
"tỉ" both "ty3", "thuỷ" and "thủy" both "thuy3". Keys are for comparing, never for showing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

TONE_DIGITS = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
I_OR_Y = re.compile(r"^(h|k|l|m|s|t|qu)i(\d?)$")
WORD = re.compile(r"[^\W_]+|[,;:.()\[\]|–—]| - ")
BOUNDARY, STRONG, OPEN, CLOSE = "|", ";", "(", ")"
MARKS = frozenset({BOUNDARY, STRONG, OPEN, CLOSE})
"""Stand for punctuation between two words: what lies beyond it, or in brackets, belongs less to the phrase."""


@lru_cache(maxsize=20_000)
def syllable_key(syllable: str) -> str:
    """Key of one syllable: lower case, tone mark taken out of the letters and put behind, i/y made one."""
    letters, tone = [], ""
    for character in unicodedata.normalize("NFD", syllable.lower()):
        digit = TONE_DIGITS.get(character)
        if digit is None:
            letters.append(character)
        else:
            tone = digit
    key = unicodedata.normalize("NFC", "".join(letters)) + tone
    match = I_OR_Y.match(key)
    return f"{match[1]}y{match[2]}" if match else key


@lru_cache(maxsize=20_000)
def bare(key_or_syllable: str) -> str:
    """ASCII letters only: "đường" and its key "đương2" give "duong"."""
    text = unicodedata.normalize("NFD", key_or_syllable.lower()).replace("đ", "d")
    return "".join(character for character in text if character.isascii() and not character.isdigit())


class _Keys(dict[str, str]):
    """Word or punctuation as found to its key or mark; emptied when full, for hostile text has no end of words."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_KEYS:
            self.clear()
        if word[0].isalnum():
            key = syllable_key(word)
        elif word in (OPEN, CLOSE):
            key = word
        else:
            key = STRONG if word in ";:." else BOUNDARY
        self[word] = key
        return key


_MOST_KEYS = 20_000
_keys = _Keys()


def keys_of(phrase: str) -> list[str]:
    """Syllable keys in order, with MARKS where punctuation stood; numbers stay as they are."""
    keys = [_keys[word] for word in WORD.findall(phrase)]
    if BOUNDARY not in keys:
        return keys
    return [key for before, key in zip([BOUNDARY, *keys], keys, strict=False) if key != BOUNDARY or before != BOUNDARY]


def words_of(phrase: str) -> str:
    """Syllable keys between blanks, without punctuation, so that `in` compares whole syllables."""
    return f" {' '.join(key for key in keys_of(phrase) if key not in MARKS)} "
