"""One plan, written for these tests, as txt, HTML, DOCX and PDF; its table has the same rows in all four."""

from __future__ import annotations

import io
from dataclasses import dataclass

from .pdf import PdfPage, write_pdf


@dataclass(frozen=True)
class Paragraph:
    text: str
    heading: int = 0


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[str, ...], ...]


PLAN: tuple[Paragraph | Table, ...] = (
    Paragraph("ỦY BAN NHÂN DÂN TỈNH HÀ GIANG"),
    Paragraph("Số: 145/KH-UBND"),
    Paragraph("Hà Giang, ngày 12 tháng 5 năm 2022"),
    Paragraph("KẾ HOẠCH", 1),
    Paragraph("Phát triển thủy lợi nội đồng và cấp nước sạch nông thôn giai đoạn 2022-2025", 1),
    Paragraph("I. MỤC TIÊU", 2),
    Paragraph("1. Đến năm 2025, tỷ lệ hộ dân nông thôn dùng nước sạch đạt 62%; 85% trạm bơm được sửa chữa."),
    Paragraph(
        "2. Đến năm 2025, kiên cố hóa ít nhất 340 km kênh mương nội đồng, bảo đảm tưới chủ động cho 18.500 ha lúa hai "
        "vụ và 4.200 ha cây ăn quả trên địa bàn toàn tỉnh."
    ),
    Paragraph("II. CHỈ TIÊU TỪNG NĂM", 2),
    Table(
        (
            ("TT", "Chỉ tiêu", "Đơn vị", "Năm 2023", "Năm 2024", "Năm 2025"),
            ("1", "Tỷ lệ hộ dùng nước sạch", "%", "54,5", "58", "62"),
            ("2", "Chiều dài kênh kiên cố", "km", "120", "230", "340"),
            ("3", "Diện tích tưới chủ động", "ha", "14.200", "16.300", "18.500"),
        )
    ),
    Paragraph("III. TỔ CHỨC THỰC HIỆN", 2),
    Paragraph("Giao Sở Nông nghiệp và Phát triển nông thôn theo dõi, đôn đốc và báo cáo kết quả."),
)


def plan_lines() -> list[str]:
    """The lines that every format must give."""
    lines: list[str] = []
    for block in PLAN:
        if isinstance(block, Table):
            lines += ["| " + " | ".join(row) + " |" for row in block.rows]
        else:
            lines.append(block.text)
    return lines


def plan_text() -> bytes:
    return "\n".join(plan_lines()).encode()


def plan_html() -> bytes:
    """A portal page with menus, scripts, related news and a footer around the plan."""
    body = []
    for block in PLAN:
        if isinstance(block, Table):
            head, *rows = block.rows
            body.append(
                "<table border=1><thead><tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr></thead><tbody>"
                + "".join("<tr>" + "".join(f"<td><p>{cell}</p></td>" for cell in row) + "</tr>" for row in rows)
                + "</tbody></table>"
            )  # fmt: skip
        elif block.heading:
            body.append(f"<h{block.heading}>{block.text}</h{block.heading}>")
        else:
            body.append(f"<p>{block.text.replace(' đạt ', '&nbsp;đạt ')}</p>")
    menu = "".join(f'<li><a href="/muc/{number}">Chuyên mục {number}</a></li>' for number in range(12))
    news = "".join(f'<li><a href="/tin/{number}">Tin liên quan: 9{number}% hộ nghèo</a></li>' for number in range(8))
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>Kế hoạch</title>
<style>p {{ margin: 77%; }}</style><script>var target = "đạt 99% vào năm 2030";</script></head><body>
<header><nav><ul>{menu}</ul></nav></header><div class="content"><article>{"".join(body)}</article></div>
<aside><h3>Tin liên quan</h3><ul>{news}</ul></aside><footer>Bản quyền 2022. Điện thoại 0219 3866 000</footer>
<script>document.write("100% vào năm 2040")</script></body></html>""".encode()


def plan_docx() -> bytes:
    import docx

    document = docx.Document()
    for block in PLAN:
        if isinstance(block, Table):
            table = document.add_table(rows=0, cols=len(block.rows[0]))
            for row in block.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
        elif block.heading:
            document.add_heading(block.text, block.heading)
        else:
            document.add_paragraph(block.text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def plan_pdf() -> bytes:
    """A4 page at 10 points, lines broken as print breaks them, the table ruled, a page number at the foot."""
    page = PdfPage()
    for block in PLAN:
        if isinstance(block, Table):
            page.add_table(block.rows, widths=(30, 150, 50, 80, 80, 80))
        else:
            page.add_paragraph(block.text)
    page.add_text(290, 20, "1")
    return write_pdf([page])


FORMATS = {"txt": plan_text, "html": plan_html, "docx": plan_docx, "pdf": plan_pdf}
