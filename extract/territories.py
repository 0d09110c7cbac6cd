"""Whose number it is: the document's territory, the nation, another province, or a part of one."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from extract.places import PlaceMention, Places


@dataclass(frozen=True, slots=True)
class Territory:
    """The document's own territory and the means to recognise others."""

    home: str | None
    level: str
    date: datetime.date | None
    places: Places


_NATION_ONLY_COMPARED = ("so với", "bằng", "hơn", "dẫn đầu", "đứng đầu", "bình quân chung", "bình quân", "trung bình", "thứ", "hạng",
                         "trong", "nhóm", "top", "tốp", "của", "mức", "chung", "khá", "nhất", "đầu", "tốt", "cao")  # fmt: skip


def whose(text: str, start: int, end: int, value_start: int, territory: Territory) -> tuple[str | None, str]:
    """(territory, level) of a clause text[start:end] whose number begins at value_start."""
    mentions = territory.places.find(text, start, end, on=territory.date, home=territory.home)
    own = (territory.home, territory.level)
    for mention in mentions:
        if mention.self_reference or mention.name == territory.home:
            if mention.start < value_start:
                return own
            continue
        if not _owns(text, start, end, value_start, mention):
            continue
        if mention.level in ("nation", "province") and mention.in_force:
            return mention.name, mention.level
        if mention.level in ("district", "commune"):
            return territory.home, mention.level
    return own


def _owns(text: str, start: int, end: int, value_start: int, mention: PlaceMention) -> bool:
    """True when the mention is the subject of the clause and not what it is compared or ranked with."""
    if mention.start >= value_start:
        if mention.level == "nation":
            tail = text[value_start : mention.start].casefold().rstrip()
            return tail.endswith(" của") and not any(
                word in tail for word in ("đầu", "nhất", "hạng", "nhóm", "so với", "bằng")
            )
        return False
    front = text[start : mention.start].casefold().strip(' ,;:-+\n\t"“(*')
    if mention.level == "nation":
        return not front.endswith(("so với", "bằng", "hơn", "dẫn đầu", "đứng đầu", "trong", "bình quân", "trung bình", "với",
                                   "nhóm", "khá", "tốt", "mức bình quân chung"))  # fmt: skip
    return (
        front in ("", "riêng", "tỉnh", "tại", "trong khi", "và", "còn", "như", "theo đó", "cùng với đó")
        and not mention.weak
    )
