"""One sentence to statements: years, clauses, labels, levels and territory for each quantity, refusals for the rest."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extract.clauses import Clause, cut_clauses, mask, says_annual
from extract.decisions import Surroundings, decide, find_cues, refuse_kind
from extract.labels import read_clauses
from extract.model import Measure, Refusal, Statement, YearBasis
from extract.quantities import Quantity, Refused, Scan, scan
from extract.territories import Owner, Territory, owners
from extract.times import Time, find_times
from extract.tokens import Token
from extract.vocabulary import Hit, canonical_words, phrase_table, word_set
from extract.year_scopes import YearScope, own_years

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
    cues = [cue for cue in find_cues(words) if not any(low <= cue.start < high for low, high in climbs)]
    return Sentence(tokens, words, times, Scan(kept, refused), cues)


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
        if verb and between[0][0].isalpha() and between[0] != "và":
            inner.append(right)
    return inner


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


def _change(words: Sequence[str], quantity: Quantity, clause: Clause) -> str | None:
    """increase or decrease when the number says by how much, not where to."""
    window = list(words[max(clause.start, quantity.start - 14) : quantity.start])
    if ":" in window:
        window = window[len(window) - window[::-1].index(":") :]
    if "góp" in window:
        return None
    for i in range(len(window) - 1, -1, -1):
        word = window[i]
        if word in _LEVEL_VERBS and not (
            (word in ("đạt", "là") and any(grow in window for grow in ("trưởng",))) or _rate(window[:i], word)
        ):
            return None
        if word in ("tăng", "gấp") or (word == "trưởng" and window[i - 1 : i] == ["tăng"]):
            return None if window[i + 1 : i + 2] == ["cường"] else "increase"
        if word in ("giảm", "cắt") or (word == "hạ" and window[i + 1 : i + 2] != ["tầng"]):
            return "decrease"
    if (
        quantity.dimension == "percent"
        and words[quantity.end : quantity.end + 2] == ["so", "với"]
        and quantity.per is None
    ):
        return "increase" if "vượt" in window else None
    return None


_LEVEL_VERBS = word_set("level_verbs")


def _rate(front: Sequence[str], word: str) -> bool:
    """tốc độ tăng ... đạt 7%; chỉ số ... tăng: the subject itself is a rate."""
    return word in ("đạt", "là", "ở", "còn") and any(
        front[i : i + 2] in (["tốc", "độ"], ["tăng", "trưởng"], ["tăng", "bình"], ["mức", "tăng"])
        for i in range(len(front))
    )


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
    change = _change(words, quantity, clause)
    dimension, per = quantity.dimension, quantity.per
    if per is None:
        per = _base_in_subject(words, clause, quantity.start, dimension)
    elif per == "year" and dimension in ("vnd", "usd"):
        per = _base_in_subject(words, clause, quantity.start, dimension) or per
    basis, period_start = _basis(words, sentence, quantity, clause, scope, change, per)
    opens = clause.start if quantity.spread_from is None else min(clause.start, quantity.spread_from)
    first, last = tokens[opens], tokens[clause.end - 1]
    while last.text in (",", ";", "và", "(") and last.start > tokens[quantity.end - 1].start:
        last = tokens[tokens.index(last) - 1]
    if phrase_table("firms").find(words[clause.start : quantity.start]):
        owner = (territory.home, "firm")
    rules = [quantity.dimension, f"year:{scope.source}" if scope else "year:none", f"mode:{around.mode}"]
    if scope is not None and scope.period_start is None:
        rules.append(f"year-role:{scope.role}")
    statement = Statement(
        label=clause.label,
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


def _base_in_subject(words: Sequence[str], clause: Clause, quantity_start: int, dimension: str) -> str | None:
    """Số bác sĩ trên 10.000 dân: the base stands in the subject."""
    for hit in phrase_table("bases").find(words[clause.start : clause.end]):
        per = hit.entry.fields["per"]
        if (
            per.endswith("_pop")
            or per.endswith("births")
            or per.endswith("girls")
            or (per == "ha" and "ha" not in dimension)
        ):
            return per
    front = words[clause.start : quantity_start]
    if any(front[i : i + 2] == ["đầu", "người"] for i in range(len(front))) or (
        dimension in ("vnd", "usd")
        and any(front[i : i + 4] == ["thu", "nhập", "bình", "quân"] for i in range(len(front)))
    ):
        return {"vnd": "person_year", "usd": "person_year", "square_metre": "person"}.get(dimension)
    return None


def _baseline_year(sentence: Sentence, quantity: Quantity, clause: Clause) -> int | None:
    for time in sentence.times:
        if time.role == "baseline" and clause.start <= time.start < clause.end + 12 and time.start >= quantity.end:
            return time.year
    return None


def _basis(
    words: Sequence[str],
    sentence: Sentence,
    quantity: Quantity,
    clause: Clause,
    scope: YearScope | None,
    change: str | None,
    per: str | None,
) -> tuple[YearBasis, int | None]:
    """(year_basis, period_start) of one quantity."""
    period_start = scope.period_start if scope and scope.role in ("period", "season") else None
    average = "bình" in words[clause.start : quantity.start] and _has(
        words, clause.start, quantity.start, ("bình", "quân")
    )
    yearly = per == "year" or says_annual(words, clause)
    growth = change is not None and quantity.dimension == "percent" and _is_rate(words, clause, quantity)
    if yearly and quantity.dimension not in ("year_age",):
        return "annual", period_start
    if growth:
        single = scope is not None and scope.single
        return "annual", period_start if period_start else (scope.year if single and scope else None)
    single_year = scope is not None and scope.single
    if period_start is not None:
        if per is not None:
            return "by", None
        if quantity.dimension in ("percent", "index", "rank"):
            if average:
                return "annual", period_start
            return "by", None
        return "period", period_start
    if _added(words, clause, quantity) and quantity.dimension not in ("percent", "index", "rank", "multiple"):
        return ("annual", scope.year) if single_year and scope else ("period", None)
    return "by", None


def _is_rate(words: Sequence[str], clause: Clause, quantity: Quantity) -> bool:
    window = words[clause.start : quantity.start]
    return any(
        _has(window, 0, len(window), phrase) for phrase in (("tốc", "độ"), ("tăng", "trưởng"), ("bình", "quân"))
    ) or (window[-1:] == ["tăng"])


def _has(words: Sequence[str], low: int, high: int, phrase: tuple[str, ...]) -> bool:
    size = len(phrase)
    return any(tuple(words[i : i + size]) == phrase for i in range(low, max(low, high - size + 1)))


def _added(words: Sequence[str], clause: Clause, quantity: Quantity) -> bool:
    """thêm 20 thôn, trồng mới 2.500 ha, thành lập mới 300 doanh nghiệp: an increment, not the level."""
    near = words[max(clause.start, quantity.start - 4) : quantity.start]
    return "thêm" in near or "mới" in near
