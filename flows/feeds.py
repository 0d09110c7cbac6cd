"""The web as a source: a list of addresses and RSS or Atom feeds, fetched into a folder of the inbox.

The folder is then read like any other: a page that is gone from the web stays until somebody deletes its file, so that
the evidence of a row does not vanish with a redesign of the site. What was asked, what came and what was refused is in
the report; `state.json` in the folder keeps ETags, so that what did not change is not sent again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urldefrag, urljoin, urlsplit

from flows.web import Answer, Browser, Refused, Unreachable
from warehouse.durable import replace_file

STATE = ".state.json"
_ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

Fate = Literal["fetched", "unchanged", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Visit:
    """What became of one address. `file`: its name in the folder, when it has one."""

    url: str
    fate: Fate
    file: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FetchReport:
    """All visits of a run, in order."""

    visits: tuple[Visit, ...] = ()

    def counts(self) -> dict[str, int]:
        return dict(Counter(visit.fate for visit in self.visits))


@dataclass(frozen=True, slots=True)
class WebSources:
    """What to fetch. `pages`: addresses; `feeds`: addresses of RSS or Atom feeds, whose entries are fetched."""

    pages: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    entries_per_feed: int = 100
    visits: int = 2_000
    """Addresses in one run, at most."""


@dataclass(slots=True)
class _Run:
    browser: Browser
    folder: Path
    state: dict[str, dict[str, str]]
    visits: list[Visit] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


def read_list(path: Path) -> tuple[str, ...]:
    """Addresses of a list file: one a line, `#` starts a comment."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))


def fetch_sources(sources: WebSources, folder: Path, browser: Browser) -> FetchReport:
    """Fetch what is new or changed into `folder`. Never raises for what a host does; every address is in the report.

    `browser` must be entered: `with Browser(limits) as browser: fetch_sources(sources, inbox / "web", browser)`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(browser, folder, _read_state(folder / STATE))
    try:
        wanted = list(sources.pages)
        for feed in sources.feeds:
            wanted += _entries(run, feed, sources.entries_per_feed)
        for url in wanted:
            _visit(run, urldefrag(url)[0], sources.visits)
    finally:
        replace_file(folder / STATE, json.dumps(run.state, indent=0, sort_keys=True).encode(), durable=False)
    return FetchReport(tuple(run.visits))


def _entries(run: _Run, feed: str, most: int) -> Sequence[str]:
    """Addresses of a feed's entries, newest first as the feed has them; none when the feed did not change."""
    import feedparser

    answer = _ask(run, feed)
    if answer is None:
        return ()
    parsed: Any = feedparser.parse(answer.content, response_headers={"content-type": answer.content_type})
    links = [urljoin(answer.url, entry.link) for entry in parsed.entries[:most] if entry.get("link")]
    if parsed.bozo and not links:
        run.visits.append(Visit(feed, "failed", reason="no RSS or Atom feed; check the address"))
        return ()
    _remember(run, feed, answer, "")
    run.visits.append(Visit(feed, "fetched", reason=f"{len(links)} entries"))
    return links


def _visit(run: _Run, url: str, most: int) -> None:
    if url in run.seen:
        return
    run.seen.add(url)
    if len(run.seen) > most:
        run.visits.append(Visit(url, "refused", reason=f"more than {most} addresses in one run (setting visits)"))
        return
    answer = _ask(run, url)
    if answer is None:
        return
    file = _file_name(url, answer)
    before = run.state.get(url, {}).get("file")
    place = run.folder / file
    place.parent.mkdir(parents=True, exist_ok=True)
    same = place.exists() and place.read_bytes() == answer.content
    if not same:
        replace_file(place, answer.content, durable=False)
    if before and before != file:
        (run.folder / before).unlink(missing_ok=True)
    _remember(run, url, answer, file)
    run.visits.append(Visit(url, "unchanged" if same else "fetched", file))


def _ask(run: _Run, url: str) -> Answer | None:
    """The answer when there is something new; everything else is noted in the report."""
    known = run.state.get(url, {})
    file = known.get("file")
    if file and not (run.folder / file).exists():
        known = {}  # deleted by hand: ask anew
    try:
        answer = run.browser.fetch(url, known.get("etag"), known.get("modified"))
    except Refused as error:
        run.visits.append(Visit(url, "refused", file, str(error)))
    except Unreachable as error:
        run.visits.append(Visit(url, "failed", file, str(error)))
    else:
        if answer.status == 304:
            run.visits.append(Visit(url, "unchanged", file))
            return None
        return answer
    return None


def _remember(run: _Run, url: str, answer: Answer, file: str) -> None:
    entry = {"file": file, "etag": answer.etag or "", "modified": answer.modified or ""}
    run.state[url] = {name: value for name, value in entry.items() if value}


def _file_name(url: str, answer: Answer) -> str:
    """host/last-part-of-path-hash.ending: no part of it can lead out of the folder."""
    parts = urlsplit(url)
    stem, dot, ending = parts.path.rstrip("/").rsplit("/", 1)[-1].rpartition(".")
    kind = _ENDINGS.get(answer.content_type) or (f".{ending.lower()}" if dot and ending.isalnum() else ".html")
    label = _UNSAFE.sub("-", stem or ending)[:60].strip(".-") or "page"
    host = _UNSAFE.sub("-", parts.hostname or "host").strip(".-") or "host"
    return f"{host}/{label}-{hashlib.sha256(url.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}{kind[:8]}"


def _read_state(path: Path) -> dict[str, dict[str, str]]:
    try:
        state = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {url: entry for url, entry in state.items() if isinstance(entry, dict)} if isinstance(state, dict) else {}
