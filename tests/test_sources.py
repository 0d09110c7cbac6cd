# ruff: noqa: E501
"""Files of every kind to text: the same plan reads the same; tables keep their columns; refusals name the remedy."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable

import pytest
from documents.encodings import to_tcvn3
from documents.pdf import PdfPage, write_pdf
from documents.plan import FORMATS, plan_docx, plan_html, plan_lines, plan_pdf, plan_text

from extract.limits import Limits
from extract.sources import SourceDocument, read_source
from flows.process import process, shipped_tools, statements_table
from transform.reconcile import reconcile


def read(name: str, data: bytes, limits: Limits | None = None) -> list[SourceDocument]:
    return list(read_source(name, data, limits))


def lines_of(document: SourceDocument) -> list[str]:
    assert document.text is not None, document.status_reason
    return [" ".join(line.split()) for line in document.text.split("\n") if line.strip()]


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>".encode()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(("ending", "build"), FORMATS.items(), ids=FORMATS)
def test_the_same_plan_gives_the_same_lines(ending: str, build: Callable[[], bytes]) -> None:
    [document] = read(f"2022/plan.{ending}", build())
    assert document.status == "processed"
    assert document.source_file == f"2022/plan.{ending}"
    assert lines_of(document) == plan_lines()


def test_the_same_plan_gives_the_same_targets() -> None:
    """Every row of every published table, every column but the identity, which holds the name of the file."""
    tools = shipped_tools()

    def tables(ending: str) -> dict[str, list[dict[str, object]]]:
        reconciled = reconcile(statements_table(process(f"plan.{ending}", FORMATS[ending](), tools)))
        return {
            name: getattr(reconciled, name).drop_columns("statement_id").to_pylist()
            for name in ("targets", "targets_provisional", "commitments")
        }

    expected = tables("txt")
    assert ("Hà Giang", "clean_water_share", 58.0, 2024) in {
        (row["province"], row["indicator"], row["value"], row["year"]) for row in expected["targets"]
    }
    assert sum(map(len, expected.values())) >= 14, "two sentences and nine cells of the table"
    for ending in FORMATS:
        assert tables(ending) == expected, ending


def test_kind_is_told_by_the_bytes_not_the_name() -> None:
    for build in (plan_html, plan_docx, plan_pdf):
        [document] = read("plan", build())
        assert lines_of(document) == plan_lines()


ROWS = "<tr><td>Xã Bản Mù</td><td>12</td><td>18</td></tr><tr><td>Xã Tân Lập</td><td>9</td><td>15</td></tr>"
TEXT = "<p>" + "Kế hoạch nêu rõ các nhiệm vụ chính của ngành thủy lợi trong năm tới. " * 6 + "</p>"
TABLES = {
    "plain": (
        f"<table><tr><th>Xã</th><th>2024</th><th>2025</th></tr>{ROWS}</table>",
        ["| Xã | 2024 | 2025 |", "| Xã Bản Mù | 12 | 18 |", "| Xã Tân Lập | 9 | 15 |"],
    ),
    "heading over two columns": (
        f"<table><tr><th rowspan=2>Xã</th><th colspan=2>Số hồ chứa</th></tr><tr><th>2024</th><th>2025</th></tr>{ROWS}</table>",
        [
            "| Xã | Số hồ chứa | Số hồ chứa |",
            "| Xã | 2024 | 2025 |",
            "| Xã Bản Mù | 12 | 18 |",
            "| Xã Tân Lập | 9 | 15 |",
        ],
    ),
    "cell over two rows": (
        "<table><tr><td>Cấp</td><td>Chỉ tiêu</td><td>2025</td></tr><tr><td rowspan=2>Xã</td><td>Trạm bơm</td><td>5</td></tr>"
        "<tr><td>Hồ chứa</td><td>3</td></tr></table>",
        ["| Cấp | Chỉ tiêu | 2025 |", "| Xã | Trạm bơm | 5 |", "| Xã | Hồ chứa | 3 |"],
    ),
    "group row": (
        f"<table><tr><td>Xã</td><td>2024</td><td>2025</td></tr><tr><td colspan=3>I. Vùng cao</td></tr>{ROWS}</table>",
        ["| Xã | 2024 | 2025 |", "| I. Vùng cao | | |", "| Xã Bản Mù | 12 | 18 |", "| Xã Tân Lập | 9 | 15 |"],
    ),
    "paragraphs, breaks and bars in a cell": (
        "<table><tr><td>Chỉ<br>tiêu</td><td>Đơn vị</td></tr><tr><td><p>Diện tích</p><p>tưới</p></td><td>ha|năm</td></tr></table>",
        ["| Chỉ tiêu | Đơn vị |", "| Diện tích tưới | ha năm |"],
    ),
    "caption": (
        f"<table><caption>Biểu 1. Hồ chứa</caption><tr><td>Xã</td><td>2024</td><td>2025</td></tr>{ROWS}</table>",
        ["Biểu 1. Hồ chứa", "| Xã | 2024 | 2025 |", "| Xã Bản Mù | 12 | 18 |", "| Xã Tân Lập | 9 | 15 |"],
    ),
}


@pytest.mark.parametrize(("table", "rows"), TABLES.values(), ids=TABLES)
def test_html_tables(table: str, rows: list[str]) -> None:
    [document] = read("a.html", page(f"<h1>Kế hoạch thủy lợi</h1>{TEXT}{table}{TEXT}"))
    lines = lines_of(document)
    start = lines.index(rows[0])
    assert [" ".join(line.split()) for line in lines[start : start + len(rows)]] == rows


def test_a_layout_table_is_text_not_rows() -> None:
    body = f"<table><tr><td><ul><li><a href=/>Mục</a></li></ul></td><td>{TEXT}{TEXT}</td></tr><tr><td>{TEXT}</td></tr></table>"
    [document] = read("a.html", page(body))
    assert "|" not in (document.text or "")
    assert "ngành thủy lợi" in (document.text or "")


def test_a_page_of_a_table_only_keeps_every_row() -> None:
    rows = "".join(f"<tr><td>Xã số {number}</td><td>{number * 3}</td></tr>" for number in range(300))
    [document] = read("a.html", page(f"<table><tr><th>Xã</th><th>Năm 2025</th></tr>{rows}</table>"))
    assert [line for line in lines_of(document) if line.startswith("|")] == [
        "| Xã | Năm 2025 |",
        *(f"| Xã số {number} | {number * 3} |" for number in range(300)),
    ]


def test_lists_are_bullets_and_marks_are_not_doubled() -> None:
    items = "<ul><li>Đến năm 2025 đạt 80% số xã có trạm bơm</li><li>- Đến năm 2030 đạt 95% số xã có trạm bơm</li></ul>"
    [document] = read("a.html", page(f"<h1>Mục tiêu</h1>{TEXT}{items}{TEXT}"))
    lines = lines_of(document)
    assert "- Đến năm 2025 đạt 80% số xã có trạm bơm" in lines
    assert "- Đến năm 2030 đạt 95% số xã có trạm bơm" in lines


def test_hidden_parts_and_scripts_are_not_read() -> None:
    hidden = "<p style='display: none'>đạt 71%</p><script>x='72%'</script><div hidden>73%</div><noscript>74%</noscript>"
    [document] = read("a.html", page(f"{TEXT}{hidden}{TEXT}<!-- 75% --><template>76%</template>"))
    assert not [number for number in range(71, 77) if f"{number}%" in (document.text or "")]


@pytest.mark.parametrize("declared", ["utf-8", "windows-1258", "iso-8859-1", "nonsense"])
def test_html_in_an_old_encoding_whatever_it_declares(declared: str) -> None:
    body = f"<html><head><meta charset={declared}></head><body>".encode() + to_tcvn3(TEXT * 3) + b"</body></html>"
    [document] = read("a.htm", body)
    assert "ngành thủy lợi" in (document.text or "")
    assert "tcvn3" in (document.encoding or "")


def test_docx_lists_changes_and_merged_cells() -> None:
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = docx.Document()
    document.add_paragraph("Sửa chữa 40 trạm bơm", style="List Number")
    document.add_paragraph("Nạo vét 25 km kênh", style="List Number")
    document.add_paragraph("Trồng 300 ha rừng", style="List Bullet")
    changed = document.add_paragraph("Đạt ")
    changed._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>80%</w:t></w:r></w:ins>"))
    changed._p.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>70%</w:delText></w:r></w:del>"))
    table = document.add_table(rows=3, cols=3)
    for row, texts in zip(table.rows, (("Xã", "Số hồ", ""), ("", "2024", "2025"), ("Bản Mù", "3", "4")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    out = io.BytesIO()
    document.save(out)
    [found] = read("a.docx", out.getvalue())
    assert lines_of(found) == [
        "1. Sửa chữa 40 trạm bơm",
        "2. Nạo vét 25 km kênh",
        "- Trồng 300 ha rừng",
        "Đạt 80%",
        "| Xã | Số hồ | Số hồ |",
        "| Xã | 2024 | 2025 |",
        "| Bản Mù | 3 | 4 |",
    ]


def test_pdf_over_pages_and_broken_periods() -> None:
    first, second = PdfPage(), PdfPage()
    first.add_paragraph(
        "Kế hoạch phát triển thủy lợi và nước sạch nông thôn trên địa bàn toàn tỉnh cho giai đoạn 2021 - 2025 do Sở lập"
    )
    first.height = 60
    first.add_paragraph("Đến năm 2025 kiên cố hóa thêm 340 km kênh mương nội đồng tại các xã vùng cao, bảo đảm nước và")
    first.add_text(290, 20, "- 1 -")
    second.add_paragraph("tưới chủ động cho 18.500 ha lúa.")
    second.add_text(290, 20, "- 2 -")
    [document] = read("a.pdf", write_pdf([first, second]))
    assert lines_of(document) == [
        "Kế hoạch phát triển thủy lợi và nước sạch nông thôn trên địa bàn toàn tỉnh cho giai đoạn 2021 - 2025 do Sở lập",
        "Đến năm 2025 kiên cố hóa thêm 340 km kênh mương nội đồng tại các xã vùng cao, bảo đảm nước và tưới chủ động cho "
        "18.500 ha lúa.",
    ]


def test_zip_gives_each_member_its_name() -> None:
    data = zipped({"a/plan.txt": plan_text(), "b.html": plan_html(), "c.docx": plan_docx(), "__MACOSX/._a": b"x"})
    found = read("in/plans.zip", data)
    assert [document.source_file for document in found] == [
        "in/plans.zip!a/plan.txt", "in/plans.zip!b.html", "in/plans.zip!c.docx",
    ]  # fmt: skip
    assert all(lines_of(document) == plan_lines() for document in found)
    assert found[0].data == plan_text()


def test_zip_in_zip_up_to_the_limit() -> None:
    inner = zipped({"plan.txt": plan_text()})
    [document] = read("a.zip", zipped({"b.zip": inner}))
    assert document.source_file == "a.zip!b.zip!plan.txt"
    [refused] = read("a.zip", zipped({"b.zip": zipped({"c.zip": inner})}))
    assert refused.status == "too_large"
    assert "nesting" in (refused.status_reason or "")


def test_json_lines() -> None:
    records = [
        {"id": "57", "title": "Kế hoạch nước sạch", "text": "Đến năm 2025 đạt 80%.", "date": "2022-05-12T00:00:00"},
        {"name": "x", "content": "Nội dung 2"},
        {"id": 57, "text": "Trùng mã"},
        {"title": "không có chữ"},
    ]
    body = "\n".join(json.dumps(record, ensure_ascii=False) for record in records) + "\nnot json\n\n"
    found = read("news.jsonl", body.encode())
    assert [(document.source_file, document.status) for document in found] == [
        ("news.jsonl!57", "processed"), ("news.jsonl!x", "processed"), ("news.jsonl!57#2", "processed"),
        ("news.jsonl!4", "unreadable"), ("news.jsonl!5", "unreadable"),
    ]  # fmt: skip
    assert found[0].text == "Kế hoạch nước sạch\n\nĐến năm 2025 đạt 80%."
    assert str(found[0].date) == "2022-05-12"
    packed = read("news.jsonl.gz", gzip.compress(body.encode()))
    assert [document.text for document in packed] == [document.text for document in found]


def test_json_list() -> None:
    found = read("a.json", json.dumps([{"text": "Đạt 80%"}, {"text": "Đạt 90%"}]).encode())
    assert [document.text for document in found] == ["Đạt 80%", "Đạt 90%"]


def _encrypted_zip() -> bytes:
    data = bytearray(zipped({"a.txt": b"secret"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


def _link_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def _lying_bomb() -> bytes:
    """Declares 10 bytes, holds 30 MB."""
    data = bytearray(zipped({"a.txt": b"0" * 30_000_000}))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")
    data[22:26] = (10).to_bytes(4, "little")
    return bytes(data)


SMALL = Limits(bytes=2_000_000, characters=50_000, pages=3, members=5, nesting=2, ratio=100, unpacked_bytes=4_000_000)
REFUSED: dict[str, tuple[str, Callable[[], bytes], str, str]] = {
    "scan": ("a.pdf", lambda: write_pdf([PdfPage(texts=[(60, 700, "x")])], image_only=True), "unreadable", "optical"),
    "too many pages": ("a.pdf", lambda: write_pdf([PdfPage(texts=[(60, 700, "x")])] * 4), "too_large", "pages"),
    "broken pdf": ("a.pdf", lambda: b"%PDF-1.4\n" + plan_pdf()[400:900], "unreadable", "PDF"),
    "broken docx": ("a.docx", lambda: zipped({"[Content_Types].xml": b"<x", "word/document.xml": b"<y"}), "unreadable", "Word"),
    "spreadsheet": ("a.xlsx", lambda: zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "unreadable", "spreadsheet"),
    "old doc": ("a.doc", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "unreadable", "docx"),
    "image": ("a.jpg", lambda: b"\xff\xd8\xff\xe0" + b"\0" * 64, "unreadable", "optical"),
    "empty": ("a.txt", lambda: b"", "empty", "no text"),
    "blank": ("a.html", lambda: page("<p>&nbsp;</p>"), "empty", "no text"),
    "empty zip": ("a.zip", lambda: zipped({}), "empty", "no files"),
    "bytes": ("a.txt", lambda: b"a" * 2_000_001, "too_large", "limit bytes"),
    "characters": ("a.txt", lambda: b"a " * 30_000, "too_large", "limit characters"),
    "bomb as declared": ("a.zip", lambda: zipped({"a.txt": b"0" * 3_000_000}), "too_large", "limit bytes"),
    "bomb by ratio": ("a.zip", lambda: zipped({"a.txt": b"0" * 1_500_000}), "too_large", "limit ratio"),
    "bomb that lies": ("a.zip", _lying_bomb, "unreadable", "broken"),
    "gzip bomb": ("a.txt.gz", lambda: gzip.compress(b"0" * 3_000_000), "too_large", "unpacks"),
    "members": ("a.zip", lambda: zipped({f"{n}.txt": b"x" for n in range(6)}), "too_large", "limit members"),
    "encrypted zip": ("a.zip", _encrypted_zip, "unreadable", "password"),
    "path traversal": ("a.zip", lambda: zipped({"../../etc/cron.d/x": b"80%"}), "unreadable", "leads out"),
    "absolute path": ("a.zip", lambda: zipped({"/etc/passwd": b"80%"}), "unreadable", "leads out"),
    "drive path": ("a.zip", lambda: zipped({"C:\\x.txt": b"80%"}), "unreadable", "leads out"),
    "link in zip": ("a.zip", _link_zip, "unreadable", "link"),
    "cut zip": ("a.zip", lambda: zipped({"a.txt": plan_text()})[:200], "unreadable", "pack it anew"),
    "text called docx": ("a.docx", lambda: b"hello", "unreadable", "fetch it again"),
    "nested json": ("a.jsonl", lambda: b"[" * 100_000, "unreadable", "no JSON"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "build", "status", "word"), REFUSED.values(), ids=REFUSED)
def test_refusals(name: str, build: Callable[[], bytes], status: str, word: str) -> None:
    found = read(name, build(), SMALL)
    assert [document.status for document in found] == [status], found[0].status_reason
    assert word in (found[0].status_reason or "")
    assert ".." not in found[0].source_file
    assert found[0].text is None


def test_all_members_together_have_a_budget() -> None:
    members = {f"{number}.txt": bytes(range(32, 127)) * 15_000 for number in range(4)}
    found = read("a.zip", zipped(members), Limits(bytes=2_000_000, ratio=10_000, unpacked_bytes=4_000_000))
    assert [document.status for document in found] == ["processed", "processed", "too_large"]
    assert "unpacked_bytes" in (found[2].status_reason or "")


def test_xml_entities_bring_nothing_in() -> None:
    body = (
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "80%">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        "<w:t>x &a; &b;</w:t></w:r></w:p></w:body></w:document>"
    )
    source = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plan_docx())) as old, zipfile.ZipFile(source, "w") as new:
        for name in old.namelist():
            new.writestr(name, body if name == "word/document.xml" else old.read(name))
    [document] = read("a.docx", source.getvalue())
    assert "root:" not in (document.text or "")


def test_positions_that_ended_a_worker_are_skipped_with_their_reason() -> None:
    data = zipped({"a.txt": b"Dat 80%", "b.txt": b"Dat 81%", "c.txt": b"Dat 82%"})
    found = list(read_source("a.zip", data, None, {1: "took more than 60 s (limit seconds)"}))
    assert [(document.status, document.text) for document in found] == [
        ("processed", "Dat 80%"), ("failed", None), ("processed", "Dat 82%"),
    ]  # fmt: skip


def test_limits_must_be_positive() -> None:
    with pytest.raises(ValueError, match="limit pages is 0"):
        Limits(pages=0)
