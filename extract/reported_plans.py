"""Numbers of documents, and which of those that a page names is the plan that it reports on."""

from __future__ import annotations

import re

from extract.document_words import kinds, organs
from extract.vocabulary import alternatives

DOCUMENT_NUMBER = (
    r"\d{1,5}\s?(?:/\s?(?:19|20)\d\d\s?)?[-/]\s?(?P<code>[A-ZĐ][A-Za-zĐđ]{0,5})\d{0,2}"
    r"(?:\s?[-/.]\s?(?P<organ>[A-ZĐ][A-Za-zĐđ&]{0,9})\d{0,2})?(?![^\W_])"
)
_REPORTED = re.compile(
    r"[KkQqNnCcĐđTt](?:ế hoạch|uyết định|ghị quyết|hương trình hành động|hỉ thị|ề án|ết luận|hông báo)"
    rf"\s+(?:hành động\s+)?(?:(?:số|sô)\s*:?\s+)?(?P<number>{DOCUMENT_NUMBER})"
)
_REPORT_CUE = re.compile(rf"(?i:{alternatives('reporting_verbs')}|{alternatives('issuing_verbs')})\s+(?:kèm theo\s+)?$")
_ISSUE_CUE = re.compile(rf"(?i:{alternatives('issuing_verbs')})\s+(?:kèm theo\s+)?$")
_BASIS_CUE = re.compile(rf"(?i:{alternatives('words_before_a_basis')})\s+(?:các\s+)?$")


def tidy_number(number: str) -> str:
    """A document number without blanks, Đ where only D was typed."""
    return re.sub(r"\s+", "", number).replace("QD-", "QĐ-").replace("ND-", "NĐ-")


def names_local_plan(text: str) -> bool:
    """Whether a document of a local authority is named by its number."""
    local, _ = organs()
    return any(found["organ"] in local for found in _REPORTED.finditer(text))


def reported_plan(head: str) -> str | None:
    """Number of the plan that an article announces; never a document that the plan itself carries out."""
    fallback = None
    _, codes = kinds()
    local_organs, central_organs = organs()
    for found in _REPORTED.finditer(head):
        if codes.get(found["code"]) != "plan":
            continue
        before = head[max(0, found.start() - 40) : found.start()]
        local = found["organ"] in local_organs
        if not local and found["organ"] not in central_organs:
            continue
        announced = (_REPORT_CUE if local else _ISSUE_CUE).search(before) is not None
        if announced and local:
            return tidy_number(found["number"])
        if _BASIS_CUE.search(before) and not local:
            continue
        if fallback is None and (local or announced):
            fallback = tidy_number(found["number"])
    return fallback
