"""DOCX: paragraphs, headings and tables in document order, automatic numbers as they are shown."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from extract.decode import normalise
from extract.limits import Limits
from extract.model import Decoded
from extract.sources.document import Unreadable
from extract.sources.numbering import Numbering
from extract.sources.tables import Cell, lay_out, table_lines

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = {_W + "del", _W + "moveFrom", _W + "pPr", _W + "rPr", _W + "txbxContent", _W + "instrText",
            "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}  # fmt: skip
_SIGNS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-"}


def read_docx(data: bytes, limits: Limits) -> Decoded:
    """Text of a DOCX file whose archive was already checked. Raises Unreadable and Undecodable."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = docx.Document(io.BytesIO(data))
        body = document.element.body
        numbering = Numbering.of(document)
        if body is None:
            raise ValueError("no body")
    except (
        PackageNotFoundError,
        KeyError,
        ValueError,
        AttributeError,
        SyntaxError,
        NotImplementedError,
        TypeError,
    ) as error:
        raise Unreadable(
            f"the DOCX file is broken ({type(error).__name__}); open it in Word and save it anew"
        ) from error
    lines = list(_lines(body, numbering, limits))
    return normalise("\n".join(lines), "docx")


def _lines(body: Any, numbering: Numbering, limits: Limits) -> Iterator[str]:
    size = 0
    for block in _blocks(body):
        found = _table(block, numbering) if block.tag == _W + "tbl" else [_paragraph(block, numbering)]
        size += sum(map(len, found)) + len(found)
        if size > limits.characters:
            raise Unreadable(f"more than {limits.characters} characters (limit characters)", "too_large")
        yield from found


def _blocks(container: Any) -> Iterator[Any]:
    """Paragraphs and tables directly in `container`, also those in content controls."""
    stack = list(reversed(container))
    while stack:
        element = stack.pop()
        if element.tag in (_W + "p", _W + "tbl"):
            yield element
        elif element.tag in (_W + "sdt", _W + "sdtContent", _W + "ins", _W + "moveTo", _W + "customXml"):
            stack.extend(reversed(element))


def _paragraph(paragraph: Any, numbering: Numbering) -> str:
    text = _text(paragraph)
    marker = numbering.marker(paragraph) if text.strip() else ""
    return f"{marker} {text}" if marker else text


def _text(paragraph: Any) -> str:
    """Text as shown: with insertions, without deletions; text boxes and fields' instructions left out."""
    parts: list[str] = []
    stack = list(reversed(paragraph))
    while stack:
        element = stack.pop()
        if element.tag == _W + "t":
            parts.append(element.text or "")
        elif element.tag in _SIGNS:
            parts.append(_SIGNS[element.tag])
        elif element.tag not in _SKIPPED:
            stack.extend(reversed(element))
    return "".join(parts)


def _table(table: Any, numbering: Numbering) -> list[str]:
    rows: list[list[Cell]] = []
    above: dict[int, str] = {}
    heads = 1
    for number, row in enumerate(table.iterchildren(_W + "tr")):
        cells: list[Cell] = []
        column = 0
        if row.find(f"{_W}trPr/{_W}tblHeader") is not None:
            heads = max(heads, number + 1)
        for cell in _cells(row):
            span = _number(cell.find(f"{_W}tcPr/{_W}gridSpan"))
            merge = cell.find(f"{_W}tcPr/{_W}vMerge")
            text = " ".join(" ".join(_cell_lines(cell, numbering)).split())
            if merge is not None and merge.get(_W + "val") != "restart":
                text = above.get(column, text)
            above[column] = text
            cells.append(Cell(text, columns=span))
            column += span
        rows.append(cells)
    return table_lines(lay_out(rows, heads))


def _cells(row: Any) -> Iterator[Any]:
    for element in row:
        if element.tag == _W + "tc":
            yield element
        elif element.tag == _W + "sdt":
            yield from element.iterfind(f"{_W}sdtContent/{_W}tc")


def _cell_lines(cell: Any, numbering: Numbering, depth: int = 0) -> Iterator[str]:
    for block in _blocks(cell):
        if block.tag == _W + "p":
            yield _paragraph(block, numbering)
        elif depth < 5:
            for row in block.iterchildren(_W + "tr"):
                for inner in _cells(row):
                    yield from _cell_lines(inner, numbering, depth + 1)


def _number(element: Any, fallback: int = 1) -> int:
    value = element.get(_W + "val") if element is not None else None
    return max(1, int(value)) if value is not None and value.isdigit() and len(value) < 6 else fallback
