"""The part of an indicator that a phrase speaks of: urban or rural, lower secondary, four-star, from breakdowns.csv."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from schemas.standard import Breakdown, Indicator, load_standard
from transform.normalise import words_of
from transform.vocabulary import Vocabulary, default_vocabulary


class BreakdownFinder:
    """Looks for the surface forms of an indicator's own breakdowns; forms that its own name says are no restriction."""

    def __init__(self, breakdowns: Mapping[str, Breakdown], vocabulary: Vocabulary) -> None:
        self._forms = {key: tuple(words_of(form) for form in entry.surface_forms) for key, entry in breakdowns.items()}
        self._concepts = {
            key: frozenset(
                concept
                for form in (*entry.surface_forms, entry.name_vi)
                for concept in vocabulary.phrase(form).concepts
            )
            for key, entry in breakdowns.items()
        }
        self._of_breakdowns = lru_cache(maxsize=4096)(self._union)
        self._of_indicator = lru_cache(maxsize=4096)(self._open_forms)

    def concepts_of(self, breakdowns: tuple[str, ...]) -> frozenset[str]:
        """All concepts that name a part of an indicator with these breakdowns."""
        return self._of_breakdowns(breakdowns)

    def find(self, label: str, sentence: str, indicator: Indicator) -> str | None:
        """Key of breakdowns.csv, or None: the longest form in the label; else the only one that the sentence has."""
        if not indicator.breakdowns:
            return None
        forms = self._of_indicator(indicator.breakdowns, indicator.name_vi)
        found = _longest(forms, words_of(label))
        if found or not sentence:
            return found
        words = words_of(sentence)
        present = {key for form, key in forms if form in words}
        return present.pop() if len(present) == 1 else None

    def _union(self, breakdowns: tuple[str, ...]) -> frozenset[str]:
        return frozenset().union(*(self._concepts.get(key, frozenset()) for key in breakdowns))

    def _open_forms(self, breakdowns: tuple[str, ...], name: str) -> tuple[tuple[str, str], ...]:
        """(form, key), longest first, without the forms that the indicator's name already says."""
        own = words_of(name)
        pairs = [(form, key) for key in breakdowns for form in self._forms.get(key, ()) if form not in own]
        return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair)))


def detect_breakdown(label: str, sentence: str, indicator: Indicator) -> str | None:
    """The breakdown that a phrase restricts the indicator to, by the shipped standard; None without a restriction."""
    return _default_finder().find(label, sentence, indicator)


@lru_cache(maxsize=1)
def _default_finder() -> BreakdownFinder:
    return BreakdownFinder(load_standard().breakdowns, default_vocabulary())


def _longest(forms: Iterable[tuple[str, str]], words: str) -> str | None:
    return next((key for form, key in forms if form in words), None)
