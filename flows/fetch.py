"""The web sources of the settings, fetched into the folder `web` of the inbox before a night reads it."""

from __future__ import annotations

from pathlib import Path

from flows.feeds import WebSources, fetch_sources, read_list
from flows.logs import log
from flows.settings import Settings
from flows.web import Browser, WebLimits

FOLDER = "web"


def fetch_web(settings: Settings, inbox: Path) -> tuple[str, ...]:
    """Fetch pages and feeds, if there are any; gives a warning for each address that could not be had.

    Raises OSError when the list of pages or the inbox cannot be used; what a host does never stops a night.
    """
    if settings.web_pages is None and not settings.web_feeds:
        return ()
    if not inbox.is_dir():
        return (f"web pages and feeds need an inbox that is a folder, {inbox} is none: nothing was fetched",)
    pages = read_list(settings.web_pages) if settings.web_pages is not None else ()
    limits = WebLimits(bytes=settings.max_document_bytes, allow_private=settings.web_allow_private)
    with Browser(limits) as browser:
        report = fetch_sources(WebSources(pages, settings.web_feeds), inbox / FOLDER, browser)
    log.info("web fetched", **report.counts())
    trouble = [visit for visit in report.visits if visit.fate in ("refused", "failed")]
    for visit in trouble:
        log.warning("not fetched", url=visit.url, fate=visit.fate, reason=visit.reason)
    return tuple(f"{visit.url} was not fetched: {visit.reason}" for visit in trouble)
