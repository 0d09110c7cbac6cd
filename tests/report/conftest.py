"""One stand-in warehouse with two snapshots and its site, and a real headless Chromium, shared by the report's tests."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import standin

from warehouse.report.build import Built, build

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def marks(text: str, source_file: str) -> list[tuple[int, int, str]]:
    """Stand-in for reading: present levels are refused, committed percentages are kept."""
    refused = [(m.start(), m.end(), "achievement <b>now</b>") for m in re.finditer(r"(?<=hiện nay đã đạt )\d+%", text)]
    return refused + [
        (m.start(), m.end(), "")
        for m in re.finditer(r"\d+%(?=[;/ ])", text)
        if "đạt " not in text[m.start() - 4 : m.start()]
    ]


def rows() -> tuple[list[dict], list[dict]]:
    documents, statements = standin.generated(130)
    more_documents, more_statements = standin.hostile()
    return documents + more_documents, statements + more_statements


@dataclass(frozen=True)
class Site:
    root: Path
    built: Built
    statements: list[dict]
    documents: list[dict]

    def url(self, path: str) -> str:
        return (self.built.folder / path).as_uri()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("warehouse")
    documents, statements = rows()
    early = {row["document_id"] for row in documents[:70]}
    standin.write(root, "20261121T180000", documents[:70], [s for s in statements if s["document_id"] in early])
    documents, statements = rows()
    failed = {**statements[-3], "status": "rejected", "status_reason": "value_is_not_above_bounds"}
    statements[-3] = failed
    rejected = [
        {**failed, "expectation": "value_is_not_above_bounds", "expectation_detail": "value 900 <u>over</u> 100"}
    ]
    standin.write(root, "20261122T180000", documents, statements, rejected=rejected, whole_standard=True)
    return Site(root, build(root, marks=marks), statements, documents)


@dataclass
class Watched:
    """A page with everything that it complained about or asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install playwright")
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is missing: apt-get install chromium (.ci/run does)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def watched(chromium: Any) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(8000)
    seen = Watched(page)
    page.on(
        "console",
        lambda message: seen.complaints.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (seen.complaints.append("dialog " + dialog.message), dialog.dismiss()))
    page.on("request", lambda request: seen.requests.append(request.url))
    yield seen
    context.close()
