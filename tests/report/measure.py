"""How long a site takes to make, and its pages to open:

    PYTHONPATH=.:tests/report python tests/report/measure.py [DOCUMENTS] [--refused]

Prints figures for docs/report.md; nothing is asserted. With --refused every text is read again by the real rules, as
`muctieu report` does; without, only the making of pages is measured.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path

import standin

from flows.commands.report import marks
from warehouse.report.build import build
from warehouse.report.names import document_page

KINDS = {
    "start": "index.html",
    "province": "p/vinh-long.html",
    "indicator": "i/digital-economy-share-grdp.html",
    "documents": "documents.html",
    "gate": "gate.html",
    "standard": "standard.html",
}


def main() -> None:
    count = next((int(word) for word in sys.argv[1:] if word.isdigit()), 5000)
    reading = marks if "--refused" in sys.argv else None
    workers = os.cpu_count() or 1
    print(f"{platform.machine()}, {workers} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        documents, statements = standin.generated(count, statements_each=20)
        standin.write(root, "1", documents, statements, whole_standard=True)
        print(f"{count} documents, {len(statements)} statements, refused numbers read again: {reading is not None}")
        for name in ("first build", "nothing changed"):
            before = sum(os.times()[:4])
            built = build(root, marks=reading, workers=workers)
            spent = sum(os.times()[:4]) - before
            print(f"{name}: {built.seconds:.1f} s ({spent:.1f} s of processor), {built.written} of {built.files} files")
        size = sum(path.stat().st_size for path in built.folder.rglob("*") if path.is_file())
        print(f"site: {size / 1e6:.0f} MB")
        row = documents[100]
        opened(built.folder, KINDS | {"document": document_page(row["document_id"], row["source_file"])})


def opened(folder: Path, kinds: dict[str, str]) -> None:
    from playwright.sync_api import sync_playwright
    from sites import ARGUMENTS, CHROMIUM

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for kind, path in kinds.items():
            page = browser.new_page()
            page.goto((folder / path).as_uri())
            loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
            print(f"{kind}: loaded in {loaded:.0f} ms, {(folder / path).stat().st_size / 1000:.0f} kB")
            page.close()
        page = browser.new_page()
        page.goto((folder / "index.html").as_uri())
        began = page.evaluate("performance.now()")
        page.locator("#search").fill("vinh long kinh te so")
        page.locator("#results [role=option]").first.wait_for()
        print(f"search, index opened for the first time: {page.evaluate('performance.now()') - began:.0f} ms")
        browser.close()


if __name__ == "__main__":
    main()
