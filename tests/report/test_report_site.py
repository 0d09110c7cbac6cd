"""The site as files: links, policy, escaping, incremental builds, history, national targets, coverage."""

from __future__ import annotations

import csv
import datetime
import json
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
import standin
from lxml import html
from sites import Site, marks, rows

from warehouse.report.build import build
from warehouse.report.formatting import DATA, read_rows
from warehouse.report.names import document_page
from warehouse.report.source import NoSnapshot


def parsed(site: Site) -> dict[str, html.HtmlElement]:
    folder = site.built.folder
    return {
        path.relative_to(folder).as_posix(): html.fromstring(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.html")
    }


@pytest.fixture(scope="module")
def trees(site: Site) -> dict[str, html.HtmlElement]:
    return parsed(site)


def test_every_kind_of_page_is_there(site: Site, trees: dict[str, html.HtmlElement]) -> None:
    kinds = Counter(path.split("/")[0] if "/" in path else path for path in trees)
    assert kinds["d"] == len(site.documents)
    assert kinds["p"] >= 64 and kinds["i"] >= 5
    assert {"index.html", "documents.html", "gate.html", "standard.html"} <= set(kinds)


def test_no_page_holds_inline_script_style_or_handler(trees: dict[str, html.HtmlElement]) -> None:
    for path, tree in trees.items():
        policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy and "default-src 'none'" in policy[0] and "unsafe" not in policy[0], path
        for node in tree.iter(html.etree.Element):
            assert not [name for name in node.attrib if name.startswith("on") or name == "style"], (path, node.tag)
            assert node.tag not in ("style", "iframe", "object", "embed", "base"), path
            if node.tag == "script":
                assert node.get("src") or (node.get("type") == "application/json" and node.get("id") == "rows"), path


def test_every_link_leads_somewhere_in_the_site(site: Site, trees: dict[str, html.HtmlElement]) -> None:
    ids = {path: set(tree.xpath("//@id")) for path, tree in trees.items()}
    broken = set()
    for path, tree in trees.items():
        for target in tree.xpath("//a/@href | //script/@src | //link[@rel='stylesheet']/@href"):
            assert "://" not in target and not target.startswith("//") and ":" not in target.split("/")[0], (
                path,
                target,
            )
            file, fragment = urldefrag(target)
            found = (
                (site.built.folder / path).parent.joinpath(unquote(file)).resolve()
                if file
                else site.built.folder / path
            )
            name = found.resolve().relative_to(site.built.folder.resolve()).as_posix()
            if not found.is_file() or (fragment and name in ids and unquote(fragment) not in ids[name]):
                broken.add((path, target))
    assert not broken


def test_ids_are_unique_and_tables_have_headers(trees: dict[str, html.HtmlElement]) -> None:
    for path, tree in trees.items():
        ids = Counter(tree.xpath("//@id"))
        assert not [name for name, count in ids.items() if count > 1], path
        for table in tree.xpath("//table"):
            assert table.xpath("./thead//th"), path


def test_hostile_text_is_only_text(site: Site, trees: dict[str, html.HtmlElement]) -> None:
    row = site.documents[-1]
    tree = trees[document_page(row["document_id"], row["source_file"])]
    article = tree.xpath("//article")[0].text_content()
    assert "<script>document.title='owned'</script>" in article and "onerror=" in article
    raw = (site.built.folder / document_page(row["document_id"], row["source_file"])).read_text(encoding="utf-8")
    assert not set(raw) & set("\u202e\u202c\u2028")
    for script in (site.built.folder / "data").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert text.isascii() and "<" not in text


def test_tables_as_csv_are_safe(site: Site) -> None:
    for name in ("targets", "targets_provisional"):
        with (site.built.folder / "data" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as handle:
            lines = list(csv.reader(handle))
        assert len(lines) > 1 and len({len(line) for line in lines}) == 1
        assert not [cell for line in lines for cell in line if cell[:1] in "=+@\t\r" and cell]
    assert any(cell == '\'=HYPERLINK("x")' for line in lines for cell in line)


def test_history_national_and_changes_are_shown(site: Site, trees: dict[str, html.HtmlElement]) -> None:
    page = trees["p/vinh-long.html"]
    row = page.xpath("//tr[@id='i-digital_economy_share_grdp']")[0]
    assert row.xpath(".//td[contains(@class, 'value')]//s"), "the superseded value is not struck through"
    assert page.xpath("//span[contains(@class, 'side')]")
    assert page.xpath("//*[@id='commitments']")
    start = trees["index.html"].xpath("//*[@id='changes']")[0].text_content()
    assert "20261121T180000" in start and "Mới" in start
    merged = trees["p/ben-tre.html"].text_content()
    assert "tỉnh này thuộc" in merged


def test_rejected_row_is_on_gate_and_document(site: Site, trees: dict[str, html.HtmlElement]) -> None:
    gate = trees["gate.html"].xpath("//*[@id='x-value_is_not_above_bounds']")[0]
    link = gate.xpath(".//td/a/@href")[0]
    path, fragment = urldefrag(link)
    card = trees[path].xpath(f"//*[@id='{fragment}']")[0]
    assert "rejected" in card.get("class") and "<u>over</u>" in card.text_content()
    assert trees[path].xpath("//a[contains(@class, 'mark rejected')]")


def test_second_build_writes_nothing_and_a_change_only_its_pages(tmp_path: Path) -> None:
    documents, statements = rows()
    documents, statements = (
        documents[:12],
        [s for s in statements if s["document_id"] in {d["document_id"] for d in documents[:12]}],
    )
    standin.write(tmp_path, "20261120T180000", documents, statements)
    first = build(tmp_path, marks=marks)
    assert first.written == first.files
    again = build(tmp_path, marks=marks)
    assert (again.written, again.removed) == (0, 0)
    gone = documents.pop()
    changed = documents[5]
    statements = [s for s in statements if s["document_id"] != gone["document_id"]]
    next(s for s in statements if s["document_id"] == changed["document_id"])["value"] = 11.5
    for row in statements:
        row["prevails"] = False
    standin.write(tmp_path, "20261121T180000", documents, statements)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "report" / "d").iterdir()}
    third = build(tmp_path, marks=marks)
    assert (
        third.removed == 1
        and not (tmp_path / "report" / document_page(gone["document_id"], gone["source_file"])).exists()
    )
    touched = {path.name for path, at in before.items() if path.exists() and path.stat().st_mtime_ns != at}
    assert touched == {Path(document_page(changed["document_id"], changed["source_file"])).name}
    assert third.written < 40
    fresh = build(tmp_path, tmp_path / "fresh", marks=marks)
    same = [p for p in (tmp_path / "fresh").rglob("*") if p.is_file() and p.name != "report-manifest.json"]
    assert len(same) == fresh.files
    for path in same:
        assert path.read_bytes() == (tmp_path / "report" / path.relative_to(tmp_path / "fresh")).read_bytes(), path


def test_a_page_that_was_deleted_or_a_broken_manifest_is_made_again(tmp_path: Path) -> None:
    documents, statements = standin.generated(4)
    standin.write(tmp_path, "1", documents, statements)
    built = build(tmp_path)
    (built.folder / "gate.html").unlink()
    assert build(tmp_path).written == 1
    (built.folder / "report-manifest.json").write_text("{", encoding="utf-8")
    assert build(tmp_path).written == built.files


@pytest.mark.slow
def test_workers_make_the_same_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents, statements = standin.generated(30)
    standin.write(tmp_path, "1", documents, statements)
    one = build(tmp_path, tmp_path / "one", marks=marks)
    monkeypatch.setattr("warehouse.report.build.SMALL", 1)
    two = build(tmp_path, tmp_path / "two", marks=marks, workers=2)
    assert (one.files, one.written) == (two.files, two.written)
    for path in (tmp_path / "one" / "d").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / "d" / path.name).read_bytes()


def test_empty_warehouse_and_no_warehouse(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot, match="muctieu run"):
        build(tmp_path)
    standin.write(tmp_path, "1", [], [])
    built = build(tmp_path)
    assert (built.folder / "index.html").is_file()


def test_unusual_documents_have_pages(tmp_path: Path) -> None:
    broken = standin.document(
        "", "a/broken.txt", status="unreadable", status_reason="no encoding fits", kind=None, text=None
    )
    copy_of = standin.document("x", "b.txt")
    copies = [
        copy_of,
        {**copy_of, "source_file": "c.txt", "status": "duplicate", "status_reason": "same bytes as b.txt"},
    ]
    long = standin.document(
        "Dòng không có gì.\n" * 40_000, "long.txt", province="Vĩnh Long", document_date=datetime.date(2024, 1, 1)
    )
    standin.write(tmp_path, "1", [broken, *copies, long], [])
    built = build(tmp_path)
    assert len(list((built.folder / "d").iterdir())) == 4
    text = (built.folder / document_page(long["document_id"], "long.txt")).read_text(encoding="utf-8")
    assert len(text) < 20_000 and "dòng không có số liệu được ẩn" in text
    assert "no encoding fits" in (built.folder / document_page(broken["document_id"], "a/broken.txt")).read_text(
        encoding="utf-8"
    )


def test_tile_maps_hold_every_province_once() -> None:
    tiles = read_rows("tiles.csv")
    for era, count in (("63", 63), ("34", 34)):
        mine = [row for row in tiles if row["era"] == era]
        assert len(mine) == count == len({(row["row"], row["column"]) for row in mine})
    assert {row["name"] for row in tiles if row["era"] == "63"} == set(standin.provinces_63())
    since = {p.successor_2025 for p in standin.load_standard().provinces if p.code != "00"}
    assert {row["name"] for row in tiles if row["era"] == "34"} == since


def test_texts_and_symbols_are_complete_and_used() -> None:
    texts = read_rows("texts.csv")
    assert len({row["key"] for row in texts}) == len(texts)
    assert not [row["key"] for row in texts if not row["vi"].strip() or not row["en"].strip()]
    themes = {row["theme"] for row in read_rows("themes.csv")}
    assert not {i.theme for i in standin.load_standard().indicators.values()} - themes
    source = "".join(p.read_text(encoding="utf-8") for p in DATA.parent.rglob("*.j2"))
    dynamic = ("status_", "kind_", "level_", "basis_", "change_", "year_", "direction_")
    unused = [
        r["key"]
        for r in texts
        if f"'{r['key']}'" not in source
        and not r["key"].startswith(dynamic)
        and not any(r["key"] in (which, f"{which}_national") for which in ("above", "equal", "below"))
    ]
    assert unused == []


def test_expectations_of_rows_are_told_in_vietnamese() -> None:
    from schemas.suite import row_expectations

    known = {row["expectation"] for row in read_rows("expectations.csv")}
    missing = [
        e.name
        for e in row_expectations()
        if e.name not in known and not e.name.endswith(("_is_present", "_is_in_its_list"))
    ]
    assert missing == [], "add them to warehouse/report/data/expectations.csv"


def test_manifest_lists_every_file(site: Site) -> None:
    listed = json.loads((site.built.folder / "report-manifest.json").read_text(encoding="utf-8"))
    present = {p.relative_to(site.built.folder).as_posix() for p in site.built.folder.rglob("*") if p.is_file()}
    assert present - {"report-manifest.json"} == set(listed) - {"."}
