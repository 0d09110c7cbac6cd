"""Numbers that are no targets whatever is said around them: ages, durations, scores, sizes of things, meta counts."""

from __future__ import annotations

from collections.abc import Sequence

from extract.clauses import Clause
from extract.quantities import Quantity
from extract.vocabulary import Hit, phrase_table, word_set

_LEADS_TO_SIZE = word_set("words_before_a_size")
_WITHOUT_UNIT = word_set("index_names") | word_set("measures_without_unit")


def refuse_kind(words: Sequence[str], quantity: Quantity, clause: Clause) -> str | None:
    """Reasons that lie in the number itself: ages, durations, meta counts, bare numbers."""
    behind = words[quantity.end : quantity.end + 4]
    front = words[max(0, quantity.core - 3) : quantity.core]
    if quantity.baseline:
        return "baseline"
    if quantity.dimension == "year_age" and not _lifetime(words, clause):
        return "age or duration"
    if quantity.dimension in ("day", "hour", "minute", "month") and not _stay(words, clause):
        return "age or duration"
    if quantity.dimension == "bare" and not clause.paired and not _index(words, clause):
        return "number without unit or noun"
    if quantity.dimension == "point" and not _index(words, clause) and not _counted_points(words, clause):
        return "score"
    if quantity.dimension not in ("percent", "rank", "person", "visit") and _attribute(words, quantity, clause):
        return "size of a thing"
    if quantity.noun:
        hit = phrase_table("meta_nouns").at(words, quantity.end) if quantity.end < len(words) else None
        if hit and hit.entry.fields["reason"] and not _average(words, clause, hit):
            return hit.entry.fields["reason"]
        if behind[:1] == ["bậc"] or behind[:1] == ["hạng"]:
            return "change of rank"
    if words[quantity.start - 1 : quantity.start] == ["("] and behind[:2] == [")", ":"]:
        return "share of a heading"
    if quantity.dimension == "household" and behind[:1] == ["nghèo"] and "chuẩn" in front:
        return "name with digits"
    return None


def _attribute(words: Sequence[str], quantity: Quantity, clause: Clause) -> bool:
    """dài 66 km, trọng tải đến 200 tấn, công suất 7.000 m3/ngày: the size of one thing. A total (tổng ...) is not."""
    table = phrase_table("attributes")
    front = quantity.start
    while front > 0 and (words[front - 1] == ":" or words[front - 1] in _LEADS_TO_SIZE):
        front -= 1
    for start in range(max(0, front - 3), front):
        hit = table.at(words, start)
        if hit and hit.end == front:
            return hit.entry.fields["kind"] == "thing" and "tổng" not in words[max(0, start - 3) : start]
    return False


_SHORTEST_SUBJECT = 3
_PER_MANY = ("_pop", "births", "girls", "women")
_SHORTENED = word_set("words_of_shortening")


def _average(words: Sequence[str], clause: Clause, hit: Hit) -> bool:
    """bình quân mỗi xã đạt 17 tiêu chí: criteria that are reached, not those of the plan."""
    return hit.entry.phrase == "tiêu chí" and "xã" in words[clause.start : hit.start]


def _lifetime(words: Sequence[str], clause: Clause) -> bool:
    before = words[max(0, clause.pre[0] - 12) : clause.pre[1]]
    return (
        ("tuổi" in before and "thọ" in before)
        or ("sống" in before and ("khỏe" in before or "khoẻ" in before))
        or ("kết" in before and "hôn" in before)
    )


def _stay(words: Sequence[str], clause: Clause) -> bool:
    before = words[clause.pre[0] : clause.pre[1]]
    if ("lưu" in before and "trú" in before) or ("ngày" in before and "khách" in before):
        return True
    return "thời" in before and not _SHORTENED.isdisjoint(before)


def _index(words: Sequence[str], clause: Clause) -> bool:
    before = words[clause.pre[0] : clause.pre[1]]
    based = any(hit.entry.fields["per"].endswith(_PER_MANY) for hit in phrase_table("bases").find(before))
    return (
        based
        or any(word in _WITHOUT_UNIT for word in before)
        or ("chỉ" in before and "số" in before)
        or "tỷ số" in " ".join(before)
        or _counts_its_subject(before)
    )


def _counts_its_subject(before: Sequence[str]) -> bool:
    """số doanh nghiệp khoa học và công nghệ đạt 80: the noun stands in the subject."""
    counted = before[:1] == ["số"] or before[:2] == ["tổng", "số"]
    return counted and len(before) > _SHORTEST_SUBJECT and before[-1] in ("đạt", "là", "lên", "còn")


def _counted_points(words: Sequence[str], clause: Clause) -> bool:
    """số điểm chấp nhận thanh toán ... 4.500 điểm: places, not a score."""
    before = words[clause.pre[0] : clause.pre[1]]
    return any(before[i : i + 2] == ["số", "điểm"] for i in range(len(before)))
