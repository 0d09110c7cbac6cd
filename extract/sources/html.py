"""HTML pages: the main text without menus, tables as rows. Scripts are never run, nothing is fetched.

trafilatura finds the main text; tables are written out before it looks, because it drops spans. Where it keeps too
little of the visible text, the page minus scripts, navigation and link lists is taken instead: a lost annex is worse
than a menu (extract/furniture.py marks those later).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

from extract.decode import UNKNOWN, normalise, read_bytes
from extract.limits import Limits
from extract.model import Decoded
from extract.sources.document import Unreadable
from extract.sources.tables import Cell, lay_out, table_lines

_DROPPED = ("script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "canvas", "video",
            "audio", "form", "button", "select", "input", "textarea", "head")  # fmt: skip
_NAVIGATION = ("nav", "header", "footer", "aside", "menu")
_BLOCKS = frozenset(
    ("p", "div", "section", "article", "main", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd",
     "blockquote", "pre", "tr", "table", "tbody", "thead", "tfoot", "td", "th", "figure", "figcaption", "br", "hr",
     "address", "caption", "center", "body", "nav", "header", "footer", "aside", "details", "summary")
)  # fmt: skip
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML_HEAD = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile(r"[ \t\r\n\f\xa0]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_LIST_MARK = re.compile(r"\s*(?:[-+*•–—·]|\(?\w{1,4}[.)])\s")

MOST_FOR_TRAFILATURA = 1_000_000
"""Characters of markup above which only the plain way is taken."""
LEAST_SHARE = 0.6
"""Share of the plain text that trafilatura must keep to be believed."""
MOST_LOST = 0.25
"""Share of long lines with numbers that it may leave out (comments, teasers of other news)."""
LONG_CELL = 300
"""Characters of a cell from which a table is layout, not data."""


def read_html(data: bytes, limits: Limits) -> Decoded:
    """Main text of a page. Raises Unreadable and Undecodable."""
    markup, encoding, warnings = _read_markup(data)
    if len(markup) > 4 * limits.characters:
        raise Unreadable(f"{len(markup)} characters of markup (limit characters)", "too_large")
    root = _parse(markup)
    if root is None:
        return normalise("", encoding, warnings)
    _write_out(root)
    plain = _plain_text(root)
    main = _main_text(root) if len(markup) <= MOST_FOR_TRAFILATURA else ""
    return normalise(main if _keeps_enough(main, plain) else plain, encoding, warnings)


def _keeps_enough(main: str, plain: str) -> bool:
    """Most of the text, nearly all table rows, and most sentences with numbers, which are what a page is read for."""
    kept = {" ".join(line.split()) for line in main.split("\n")}
    numbers = [line for line in plain.split("\n") if len(line) > 40 and any(map(str.isdigit, line))]
    lost = sum(1 for line in numbers if " ".join(line.split()) not in kept)
    enough = len(main) >= LEAST_SHARE * len(plain) and main.count("|") >= 0.9 * plain.count("|")
    return enough and lost <= MOST_LOST * len(numbers)


def _read_markup(data: bytes) -> tuple[str, str, tuple[str, ...]]:
    declared = _DECLARED.search(data[:4096])
    markup, encoding, warnings = read_bytes(data)
    if encoding == UNKNOWN and declared:
        name = declared.group(1).decode("ascii", "replace").lower()
        if name.startswith(("gb", "big5", "shift", "euc", "iso-2022", "koi8", "windows-125")) and not name.endswith(
            "1258"
        ):
            try:
                return data.decode(codecs.lookup(name).name), name, ()
            except (LookupError, UnicodeDecodeError):
                pass
    return markup, encoding, warnings


def _parse(markup: str) -> Any | None:
    """Tree of the page, or None when nothing is in it. The HTML parser knows no entities but HTML's and no network."""
    from lxml import etree, html

    parser = html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, huge_tree=False, encoding="utf-8")
    markup = _XML_HEAD.sub("", _CONTROLS.sub(" ", markup), count=1)
    try:
        return html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError):
        return None


def _write_out(root: Any) -> None:
    """Drop what is no text; turn data tables into paragraphs, one a row, and list items into marked ones."""
    for element in list(root.iter(*_DROPPED)):
        if element.getparent() is not None:
            element.drop_tree()
    for element in list(root.xpath("//*[@hidden or contains(translate(@style, ' ', ''), 'display:none')]")):
        if element.getparent() is not None and element is not root:
            element.drop_tree()
    for table in reversed(list(root.iter("table"))):
        if table.getparent() is None:
            continue
        if _is_data(table):
            _replace(table)
        else:
            for part in table.iter("table", "tbody", "thead", "tfoot", "tr", "td", "th"):
                part.tag = "div"
    for items in list(root.iter("ul", "ol")):
        if not _is_link_list(items):
            items.tag = "div"
            for item in items.iterchildren("li"):
                _mark(item)


def _mark(item: Any) -> None:
    """A list item as a paragraph that starts with a dash, unless it has a mark of its own."""
    item.tag = "p" if not any(child.tag in _BLOCKS for child in item) else "div"
    for part in item.iter():
        if (part.text or "").strip():
            if not _LIST_MARK.match(item.text_content().lstrip()[:40]):
                part.text = "- " + part.text.lstrip()
            return


def _is_data(table: Any) -> bool:
    """Two rows and two columns or more, no table inside, no cell with paragraphs of prose."""
    rows = [row for row in table.iter("tr")]
    cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
    if len(rows) < 2 or max(map(len, cells), default=0) < 2 or next(table.iterdescendants("table"), None) is not None:
        return False
    lengths = [len(cell.text_content()) for row in cells for cell in row]
    long = sum(1 for length in lengths if length > LONG_CELL)
    return long * 4 <= len(lengths)


def _replace(table: Any) -> None:
    from lxml import etree

    lines = table_lines(_grid(table))
    block = etree.Element("div")
    caption = table.find("caption")
    if caption is not None and caption.text_content().strip():
        lines.insert(0, " ".join(caption.text_content().split()))
    for line in lines:
        etree.SubElement(block, "p").text = _CONTROLS.sub(" ", line)
    block.tail = table.tail
    table.getparent().replace(table, block)


def _grid(table: Any) -> list[list[str]]:
    rows: list[list[Cell]] = []
    heads = 0
    for number, row in enumerate(table.iter("tr")):
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        rows.append([Cell(_cell_text(cell), _span(cell, "colspan"), _span(cell, "rowspan")) for cell in cells])
        heading = row.getparent().tag == "thead" or all(cell.tag == "th" for cell in cells)
        if number == heads and (heading or number == 0):
            heads = number + max([1, *(_span(cell, "rowspan") for cell in cells)]) if number == 0 else number + 1
    return lay_out(rows, min(heads, 5))


def _cell_text(cell: Any) -> str:
    return " ".join(" ".join(_lines(cell)).split())


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return int(value) if value.isdigit() and len(value) < 5 and int(value) > 0 else 1


def _main_text(root: Any) -> str:
    import copy

    import trafilatura

    found = trafilatura.extract(
        copy.deepcopy(root), favor_recall=True, include_comments=False, include_tables=True, output_format="txt"
    )
    return found or ""


def _plain_text(root: Any) -> str:
    body = root.find("body")
    body = root if body is None else body
    skipped = {element for element in body.iter(*_NAVIGATION) if not _holds_text(element)}
    skipped |= {element for element in body.iter("ul", "ol", "div") if _is_link_list(element)}
    title = root.find(".//h1")
    lines = list(_lines(body, skipped))
    if title is not None and (head := _cell_text(title)) and head not in lines:
        lines.insert(0, head)
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _holds_text(element: Any) -> bool:
    """A <header> around the document itself is no navigation."""
    return len(element.text_content()) > 2000 and not _is_link_list(element)


def _is_link_list(element: Any) -> bool:
    links = [link for link in element.iter("a")]
    if len(links) < 4:
        return False
    linked = sum(len(_SPACES.sub(" ", link.text_content()).strip()) for link in links)
    return linked >= 0.8 * len(_SPACES.sub(" ", element.text_content()).strip())


def _lines(element: Any, skipped: set[Any] | frozenset[Any] = frozenset()) -> Iterator[str]:
    """Lines of text of `element`, a new one at each block; without recursion, since pages nest deeply."""
    parts: list[str] = []

    def flush() -> str:
        line = _SPACES.sub(" ", "".join(parts)).strip()
        parts.clear()
        return line

    stack: list[tuple[Any, bool]] = [(element, True)]
    while stack:
        node, opening = stack.pop()
        block = node.tag in _BLOCKS
        if opening:
            if node in skipped:
                if node is not element:
                    parts.append(node.tail or "")
                continue
            if block and (line := flush()):
                yield line
            parts.append(node.text or "")
            stack.append((node, False))
            stack.extend((child, True) for child in reversed(node))
        else:
            if block and (line := flush()):
                yield line
            if node is not element:
                parts.append(node.tail or "")
    if line := flush():
        yield line
