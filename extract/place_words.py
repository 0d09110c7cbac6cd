"""Words beside the names of places, by role: lexicon/place_words.csv and its linter."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from extract.tokens import fold_text

ROLES = (
    "province_cue", "city_cue", "district_cue", "commune_cue", "nation", "not_a_territory", "is_a_territory",
    "longer_name", "not_nation", "not_own", "surname", "middle_name", "plural",
)  # fmt: skip
_LEXICON = Path(__file__).with_name("lexicon") / "place_words.csv"


@dataclass(frozen=True)
class PlaceWords:
    """lexicon/place_words.csv, by role, folded."""

    words: dict[str, str]

    def having(self, *roles: str) -> frozenset[str]:
        return frozenset(word for word, role in self.words.items() if role in roles)

    @cached_property
    def cues(self) -> dict[str, str]:
        return {word: role for word, role in self.words.items() if role.endswith("_cue")}


def load_place_words(path: Path = _LEXICON) -> PlaceWords:
    """Raises ValueError naming file, line and remedy."""
    words: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for line, row in enumerate(csv.DictReader(lines), start=2):
            word, role = fold_text(row["word"]), row["role"]
            if role not in ROLES:
                raise ValueError(f"{path}:{line}: unknown role {role!r}; use one of {', '.join(ROLES)}")
            if not word or word in words:
                raise ValueError(f"{path}:{line}: word {word!r} is empty or stands twice; remove this line")
            words[word] = role
    return PlaceWords(words)
