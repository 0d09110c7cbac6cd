"""One sentence to statements: years, clauses, labels, levels and territory for each quantity, refusals for the rest."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extract.clauses import Clause, cut_clauses, mask, says_annual
from extract.decisions import Surroundings, decide, find_cues
from extract.labels import read_clauses
from extract.model import Measure, Refusal, Statement
from extract.number_kinds import refuse_kind
from extract.number_meaning import base_in_subject, change_of, year_basis
from extract.quantities import Quantity, Refused, Scan, scan
from extract.territories import Owner, Territory, owners
from extract.times import Time, find_times
from extract.tokens import Token
from extract.vocabulary import Hit, canonical_words, phrase_table, word_set
from extract.year_scopes import YearScope, own_years

_BARE_REVENUE = word_set("bare_revenue")
_NOT_REVENUE = word_set("words_of_other_amounts")
_IN_SUBJECTS = ("count", "multiple", "bare", "tonne", "person", "month", "head")
_SUBJECT_AT_MOST = 18
_OWNED_AT_MOST = 4
_OPEN_BOUNDS = ("ge", "gt", "le", "lt", "from")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as tokens, with what was found in it."""

    tokens: list[Token]
    words: list[str]
    times: list[Time]
    scan: Scan
    cues: list[Hit]


@dataclass(frozen=True, slots=True)
class Read:
    """What one sentence gave, and what it hands on to the next."""

    statements: tuple[Statement, ...]
    refusals: tuple[Refusal, ...]
    opening: YearScope | None
    labels: tuple[str, ...]


def open_sentence(tokens: list[Token]) -> Sentence:
    words = canonical_words(tokens)
    times = find_times(tokens, words)
    found = scan(tokens, words, times)
    ages = [q for q in found.quantities if q.dimension == "year_age" and not _lifetime(words, q)]
    kept = tuple(quantity for quantity in found.quantities if quantity not in ages)
    inner = _in_predicates(words, kept)
    refused = (
        *found.refused,
        *(Refused(q.start, q.end, "age or duration") for q in ages),
        *(Refused(q.start, q.end, "part of another target's predicate") for q in inner),
    )
    kept = _baselines(words, tuple(quantity for quantity in kept if quantity not in inner))
    kept = spread_comparator(words, kept)
    climbs = [(left.start, right.start) for left, right in itertools.pairwise(kept) if left.baseline]
    times = [_compared(time) if any(low <= time.start < high for low, high in climbs) else time for time in times]
    compared = [(time.start, time.end) for time in times if time.role == "baseline"]
    cues = [cue for cue in find_cues(words) if not _closing(words, cue)]
    cues = [cue for cue in cues if not any(low <= cue.start < high for low, high in (*climbs, *compared))]
    return Sentence(tokens, words, times, Scan(kept, refused), cues)


def _closing(words: Sequence[str], cue: Hit) -> bool:
    """số đối tượng truy nã hiện có và ...: said of the noun in front."""
    return cue.entry.phrase in ("hiện có", "đang có", "đã có") and words[cue.end : cue.end + 1] in (
        [","],
        ["và"],
        [";"],
    )


def _compared(time: Time) -> Time:
    """từ 27,1% năm 2005 xuống còn 20%: the year is that of the number that is left behind."""
    return replace(time, role="baseline")


def spread_comparator(words: Sequence[str], quantities: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """đạt tối thiểu: cấp tỉnh 80%; cấp huyện 65%: a bound in front of a colon holds for the whole list."""
    table = phrase_table("comparators")
    result = list(quantities)
    for i in range(1, len(words)):
        if words[i] != ":":
            continue
        hits = [hit for start in range(max(0, i - 3), i) if (hit := table.at(words, start)) and hit.end == i]
        if not hits or hits[0].entry.fields["comparator"] == "from" or hits[0].entry.fields["place"] != "before":
            continue
        bound = hits[0].entry.fields["comparator"]
        for n, quantity in enumerate(result):
            if quantity.start > i and quantity.comparator == "eq":
                result[n] = replace(quantity, comparator=bound, spread_from=hits[0].start)  # type: ignore[arg-type]
    return tuple(result)


def _lifetime(words: Sequence[str], quantity: Quantity) -> bool:
    """tuổi thọ, số năm sống khỏe, tuổi kết hôn: lengths that can be targets; all other ages are thresholds."""
    front = words[max(0, quantity.start - 16) : quantity.start]
    return any(word in front for word in ("thọ", "hôn")) or ("sống" in front and "khỏe" in front)


def _in_predicates(words: Sequence[str], quantities: Sequence[Quantity]) -> list[Quantity]:
    """100% xã có ít nhất 01 điểm ...: the second number is part of what the first one counts."""
    inner: list[Quantity] = []
    owned = phrase_table("owned_measures")
    for left, right in itertools.pairwise(quantities):
        if right.dimension == "percent" and left.dimension in _IN_SUBJECTS and _inside_subject(words, left, right):
            inner.append(left)
            continue
        if left.dimension == "percent" and right.comparator in ("ge", "from") and _threshold(words, left, right):
            inner.append(right)
            continue
        tail = range(max(left.end, right.start - _OWNED_AT_MOST), right.start)
        if right.comparator in _OPEN_BOUNDS and any(
            (hit := owned.at(words, i)) and hit.end == right.start for i in tail
        ):
            inner.append(right)
            continue
        if left.dimension != "percent" or right.dimension not in ("count", "person", "metre", "bare", "mbps", "head"):
            continue
        between = words[left.end : right.start]
        if ";" in between or "." in between or not between:
            continue
        verb = between[-1] in ("có", "với", "đạt", "từ", "lập") or (right.dimension == "mbps" and "tốc" in between)
        if verb and between[0][0].isalpha() and "và" not in (between[0], *between[-2:-1]):
            inner.append(right)
    return inner


def _threshold(words: Sequence[str], left: Quantity, right: Quantity) -> bool:
    """100% xe khách từ 9 chỗ trở lên lắp camera: which ones are meant."""
    between, opens = words[left.end : right.start], words[right.start : right.start + 1]
    onward = words[right.end - 2 : right.end + 4]
    return (
        bool(between)
        and opens == ["từ"]
        and right.dimension not in ("percent", "vnd", "usd")
        and not {",", ";", ".", ":", "và"} & set(between)
        and any(onward[i : i + 2] == ["trở", "lên"] for i in range(len(onward)))
    )


def _inside_subject(words: Sequence[str], left: Quantity, right: Quantity) -> bool:
    """Tỷ lệ phụ nữ được khám thai ít nhất 4 lần đạt 90%: the first number belongs to what the share is of."""
    between = words[left.end : right.start]
    if ";" in between or "." in between or "," in between:
        return False
    for i in range(left.start - 1, max(-1, left.start - _SUBJECT_AT_MOST), -1):
        if words[i] in (";", ".", ","):
            return False
        if words[i - 1 : i + 1] == ["tỷ", "lệ"]:
            return True
    return False


def _baselines(words: Sequence[str], quantities: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """từ 55% (năm 2020) lên 65%: the first number is the baseline. A lone "từ" is a bound."""
    result = list(quantities)
    for n, quantity in enumerate(result):
        if quantity.comparator != "from":  # type: ignore[comparison-overlap]
            continue
        follower = result[n + 1] if n + 1 < len(result) else None
        between = words[quantity.end : follower.start + (follower.core - follower.start)] if follower else []
        climbs = (
            follower is not None
            and len(between) <= 14
            and ";" not in between
            and any(word in ("lên", "xuống", "còn", "về") for word in between)
        )
        if climbs:
            result[n] = replace(quantity, comparator="eq", baseline=True)
            result[n + 1] = replace(result[n + 1], risen_from=quantity.start)
        else:
            result[n] = replace(quantity, comparator="ge")
    return tuple(result)


def read_sentence(
    text: str,
    sentence: Sentence,
    around: Surroundings,
    territory: Territory,
    previous: Sequence[str] = (),
    named: Sequence[str] = (),
) -> Read:
    """Statements and refusals of one sentence. `text` is the document; offsets refer to it; see labels.read_clauses for
    `previous` and `named`."""
    tokens, words = sentence.tokens, sentence.words
    refusals = [Refusal(tokens[r.start].start, tokens[r.end - 1].end, r.reason) for r in sentence.scan.refused]
    quantities = sentence.scan.quantities
    opening = _opening(sentence)
    if words[:1] in (["căn"], ["xét"]) and words[1:2] in (["cứ"], ["tờ"], ["đề"], ["báo"]):
        return Read((), tuple(refusals), None, ())
    if not quantities:
        return Read((), tuple(refusals), opening, ())
    years = own_years(words, quantities, sentence.times, handed_down=bool(around.scopes))
    spans = cut_clauses(words, quantities, 0, len(words))
    hidden = mask(words, quantities, sentence.times)
    clauses = read_clauses(words, quantities, spans, hidden, around.subject, previous, named)
    statements: list[Statement] = []
    belongs = owners(text, tokens, words, quantities, territory)
    for quantity, clause, own, owner in zip(quantities, clauses, years, belongs, strict=True):
        scopes: list[YearScope | None] = [_to_the_end(scope, words, clause, around) for scope in own]
        scopes = scopes or list(around.scopes[:1]) or [None]
        reason = refuse_kind(words, quantity, clause)
        kept = False
        for scope in scopes:
            why = reason or decide(words, quantity, clause, sentence.cues, sentence.times, scope, around)
            if why is None and scope is None and not _may_lack_year(sentence, quantity, around):
                why = "no year stated or handed down"
            if why is None:
                kept = True
                statements.extend(_statement(text, sentence, quantity, clause, scope, around, territory, owner))
            elif not kept:
                refusals.append(Refusal(tokens[quantity.start].start, tokens[quantity.end - 1].end, why))
    return Read(tuple(statements), tuple(refusals), opening, tuple(clause.label for clause in clauses))


def _to_the_end(scope: YearScope, words: Sequence[str], clause: Clause, around: Surroundings) -> YearScope:
    """từ năm 2012 hằng năm ...: every year up to the last one of the plan."""
    last = around.scopes[0].year if around.scopes else scope.year
    if scope.role != "from" or last <= scope.year or not says_annual(words, clause):
        return scope
    return replace(scope, year=last, period_start=scope.year, role="period")


def _may_lack_year(sentence: Sentence, quantity: Quantity, around: Surroundings) -> bool:
    if around.mode != "objective" or around.kind != "plan":
        return False
    return any(cue.entry.fields["cue"] == "commitment" and cue.end <= quantity.start for cue in sentence.cues)


def _opening(sentence: Sentence) -> YearScope | None:
    """A year that opens the sentence and may go on to hold for the next ones."""
    for time in sentence.times:
        if not time.of_target:
            continue
        if time.start <= 8:
            return YearScope(time.year, time.period_start, time.role, "bullet")
        break
    return None


def _statement(
    text: str,
    sentence: Sentence,
    quantity: Quantity,
    clause: Clause,
    scope: YearScope | None,
    around: Surroundings,
    territory: Territory,
    owner: Owner,
) -> list[Statement]:
    tokens, words = sentence.tokens, sentence.words
    change = change_of(words, quantity, clause)
    dimension, per = quantity.dimension, quantity.per
    if per is None:
        per = base_in_subject(words, clause, quantity.start, dimension)
    elif per == "year" and dimension in ("vnd", "usd"):
        per = base_in_subject(words, clause, quantity.start, dimension) or per
    basis, period_start = year_basis(words, quantity, clause, scope, change, per)
    opens = clause.start if quantity.spread_from is None else min(clause.start, quantity.spread_from)
    closes = clause.end
    while closes > quantity.end and words[closes - 1] in (",", ";", "và", "("):
        closes -= 1
    first, last = tokens[opens], tokens[closes - 1]
    if phrase_table("firms").find(words[clause.start : quantity.start]):
        owner = (territory.home, "firm")
    rules = [quantity.dimension, f"year:{scope.source}" if scope else "year:none", f"mode:{around.mode}"]
    if scope is not None and scope.period_start is None:
        rules.append(f"year-role:{scope.role}")
    statement = Statement(
        label=_with_topic(clause.label, dimension, around),
        value=quantity.value,
        value_max=quantity.value_max,
        comparator=quantity.comparator,
        value_basis=quantity.value_basis,
        measure=Measure(dimension, per, change, quantity.unit_text),  # type: ignore[arg-type]
        year=scope.year if scope else None,
        year_basis=basis,
        period_start=period_start,
        baseline_year=_baseline_year(sentence, quantity, clause),
        levels=clause.levels,
        territory=owner[0],
        territory_level=owner[1],  # type: ignore[arg-type]
        quote=text[first.start : last.end],
        char_start=first.start,
        char_end=last.end,
        value_start=tokens[quantity.core].start,
        value_end=tokens[quantity.core_end - 1].end,
        section=around.path,
        year_source=scope.source if scope else None,
        context=" ".join((around.subject, *around.path[-2:])),
        rules=tuple(rules),
    )
    return [statement]


def _with_topic(label: str, dimension: str, around: Surroundings) -> str:
    """A bare amount on a page about revenue or exports is one: được giao 18.900 tỷ đồng."""
    named = {hit.entry.phrase for hit in phrase_table("money_targets").find(label.split())}
    if dimension not in ("vnd", "usd") or not around.money_topic or named - _BARE_REVENUE:
        return label
    if not _NOT_REVENUE.isdisjoint(label.split()):
        return label
    return around.money_topic


def _baseline_year(sentence: Sentence, quantity: Quantity, clause: Clause) -> int | None:
    for time in sentence.times:
        if time.role == "baseline" and clause.start <= time.start < clause.end + 12 and time.start >= quantity.end:
            return time.year
    return None
