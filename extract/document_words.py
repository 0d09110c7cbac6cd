"""Words of the heads of documents: kinds, issuers and their organs, cues of articles; each from a file of lexicon/.

A kind or tier that does not exist raises ValueError naming file, line and remedy.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from extract.model import DocumentKind
from extract.tokens import fold_text

Tier = Literal["nation", "province", "district", "by_place"]
_LEXICON = Path(__file__).with_name("lexicon")


@dataclass(frozen=True, slots=True)
class Issuer:
    name: str
    tier: Tier


@cache
def kinds() -> tuple[dict[str, DocumentKind], dict[str, DocumentKind]]:
    """Kind by title word (folded) and by number code, from lexicon/document_kinds.csv."""
    words: dict[str, DocumentKind] = {}
    codes: dict[str, DocumentKind] = {}
    for line, row in _rows("document_kinds.csv"):
        kind = row["kind"]
        if kind not in ("plan", "other"):
            raise ValueError(f"{_LEXICON / 'document_kinds.csv'}:{line}: kind {kind!r}; write plan or other")
        words[fold_text(row["word"])] = "plan" if kind == "plan" else "other"
        for code in filter(None, row["codes"].split("|")):
            codes.setdefault(code, "plan" if kind == "plan" else "other")
    return words, codes


@cache
def issuers() -> tuple[dict[str, Issuer], re.Pattern[str]]:
    """Issuers by phrase (folded), and the pattern of the phrases, from lexicon/issuers.csv."""
    named: dict[str, Issuer] = {}
    for line, row in _rows("issuers.csv"):
        tier = row["tier"]
        if tier not in ("nation", "province", "district", "by_place"):
            raise ValueError(
                f"{_LEXICON / 'issuers.csv'}:{line}: tier {tier!r}; write nation, province, district, by_place"
            )
        named[fold_text(row["phrase"])] = Issuer(row["name"], tier)  # type: ignore[arg-type]
    phrases = sorted(named, key=lambda phrase: (-len(phrase), phrase))
    return named, re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, phrases))})(?![^\W_])")


@cache
def organs() -> tuple[frozenset[str], frozenset[str]]:
    """Organ codes of document numbers (UBND, TTg): of local authorities, of central ones."""
    by_tier: dict[bool, set[str]] = {True: set(), False: set()}
    for _, row in _rows("issuers.csv"):
        by_tier[row["tier"] != "nation"].update(filter(None, row["organs"].split("|")))
    return frozenset(by_tier[True]), frozenset(by_tier[False])


@cache
def page_cues() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Phrases of articles, phrases of other pages."""
    rows = [row for _, row in _rows("article_cues.csv")]
    return (
        tuple(row["phrase"] for row in rows if row["kind"] == "article"),
        tuple(row["phrase"] for row in rows if row["kind"] == "other"),
    )


def _rows(name: str) -> list[tuple[int, dict[str, str]]]:
    with (_LEXICON / name).open(encoding="utf-8", newline="") as lines:
        return list(enumerate(csv.DictReader(lines), start=2))
