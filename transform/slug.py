"""Names for indicators that the standard does not have yet: the same phrase gives the same slug in every document."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

import pyarrow as pa

from transform.normalise import bare
from transform.vocabulary import Vocabulary, default_vocabulary, naming_words

LONGEST_SLUG = 80
_DIGEST = 8
_KEPT = frozenset({"term", "soft", "growth", "up", "down"})
PAIRS_TO_NAME = "SELECT DISTINCT label, unit FROM statements WHERE status = 'uncatalogued' AND trim(label) <> ''"
"""What `with_slugs` wants of a table `statements`: each wording once, however many statements repeat it."""


def slug(label: str, dimension: str = "", context: str = "") -> str:
    """`~` and the telling words of a phrase, without accents: "Giá trị xuất khẩu xoài" gives ~gia_tri_xuat_khau_xoai.

    Words of commitment, years, numbers, tiers, places and leading verbs are dropped, abbreviations written out; a bare
    measure ("diện tích") takes the words of `context` in front. `dimension` names a phrase that is left without words.
    Never empty; at most 80 characters, longer ones end in a digest."""
    vocabulary = default_vocabulary()
    words = _words(label, vocabulary)
    if context and (not words or " ".join(words) in _bare_measures(vocabulary)):
        words = [*_words(context, vocabulary), *words]
    text = re.sub(r"[^a-z0-9]+", "_", "_".join(words)).strip("_") or bare(dimension) or "unnamed"
    if len(text) > LONGEST_SLUG - 1:
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:_DIGEST]
        text = f"{text[: LONGEST_SLUG - 2 - _DIGEST].rstrip('_')}_{digest}"
    return f"~{text}"


def with_slugs(pairs: pa.Table) -> pa.Table:
    """`pairs` (label, unit) with a column `slug`; a label without words of its own is named by its unit."""
    rows = zip(pairs["label"].to_pylist(), pairs["unit"].to_pylist(), strict=True)
    return pairs.append_column("slug", pa.array([slug(label, unit or "") for label, unit in rows], pa.string()))


def _words(text: str, vocabulary: Vocabulary) -> list[str]:
    words: list[str] = []
    for form, kind in vocabulary.forms(text):
        if kind == "unknown":
            if not form[0].isdigit():
                words.append(bare(form))
        elif (kind in _KEPT or form in _measure_forms(vocabulary)) and (words or form not in _filler_forms(vocabulary)):
            words.extend(bare(key) for key in form.split(" "))
    return [word for word in words if word]


@lru_cache(maxsize=4)
def _measure_forms(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset(map(vocabulary.key, naming_words("measure")))


@lru_cache(maxsize=4)
def _filler_forms(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset(map(vocabulary.key, naming_words("filler")))


@lru_cache(maxsize=4)
def _bare_measures(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset(" ".join(_words(form, vocabulary)) for form in naming_words("bare_measure"))
