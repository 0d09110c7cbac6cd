"""The date of a document: date line of a plan, publication of an article; never the day of the crawl if avoidable."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from extract.vocabulary import alternatives

_NUMERIC = r"(?P<day>\d{1,2})\s?[/.-]\s?(?P<month>\d{1,2})\s?[/.-]\s?(?P<year>(?:19|20)\d\d)(?!\d)"
_ISO = r"(?P<iyear>(?:19|20)\d\d)-(?P<imonth>\d\d)-(?P<iday>\d\d)(?!\d)"
_WORDED = r"(?P<wday>\d{1,2})\s+tháng\s+(?P<wmonth>\d{1,2})\s*,?\s*(?:năm\s+)?(?P<wyear>(?:19|20)\d\d)(?!\d)"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ENGLISH = rf"(?P<eday>\d{{1,2}})\s+(?P<emonth>{'|'.join(_MONTHS)})[a-z]*\s+(?P<eyear>(?:19|20)\d\d)(?!\d)"
_ANY_DATE = re.compile(rf"(?<![\d/.-])(?:{_ISO}|{_NUMERIC}|(?i:{_WORDED})|{_ENGLISH})")

_DATE_LINE = re.compile(
    r"(?<![^\W\d_])(?P<place>[^\W\d_][^\n,;:()|]{1,40}?)\s?,\s{0,9}(?i:ngày)\s{1,9}(?P<day>\d{1,2})\s{1,9}(?i:tháng)\s{1,9}"
    r"(?P<month>\d{1,2})\s{1,9}(?i:năm)\s{1,9}(?P<year>(?:19|20)\d\d)(?!\d)"
)
_SOFT_DATE_LINE = re.compile(r"[|*_]")
_METADATA = re.compile(rf"(?i:Ngày ban hành)[\s:|*]{{0,9}}{_NUMERIC}")
_PASSED = re.compile(
    r"(?i:thông qua|ban hành kèm theo)[^.;]{0,160}?ngày\s{1,9}(?P<date>\d[^.;\n]{0,30}\n?[^.;\n]{0,30})"
)
_LABEL = re.compile(rf"(?i:{alternatives('date_labels')}|^\s?date)")
_HOUR = re.compile(r"(?<!\d)\d{1,2}\s?[:hg]\s?\d{2}(?!\d)")
_WEEKDAY = re.compile(r"(?i:thứ\s+(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ\s+nhật|cn)\b")
_LEAD = re.compile(rf"^\W{{0,9}}(?i:(?:sáng|chiều|tối|trưa|vào)?\s?(?:ngày)?)\s?{_NUMERIC}\s?,")
_ELSEWHERE = re.compile(rf"(?i:{alternatives('words_beside_other_dates')})")
_FILE_NAME = re.compile(rf"(?:^|/){_ISO}[-_]")
_LINES_OF_HEAD = 30
_YEAR = re.compile(r"(?:19|20)\d\d")


def _date(year: str, month: str, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None


def dates_in(text: str) -> Iterator[tuple[int, datetime.date]]:
    """Offset and date of every full date in `text`, in the forms of news sites and of plans."""
    for found in _ANY_DATE.finditer(text):
        if found["year"]:
            date = _date(found["year"], found["month"], found["day"])
        elif found["iyear"]:
            date = _date(found["iyear"], found["imonth"], found["iday"])
        elif found["wyear"]:
            date = _date(found["wyear"], found["wmonth"], found["wday"])
        else:
            date = _date(found["eyear"], str(_MONTHS.index(found["emonth"]) + 1), found["eday"])
        if date is not None:
            yield found.start(), date


def date_line(head: str) -> tuple[str, datetime.date] | None:
    """Place and date of "Sơn La, ngày 20 tháng 11 năm 2025" in the head of a plan."""
    for found in _DATE_LINE.finditer(_SOFT_DATE_LINE.sub(" ", head)):
        date = _date(found["year"], found["month"], found["day"])
        if date is not None:
            return found["place"].strip(), date
    return None


def date_of_plan(head: str, tail: str) -> datetime.date | None:
    """Date line, else the law site's "Ngày ban hành", else the day on which the council passed it."""
    line = date_line(head)
    if line is not None:
        return line[1]
    found = _METADATA.search(head)
    if found is not None:
        return _date(found["year"], found["month"], found["day"])
    for part in (tail, head):
        for passed in _PASSED.finditer(part):
            for _, date in dates_in(" ".join(passed["date"].split())):
                return date
    return None


def date_of_article(
    head: str, title_at: int, front_matter: str, source_file: str, *, labelled: bool = False
) -> datetime.date | None:
    """Date of publication. `title_at`: offset of the title in `head`; above it may stand the day of the crawl.

    With `labelled` only a line that says so (Ngày đăng, an hour) counts."""
    for line in front_matter.splitlines():
        if line.lower().startswith(("date:", "published:", "pubdate:")):
            for _, date in dates_in(line):
                return date
    best: tuple[int, datetime.date] | None = None
    at = 0
    for count, line in enumerate(head.splitlines(keepends=True)):
        if count >= _LINES_OF_HEAD:
            break
        score = _publication_score(line, above_title=at < title_at)
        if score > (best[0] if best else 0):
            for _, date in dates_in(line):
                best = (score, date)
                break
        at += len(line)
    if best is not None and best[0] > (4 if labelled else 1):
        return best[1]
    named = _FILE_NAME.search(source_file)
    if named is not None:
        return _date(named["iyear"], named["imonth"], named["iday"])
    if labelled:
        return None
    for line in head[title_at:].splitlines():
        lead = _LEAD.match(line) if _YEAR.search(line) else None
        if lead is not None:
            return _date(lead["year"], lead["month"], lead["day"])
    return best[1] if best else None


def _publication_score(line: str, *, above_title: bool) -> int:
    """How much a line looks like the dateline of a news page; 0: not at all."""
    if not 8 <= len(line) <= 160 or not _YEAR.search(line) or "http" in line:
        return 0
    labelled, hour, weekday = _LABEL.search(line), _HOUR.search(line), _WEEKDAY.search(line)
    if _ELSEWHERE.search(line) and not labelled:
        return 0
    bare = len(line.strip()) <= 14
    if not (labelled or hour or weekday or bare):
        return 0
    return (4 if labelled else 0) + (4 if hour else 0) + (1 if weekday or bare else 0) + (0 if above_title else 2)
