"""How Vietnamese a text looks, measured on its words with letters beyond ASCII. Used to choose between encodings."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_ONSETS = (
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr",
    "b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", "",
)  # fmt: skip
_RIME_LIST = """a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng
eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai oam oan
oang
oanh oao oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm
ơn ơp ơt u ua uân uâng uât uây uc uê uênh uêch ui um un ung uơ uôc uôi uôm uôn uông uôt up ut uy uya uych uyên uyêt
uynh uyp uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu"""
_RIMES = frozenset(_RIME_LIST.split())
_STOPS = ("p", "t", "c", "ch")
_EDGES = "“”‘’«»–—…•·°²³†‡©®™§¶½¼¾±×÷←→↑↓▪■□●○◦✓✔≥≤"
_LATIN = re.compile("[A-Za-z\x80-ɏẠ-ỹ]")
_HIGH_WORD = re.compile(r"[^\s!-@\[-`{-~]*[^\x00-\x7f][^\s!-@\[-`{-~]*")

COMMON, VALID, FOREIGN = 1.0, 0.6, 0.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score`: 1 when every word beyond ASCII is a frequent Vietnamese syllable, 0.6 when all are merely well formed,
    0 when none is. `words`: how many such words were seen."""

    score: float
    words: int


@cache
def common_syllables() -> frozenset[str]:
    """Frequent syllables with letters beyond ASCII: extract/lexicon/common_syllables.csv."""
    path = resources.files("extract") / "lexicon" / "common_syllables.csv"
    with path.open(encoding="utf-8") as handle:
        return frozenset(row["syllable"] for row in csv.DictReader(handle))


@lru_cache(maxsize=65536)
def syllable_score(word: str) -> float:
    """COMMON, VALID or FOREIGN for one word of any case, NFC."""
    if len(word) > 8:
        return FOREIGN
    word = word.lower()
    if word in common_syllables():
        return COMMON
    letters, tones = [], 0
    tone = ""
    for mark in unicodedata.normalize("NFD", word):
        if mark in _TONES:
            tone, tones = mark, tones + 1
        else:
            letters.append(mark)
    plain = unicodedata.normalize("NFC", "".join(letters))
    if tones > 1:
        return FOREIGN
    for onset in _ONSETS:
        if plain.startswith(onset):
            rime = plain[len(onset) :]
            if rime in _RIMES:
                stopped = rime.endswith(_STOPS)
                return FOREIGN if stopped and tone not in ("\u0301", "\u0323") else VALID
    if plain == "gi" or plain == "đ":
        return VALID
    return FOREIGN


def high_words(text: str) -> list[str]:
    """Words with a letter beyond ASCII (of Latin script), without the signs that may stand at a word's edge."""
    words = (word.strip(_EDGES) for word in _HIGH_WORD.findall(text))
    return [word for word in words if not word.isascii() and _LATIN.search(word)]


def likeness(text: str) -> Likeness:
    """Measure `text` (NFC). Linear in its length."""
    words = high_words(text)
    if not words:
        return Likeness(0.0, 0)
    return Likeness(sum(map(syllable_score, words)) / len(words), len(words))
