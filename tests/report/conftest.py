"""One stand-in warehouse with two snapshots and its site, and a real headless Chromium, shared by the report's
tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import standin
from sites import ARGUMENTS, CHROMIUM, Site, Watched, marks, rows

from warehouse.report.build import build


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
    standin.write(root, "20261122T180000", documents, statements, rejected=rejected)
    return Site(root, build(root, marks=marks), statements, documents)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Closed after each module: while it is open, its event loop would be in the way of asyncio.run elsewhere."""
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
