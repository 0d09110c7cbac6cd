"""Early rejection: sentences that no rule could accept, told by cheap searches before they are taken apart."""

from __future__ import annotations

import re
from functools import cache

from extract.decisions import Surroundings
from extract.vocabulary import load_entries

_YEAR = re.compile(r"(?:19[89]|20\d)\d")


@cache
def _commitments() -> tuple[str, ...]:
    """Shortest phrases of commitment; a longer one contains one of them."""
    phrases = sorted({entry.phrase for entry in load_entries("cues") if entry.fields["cue"] == "commitment"}, key=len)
    kept: list[str] = []
    for phrase in phrases:
        if not any(short in phrase for short in kept):
            kept.append(phrase)
    return tuple(kept)


def hopeless(sentence: str, around: Surroundings) -> bool:
    """True when `decide` would refuse every number of the sentence, whatever it says: no year that is still open, no
    word of commitment, and nothing handed down that would make up for them."""
    if around.mode == "objective" or around.carried or around.dated_heading:
        return False
    open_year = around.issue_year is None and bool(_YEAR.search(sentence))
    if around.issue_year is not None:
        open_year = any(int(year) >= around.issue_year for year in _YEAR.findall(sentence))
    if open_year:
        return False
    if around.mode in ("achievement", "organisation"):
        return True
    if around.mode == "task" and ("%" in sentence or "phần trăm" in sentence or "‰" in sentence):
        return not around.scopes
    if not around.scopes and around.kind != "plan":
        return True
    lowered = sentence.lower()
    return not any(phrase in lowered for phrase in _commitments())
