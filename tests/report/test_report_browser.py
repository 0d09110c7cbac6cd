"""The site in a real headless Chromium, opened from files: what a person does, and what must never happen."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest
from sites import Site, Watched

from schemas.tables import STATEMENTS
from warehouse.corrections import apply_corrections, load_corrections
from warehouse.report.formatting import anchor
from warehouse.report.names import document_page

INDICATOR = "i/digital-economy-share-grdp.html"


def document_of(site: Site, number: int) -> str:
    row = site.documents[number]
    return document_page(row["document_id"], row["source_file"])


def hostile_page(site: Site) -> str:
    return document_of(site, -1)


def pages(site: Site) -> dict[str, str]:
    return {
        "start": "index.html",
        "province": "p/vinh-long.html",
        "nation": "p/viet-nam.html",
        "indicator": INDICATOR,
        "empty indicator": "i/eservice-partial-share.html",
        "document": document_of(site, 10),
        "hostile": hostile_page(site),
        "documents": "documents.html",
        "gate": "gate.html",
        "standard": "standard.html",
    }


@pytest.fixture(autouse=True)
def clean(watched: Watched):
    """No page may complain on the console or ask for anything but local files."""
    yield
    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith(("file:", "data:", "blob:"))] == []


KINDS = (
    "start",
    "province",
    "nation",
    "indicator",
    "empty indicator",
    "document",
    "hostile",
    "documents",
    "gate",
    "standard",
)


@pytest.mark.parametrize("width", [1280, 390], ids=["laptop", "phone"])
@pytest.mark.parametrize("kind", KINDS)
def test_page_opens_and_fits(site: Site, watched: Watched, kind: str, width: int) -> None:
    page = watched.page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(site.url(pages(site)[kind]))
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    assert page.evaluate("document.documentElement.lang") == "vi"
    assert page.evaluate("document.fonts.status") == "loaded"


def test_search_without_diacritics_arrives_at_the_row(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.url("index.html"))
    page.keyboard.press("/")
    page.keyboard.type("vinh long kinh te so")
    first = page.locator("#results [role=option]").first
    first.wait_for()
    assert "Vĩnh Long · Tỷ trọng kinh tế số trong GRDP" in first.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/vinh-long.html#i-digital_economy_share_grdp")
    assert "Tỷ trọng kinh tế số" in page.locator("tr:target").inner_text()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("da nang", "Đà Nẵng"),
        ("Đắk Lắk", "Đắk Lắk"),
        ("dak nong che phu rung", "Đắk Nông · "),
        ("tang truong kinh te dat", "“Đến năm"),
        ("forest cover", "Tỷ lệ che phủ rừng"),
        ("xyzzy", "Không tìm thấy"),
    ],
    ids=["province", "with diacritics", "province and indicator", "quote", "English", "nothing"],
)
def test_search(site: Site, watched: Watched, query: str, expected: str) -> None:
    page = watched.page
    page.goto(site.url("gate.html"))
    page.locator("#search").fill(query)
    page.locator("#results li", has_text=expected).first.wait_for()


def test_follow_a_row_to_its_sentence(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.url("p/vinh-long.html"))
    row = page.locator("tr[id='i-digital_economy_share_grdp']")
    value = row.locator("td.value a").first
    shown = value.inner_text()
    value.click()
    page.wait_for_url("**/d/*.html#s-*")
    mark = page.locator(".mark.on").first
    assert shown in mark.inner_text()
    box = mark.bounding_box()
    assert box is not None and 0 <= box["y"] <= 860, "the sentence is not in view"
    assert shown in page.locator(".statement.on").inner_text()


def test_sort_and_filter(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.url("index.html"))
    table = page.locator("table[data-name=provinces]")

    def column(number: int) -> list[str]:
        return [text.strip() for text in table.locator(f"tbody tr:visible > :nth-child({number})").all_inner_texts()]

    header = table.locator("thead th").nth(2)
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    counts = [int(text) for text in column(3)]
    assert counts == sorted(counts, reverse=True) and len(set(counts)) > 1
    header.locator("button").press("Enter")
    assert [int(text) for text in column(3)] == sorted(counts)
    page.locator("section#provinces .tools input").fill("vinh")
    assert {"Vĩnh Long", "Vĩnh Phúc"} <= set(column(1)) and "Hà Nội" not in column(1)


def test_download_csv_is_safe(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.url("documents.html"))
    with page.expect_download() as download:
        page.locator(".tools button").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == 1 + len(site.documents)
    cells = [cell for line in lines for cell in line]
    assert "'=1+1" in cells, "the hostile document number lost its apostrophe"
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_hostile_document_is_inert(site: Site, watched: Watched) -> None:
    page = watched.page
    for path in (hostile_page(site), "p/vinh-long.html", "standard.html", "documents.html"):
        page.goto(site.url(path))
        page.wait_for_timeout(50)
        assert "owned" not in page.title() or "<script>" in page.title()
        assert page.locator("article img, table img, h1 script, article script").count() == 0
    page.goto(site.url(hostile_page(site)))
    text = page.locator("article").inner_text()
    assert "<script>document.title='owned'</script>" in text
    assert "‹U+202E›đảo ngược‹U+202C›" in text and "\u202e" not in page.content()
    assert "{{ 7*7 }}" in text
    page.locator(".mark").first.click()
    page.locator("#search").fill("dao nguoc")
    page.locator("#results li", has_text="đảo ngược").first.wait_for()
    assert page.locator("#results img, #results script").count() == 0


def test_policy_stops_what_would_get_through(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.url("index.html"))
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', "
        "'<img src=x onerror=\"window.owned=1\"><style>body{color:red}</style>')"
    )
    page.evaluate(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.owned=1'; "
        "document.body.append(s); })()"
    )
    page.wait_for_timeout(100)
    assert page.evaluate("window.owned === undefined")
    assert page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'stopped')") == "stopped"
    assert any("Content Security Policy" in complaint for complaint in watched.complaints)
    watched.complaints.clear()
    watched.requests.clear()


def test_refused_numbers_tell_why(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.url(document_of(site, 10)))
    refused = page.locator("article .refused").first
    refused.focus()
    assert page.locator("[role=tooltip]").inner_text() == "achievement <b>now</b>"


def test_language_switch_stays(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.url("index.html"))
    assert "Các tỉnh cam kết gì" in page.locator("h1").inner_text()
    page.locator("[data-language=en]").click()
    assert page.locator("h1").inner_text() == "What provinces commit to, in numbers"
    page.goto(site.url(INDICATOR))
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("#search").get_attribute("placeholder") == "Search provinces, indicators, quotes"
    assert "Below the national target" in page.locator("main").inner_text()
    assert "Thấp hơn" not in page.locator("main").inner_text()
    page.goto(site.url("index.html") + "?lang=vi")
    assert page.evaluate("document.documentElement.lang") == "vi"


def test_keyboard_alone(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.url(document_of(site, 10)))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    page.locator(".mark").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className").startswith("statement")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


CONTRAST = """() => {
  const part = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; };
  const light = c => .2126 * part(c[0]) + .7152 * part(c[1]) + .0722 * part(c[2]);
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll('body *')) {
    const words = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
    if (!node.offsetParent || !words) continue;
    const a = light(rgb(getComputedStyle(node).color)), b = light(behind(node));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.push(`${node.tagName}.${node.className} ${ratio.toFixed(2)} ${node.textContent.trim()}`);
  }
  return [...new Set(bad)];
}"""


@pytest.mark.parametrize("kind", ["start", "province", "indicator", "document", "gate", "standard"])
def test_contrast_is_at_least_4_5(site: Site, watched: Watched, kind: str) -> None:
    watched.page.goto(site.url(pages(site)[kind]))
    watched.page.mouse.move(1, 1)
    assert watched.page.evaluate(CONTRAST) == []


def test_corrections_are_exported_and_fit_the_warehouse(site: Site, watched: Watched, tmp_path: Path) -> None:
    page = watched.page
    number = 10
    page.goto(site.url(document_of(site, number)))
    mine = [row for row in site.statements if row["source_file"] == site.documents[number]["source_file"]]
    first, second, third = (page.locator(f"[id='{anchor(row['statement_id'])}']") for row in mine[:3])

    def decide(card, action: str, reason: str, **changes: str) -> None:
        card.locator(f"[data-action={action}]").click()
        for name, value in changes.items():
            card.locator(f"input[name={name}]").fill(value)
        card.locator("input[name=reason]").fill(reason)
        card.locator("input[name=author]").fill('Lan: "kiểm"')
        card.locator("button[type=submit]").click()

    first.locator("[data-action=reject]").click()
    first.locator("button[type=submit]").click()
    assert first.locator("[role=alert]").is_visible(), "a correction without a reason was taken"
    decide(first, "reject", "không phải của tỉnh")
    decide(second, "fix", "đọc sai", value="12,5", year="2031")
    decide(third, "accept", "đúng")
    with page.expect_download() as download:
        page.locator("[data-do=download]").click()
    file = tmp_path / "corrections.yml"
    download.value.save_as(file)
    table = pa.Table.from_pylist(
        [{name: row[name] for name in STATEMENTS.names} for row in site.statements], STATEMENTS.arrow_schema()
    )
    corrected, outcomes = apply_corrections(table, load_corrections(file))
    assert [outcome.message for outcome in outcomes if outcome.stale] == []
    after = {row["statement_id"]: row for row in corrected.to_pylist()}
    assert after[mine[0]["statement_id"]]["status"] == "rejected"
    fixed = after[mine[1]["statement_id"]]
    assert (fixed["value"], fixed["year"], fixed["corrected_by"]) == (12.5, 2031, 'Lan: "kiểm"')
    assert after[mine[2]["statement_id"]]["status"] == "accepted"
    page.reload()
    assert page.locator("#tray").is_visible(), "entries are lost when the page is opened again"


def test_hostile_correction_keeps_the_exact_words(site: Site, watched: Watched, tmp_path: Path) -> None:
    page = watched.page
    page.goto(site.url(hostile_page(site)))
    card = page.locator(".statement").first
    card.locator("[data-action=accept]").click()
    card.locator("input[name=reason]").fill("ok")
    card.locator("input[name=author]").fill("x")
    card.locator("button[type=submit]").click()
    with page.expect_download() as download:
        page.locator("[data-do=download]").click()
    file = tmp_path / "corrections.yml"
    download.value.save_as(file)
    (entry,) = load_corrections(file).entries
    assert entry.quote in {row["quote"] for row in site.statements} and "\u202e" in (entry.quote or "")
    assert "\u202e" not in file.read_text(encoding="utf-8")


def test_fixing_an_indicator_brings_its_unit(site: Site, watched: Watched) -> None:
    page = watched.page
    page.goto(site.url(document_of(site, 10)))
    card = page.locator(".statement").first
    card.locator("[data-action=fix]").click()
    page.locator("datalist#indicator-ids").wait_for(state="attached")
    card.locator("input[name=indicator]").fill("grdp_growth")
    card.locator("input[name=province]").fill("Trà Vinh")
    card.locator("input[name=reason]").fill("nhầm")
    card.locator("input[name=author]").fill("Lan")
    card.locator("button[type=submit]").click()
    text = page.locator("#tray pre").inner_text()
    assert 'unit: "percent_per_year"' in text and 'province_2025: "Vĩnh Long"' in text and 'province_code: "84"' in text
