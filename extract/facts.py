"""What a document says of itself: kind, title, number, date, issuer, territory, the plan it reports on.

Looks at the head and the tail only, with cheap tests first.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from extract.document_dates import date_line, date_of_article, date_of_plan
from extract.document_words import Tier, issuers, kinds, organs, page_cues
from extract.furniture import is_furniture_line
from extract.model import DocumentFacts, DocumentKind
from extract.places import NATION, PlaceMention, Places
from extract.reported_plans import DOCUMENT_NUMBER, names_local_plan, reported_plan, tidy_number
from extract.tokens import fold_text
from extract.vocabulary import alternatives

TerritoryLevel = Literal["nation", "province", "district", "commune"]

_HEAD, _TAIL, _HEADER, _BODY = 4000, 2500, 2500, 2500
_HEADER_NUMBER = re.compile(rf"Số(?:\s+hiệu)?\s*:?[\s|*]{{0,9}}(?P<number>{DOCUMENT_NUMBER})")
_MOTTO = re.compile(r"(?i:c[ộô]ng\s+h(?:òa|oà)\s+xã\s+hội\s+chủ\s+nghĩa\s+việt\s+nam|độc\s+lập\s*-\s*tự\s+do[^\n|]*)")
_ISSUED_BY = re.compile(r"(?i:Cơ quan ban hành|Nơi ban hành)[\s:|*]{1,9}(?P<name>[^|\n]{3,60})")
_RULE = re.compile(r"^[-_=*|\s.]+$")
_END_OF_TITLE = re.compile(rf"(?i:{alternatives('openers_after_a_title')}|(?:theo|xét|điều|phần) |\(|i\.|1\.|-{{3}})")
_OPEN_END = re.compile(rf"(?i:\s(?:{alternatives('words_that_end_no_title')})|,)$")
_SITE_OF = re.compile(rf"^(?i:{alternatives('names_of_sites')}|báo )")
_LEAD_LENGTH = 900
_COUNTED_TITLE = re.compile(r"\d{1,3} [^\W\d_]{2}")
_OWN_BODIES = re.compile(r"(?:[Tt]oàn|UBND|HĐND|của) (?:tỉnh|thành phố)(?! [A-ZĐÀ-Ỹ])")
_OWN_BODIES_AT_LEAST = 3
_SURE, _SURE_WHEN_ALONE = 6, 4
"""Score from which an article is about a province: named in the title, or often with its level word."""


@dataclass(frozen=True, slots=True)
class _Head:
    """The first characters of a document, marks of emphasis and tables blanked; offsets are those of the text."""

    text: str
    front_matter: str
    body_at: int
    lines: tuple[tuple[int, str], ...]
    """(offset, stripped line), empty lines kept."""


def read_facts(text: str, places: Places, source_file: str = "") -> DocumentFacts:
    """Facts of one decoded document. Never raises; what cannot be told is None. Time linear in the text."""
    head, tail = _read_head(text), text[-_TAIL:]
    header_number = _header_number(head)
    kind_line = _kind_line(head)
    kind = _kind(text, head, header_number, kind_line)
    date: datetime.date | None
    if kind == "plan" or (header_number is not None and kind == "other"):
        title, title_at = _plan_title(head, kind_line)
        date = date_of_plan(head.text, tail) or date_of_article(
            head.text, 0, head.front_matter, source_file, labelled=True
        )
        number = tidy_number(header_number["number"]) if header_number else None
        issuer, tier, name, named_level = _issuer(head, places, date, title_at)
        territory, level = _plan_territory(head, places, date, title or "", tier, name, named_level)
        if issuer and tier == "by_place" and name is None and territory and level == "province":
            issuer = f"{issuer} {'thành phố' if places.centrally_run(territory, date) else 'tỉnh'} {territory}"
        reports_on = None
    else:
        title, title_at = _article_title(head)
        if kind == "other" and any(cue in head.text for cue in page_cues()[1]):
            return DocumentFacts(kind=kind, title=title)
        date = date_of_article(head.text, title_at, head.front_matter, source_file)
        number, issuer = None, None
        territory, level = (
            (None, None) if kind == "other" else _article_territory(text, head, places, date, title, title_at)
        )
        reports_on = reported_plan(text[:_HEAD]) if kind == "article" else None
    return DocumentFacts(
        kind=kind,
        title=title,
        territory=territory,
        territory_level=level,
        number=number,
        date=date,
        issuer=issuer,
        reports_on=reports_on,
    )


def _read_head(text: str) -> _Head:
    body_at, front_matter = 0, ""
    if text.startswith("---"):
        close = text.find("\n---", 3, _HEAD)
        if close > 0:
            front_matter, body_at = text[3:close], close + 4
    plain = text[: body_at + _HEAD].replace("*", " ").replace("|", " ").replace("\r", "\n")
    lines, at = [], 0
    for line in plain.split("\n"):
        if at >= body_at:
            lines.append((at, line.strip(" \t#>_")))
        at += len(line) + 1
    return _Head(plain, front_matter, body_at, tuple(lines))


def _header_number(head: _Head) -> re.Match[str] | None:
    """ "Số: 57/KH-UBND" or "Số hiệu 57/KH-UBND" at the beginning of a line."""
    at = head.text.find("Số", head.body_at, head.body_at + _HEADER)
    while at >= 0:
        before = head.text[max(0, at - 20) : at].rstrip(" \t_")
        if not before or before[-1] == "\n":
            found = _HEADER_NUMBER.match(head.text, at)
            if found is not None:
                return found
        at = head.text.find("Số", at + 2, head.body_at + _HEADER)
    return None


def _kind_line(head: _Head) -> int | None:
    """Index of the line that is nothing but the kind of the document: KẾ HOẠCH."""
    words, _ = kinds()
    for index, (at, line) in enumerate(head.lines):
        if at > _HEADER:
            break
        if 3 < len(line) < 40 and line[0].isupper() and line[:4].isupper() and fold_text(line.rstrip(":. ")) in words:
            return index
    return None


def _kind(text: str, head: _Head, number: re.Match[str] | None, kind_line: int | None) -> DocumentKind:
    words, codes = kinds()
    header = head.text[head.body_at : head.body_at + _HEADER]
    motto = any(words_of_motto in header for words_of_motto in ("Độc lập", "ĐỘC LẬP", "CHỦ NGHĨA VIỆT"))
    by_code = codes.get(number["code"]) if number else None
    if kind_line is not None and (motto or number or _issuer_line_follows(head, kind_line)):
        return words[fold_text(head.lines[kind_line][1].rstrip(":. "))]
    if number is not None and by_code and "?" not in header[:300]:
        local, central = organs()
        known = number["organ"] in local or number["organ"] in central
        if known or motto:
            return by_code if known else "other"
    opening = _opening_kind(head)
    if opening is not None:
        return opening
    article, other = page_cues()
    ends = head.text[:_HEAD] + text[-1500:]
    if any(cue in ends for cue in other):
        return "other"
    first = [fold_text(line[:60]) for _, line in head.lines[:12] if line[:8].isupper()]
    if any(
        line.startswith(word) for line in first for word, kind in words.items() if kind == "other" and len(word) > 14
    ):
        return "other"
    if "?" in header[:300] or any(cue in ends for cue in article):
        return "article"
    return "article" if _article_title(head)[0] or names_local_plan(head.text[:_LEAD_LENGTH]) else "other"


def _issuer_line_follows(head: _Head, index: int) -> bool:
    _, pattern = issuers()
    folded = (fold_text(line[:80]).removeprefix("của ") for _, line in head.lines[index + 1 : index + 14] if line)
    return any(pattern.match(line) for line in folded)


def _opening_kind(head: _Head) -> DocumentKind | None:
    """ "Quyết định về việc ...", an issuer on a line of its own and "Căn cứ": a plan without its header."""
    if not any(line.startswith(("Căn cứ", "CĂN CỨ")) for _, line in head.lines[1:12]):
        return None
    words, _ = kinds()
    lines = [fold_text(line[:80]) for _, line in head.lines[:12] if line]
    if not lines or not any(line.startswith("căn cứ") for line in lines[1:8]):
        return None
    _, pattern = issuers()
    if not any(pattern.match(line) for line in lines[1:5]):
        return None
    return next((kind for word, kind in words.items() if lines[0].startswith(word)), None)


def _plan_title(head: _Head, kind_line: int | None) -> tuple[str | None, int]:
    """The title block under the kind line, joined over its line breaks, and where it ends."""
    if kind_line is None:
        return _article_title(head)
    parts = [head.lines[kind_line][1].rstrip(": ")]
    _, issuer = issuers()
    end = head.lines[kind_line][0]
    for at, line in head.lines[kind_line + 1 : kind_line + 16]:
        if not line:
            if len(parts) > 1:
                break
            continue
        folded = fold_text(line)
        capitals = line.isupper()
        opens_body = issuer.match(folded) and len(parts) > 1 and not folded.startswith(("tỉnh ủy", "thành ủy"))
        if _RULE.match(line) or folded.startswith("căn cứ ") or (opens_body and not _OPEN_END.search(parts[-1])):
            break
        if len(parts) > 1 and not capitals and _END_OF_TITLE.match(line):
            break
        parts.append(line)
        end = at + len(line)
    return " ".join(" ".join(parts).split()), end


_DATE_OR_PATH = re.compile(
    r"^(?:Thứ \w+|Chủ nhật|Ngày|Cập nhật|Đăng ngày|Đăng lúc|Xuất bản)\b"
    r".{0,12}\d{1,2}\D{1,8}\d{1,2}\D{1,6}\d{2,4}.{0,40}$"
    r"|>>|»| \| .* \| "
)
"""A line that holds the day of publication, or the path of menus above a headline."""


def _article_title(head: _Head) -> tuple[str | None, int]:
    """First line that reads like a headline, and its offset; the front matter's title before it."""
    for line in head.front_matter.splitlines():
        if line.lower().startswith("title:"):
            return line[6:].strip(" \"'") or None, head.body_at
    for index, (at, line) in enumerate(head.lines[:25]):
        raw = head.text[at : at + 3].lstrip()
        underlined = index + 1 < len(head.lines) and head.lines[index + 1][1].startswith("====")
        if (raw.startswith("#") or underlined) and len(line) > 12:
            return " ".join(line.split()), at
        if (
            not 20 <= len(line) <= 260
            or line.count(" ") < 4
            or not (line[0].isupper() or line[0] in "\"“‘'" or _COUNTED_TITLE.match(line))
        ):
            continue
        if (line.isupper() and "CHỦ NGHĨA" in line) or (", ngày " in line and date_line(line)):
            continue
        if _DATE_OR_PATH.search(line):
            continue
        if is_furniture_line(line) or line.startswith(("Source:", "Số ", "[", "!", "http")):
            continue
        if line.endswith((".", ";", ",", ":")) and len(line) > 90:
            return None, at
        return " ".join(line.split()), at
    return None, head.body_at


def _issuer(
    head: _Head, places: Places, date: datetime.date | None, title_end: int
) -> tuple[str | None, Tier | None, str | None, TerritoryLevel | None]:
    """Issuer as named, its tier, and the place (with level) that the header names."""
    known, pattern = issuers()
    header = head.text[head.body_at : max(title_end, head.body_at + 1200) + 200]
    header = _MOTTO.sub(lambda found: " " * len(found.group()), header)
    folded = _fold_same_length(header)
    found = _first_issuer(folded, header, pattern)
    if found is None:
        metadata = _ISSUED_BY.search(head.text)
        if metadata is None:
            return None, None, None, None
        mention = _first_place(places, metadata["name"], date)
        named = (mention.name, mention.level) if mention else (None, None)
        return metadata["name"].strip(), "by_place", *named
    issuer = known[" ".join(found.group().split())]
    if issuer.tier == "nation":
        return issuer.name, "nation", None, None
    after = header[found.start() : found.end() + 90].replace("\n", " ")
    stop = re.search(r"(?i:số\s*:|ngày|-----|căn cứ)", after)
    mention = _first_place(places, after[: stop.start()] if stop else after, date)
    if mention is None:
        return issuer.name, issuer.tier, None, None
    words = after[mention.start : mention.end].lower().split()
    level_word = " ".join(words[: len(words) - len(mention.name.split())]) if mention.cued else ""
    full_name = " ".join(filter(None, (issuer.name.removesuffix(level_word).strip(), level_word, mention.name)))
    return full_name, issuer.tier, mention.name, mention.level


def _fold_same_length(text: str) -> str:
    """Lower case with the tone on one vowel; same length, so that offsets hold."""
    lowered = text.lower()
    return (
        lowered.replace("uỷ", "ủy").replace("hoà", "hòa").replace("hoá", "hóa").replace("\n", " ")
        if len(lowered) == len(text)
        else text
    )


def _first_issuer(folded: str, header: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """First issuer that opens a line or stands in capitals."""
    squeezed = folded
    for found in pattern.finditer(squeezed):
        before = header[: found.start()].rstrip(" ")
        if header[found.start()].isupper() and (
            not before or before[-1] == "\n" or header[found.start() : found.end()].isupper()
        ):
            return found
    return None


def _first_place(places: Places, text: str, date: datetime.date | None) -> PlaceMention | None:
    return next((m for m in places.find(text, on=date) if m.level != "nation"), None)


def _plan_territory(
    head: _Head,
    places: Places,
    date: datetime.date | None,
    title: str,
    tier: Tier | None,
    name: str | None,
    level: TerritoryLevel | None,
) -> tuple[str | None, TerritoryLevel | None]:
    """Section 15 of the catalogue: header, date line (not of central bodies), metadata, title."""
    if tier == "nation":
        named = {
            m.name for m in places.find(title.title() if title.isupper() else title, on=date) if m.level == "province"
        }
        return (next(iter(named)), "province") if len(named) == 1 else (NATION, "nation")
    if level == "province":
        return name, "province"
    below: TerritoryLevel | None = (
        level if level in ("district", "commune") else ("district" if tier == "district" else None)
    )
    line = date_line(head.text)
    candidates = []
    if line is not None:
        candidates.append(line[0])
    metadata = _ISSUED_BY.search(head.text)
    if metadata is not None:
        candidates.append(metadata["name"])
    candidates += [title, head.text[head.body_at :]]
    for candidate in candidates:
        found = [m for m in places.find(candidate, on=date) if m.level == "province" and m.in_force]
        if found:
            return found[0].name, below or "province"
    return None, below


def _article_territory(
    text: str, head: _Head, places: Places, date: datetime.date | None, title: str | None, title_at: int
) -> tuple[str | None, TerritoryLevel | None]:
    """The province that an article is about: title, lead, then how often it is named with its level word."""
    scores: Counter[str] = Counter()
    order: dict[str, int] = {}
    if title:
        for rank, mention in enumerate(places.find(title, on=date)):
            if mention.level == "province":
                scores[mention.name] += 8 if rank == 0 else 5
                order.setdefault(mention.name, rank)
    if len(scores) == 1:
        return next(iter(scores)), "province"
    for at, line in head.lines:
        if at >= title_at:
            break
        if _SITE_OF.match(line):
            for mention in places.find(line.title() if line.isupper() else line, on=date):
                if mention.level == "province":
                    scores[mention.name] += _SURE_WHEN_ALONE
                    order.setdefault(mention.name, 50)
    nation = 0
    body = places.find(text, title_at, min(len(text), title_at + _BODY), on=date)
    for mention in body:
        if mention.level == "nation":
            nation += 1
        elif mention.level == "province" and not mention.weak:
            near = mention.start - title_at < _LEAD_LENGTH
            scores[mention.name] += (2 if near else 1) + (1 if mention.cued else 0)
            order.setdefault(mention.name, mention.start + 100)
    if scores:
        name, score = min(scores.items(), key=lambda item: (-item[1], order[item[0]]))
        second = sorted(scores.values())[-2] if len(scores) > 1 else 0
        if len(scores) == 1 and nation == 0 and len(_OWN_BODIES.findall(text)) >= _OWN_BODIES_AT_LEAST:
            return name, "province"
        if score >= (_SURE if second * 2 > score else _SURE_WHEN_ALONE):
            return name, "province"
    return (NATION, "nation") if nation >= 3 and not scores else (None, None)
