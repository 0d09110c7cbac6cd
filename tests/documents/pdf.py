"""A small writer of PDFs with a Unicode text layer and ruled tables; no font is embedded, ToUnicode has the letters."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

LETTER_WIDTH = 5.0
"""Points, at 10 points size: every letter is half as wide as high."""
LEFT, RIGHT, TOP, LEADING = 60.0, 535.0, 780.0, 16.0


@dataclass
class PdfPage:
    """One A4 page; `height` is where the next line goes, in points from the bottom."""

    texts: list[tuple[float, float, str]] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)
    height: float = TOP

    def add_text(self, left: float, bottom: float, text: str) -> None:
        self.texts.append((left, bottom, text))

    def add_paragraph(self, text: str) -> None:
        """Fill lines word by word up to the right edge."""
        most = int((RIGHT - LEFT) / LETTER_WIDTH)
        line = ""
        for word in text.split():
            if line and len(line) + 1 + len(word) > most:
                self._line(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        self._line(line)

    def add_table(self, rows: Sequence[Sequence[str]], widths: Sequence[float]) -> None:
        top = self.height + 10
        edges = [LEFT + sum(widths[:number]) for number in range(len(widths) + 1)]
        for number, row in enumerate(rows):
            bottom = top - 20 * (number + 1)
            for left, cell in zip(edges, row, strict=False):
                self.texts.append((left + 4, bottom + 6, cell))
            self.rules.append((edges[0], bottom, edges[-1], bottom))
        end = top - 20 * len(rows)
        self.rules.append((edges[0], top, edges[-1], top))
        self.rules += [(edge, end, edge, top) for edge in edges]
        self.height = end - 20

    def _line(self, text: str) -> None:
        self.texts.append((LEFT, self.height, text))
        self.height -= LEADING


def write_pdf(pages: Sequence[PdfPage], image_only: bool = False) -> bytes:
    """Bytes of a PDF 1.4 file. `image_only`: the same pages without any text, as a scan has them."""
    letters = sorted({letter for page in pages for _, _, text in page.texts for letter in text})
    codes = {letter: number + 1 for number, letter in enumerate(letters)}
    mapping = "\n".join(f"<{code:04X}> <{letter.encode('utf-16-be').hex()}>" for letter, code in codes.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /M def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{mapping}\nendbfchar endcmap end end"
    )
    kids = " ".join(f"{7 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Plain /Encoding /Identity-H"
        b" /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Plain /CIDSystemInfo"
        b" << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 500 /FontDescriptor 5 0 R >>",
        b"<< /Type /FontDescriptor /FontName /Plain /Flags 4 /FontBBox [0 -200 500 800] /ItalicAngle 0 /Ascent 800"
        b" /Descent -200 /CapHeight 700 /StemV 80 >>",
        _stream(cmap.encode()),
    ]
    for number, page in enumerate(pages):
        parts = []
        for left, bottom, text in () if image_only else page.texts:
            hexed = "".join(f"{codes[letter]:04X}" for letter in text)
            parts.append(f"BT /F1 10 Tf {left:.1f} {bottom:.1f} Td <{hexed}> Tj ET")
        parts += [f"{a:.1f} {b:.1f} m {c:.1f} {d:.1f} l S" for a, b, c, d in page.rules]
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
            f" /Contents {8 + 2 * number} 0 R >>".encode()
        )
        objects.append(_stream("\n".join(parts).encode()))
    return assemble(objects)


def assemble(objects: Sequence[bytes]) -> bytes:
    """Numbered objects, cross-reference table and trailer."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))


def _stream(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream"
