"""Pictures of every kind of page, for docs/report.md: python docs/screenshots/make.py WAREHOUSE

Makes the report of the warehouse, opens it in headless Chromium (Debian's package) and writes small PNG files here. The
pictures in the repository come from a run over the files of samples/ and tests/documents/, all written for muctieu.
"""

from __future__ import annotations

import shutil
import sys
from itertools import groupby
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from flows.commands.report import marks
from warehouse.report.build import build
from warehouse.report.collected import Collected
from warehouse.report.names import NATION, document_page, indicator_page, province_page
from warehouse.report.source import Published

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
LAPTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 780}
COLOURS = 160
"""Colours kept in a picture: enough for flat pages, a third of the bytes."""


def main(root: Path) -> None:
    built = build(root, marks=marks)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (path, size, prepare) in shots(root).items():
            page = browser.new_page(viewport=size)
            page.goto((built.folder / path).as_uri())
            prepare(page)
            page.wait_for_timeout(400)
            target = HERE / f"{name}.png"
            page.screenshot(path=target)
            page.close()
            shrink(target)
            print(f"{target.name}: {target.stat().st_size // 1000} kB")
        browser.close()


def shots(root: Path) -> dict[str, tuple[str, dict[str, int], object]]:
    """Name -> page, window, what to do before the picture. Picks the fullest province, indicator and document."""
    data = Collected.of(Published.open(root))
    provincial = [row for row in data.targets if row["province"] != NATION]
    province = fullest(row["province"] for row in provincial)
    compared = sorted({(row["indicator"], row["year"], row["year_basis"], row["province"]) for row in provincial})
    _, indicator = max((len(list(rows)), key[0]) for key, rows in groupby(compared, key=lambda row: row[:3]))
    document = max(data.documents, key=lambda row: (row["province"] == province, row["n_statements"]))
    page_of_document = document_page(document["document_id"], document["source_file"])

    def nothing(page: Page) -> None: ...

    def english(page: Page) -> None:
        page.locator("[data-language=en]").click()

    def search(page: Page) -> None:
        page.locator("#search").fill("vinh long kinh te so")
        page.locator("#results [role=option]").first.wait_for()

    def review(page: Page) -> None:
        page.locator(".mark").nth(2).click()
        page.locator(".statement.on [data-action=fix]").first.click()

    def passage(page: Page) -> None:
        page.locator(".mark").nth(2).click()

    def compare(page: Page) -> None:
        page.locator(".views").scroll_into_view_if_needed()
        page.evaluate("document.querySelector('.views').scrollIntoView()")

    return {
        "start": ("index.html", LAPTOP, nothing),
        "start-english": ("index.html", LAPTOP, english),
        "start-phone": ("index.html", PHONE, nothing),
        "search": ("index.html", LAPTOP, search),
        "province": (province_page(province), LAPTOP, nothing),
        "province-phone": (province_page(province), PHONE, nothing),
        "indicator": (indicator_page(indicator), LAPTOP, compare),
        "document": (page_of_document, LAPTOP, review),
        "document-phone": (page_of_document, PHONE, passage),
        "gate": ("gate.html", LAPTOP, nothing),
        "standard": ("standard.html", LAPTOP, nothing),
    }


def fullest(names: object) -> str:
    from collections import Counter

    return str(Counter(names).most_common(1)[0][0])  # type: ignore[call-overload]


def shrink(path: Path) -> None:
    """A palette in place of full colour, when Pillow is there (it comes with pdfplumber)."""
    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/screenshots/make.py WAREHOUSE")
    main(Path(sys.argv[1]))
