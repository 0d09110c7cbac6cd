"""The indicator phrase of each quantity: what its clause says, and what a list writes once for all its members."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from extract.clauses import Clause, content_count, find_levels, label_words, trim_end
from extract.quantities import Quantity
from extract.vocabulary import Hit, phrase_table, word_set

_COUNTED = ("person", "household", "visit", "count", "head")
_UNIT_NOUNS_LEFT_OUT = ("fraction", "out of", "rank", "share", "multiple", "whole")
_EXCEPTIONS = word_set("bracket_openers")
_QUOTES = frozenset(("“", "”", '"', "*"))
_INDEX_NAMES = word_set("index_names")
_LONGEST_BRACKET = 7
_LONG_PRE = 14
_STRUCTURE = "cơ cấu"
"""Opens a list of shares of one whole, which the lead alone names: Cơ cấu lao động: nông nghiệp 58%, ..."""
_SECOND = word_set("second_predicates")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A clause taken apart: lead-in before a colon, words before the number, words behind it."""

    lead: list[str]
    pre: list[str]
    post: list[str]


def read_clauses(
    words: Sequence[str],
    quantities: Sequence[Quantity],
    spans: Sequence[tuple[int, int]],
    hidden: Sequence[bool],
    handed_down: str,
    previous: Sequence[str] = (),
    named: Sequence[str] = (),
) -> list[Clause]:
    """One clause a quantity. `handed_down`: subject of the bullet above; `previous`: labels of the sentence before in
    the same block; `named`: labels of the last sentence that had any, for what refers back ("tỷ lệ này")."""
    parts = [_take_apart(words, quantity, span, hidden) for quantity, span in zip(quantities, spans, strict=True)]
    clauses: list[Clause] = []
    head = _Parts([], [], [])
    subject = previous[0] if previous else handed_down
    frame = ""
    respective = _respective(words, quantities, previous, named)
    later: list[list[str]] = []
    for n, (quantity, (start, end), part) in enumerate(zip(quantities, spans, parts, strict=True)):
        levels = find_levels(words, (start, end))
        post = list(part.post)
        if not part.pre and post and not _has_predicate(post):
            later = later or _later_predicates(parts, words, quantities)
            post += later[n]
        own = content_count(part.pre) + content_count(part.post)
        if part.lead:
            subject = " ".join(part.lead)
            frame = subject if subject.startswith(_STRUCTURE) else ""
        if n in respective:
            clauses.append(
                Clause(start, end, (start, quantity.start), (quantity.end, end), respective[n], own, levels, True)
            )
            continue
        shared = not part.pre and bool(head.pre) and n > 0 and own <= 3 and bool(post)
        if shared and _joined(words, quantities[n - 1], quantity):
            label = head.pre + _unit_noun(quantity) + post
        else:
            shared = False
            label = part.pre + _unit_noun(quantity) + post
        phrase = " ".join(label)
        if antecedent := _antecedent(words, start, quantity, named, clauses):
            subject = phrase = antecedent
        elif shared:
            pass
        elif part.lead and not part.pre and part.post and set(part.post) <= set(part.lead):
            phrase = subject
        elif (
            (own <= 1 and not _INDEX_NAMES & set(part.pre))
            or (levels and own <= 4)
            or _part_of_last(words, quantities, start, n)
        ):
            phrase = f"{phrase} {subject}".strip()
        else:
            head = _Parts(part.lead, part.pre, post)
            subject = phrase
        if frame and frame not in phrase:
            phrase = f"{phrase} {frame}"
        clauses.append(Clause(start, end, (start, quantity.start), (quantity.end, end), phrase, own, levels))
    return clauses


def _part_of_last(words: Sequence[str], quantities: Sequence[Quantity], start: int, n: int) -> bool:
    """riêng các huyện nghèo giảm 4%: the same thing as the number before, for some of those it counts."""
    front = words[start : quantities[n].start]
    if n == 0 or "riêng" not in front[:2] or quantities[n - 1].dimension != quantities[n].dimension:
        return False
    openers = phrase_table("subject_openers")
    return not any(openers.at(front, i) for i in range(len(front)))


def refers_back(words: Sequence[str]) -> bool:
    """True when a sentence has "tỷ lệ này", "các tỷ lệ tương ứng" or the like in it."""
    return bool(phrase_table("anaphors").find(words)) or _respectively(words) is not None


def _antecedent(
    words: Sequence[str], start: int, quantity: Quantity, before: Sequence[str], clauses: Sequence[Clause]
) -> str:
    """What "tỷ lệ này", "con số đó" in front of the number stands for: the last label, or the last with that noun."""
    hits = _anaphors(words[start : quantity.start], "one")
    named = [*before, *(clause.label for clause in clauses)] if hits else []
    if not named:
        return ""
    noun = hits[-1].entry.fields["noun"]
    antecedent = next((label for label in reversed(named) if noun in label), named[-1])
    areas = phrase_table("areas")
    own = areas.find(words[start : start + hits[-1].start])
    if not own:
        return antecedent
    kept = antecedent.split()
    for hit in reversed(areas.find(kept)):
        del kept[hit.start : hit.end]
    return " ".join((*kept, own[-1].entry.phrase))


def _anaphors(words: Sequence[str], number: str) -> list[Hit]:
    return [hit for hit in phrase_table("anaphors").find(words) if hit.entry.fields["number"] == number]


def _respective(
    words: Sequence[str], quantities: Sequence[Quantity], previous: Sequence[str], named: Sequence[str]
) -> dict[int, str]:
    """Labels of the quantities behind "lần lượt" or "tương ứng", paired by position; none where the lengths differ."""
    at = _respectively(words)
    if at is None:
        return {}
    run = [n for n, quantity in enumerate(quantities) if quantity.start > at]
    if len(run) < 2 or any(quantities[n].end < at for n in range(run[0])):
        return {}
    if _anaphors(words[:at], "many"):
        run = list(itertools.takewhile(lambda n: n == run[0] or _adjacent(words, quantities[n - 1 : n + 1]), run))
        return dict(zip(run, named, strict=False)) if len(named) >= len(run) else {}
    subjects = _split_list(list(words[:at]))
    if len(subjects) >= len(run):
        labels = subjects[-len(run) :]
    elif len(previous) >= len(run):
        labels = list(previous[: len(run)])
    else:
        return {}
    return dict(zip(run, labels, strict=True))


def _respectively(words: Sequence[str]) -> int | None:
    return next((i for i in range(len(words) - 1) if words[i : i + 2] in (["tương", "ứng"], ["lần", "lượt"])), None)


def _split_list(phrase: list[str]) -> list[str]:
    """Members of "các chỉ số A, B và C trên 10.000 dân"; what stands in front of the first holds for all."""
    items: list[list[str]] = [[]]
    for word in _from_last_verb(phrase):
        if word in (",", ";", "và"):
            items.append([])
        else:
            items[-1].append(word)
    return [" ".join(item) for item in items if content_count(item)]


def _take_apart(words: Sequence[str], quantity: Quantity, span: tuple[int, int], hidden: Sequence[bool]) -> _Parts:
    pre = _without_brackets(label_words(words, (span[0], quantity.start), hidden))
    lead: list[str] = []
    for mark in (":", ";"):
        if mark in pre:
            at = len(pre) - 1 - pre[::-1].index(mark)
            behind = pre[at + 1 :]
            lead = [word for word in pre[:at] if word not in (":", ";")] or lead
            pre = behind
    post = _post(label_words(words, (quantity.end, span[1]), hidden))
    pre = _last_member(trim_end(_from_last_verb(pre)), bool(post))
    return _Parts(trim_end(_from_last_verb(lead)), pre, post)


def _last_member(pre: list[str], has_post: bool) -> list[str]:
    """Of a long run of clauses in front of a number the last one, when it can stand alone."""
    if "," not in pre:
        return pre
    at = len(pre) - 1 - pre[::-1].index(",")
    last = pre[at + 1 :]
    weight = content_count(last)
    if has_post and (weight <= 2 or (weight >= 3 and len(pre) > _LONG_PRE)):
        return last
    if len(pre) > _LONG_PRE and last and phrase_table("subject_openers").at(last, 0) is not None:
        return last
    return pre


def _from_last_verb(phrase: list[str]) -> list[str]:
    """Words behind the last verb of commitment; the words in front of it where none of weight follow."""
    hits = [hit for hit in phrase_table("label_breaks_pre").find(phrase)]
    for hit in reversed(hits):
        behind = phrase[hit.end :]
        if content_count(behind) >= 2:
            return behind
        phrase = phrase[: hit.start] + behind if content_count(phrase[: hit.start]) else behind
    return phrase


def _post(phrase: list[str]) -> list[str]:
    """Words behind a number up to a purpose, a comparison or a list of parts."""
    phrase = [word for word in _without_brackets(phrase) if word not in _QUOTES]
    for hit in phrase_table("label_breaks_post").find(phrase):
        if hit.start > 0 or hit.entry.phrase in ("so với", "trong đó"):
            phrase = phrase[: hit.start]
            break
    if ";" in phrase:
        phrase = phrase[: phrase.index(";")]
    return trim_end(_first_predicate(phrase))


def _first_predicate(phrase: list[str]) -> list[str]:
    """One number with two predicates counts for the first: kết nối mạng diện rộng (và được bảo đảm an toàn)."""
    table = phrase_table("predicates")
    hits = table.find(phrase)
    if not hits:
        return phrase
    for i in range(hits[0].end, len(phrase) - 1):
        second = table.at(phrase, i + 1) if phrase[i] in ("và", ",") else None
        if second and second.entry.phrase in _SECOND and content_count(phrase[hits[0].end : i]) >= 1:
            return phrase[:i]
    return phrase


def _without_brackets(phrase: list[str]) -> list[str]:
    """Without (trừ hồ sơ mật) and other long remarks; short names such as (GRDP) stay."""
    result: list[str] = []
    i = 0
    while i < len(phrase):
        if phrase[i] == "(":
            close = phrase.index(")", i) if ")" in phrase[i:] else len(phrase)
            inner = phrase[i + 1 : close]
            if len(inner) <= _LONGEST_BRACKET and not (inner and inner[0] in _EXCEPTIONS):
                result += inner
            i = close + 1
            continue
        if phrase[i] != ")":
            result.append(phrase[i])
        i += 1
    return result


def _unit_noun(quantity: Quantity) -> list[str]:
    if quantity.dimension in _COUNTED and quantity.unit_text not in _UNIT_NOUNS_LEFT_OUT:
        return quantity.unit_text.split()
    return []


def _has_predicate(phrase: Sequence[str]) -> bool:
    return bool(phrase_table("predicates").find(phrase))


def _later_predicates(parts: Sequence[_Parts], words: Sequence[str], quantities: Sequence[Quantity]) -> list[list[str]]:
    """For each member the predicate that a value-first list writes once, behind its last member."""
    predicates = phrase_table("predicates")
    later: list[list[str]] = [[] for _ in parts]
    for n in range(len(parts) - 2, -1, -1):
        following = parts[n + 1]
        if ";" in words[quantities[n].end : quantities[n + 1].start] or following.pre:
            continue
        hits = predicates.find(following.post)
        later[n] = following.post[hits[0].start :] if hits and hits[0].start > 0 else later[n + 1]
    return later


def _adjacent(words: Sequence[str], pair: Sequence[Quantity]) -> bool:
    """Nothing of weight between two members of a list of numbers."""
    return content_count([word for word in words[pair[0].end : pair[1].start] if word != "và"]) == 0


def _joined(words: Sequence[str], left: Quantity, right: Quantity) -> bool:
    """No semicolon between two members of a list."""
    return ";" not in words[left.end : right.start]
