"""From the words around a number to the indicator they name; null rather than a guess.

How a phrase is matched:
1. The words become concepts (transform/vocabulary.py): abbreviations and slips are undone, filler is dropped.
2. The unit gate (transform/measures.py) keeps the indicators that the number can belong to.
3. Each phrasing of those is scored: `covered` is the weight of its concepts that the label says (context and sentence
   count for less), `explained` is the weight of the label's concepts that the indicator knows. The score is their
   product, lowered where the two speak of excluding concepts (rural and urban, household and commune).
4. Negative phrasings rule out; the best indicator is accepted above THRESHOLD and a clear step before the runner-up.

Weights come from the phrasings themselves: a concept that few indicators use says more than one that many use.
"""

from __future__ import annotations

import math
import re
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz

from schemas.standard import Indicator, Standard
from transform.breakdown import BreakdownFinder
from transform.measures import LEVEL_WITH_RATE_WORDS, Measured, fit
from transform.normalise import WORD
from transform.vocabulary import FAR_APART, Phrase, Vocabulary, load_vocabulary

THRESHOLD = 0.62
STEP = 0.02
"""Two indicators closer than this are not told apart by concepts."""
NEARER = 8.0
"""Points of token_sort_ratio (0 to 100) by which exact words must be nearer to tell two such indicators apart."""
FROM_CONTEXT, FROM_SENTENCE = 0.75, 0.4
"""Belief in a concept that only the handed-down context, or only the rest of the sentence, says."""
SOFT, BASE, UNKNOWN = 0.2, 0.5, 1.0
"""Weight of words that say little, of bases that the unit says as well, and of a syllable that no phrasing has."""
SAID = 2.0
"""Times its weight that an unexplained concept behind "có" costs: "trường tư thục có camera" counts no such schools."""
FAR = 0.5
"""Part of its weight that an unexplained concept keeps for each step of punctuation from the explained ones."""
APART = (1.0, 0.9, 0.8, 0.75, 0.7, 0.65)
"""Belief in a concept of the label by its steps from the segment that says most of the phrasing; beyond: the last."""
IN_BRACKETS = 0.03
"""The same for what stands in brackets: names, remarks."""
KNOWN_ELSEWHERE = 0.9
"""Belief in a label's concept that another phrasing of the same indicator has."""
KNOWN_AS_PART = 0.75
"""Belief in a label's concept that names a part of the indicator (breakdowns.csv): a finer indicator goes first."""
UNEXPECTED = 0.8
"""Factor for a member of a group (hộ nghèo, nông thôn) of which the indicator knows nothing."""
CONFLICT = 0.45
"""Factor for concepts that exclude each other."""
MEMBER_MISSING = 0.8
"""Factor for a phrasing whose member of a group (subject, urban or rural, grade) nothing says."""
NAME_MEMBER_MISSING = 0.7
"""The same where only the indicator's name has the member: a short phrasing that lives by its context."""
OWNER = 0.5
"""Part of its weight that an unexplained owner keeps: "máy tính của cơ quan nhà nước"."""
ELLIPTIC = 0.92
"""Factor for a label that has no content of its own, so that the context speaks for it."""
LEAST_IN_LABEL = 0.4
"""Share of a phrasing's weight that the label itself has to say."""
NEGATIVE_AROUND = 0.15
"""Score by which an indicator may lead and still yield to a finer one, when its negative phrasing stands before."""
CLAUSE_END = re.compile(r"[.;?!](?=\s)")
LEAST_OVERLAP = 8
"""Characters of a sentence that the end of a context must have to be its beginning."""
CLAUSES_BACK = 8
"""Clauses before the number in which the subject of a label such as "đô thị" is looked for."""
WRONG_WAY = 0.3
"""Factor for an increase offered to an indicator that counts reductions, and the other way round."""
LONGEST = 1_500
"""Characters of a label, context or sentence that are looked at, from the end; no phrase is as long."""
CACHE_SIZE = 50_000
MOST_GATES = 256
STATUS_UNIT = "status"
_SAID_BY_PEOPLE = {
    "person": ("bình quân đầu người",),
    "person_year": ("bình quân đầu người",),
    "person_month": ("bình quân đầu người",),
    "10000_pop": ("vạn dân",),
    "1000_pop": ("1 000 dân",),
    "1000_live_births": ("trẻ đẻ sống",),
    "100000_live_births": ("trẻ đẻ sống",),
}
_SAID_BY_BASE = _SAID_BY_PEOPLE | {"ha": ("trên đơn vị diện tích",)}
"""Concepts that the base of a rate says, wherever the text has put it."""
_BASES = frozenset(concept for concepts in _SAID_BY_PEOPLE.values() for concept in concepts)
"""Those that weigh little; the area is not among them: it alone tells a value per hectare from a total."""
_WHOLE = "grdp"
"""What shares and multiples are of; alone it names no indicator of theirs."""
_OF_A_WHOLE = frozenset({"percent", "multiple"})


@dataclass(frozen=True, slots=True)
class Query:
    """A quantified phrase. `dimension`, `per` and `change` are those of extract.model.Measure; a qualitative statement
    has dimension "" or "status"."""

    label: str
    dimension: str
    per: str | None = None
    change: str | None = None
    context: str = ""
    sentence: str = ""
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """The indicator or None, its score and the runner-up; `reasons` says in words why."""

    indicator: str | None
    score: float
    runner_up: str | None
    runner_up_score: float
    reasons: tuple[str, ...]
    breakdown: str | None


@dataclass(frozen=True, slots=True)
class _Phrasing:
    entry: int
    text: str
    concepts: frozenset[str]
    weights: dict[str, float]
    total: float
    members: dict[str, frozenset[str]]
    """Group name to the concepts of this phrasing that belong to it."""
    of_change: bool
    """Whether its own words speak of growth or reduction."""


@dataclass(frozen=True, slots=True)
class _Entry:
    indicator: Indicator
    concepts: frozenset[str]
    """All concepts of all its phrasings and its name."""
    negatives: tuple[tuple[frozenset[str], str], ...]
    """Concepts and syllables of the phrases that rule it out."""
    direction: str | None
    members: dict[str, frozenset[str]]
    """Group name to the concepts of its name that belong to it, subjects left out."""


@dataclass(frozen=True, slots=True)
class _Open:
    """The indicators that a number can belong to."""

    gate: list[float]
    """How well it fits the unit of each entry: 0 rules out."""
    postings: dict[str, list[tuple[int, float]]]
    """Concept to the phrasings of those with a fit, and the share of their weight that it has."""


@dataclass(slots=True)
class _Asked:
    """A query taken apart."""

    label: dict[str, list[int]]
    """Concept to its segments."""
    context: frozenset[str]
    sentence: frozenset[str]
    measured: Measured
    elliptic: bool
    parted: bool
    """Whether the label has more than one segment."""
    owners: frozenset[str]
    said: frozenset[str]
    words: str
    open: _Open
    belief: dict[str, float] = field(default_factory=dict)
    members: dict[str, frozenset[str]] = field(default_factory=dict)


class Matcher:
    """Built once from a standard, then pure: the same query gives the same match. Not to be shared between threads."""

    def __init__(self, standard: Standard) -> None:
        indicators = list(standard.indicators.values())
        self._units = standard.units
        self._vocabulary = load_vocabulary(
            (phrase for indicator in indicators for phrase in (*indicator.phrasings, indicator.name_vi)),
            (name for province in standard.provinces for name in (province.name, *province.aliases)),
        )
        self._group_of = _group_index(self._vocabulary)
        self._breakdowns = BreakdownFinder(standard.breakdowns, self._vocabulary)
        self._entries: list[_Entry] = []
        self._phrasings: list[_Phrasing] = []
        parsed = [self._parse(indicator) for indicator in indicators]
        self._weights = self._weigh(concepts for _, phrases in parsed for concepts in [_union(phrases)])
        for indicator, phrases in parsed:
            self._add(indicator, phrases)
        self._postings = self._index()
        self._around = lru_cache(maxsize=2_000)(self._vocabulary.phrase)
        self._label = lru_cache(maxsize=20_000)(self._vocabulary.phrase)
        self._passing = lru_cache(maxsize=MOST_GATES)(self._postings_of)
        self._gates: dict[Measured, _Open] = {}
        self._cache: OrderedDict[Query, Match] = OrderedDict()

    def match(self, query: Query) -> Match:
        """The best indicator for the query, or a Match whose indicator is None."""
        cached = self._cache.get(query)
        if cached is None:
            cached = self._match(query)
            self._cache[query] = cached
            if len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return cached

    # Building

    def _parse(self, indicator: Indicator) -> tuple[Indicator, list[tuple[str, Phrase]]]:
        texts = dict.fromkeys((*indicator.phrasings, indicator.name_vi))
        return indicator, [(text, self._vocabulary.phrase(text)) for text in texts]

    def _weigh(self, documents: Iterable[frozenset[str]]) -> dict[str, float]:
        counts: Counter[str] = Counter()
        total = 0
        for concepts in documents:
            counts.update(concepts)
            total += 1
        rarest = math.log(max(total, 2))
        weights = {}
        for concept, count in counts.items():
            rarity = 0.4 + 0.6 * math.log(max(total, 2) / count) / rarest
            if concept in self._vocabulary.soft:
                weights[concept] = SOFT
            else:
                weights[concept] = BASE if concept in _BASES else rarity * _length_factor(concept)
        return weights

    def _add(self, indicator: Indicator, phrases: list[tuple[str, Phrase]]) -> None:
        number = len(self._entries)
        known = _union(phrases)
        ways = {_way(phrase.flags) for _, phrase in phrases} - {None}
        negatives = tuple(self._negative(text) for text in indicator.negative_phrasings)
        members = self._members(self._vocabulary.phrase(indicator.name_vi).concepts)
        members.pop("head", None)
        self._entries.append(_Entry(indicator, known, negatives, ways.pop() if len(ways) == 1 else None, members))
        seen = set()
        for text, phrase in phrases:
            concepts = frozenset(phrase.concepts)
            if concepts and concepts not in seen:
                seen.add(concepts)
                weights = {concept: self._weights[concept] for concept in phrase.concepts}
                members = self._members(concepts)
                total = sum(weights.values())
                self._phrasings.append(_Phrasing(number, text, concepts, weights, total, members, bool(phrase.flags)))

    def _negative(self, text: str) -> tuple[frozenset[str], str]:
        """Concepts of a negative phrasing (none when there is but one to go by) and its words."""
        phrase = self._vocabulary.phrase(text)
        telling = frozenset(phrase.concepts) - self._vocabulary.soft
        return telling if len(telling) > 1 else frozenset(), phrase.words

    def _index(self) -> dict[str, list[tuple[int, float]]]:
        postings: dict[str, list[tuple[int, float]]] = {}
        for number, phrasing in enumerate(self._phrasings):
            for concept, weight in phrasing.weights.items():
                postings.setdefault(concept, []).append((number, weight / phrasing.total))
        return postings

    def _members(self, concepts: Iterable[str]) -> dict[str, frozenset[str]]:
        members: dict[str, set[str]] = {}
        for concept in concepts:
            for group in self._group_of.get(concept, ()):
                members.setdefault(group, set()).add(concept)
        return {group: frozenset(found) for group, found in members.items()}

    # Matching

    def _match(self, query: Query) -> Match:
        label = self._label(query.label[-LONGEST:])
        groups = self._groups_alone(label)
        if groups == {"area"} and query.dimension == "percent":
            return self._by_clause(query, label) or self._best(self._ask(query, label, label), query)
        subject = self._subject_of(query, label)
        match = self._best(self._ask(query, label, subject), query)
        if match.indicator is None and query.context and (groups or subject is not None):
            by_clause = self._by_clause(query, label)
            return match if by_clause is None or by_clause.indicator is None else by_clause
        return match

    def _best(self, asked: _Asked, query: Query) -> Match:
        best: dict[int, tuple[float, _Phrasing]] = {}
        for phrasing in self._candidates(asked):
            reached = best[phrasing.entry][0] if phrasing.entry in best else 0.0
            score = self._score(phrasing, asked, query, reached)
            if score > reached:
                best[phrasing.entry] = (score, phrasing)
        ranked = sorted(best.values(), key=lambda pair: (-pair[0], self._entries[pair[1].entry].indicator.id))
        return self._decide(ranked, asked, query)

    def _groups_alone(self, label: Phrase) -> set[str]:
        """The groups (area, head) whose members are all that the label says: "khu vực nông thôn", "xã"."""
        telling = [concept for concept in label.concepts if concept not in self._vocabulary.soft]
        groups = [set(self._group_of.get(concept, ())) & {"area", "head"} for concept in telling]
        return set().union(*groups) if groups and all(groups) else set()

    def _subject_of(self, query: Query, label: Phrase) -> Phrase | None:
        """The context where the label is elliptic: it has no content, or only the base or the whole of the number."""
        whole = {_WHOLE} if query.dimension in _OF_A_WHOLE and not (query.change or label.flags) else set()
        empty = self._vocabulary.soft | _BASES | whole
        if all(concept in empty for concept in label.concepts):
            return self._around(query.context[-LONGEST:]) if query.context else Phrase()
        return None

    def _by_clause(self, query: Query, label: Phrase) -> Match | None:
        """By the nearest clause up to the number that says more than the label, with the label's member in its place.

        A heading may run into that clause without a mark, so what follows its last capital is tried first."""
        before, quoted = _before(query)
        own = self._members(label.concepts)
        for clause in CLAUSE_END.split(f"{before} {quoted}")[: -CLAUSES_BACK - 1 : -1]:
            match = None
            for part in dict.fromkeys((clause[_last_capital(clause) :], clause)):
                said = self._vocabulary.phrase(part)
                kept = [c for c in said.concepts if not any(group in own for group in self._group_of.get(c, ()))]
                if any(concept not in self._vocabulary.soft for concept in kept):
                    concepts = (*kept, *label.concepts)
                    subject = Phrase(concepts, (1,) * len(concepts), said.flags, said.words)
                    match = self._best(self._ask(query, label, subject), query)
                    if match.indicator:
                        return match
            if match is not None:
                return match
        return None

    def _ask(self, query: Query, label: Phrase, subject: Phrase | None) -> _Asked:
        """`subject` speaks for the label when that is elliptic."""
        context = self._around(query.context[-LONGEST:]) if query.context else Phrase()
        sentence = self._around(query.sentence[-LONGEST:]) if query.sentence else Phrase()
        around = context.flags | sentence.flags
        measured = Measured(
            query.dimension or STATUS_UNIT,
            query.per,
            query.change,
            "growth" in label.flags,
            bool(label.flags),
            bool(around) and not sentence.level,
        )
        spoken = label if subject is None else subject
        segments: dict[str, list[int]] = {}
        for concept, segment in zip(spoken.concepts, spoken.segments, strict=True):
            places = segments.setdefault(concept, [])
            if not places or places[-1] != segment:
                places.append(segment)
        self._bracket(segments, sentence)
        asked = _Asked(
            label=segments,
            context=frozenset(context.concepts),
            sentence=frozenset(sentence.concepts),
            measured=measured,
            elliptic=subject is not None,
            parted=len({segment for places in segments.values() for segment in places}) > 1,
            owners=spoken.owners,
            said=spoken.said,
            words=label.words,
            open=self._open_to(measured),
        )
        asked.members = self._members(segments)
        asked.belief = dict.fromkeys(asked.sentence, FROM_SENTENCE)
        for concept in asked.context:
            asked.belief[concept] = FROM_CONTEXT
        for concept in list(asked.belief):
            if any(asked.members.get(group) for group in self._group_of.get(concept, ())):
                del asked.belief[concept]  # the label itself names another member: "nông thôn" after "đô thị"
        for concept in (*segments, *label.concepts, *_SAID_BY_BASE.get(query.per or "", ())):
            asked.belief[concept] = 1.0
        return asked

    @staticmethod
    def _bracket(segments: dict[str, list[int]], sentence: Phrase) -> None:
        """Put behind the label what the sentence has in brackets only, where labels have lost their brackets."""
        if not sentence.segments or min(sentence.segments) > 0:
            return
        open_ones = {concept for concept, at in zip(sentence.concepts, sentence.segments, strict=True) if at > 0}
        bracketed = set(sentence.concepts) - open_ones
        if bracketed.isdisjoint(segments) or open_ones.isdisjoint(segments):
            return
        behind = max(abs(segment) for places in segments.values() for segment in places) + 1
        for concept in bracketed & segments.keys():
            segments[concept] = [-behind]

    def _candidates(self, asked: _Asked) -> list[_Phrasing]:
        said: dict[int, float] = {}
        postings = asked.open.postings
        for concept in asked.label:
            for number, share in postings.get(concept, ()):
                said[number] = said.get(number, 0.0) + share
        return [self._phrasings[number] for number, share in said.items() if share >= LEAST_IN_LABEL]

    def _open_to(self, measured: Measured) -> _Open:
        """The gate and what it lets through, kept for the measures that texts repeat."""
        found = self._gates.get(measured)
        if found is None:
            gate = [
                float(entry.indicator.unit == STATUS_UNIT)
                if measured.dimension == STATUS_UNIT
                else fit(self._units[entry.indicator.unit], measured)
                for entry in self._entries
            ]
            found = _Open(gate, self._passing(bytes(fitness > 0.0 for fitness in gate)))
            if len(self._gates) >= MOST_GATES:
                self._gates.clear()
            self._gates[measured] = found
        return found

    def _postings_of(self, passing: bytes) -> dict[str, list[tuple[int, float]]]:
        """The postings of the entries whose byte is set; many measures let the same ones through."""
        open_ones = [passing[phrasing.entry] for phrasing in self._phrasings]
        postings = ((concept, [p for p in listed if open_ones[p[0]]]) for concept, listed in self._postings.items())
        return {concept: listed for concept, listed in postings if listed}

    def _score(self, phrasing: _Phrasing, asked: _Asked, query: Query, reached: float) -> float:
        """Every factor is at most 1, so a score that falls to `reached`, of another phrasing, need not be finished."""
        entry = self._entries[phrasing.entry]
        score = asked.open.gate[phrasing.entry]
        if score == LEVEL_WITH_RATE_WORDS and phrasing.of_change:
            score = 1.0  # "đóng góp vào tăng trưởng": its own words are of change
        belief = asked.belief
        centre = self._centre(phrasing, asked) if asked.parted else None
        covered = 0.0
        for concept, weight in phrasing.weights.items():
            trust = belief.get(concept, 0.0)
            if trust == 1.0 and centre is not None and concept in asked.label:
                trust = APART[min(_steps(asked.label[concept], centre), len(APART) - 1)]
            covered += weight * trust
        covered /= phrasing.total
        score *= covered
        if score < THRESHOLD / 2 or score <= reached:
            return score
        score *= self._explained(phrasing, entry, asked, centre)
        if score <= reached:
            return score
        for group, members in phrasing.members.items():
            spoken = asked.members.get(group)
            if spoken:
                if not spoken & members:
                    score *= CONFLICT
            elif not any(member in belief for member in members):
                score *= MEMBER_MISSING
        for group, members in entry.members.items():
            if group not in phrasing.members and not any(member in belief for member in members):
                score *= NAME_MEMBER_MISSING
        for group, members in asked.members.items():
            if group in phrasing.members or group == "head" or members & entry.concepts:
                continue
            if not members & self._breakdowns.concepts_of(entry.indicator.breakdowns):
                score *= UNEXPECTED
        if asked.elliptic:
            score *= ELLIPTIC
        way = {"increase": "up", "decrease": "down"}.get(query.change or "")
        if way and entry.direction and way != entry.direction:
            score *= WRONG_WAY
        if score >= THRESHOLD / 2 and self._ruled_out(phrasing, entry, asked):
            return 0.0
        return score

    def _centre(self, phrasing: _Phrasing, asked: _Asked) -> int:
        """The segment that says most of the phrasing; of equal ones the last, which is nearest to most numbers."""
        said: dict[int, float] = {}
        for concept, weight in phrasing.weights.items():
            for segment in asked.label.get(concept, ()):
                said[segment] = said.get(segment, 0.0) + weight
        return max(said, key=lambda segment: (said[segment], segment))

    def _explained(self, phrasing: _Phrasing, entry: _Entry, asked: _Asked, centre: int | None) -> float:
        parts = self._breakdowns.concepts_of(entry.indicator.breakdowns)
        near: list[int] = []
        if centre is not None:
            near = [
                segment
                for concept, segments in asked.label.items()
                if concept in phrasing.concepts
                for segment in segments
                if abs(segment - centre) < FAR_APART
            ]
        known = total = 0.0
        for concept, segments in asked.label.items():
            weight = self._weight(concept)
            if concept in phrasing.concepts:
                known += weight
            elif concept in entry.concepts:
                known += weight * KNOWN_ELSEWHERE
            elif concept in parts:
                known += weight * KNOWN_AS_PART
            elif near and segments[0] not in near:
                steps = min(_steps(segments, segment) for segment in near)
                weight *= IN_BRACKETS if segments[0] < 0 else FAR**steps
            elif concept in asked.owners:
                weight *= OWNER
            elif concept in asked.said:
                weight *= SAID
            total += weight
        return known / total if total else 0.0

    def _weight(self, concept: str) -> float:
        weight = self._weights.get(concept)
        if weight is None:
            weight = SOFT if concept in self._vocabulary.soft else UNKNOWN * _length_factor(concept)
        return weight

    def _ruled_out(self, phrasing: _Phrasing, entry: _Entry, asked: _Asked) -> bool:
        """Whether a negative phrasing is said: word for word, or by all of its concepts in another order."""
        return any(
            words in asked.words
            or (
                concepts and not asked.elliptic and concepts <= asked.label.keys() and not concepts <= phrasing.concepts
            )
            for concepts, words in entry.negatives
        )

    def _decide(self, ranked: list[tuple[float, _Phrasing]], asked: _Asked, query: Query) -> Match:
        if not ranked:
            return Match(None, 0.0, None, 0.0, ("no phrasing of this unit shares enough words",), None)
        score, phrasing = ranked[0]
        indicator = self._entries[phrasing.entry].indicator
        runner_up, runner_up_score = None, 0.0
        if len(ranked) > 1:
            runner_up, runner_up_score = self._entries[ranked[1][1].entry].indicator.id, ranked[1][0]
        reasons = self._reasons(phrasing, asked)
        if score < THRESHOLD:
            reasons = (f"best is {indicator.id}, below {THRESHOLD}", *reasons)
            return Match(None, round(score, 4), indicator.id, round(score, 4), reasons, None)
        rival: _Phrasing | None = phrasing
        if runner_up_score >= THRESHOLD and score - runner_up_score < NEGATIVE_AROUND and self._unwanted(ranked, query):
            rival = ranked[1][1]
        elif score - runner_up_score < STEP:
            rival = self._told_apart(ranked, asked)
        if rival is not phrasing and rival is not None:
            runner_up, runner_up_score, score = indicator.id, score, runner_up_score
            phrasing, indicator = rival, self._entries[rival.entry].indicator
            reasons = ("nearer in its exact words or its context", *self._reasons(phrasing, asked))
        if rival is None:
            reasons = (f"{indicator.id} and {runner_up} fit equally well", *reasons)
            return Match(None, round(score, 4), runner_up, round(runner_up_score, 4), reasons, None)
        breakdown = self._breakdowns.find(query.label, query.sentence, indicator)
        return Match(indicator.id, round(score, 4), runner_up, round(runner_up_score, 4), reasons, breakdown)

    def _unwanted(self, ranked: list[tuple[float, _Phrasing]], query: Query) -> bool:
        """Whether the clause before rules out the best, and the next says that too: jobs "in tourism" before jobs."""
        (_, best), (_, following) = ranked[:2]
        if not best.concepts < following.concepts:
            return False
        beside = self._around(_clause_before(query)).words
        return any(words in beside for _, words in self._entries[best.entry].negatives)

    def _told_apart(self, ranked: list[tuple[float, _Phrasing]], asked: _Asked) -> _Phrasing | None:
        """Of the two best, the one whose exact words are clearly nearer to the label; None when neither is."""
        first, second = ranked[0][1], ranked[1][1]
        likeness = [fuzz.token_sort_ratio(asked.words, self._vocabulary.phrase(p.text).words) for p in (first, second)]
        if abs(likeness[0] - likeness[1]) < NEARER:
            return None
        return first if likeness[0] > likeness[1] else second

    def _reasons(self, phrasing: _Phrasing, asked: _Asked) -> tuple[str, ...]:
        reasons = [f"phrasing: {phrasing.text}"]
        missing = sorted(phrasing.concepts - asked.belief.keys())
        unexplained = sorted(asked.label.keys() - self._entries[phrasing.entry].concepts)
        if missing:
            reasons.append(f"not said: {', '.join(missing)}")
        if unexplained:
            reasons.append(f"not explained: {', '.join(unexplained)}")
        if asked.elliptic:
            reasons.append("the context speaks for an elliptic label")
        return tuple(reasons)


def _union(phrases: list[tuple[str, Phrase]]) -> frozenset[str]:
    return frozenset(concept for _, phrase in phrases for concept in phrase.concepts)


def _group_index(vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    index: dict[str, list[str]] = {}
    for group, members in vocabulary.groups.items():
        for member in members:
            index.setdefault(member, []).append(group)
    return {concept: tuple(groups) for concept, groups in index.items()}


def _before(query: Query) -> tuple[str, str]:
    """The context up to the quoted sentence, and that sentence; nothing is cut off where the context lacks it."""
    context, quoted = " ".join(query.context[-LONGEST:].split()), " ".join(query.sentence[-LONGEST:].split())
    if not quoted:
        return context, ""
    at = context.rfind(quoted)
    if at < 0:  # a context of limited length may end within the sentence
        lengths = range(min(len(quoted), len(context)), LEAST_OVERLAP - 1, -1)
        at = next((len(context) - length for length in lengths if context.endswith(quoted[:length])), -1)
    return (context, "") if at < 0 else (context[:at], quoted)


def _last_capital(clause: str) -> int:
    """Where the last word with a capital stands between words without: a heading ends and a sentence begins; else 0."""
    words = [(found.start(), found[0][0]) for found in WORD.finditer(clause) if found[0][0].isalpha()]
    return max(
        (
            at
            for (_, before), (at, first), (_, after) in zip(words, words[1:], words[2:], strict=False)
            if first.isupper() and before.islower() and after.islower()
        ),
        default=0,
    )


def _clause_before(query: Query) -> str:
    """What stands before the quoted sentence in the same clause; nothing when the context lacks the sentence."""
    before, quoted = _before(query)
    return CLAUSE_END.split(before)[-1] if quoted else ""


def _steps(segments: list[int], centre: int) -> int:
    """Steps of punctuation between a segment and the nearest of others; brackets are a step beyond their place."""
    return min(abs(abs(segment) - abs(centre)) for segment in segments)


def _length_factor(concept: str) -> float:
    """Compounds say more than syllables, but not in proportion."""
    return 0.45 + 0.3 * min(concept.count(" ") + 1, 3)


def _way(flags: frozenset[str]) -> str | None:
    if "down" in flags:
        return "down"
    return "up" if flags else None
