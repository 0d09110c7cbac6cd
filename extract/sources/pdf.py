"""PDF with a text layer: paragraphs joined from printed lines, tables as rows, page numbers left out."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from extract.decode import normalise
from extract.limits import Limits
from extract.model import Decoded
from extract.sources.document import Unreadable
from extract.sources.tables import table_lines

_NEW_LINE = re.compile(
    r"[-+*•–—·▪●○◦|]|\d{1,2}(?:\.\d{1,2}){0,4}[.)]\s|\d{1,2}(?:\.\d{1,2}){1,4}\s+[A-ZÀ-Ỹ]|[a-zđ][.)]\s"
    r"|[IVXLC]{1,6}[.)]\s|(?:Điều|Chương|Mục|Phần|PHẦN|CHƯƠNG)\s"
)
_PERIOD_BROKEN = re.compile(r"[-–—]\s*(?:19|20)\d\d\b")
_PAGE_NUMBER = re.compile(r"(?:Trang\s*)?[-–—]?\s*\d{1,4}\s*(?:/\s*\d{1,4}\s*)?[-–—]?")
_SENTENCE_END = (".", ";", ":", "!", "?")
FULL_LINE = 0.93
"""Share of the width of the text from which a line counts as full, so that the next one continues it."""
MARGIN = 0.08
"""Share of the page's height at top and bottom where a lone number is a page number."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    top: float
    left: float
    right: float
    is_row: bool = False


def read_pdf(data: bytes, limits: Limits) -> Decoded:
    """Text of the text layer. Raises Unreadable (also for scans) and Undecodable."""
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect
    from pdfplumber.utils.exceptions import PdfminerException

    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        with pdfplumber.open(io.BytesIO(data), raise_unicode_errors=False) as pdf:
            text = "\n".join(_text(pdf, limits))
    except Unreadable:
        raise
    except PdfminerException as error:
        cause = error.args[0] if error.args else error
        if isinstance(cause, PDFPasswordIncorrect):
            raise Unreadable("the PDF is protected by a password; hand in a copy without one") from error
        raise Unreadable(f"the PDF is broken ({type(cause).__name__}); open it and save it anew") from error
    except PDFPasswordIncorrect as error:
        raise Unreadable("the PDF is protected by a password; hand in a copy without one") from error
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # pdfminer lets many kinds of error through on broken files
        raise Unreadable(f"the PDF is broken ({type(error).__name__}); open it and save it anew") from error
    return normalise(text, "pdf")


def _text(pdf: Any, limits: Limits) -> Iterator[str]:
    size = pages = scans = 0
    last: _Line | None = None
    for page in pdf.pages:
        pages += 1
        if pages > limits.pages:
            raise Unreadable(f"more than {limits.pages} pages (limit pages)", "too_large")
        scans += not page.chars
        for line in join_lines(_page_lines(page)):
            size += len(line.text) + 1
            if size > limits.characters:
                raise Unreadable(f"more than {limits.characters} characters (limit characters)", "too_large")
            if last is not None and _continues_page(last, line):
                last = _Line(f"{last.text} {line.text}", last.top, last.left, line.right)
                continue
            if last is not None:
                yield last.text
            last = line
        page.close()
    if last is not None:
        yield last.text
    if scans == pages:
        raise Unreadable("the PDF has no text layer (scanned pages); run optical character recognition on it first")
    if scans * 2 > pages:
        raise Unreadable(
            f"{scans} of {pages} pages of the PDF are scans; run optical character recognition on it first"
        )


def _page_lines(page: Any) -> list[_Line]:
    """Printed lines and table rows from top to bottom."""
    if not page.chars:
        return []
    lines: list[_Line] = []
    rest = page
    for table in _tables(page):
        box = table.bbox
        rows = [[cell or "" for cell in row] for row in table.extract()]
        for number, row in enumerate(table_lines(_filled(rows))):
            lines.append(_Line(row, box[1] + number * 0.001, box[0], box[2], is_row=True))
        rest = rest.filter(lambda item, box=box: not _inside(item, box))
    for line in rest.extract_text_lines(strip=True, return_chars=False):
        top, height = float(line["top"]), float(page.height)
        edge = top < MARGIN * height or top > (1 - MARGIN) * height
        if not (edge and _PAGE_NUMBER.fullmatch(line["text"])):
            lines.append(_Line(line["text"], top, float(line["x0"]), float(line["x1"])))
    return sorted(lines, key=lambda line: line.top)


def _tables(page: Any) -> list[Any]:
    """Ruled tables with two rows and two columns or more."""
    if len(page.lines) + len(page.rects) + len(page.curves) < 4:
        return []
    return [
        table for table in page.find_tables() if len(table.rows) >= 2 and max(len(row.cells) for row in table.rows) >= 2
    ]


def _filled(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Rows with something in them; in the first row an empty cell takes the heading to its left (a merged heading)."""
    filled = [list(row) for row in rows if any(cell.strip() for cell in row)]
    head = filled[0] if filled else []
    for place in range(1, len(head)):
        if not head[place].strip() and len(filled) > 2 and not filled[1][0].strip():
            head[place] = head[place - 1]
    return filled


def _inside(item: Any, box: tuple[float, float, float, float]) -> bool:
    if "x0" not in item or "top" not in item:
        return False
    middle = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
    return bool(box[0] <= middle[0] <= box[2] and box[1] <= middle[1] <= box[3])


def join_lines(lines: Sequence[_Line]) -> list[_Line]:
    """Join a printed line to the one before when that one reaches the right edge and this one opens nothing new."""
    edge = max((line.right for line in lines if not line.is_row), default=0.0)
    left = min((line.left for line in lines if not line.is_row), default=0.0)
    joined: list[_Line] = []
    for line in lines:
        before = joined[-1] if joined else None
        full = before is not None and before.right - left >= FULL_LINE * (edge - left)
        if before is not None and full and not (before.is_row or line.is_row) and not _opens(line, before):
            joined[-1] = _Line(f"{before.text} {line.text}", before.top, before.left, line.right)
        else:
            joined.append(line)
    return joined


def _opens(line: _Line, before: _Line) -> bool:
    """A number, letter or bullet starts a new line; a dash and a year behind a year is a period broken by the print."""
    if before.text[-1:].isdigit() and _PERIOD_BROKEN.match(line.text):
        return False
    return _NEW_LINE.match(line.text) is not None


def _continues_page(last: _Line, line: _Line) -> bool:
    """A sentence goes on over the page break: it did not end, and the new page starts with a small letter."""
    if last.is_row or line.is_row or last.text.endswith(_SENTENCE_END) or _NEW_LINE.match(line.text):
        return False
    return line.text[:1].islower()
