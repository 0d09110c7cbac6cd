"""Whose number it is: the document's territory, the nation, another province, or a part of one."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from extract.places import NATION, PlaceMention, Places
from extract.quantities import Quantity
from extract.tokens import Token
from extract.vocabulary import phrase_table, word_set

Owner = tuple[str | None, str]
"""(canonical name, level): what `Statement.territory` and `Statement.territory_level` hold."""

_BREAKS = frozenset((",", ";", ":", "(", ".", "“", '"', "-")) | word_set("words_before_a_subject")
_CENTRAL = word_set("central_authorities")


@dataclass(frozen=True, slots=True)
class Territory:
    """The document's own territory and the means to recognise others."""

    home: str | None
    level: str
    date: datetime.date | None
    places: Places


@dataclass(frozen=True, slots=True)
class _Claim:
    """From token `start` on the numbers belong to `owner`; inside brackets only up to `end`."""

    start: int
    end: int
    owner: Owner


def owners(
    text: str, tokens: Sequence[Token], words: Sequence[str], quantities: Sequence[Quantity], territory: Territory
) -> list[Owner]:
    """The owner of each quantity of one sentence: the last subject in front of it, or "của cả nước" behind it."""
    home: Owner = (territory.home, territory.level)
    if not quantities:
        return []
    mentions = territory.places.find(text, tokens[0].start, tokens[-1].end, on=territory.date, home=territory.home)
    claims = [claim for mention in mentions if (claim := _claim(mention, tokens, words, home, territory))]
    claims += _national_phrases(words) + _local_subjects(words, territory) + _bodies(words, territory)
    claims.sort(key=lambda claim: claim.start)
    result: list[Owner] = []
    for n, quantity in enumerate(quantities):
        owner = home
        for claim in claims:
            if claim.start <= quantity.core < claim.end:
                owner = claim.owner
        following = quantities[n + 1].start if n + 1 < len(quantities) else len(tokens)
        if owner == home and _nation_behind(mentions, tokens, words, quantity, following):
            owner = (NATION, "nation")
        result.append(owner)
    return result


def _claim(
    mention: PlaceMention, tokens: Sequence[Token], words: Sequence[str], home: Owner, territory: Territory
) -> _Claim | None:
    first = next((i for i, token in enumerate(tokens) if token.start >= mention.start), None)
    behind = next((i for i, token in enumerate(tokens) if token.start >= mention.end), len(tokens))
    if first is None:
        return None
    end = _reach(words, first)
    behind = _past_apposition(words, behind)
    below = mention.level in ("district", "commune")
    if mention.self_reference or (mention.name == territory.home and not below):
        return _Claim(first, end, home) if _is_subject(words, first, behind) else None
    if mention.level == "nation":
        if _refused_nation(words, first):
            return None
        return _Claim(first, end, (NATION, "nation"))
    if below:
        verb = behind < len(words) and phrase_table("subject_verbs").at(words, behind) is not None
        return _Claim(first, end, (territory.home, mention.level)) if verb else None
    if not _is_subject(words, first, behind) or mention.weak:
        return None
    if mention.level == "province":
        return _Claim(first, end, (mention.name, "province")) if mention.in_force else None
    return _Claim(first, end, (territory.home, mention.level))


def _past_apposition(words: Sequence[str], behind: int) -> int:
    """Index behind ", vựa lúa lớn nhất tỉnh," where it stands between a place and its verb."""
    if words[behind : behind + 1] == [","]:
        for i in range(behind + 2, min(len(words), behind + 9)):
            if words[i] == ",":
                return i + 1
    return behind


def _is_subject(words: Sequence[str], first: int, behind: int) -> bool:
    """A place opens its clause and a verb follows: "An Giang phấn đấu ...", "riêng thành phố X đạt ..."."""
    office = words[max(0, first - 2) : first] in (["hải", "quan"], ["cục", "thuế"]) or words[first - 1 : first] == [
        "thuế"
    ]
    if office:
        return True
    if first > 0 and words[first - 1] not in _BREAKS:
        return False
    return behind < len(words) and phrase_table("subject_verbs").at(words, behind) is not None


def _refused_nation(words: Sequence[str], first: int) -> bool:
    """so với cả nước, dẫn đầu cả nước, bình quân chung của cả nước: the nation is only compared with."""
    table = phrase_table("nation_refused")
    for start in range(max(0, first - 4), first):
        hit = table.at(words, start)
        if hit and (hit.end == first or (hit.end == first - 1 and words[first - 1] == "của")):
            return not ("mục" in words[max(0, first - 3) : first] and "tiêu" in words[max(0, first - 3) : first])
    return False


def _reach(words: Sequence[str], first: int) -> int:
    """Index up to which a subject holds: the closing bracket, else the end of the sentence."""
    depth = 0
    for i in range(first, len(words)):
        if words[i] == "(":
            depth += 1
        elif words[i] == ")":
            depth -= 1
            if depth < 0:
                return i
    return len(words)


def _national_phrases(words: Sequence[str]) -> list[_Claim]:
    """Chính phủ đặt mục tiêu ..., chiến lược quốc gia đặt mục tiêu ..."""
    return [
        _Claim(hit.start, _reach(words, hit.start), (NATION, "nation"))
        for hit in phrase_table("nation_phrases").find(words)
    ]


_LOCAL_VERBS = word_set("local_verbs")
_LOCAL = {"phường": "commune", "xã": "commune", "huyện": "district", "quận": "district"}


def _local_subjects(words: Sequence[str], territory: Territory) -> list[_Claim]:
    """phường đặt chỉ tiêu ..., huyện phấn đấu ...: a level word alone that does something."""
    return [
        _Claim(i, _reach(words, i), (territory.home, _LOCAL[words[i]]))
        for i in range(len(words) - 1)
        if words[i] in _LOCAL
        and words[i + 1] in _LOCAL_VERBS
        and (i == 0 or words[i - 1] in _BREAKS or words[i - 1] in ("biết", "thị"))
    ]


def _bodies(words: Sequence[str], territory: Territory) -> list[_Claim]:
    """Bệnh viện X tự đặt ..., Trường Y cam kết ...: a body of its own that opens a clause and names its figure."""
    verbs = phrase_table("body_verbs")
    claims = []
    for hit in phrase_table("bodies").find(words):
        if hit.start and words[hit.start - 1] not in _BREAKS:
            continue
        reach = range(hit.end, min(len(words), hit.end + _NAME_AT_MOST))
        if any(verbs.at(words, i) is not None for i in reach):
            claims.append(_Claim(hit.start, _reach(words, hit.start), (territory.home, "firm")))
    return claims


_NAME_AT_MOST = 10


def _nation_behind(
    mentions: Sequence[PlaceMention], tokens: Sequence[Token], words: Sequence[str], quantity: Quantity, following: int
) -> bool:
    """8,3 - 8,5% của cả nước; 20% GDP beside a central document."""
    for mention in mentions:
        if mention.level != "nation":
            continue
        first = next((i for i, token in enumerate(tokens) if token.start >= mention.start), None)
        if first is not None and quantity.end <= first < following and first - quantity.end <= 6:
            return words[first - 1] == "của"
    if "gdp" in words[quantity.end : min(following, quantity.end + 3)]:
        if any(m.level == "nation" and m.start < tokens[quantity.core].start for m in mentions):
            return True
        return bool(_CENTRAL & set(words[: quantity.start])) and "grdp" not in words
    return False
