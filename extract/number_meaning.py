"""What a number says: a level or a change, of one year, of each or of a period, and per what."""

from __future__ import annotations

from collections.abc import Sequence

from extract.clauses import Clause, says_annual
from extract.model import YearBasis
from extract.quantities import Quantity
from extract.vocabulary import phrase_table, word_set
from extract.year_scopes import YearScope

_LEVEL_VERBS = word_set("level_verbs")
_COUNTED = ("count", "person", "household", "visit", "hectare")


def change_of(words: Sequence[str], quantity: Quantity, clause: Clause) -> str | None:
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


def _rate(front: Sequence[str], word: str) -> bool:
    """tốc độ tăng ... đạt 7%; chỉ số ... tăng: the subject itself is a rate."""
    return word in ("đạt", "là", "ở", "còn") and any(
        front[i : i + 2] in (["tốc", "độ"], ["tăng", "trưởng"], ["tăng", "bình"], ["mức", "tăng"])
        for i in range(len(front))
    )


def base_in_subject(words: Sequence[str], clause: Clause, quantity_start: int, dimension: str) -> str | None:
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


def _says_period(words: Sequence[str], clause: Clause) -> bool:
    table = phrase_table("period_phrases")
    return any(table.at(words, i) is not None for i in range(clause.start, clause.end))


def year_basis(
    words: Sequence[str],
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
    if scope is not None and scope.role == "by" and quantity.dimension in _COUNTED and _says_period(words, clause):
        return "period", None
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
