# ruff: noqa: E501
"""Writes hostile and broken files of every kind into a folder: `python tests/documents/hostile.py FOLDER`.

Deterministic: the same names and bytes every time. Used by tests/test_hostile.py.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from documents.encodings import to_cp1258, to_tcvn3, to_vni
from documents.pdf import PdfPage, assemble, write_pdf
from documents.plan import plan_docx, plan_html, plan_lines, plan_pdf, plan_text

CANARY = "BI MAT NGOAI HOP THU 4711"
"""Stands in files outside the inbox; it must never be in a document."""

Files = Iterator[tuple[str, bytes]]


def texts() -> Files:
    plan = "\n".join(plan_lines())
    encodings: dict[str, Callable[[str], bytes]] = {
        "utf8": str.encode, "utf16": lambda text: text.encode("utf-16"), "tcvn3": to_tcvn3, "vni": to_vni, "cp1258": to_cp1258,
    }  # fmt: skip
    for name, write in encodings.items():
        data = write(plan)
        yield f"{name}-whole.txt", data
        yield f"{name}-cut.txt", data[: len(data) // 2 + 1]
        for seed in range(6):
            yield f"{name}-damaged-{seed}.txt", damaged(data, seed, 1 + seed * 8)
    yield "mixed.txt", b"\n".join(write(plan) for write in encodings.values())
    for name, data in {
        "nothing": b"", "space": b" \n\t\n", "zeros": b"\0" * 100_000, "ones": b"\xff" * 100_000, "mark-only": b"\xef\xbb\xbf",
        "utf16-mark-only": b"\xff\xfe", "utf16-odd": b"\xff\xfea", "utf16-lone-surrogates": b"\xff\xfe" + b"\x00\xd8" * 500,
        "utf32-broken": b"\xff\xfe\0\0" + b"\xff" * 401, "overlong": b"\xc0\x80" * 500, "surrogates-in-utf8": b"\xed\xa0\x80" * 500,
        "one-line": ("Đến năm 2025 đạt 80% " * 100_000).encode(), "lines": b"\n" * 1_000_000, "returns": b"\r" * 1_000_000,
        "digits": b"9" * 2_000_000, "commas": b"1,1." * 400_000, "marks": ("e" + "\u0323\u0301" * 200_000).encode(),
        "turned": ("\u202e" * 50_000 + "80%").encode(), "invisible": ("\u200b" * 300_000).encode(), "mojibake": ("Ã¡Âº¿" * 100_000).encode(),
        "signs": ("®µ¸¹" * 100_000).encode(), "brackets": b"(" * 500_000, "percent": ("đạt % " * 200_000).encode(),
        "bars": b"|" * 1_000_000, "private": ("\ue000" * 100_000).encode(), "escape-codes": b"\x1b[2J\x1b[31m80%" * 2000,
        "base64": b"QUJDREVG" * 100_000, "elf": b"\x7fELF" + bytes(5000), "png": b"\x89PNG\r\n\x1a\n" + bytes(5000),
    }.items():  # fmt: skip
        yield f"{name}.txt", data
    for seed in range(15):
        yield f"random-{seed}.txt", random.Random(seed).randbytes(4000)


def damaged(data: bytes, seed: int, count: int) -> bytes:
    dice = random.Random(seed)
    body = bytearray(data)
    for _ in range(count):
        place = dice.randrange(len(body))
        body[place] = dice.randrange(256)
    return bytes(body)


def pages() -> Files:
    start = "<!doctype html><html><head><meta charset=utf-8></head><body>"
    bodies = {
        "deep-div": "<div>" * 100_000 + "80%", "deep-table": "<table><tr><td>" * 3000 + "80%", "deep-list": "<ul><li>" * 20_000,
        "wide-span": "<table>" + "<tr><td colspan=99999999>1<td rowspan=99999999>2</tr>" * 200 + "</table>",
        "spans-everywhere": "<table>" + ("<tr>" + "<td colspan=200 rowspan=200>1" * 50 + "</tr>") * 50 + "</table>",
        "many-cells": "<table>" + ("<tr>" + "<td>1" * 200 + "</tr>") * 1000 + "</table>", "unclosed": "<p" * 100_000,
        "attributes": "<p " + "a=1 " * 200_000 + ">80%", "comment": "<!--" + "x" * 3_000_000, "script": "<script>while(1);</script>" * 5000,
        "entities": "&nbsp;" * 300_000, "bad-entities": "&#xFFFFFFFF;&#0;&#128;&nosuch;" * 5000, "cdata": "<![CDATA[" * 20_000,
        "links": "<a href=x>80%</a>" * 50_000, "frames": "<iframe src='file:///etc/passwd'></iframe>" * 1000,
        "base": "<base href='file:///etc/'><img src=passwd><link rel=stylesheet href=x>80%", "nul": "a\0b" * 10_000, "svg": "<svg><text>80%</text>" * 5000,
        "closing": "</div>" * 200_000, "inline": "<b>" * 100_000 + "80%", "meta": "<meta charset=utf-7>+ADw-script+AD4-", "forms": "<form><input value='80%'>" * 9000,
        "paragraphs": "<p>Đến năm 2025 đạt 80%." * 60_000, "hidden": "<div style='display:none'>" * 5000 + "80%",
    }  # fmt: skip
    for name, body in bodies.items():
        yield f"{name}.html", (start + body).encode()
    laughs = "<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    yield "laughs.xhtml", f"<?xml version='1.0'?><!DOCTYPE html [{laughs}]><html><body>&i;</body></html>".encode()
    yield (
        "external.xhtml",
        b"<!DOCTYPE html [<!ENTITY x SYSTEM 'outside/secret.txt'>]><html><body>&x; 80%</body></html>",
    )
    for name, encoding in (("utf7", "utf-7"), ("utf16", "utf-16"), ("shift-jis", "shift_jis"), ("gb", "gb18030")):
        yield (
            f"declared-{name}.html",
            f"<html><head><meta charset={encoding}></head><body>80% 東京".encode(encoding, "replace"),
        )
    for seed in range(10):
        yield f"damaged-{seed}.html", damaged(plan_html(), seed, 60)


def office_files() -> Files:
    plan = plan_docx()
    head = '<?xml version="1.0"?>'
    name_space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    laughs = "<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    open_, close = f"<w:document {name_space}><w:body>", "</w:body></w:document>"
    paragraph = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    bodies = {
        "laughs": f"{head}<!DOCTYPE d [{laughs}]>{open_}{paragraph.format('&i;')}{close}",
        "external": f"{head}<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>{open_}{paragraph.format('&x;')}{close}",
        "remote-dtd": f"{head}<!DOCTYPE d SYSTEM 'http://127.0.0.1:9/x.dtd'>{open_}{paragraph.format('80%')}{close}",
        "parameter-entity": f"{head}<!DOCTYPE d [<!ENTITY % p SYSTEM 'file:///etc/passwd'>%p;]>{open_}{close}",
        "deep": open_ + "<w:tbl><w:tr><w:tc>" * 4000 + close, "deep-sdt": open_ + "<w:sdt><w:sdtContent>" * 100 + "</w:sdtContent></w:sdt>" * 100 + close,
        "wide": open_ + "<w:tbl>" + "<w:tr><w:tc><w:tcPr><w:gridSpan w:val='99999'/></w:tcPr><w:p/></w:tc></w:tr>" * 300 + "</w:tbl>" + close,
        "span-not-a-number": open_ + "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='-1e9'/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>" + close,
        "no-body": f"<w:document {name_space}/>", "other-root": "<x/>", "empty": "", "not-xml": "\0\1\2",
        "many": open_ + paragraph.format("Đạt 80%") * 60_000 + close, "long": open_ + paragraph.format("8" * 6_000_000) + close,
        "list-level": open_ + "<w:p><w:pPr><w:numPr><w:ilvl w:val='99999'/><w:numId w:val='1'/></w:numPr></w:pPr><w:r><w:t>x</w:t></w:r></w:p>" + close,
    }  # fmt: skip
    for name, body in bodies.items():
        yield f"{name}.docx", replaced(plan, "word/document.xml", body.encode())
    for part in (
        "[Content_Types].xml",
        "word/styles.xml",
        "word/numbering.xml",
        "_rels/.rels",
        "word/_rels/document.xml.rels",
    ):
        label = part.replace("/", "-").strip("[]_.")
        yield f"broken-{label}.docx", replaced(plan, part, b"<broken")
        yield f"missing-{label}.docx", replaced(plan, part, None)
    for seed in range(20):
        yield f"damaged-{seed}.docx", damaged(plan, seed, 1 + 5 * seed)
        yield f"cut-{seed}.docx", plan[: len(plan) * (seed + 1) // 21]


def replaced(archive: bytes, name: str, data: bytes | None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        if data is not None:
            new.writestr(name, data)
    return out.getvalue()


def pdfs() -> Files:
    plan = plan_pdf()
    for seed in range(40):
        yield f"damaged-{seed}.pdf", damaged(plan, seed, 1 + 3 * seed)
    for part in range(20):
        yield f"cut-{part}.pdf", plan[: len(plan) * (part + 1) // 21]
    catalog, page = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
    )
    tree = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"

    def stream(content: bytes, extra: bytes = b"") -> bytes:
        return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), extra, content)

    bomb = zlib.compress(zlib.compress(b"0" * 60_000_000, 9), 9)
    objects = {
        "pages-loop": [catalog, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"],
        "pages-huge-count": [catalog, b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>", page, stream(b"")],
        "pages-repeated": [catalog, b"<< /Type /Pages /Kids [" + b"3 0 R " * 3000 + b"] /Count 3000 >>", page, stream(b"")],
        "parent-loop": [catalog, tree, b"<< /Type /Page /Parent 3 0 R /Contents 4 0 R >>", stream(b"")],
        "no-catalog": [b"<< /Type /X >>"], "catalog-is-itself": [b"1 0 R"], "contents-loop": [catalog, tree, page, b"4 0 R"],
        "bomb": [catalog, tree, page, stream(bomb, b"/Filter [/FlateDecode /FlateDecode]")],
        "bomb-of-text": [catalog, tree, page, stream(zlib.compress(b"BT (8) Tj ET " * 400_000), b"/Filter /FlateDecode")],
        "length-lies": [catalog, tree, page, b"<< /Length 99999999999 >>\nstream\nBT (80%) Tj ET\nendstream"],
        "length-loop": [catalog, tree, page, b"<< /Length 4 0 R >>\nstream\nBT (80%) Tj ET\nendstream"],
        "deep-arrays": [catalog, tree, page, b"[" * 50_000 + b"]" * 50_000], "deep-dicts": [b"<< /A " * 20_000 + b">>" * 20_000, tree],
        "states": [catalog, tree, page, stream(b"q " * 500_000)], "many-lines": [catalog, tree, page, stream(b"0 0 m 9 9 l S " * 30_000)],
        "many-boxes": [catalog, tree, page, stream(b"".join(b"%d %d 5 5 re S " % (x % 500, x // 500) for x in range(20_000)))],
        "numbers": [catalog, tree, page, stream(b"9" * 1_000_000)], "media-box": [catalog, tree, page.replace(b"595 842", b"1e30 nan"), stream(b"BT (80%) Tj ET")],
        "filter-unknown": [catalog, tree, page, stream(b"x", b"/Filter /NoSuchDecode")], "lzw": [catalog, tree, page, stream(b"\x80" * 9000, b"/Filter /LZWDecode")],
        "ascii85": [catalog, tree, page, stream(b"z" * 100_000 + b"~>", b"/Filter /ASCII85Decode")],
        "runs": [catalog, tree, page, stream(b"\x81a" * 100_000, b"/Filter /RunLengthDecode")],
        "javascript": [b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while\\(1\\);) >> >>", tree, page, stream(b"BT (80%) Tj ET")],
        "launch": [b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch /F (/bin/sh) >> >>", tree, page, stream(b"")],
    }  # fmt: skip
    for name, content in objects.items():
        yield f"{name}.pdf", assemble(content)
    body = assemble([catalog, tree, page, stream(b"")])
    yield "previous-loop.pdf", body.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % body.index(b"xref"))
    yield (
        "encrypted.pdf",
        body.replace(
            b"/Root 1 0 R", b"/Root 1 0 R /Encrypt << /Filter /Standard /V 1 /R 2 /O (x) /U (y) /P -4 >> /ID [(a)(b)]"
        ),
    )
    yield "scan.pdf", write_pdf([PdfPage(texts=[(60, 700, "80%")])], image_only=True)
    yield "head-only.pdf", b"%PDF-1.7\n"


def archives() -> Files:
    def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return out.getvalue()

    plan = plan_text()
    good = zipped({"a.txt": plan, "b.html": plan_html(), "c.pdf": plan_pdf()})
    nested = plan
    for _ in range(20):
        nested = zipped({"inner.zip": nested})
    names = ["../outside/secret.txt", "/etc/passwd", "C:\\windows\\x.txt", "a/../../b.txt", "..\\..\\x.txt", "a\nb.txt", "\x1b[31m.txt", "nul\0.txt",
             "a" * 5000 + ".txt", "con.txt", "!!.txt", "a!b!c.txt", " .txt", "%2e%2e/x.txt", "\u202etxt.exe"]  # fmt: skip
    yield "names.zip", zipped({name: plan for name in names})
    yield "nested.zip", nested
    yield "bomb.zip", zipped({"a.txt": b"0" * 50_000_000})
    yield "bombs.zip", zipped({f"{number}.txt": b"0" * 5_000_000 for number in range(40)})
    yield "bomb-in-bomb.zip", zipped({f"{n}.zip": zipped({"a.txt": b"0" * 20_000_000}) for n in range(5)})
    yield "many.zip", zipped({f"{number}.txt": b"" for number in range(7000)}, zipfile.ZIP_STORED)
    yield "methods.zip", zipped({"a.txt": plan}, zipfile.ZIP_LZMA) + zipped({"b.txt": plan}, zipfile.ZIP_BZIP2)
    yield "empty.zip", zipped({})
    yield "bomb.docx", zipped({"[Content_Types].xml": b"", "word/document.xml": b"0" * 80_000_000})
    yield "bomb.txt.gz", gzip.compress(b"0" * 80_000_000)
    yield "text.txt.gz", gzip.compress(plan)
    yield "cut.txt.gz", gzip.compress(plan)[:-20]
    yield "not.gz", b"plain"
    yield "twins.zip", good[:-22] + good
    for seed in range(25):
        yield f"damaged-{seed}.zip", damaged(good, seed, 1 + 4 * seed)
        yield f"cut-{seed}.zip", good[: len(good) * (seed + 1) // 26]


def records() -> Files:
    lines = {
        "deep": b"[" * 200_000, "deep-object": b'{"text":' * 50_000, "surrogates": b'{"text": "\\ud800 80% \\udfff"}', "nul": b'{"text": "a\\u0000b 80%"}',
        "numbers": b'{"text": 1e999, "id": NaN}', "huge-number": b'{"text": "x", "id": ' + b"9" * 10_000 + b"}", "twins": b'{"text":"a","text":"b"}',
        "types": b'[1,2]\n"x"\n5\nnull\ntrue\n{"text": null}\n{"text": ["80%"]}', "empty": b"\n\n\n", "names": b'{"id": "../../etc/passwd", "text": "80%"}',
        "long": json.dumps({"text": "Đạt 80% " * 200_000}).encode(), "many": b'{"text": "80%"}\n' * 3000, "binary": bytes(range(256)) * 50,
        "utf16": '{"text": "Đạt 80%"}'.encode("utf-16"), "tcvn3": b'{"text": "' + to_tcvn3("Mục tiêu đạt 80% số xã") + b'"}',
    }  # fmt: skip
    for name, data in lines.items():
        yield f"{name}.jsonl", data
        yield f"{name}.json", data


def others() -> Files:
    for ending in (
        "doc",
        "xls",
        "xlsx",
        "ppt",
        "rtf",
        "odt",
        "exe",
        "jpg",
        "tar",
        "7z",
        "rar",
        "css",
        "js",
        "unknown",
        "",
    ):
        yield f"file.{ending}".rstrip("."), bytes(range(256)) * 8


KINDS: dict[str, Callable[[], Files]] = {
    "txt": texts, "html": pages, "docx": office_files, "pdf": pdfs, "zip": archives, "jsonl": records, "other": others,
}  # fmt: skip


def hostile_files() -> Files:
    """(path below the inbox, bytes) of every file."""
    for kind, write in KINDS.items():
        for name, data in write():
            yield f"{kind}/{name}", data


def write_names(folder: Path) -> list[bytes]:
    """Files whose names hold any bytes, written with a small plan each."""
    base = os.fsencode(folder)
    names = [b"\xff\xfe.txt", b"n\xe1m 2025.txt", b"a\nb.txt", b"\x1b[31mred.txt", b"\x01\x02.txt", "Kế hoạch 57.txt".encode(), b"a!b.txt",
             b"%2e%2e%2fetc.txt", b"$(touch x).txt", b"'; DROP TABLE targets;--.txt", b"-rf.txt", b"x" * 250 + b".txt", "\u202etxt.exe.txt".encode()]  # fmt: skip
    for name in names:
        Path(os.fsdecode(base + b"/" + name)).write_bytes("Đến năm 2025 đạt 80%".encode())
    return names


def main() -> None:
    folder = Path(sys.argv[1])
    count = 0
    for name, data in hostile_files():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        count += 1
    print(f"{count} files in {folder}")


if __name__ == "__main__":
    main()
