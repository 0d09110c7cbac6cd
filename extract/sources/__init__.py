"""Files of the inbox to documents: text, Markdown, HTML, DOCX, PDF, ZIP of these, JSON Lines.

`read_source` never raises: what cannot be read comes back with a status and a reason that names the remedy. Time and
memory are bounded by the worker pool that calls it, sizes by `Limits`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping

from extract.decode import Undecodable, normalise
from extract.limits import Limits
from extract.model import Decoded
from extract.sources.archive import Budget, check_office_file, members
from extract.sources.document import MEMBER, SourceDocument, SourceStatus, Unreadable
from extract.sources.jsonlines import Record, read_json, read_json_lines
from extract.sources.plain import read_plain

__all__ = ["MEMBER", "Limits", "SourceDocument", "SourceStatus", "read_source"]

_HTML_ENDINGS = (".html", ".htm", ".xhtml", ".mht")
_REFUSED = {
    ".doc": "save it as .docx, .pdf or .txt",
    ".rtf": "save it as .docx, .pdf or .txt",
    ".odt": "save it as .docx, .pdf or .txt",
    ".xls": "save the sheet as .html or .txt",
    ".xlsx": "save the sheet as .html or .txt",
    ".ppt": "save it as .pdf",
    ".pptx": "save it as .pdf",
    ".rar": "unpack it or pack it as .zip",
    ".7z": "unpack it or pack it as .zip",
    ".tar": "unpack it or pack it as .zip",
    ".css": "remove it from the inbox",
    ".js": "remove it from the inbox",
    ".exe": "remove it from the inbox",
}
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".webp")


def read_source(
    name: str, data: bytes, limits: Limits | None = None, skip: Mapping[int, str] | None = None
) -> Iterator[SourceDocument]:
    """Documents of one file. `name` is its path below the inbox and becomes source_file; members of archives are
    `archive.zip!inner.txt`, lines of JSON Lines `file.jsonl!id`. Never raises.

    `skip`: positions of documents (counted from 0 as they are yielded) that a worker did not survive, and why: they
    come back as failed, unread, and the others of the file are read (flows/workers.py).
    """
    limits = limits or Limits()
    budget = Budget(limits.unpacked_bytes, skip or {})
    for document in _read(name, data, limits, budget, 0):
        yield document
        budget.position += 1


def _read(name: str, data: bytes, limits: Limits, budget: Budget, depth: int) -> Iterator[SourceDocument]:
    try:
        if len(data) > limits.bytes:
            raise Unreadable(f"{len(data)} bytes, {limits.bytes} are allowed (limit bytes)", "too_large")
        ending = _ending(name)
        if data.startswith(b"PK\x03\x04") or (data.startswith(b"PK\x05\x06") and len(data) < 100_000):
            yield from _read_packed(name, data, limits, budget, depth)
        elif data.startswith(b"\x1f\x8b") or ending == ".gz":
            inner = _gunzip(data, limits, budget)
            yield from _read(name[:-3] if name.lower().endswith(".gz") else name, inner, limits, budget, depth + 1)
        elif ending in (".jsonl", ".ndjson"):
            yield from _read_records(name, read_json_lines(data, limits), limits, budget)
        elif ending == ".json":
            yield from _read_records(name, read_json(data, limits), limits, budget)
        else:
            yield _one(name, data, limits, budget, _reader(ending, data, limits))
    except Exception as error:
        yield _unread(name, data, error)


def _ending(name: str) -> str:
    base = name.rsplit("/", 1)[-1].rsplit(MEMBER, 1)[-1]
    return "." + base.rsplit(".", 1)[-1].lower() if "." in base.lstrip(".") else ""


def _reader(ending: str, data: bytes, limits: Limits) -> Callable[[bytes], Decoded]:
    """The reader for what the bytes are; the ending decides only where the bytes leave it open."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        from extract.sources.pdf import read_pdf

        return lambda content: read_pdf(content, limits)
    if ending in (".docx", ".docm", ".pdf", ".zip"):
        raise Unreadable(f"the file is no {ending}, whatever its name says; fetch it again")
    if ending in _IMAGES:
        raise Unreadable("an image holds no text; run optical character recognition on it and hand in the text")
    if ending in _REFUSED:
        raise Unreadable(f"{ending} files are not read; {_REFUSED[ending]}")
    if ending in _HTML_ENDINGS or _looks_like_html(data):
        from extract.sources.html import read_html

        return lambda content: read_html(content, limits)
    return read_plain


def _looks_like_html(data: bytes) -> bool:
    start = data[:2048].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"\xff\xfe<", b"\xfe\xff\0<")):
        start = start.replace(b"\0", b"")[2:]
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or (
        start.startswith(b"<?xml") and b"<html" in start
    )


def _one(name: str, data: bytes, limits: Limits, budget: Budget, reader: Callable[[bytes], Decoded]) -> SourceDocument:
    if budget.position in budget.skip:
        return _without_text(name, data, "failed", budget.skip[budget.position])
    try:
        return _finished(name, data, limits, reader(data))
    except Exception as error:
        return _unread(name, data, error)


def _finished(name: str, data: bytes, limits: Limits, decoded: Decoded) -> SourceDocument:
    if len(decoded.text) > limits.characters:
        reason = f"{len(decoded.text)} characters, {limits.characters} are allowed (limit characters)"
        return _without_text(name, data, "too_large", reason)
    if not any(map(str.isalnum, decoded.text)):
        return _without_text(name, data, "empty", "the document holds no text; hand in one that does")
    return SourceDocument(
        name, data, decoded.text, decoded.encoding, "processed", "; ".join(decoded.warnings) or None, decoded.warnings
    )


def _read_packed(name: str, data: bytes, limits: Limits, budget: Budget, depth: int) -> Iterator[SourceDocument]:
    kind = _packed_kind(data, limits)
    if kind == "docx":
        from extract.sources.docx import read_docx

        check_office_file(data, limits, budget)
        yield _one(name, data, limits, budget, lambda content: read_docx(content, limits))
    elif kind:
        raise Unreadable(f"the file is {kind}; save it as .docx, .pdf, .html or .txt")
    elif depth >= limits.nesting:
        raise Unreadable(f"archives within archives, more than {limits.nesting} deep (limit nesting)", "too_large")
    else:
        found = False
        for member in members(data, limits, budget):
            found = True
            inner = f"{name}{MEMBER}{member.name}"
            if member.problem is not None:
                yield _without_text(inner, member.data, member.problem.status, member.problem.reason)
            else:
                yield from _read(inner, member.data, limits, budget, depth + 1)
        if not found:
            yield _without_text(name, data, "empty", "the archive holds no files")


def _packed_kind(data: bytes, limits: Limits) -> str:
    """docx, the kind of another Office file, or "" for an archive of documents."""
    from extract.sources.archive import open_archive

    with open_archive(data, limits) as archive:
        names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        if "word/document.xml" in names:
            return "docx"
        return "a spreadsheet" if "xl/workbook.xml" in names else "an Office file without a text document"
    return "an OpenDocument file" if "META-INF/manifest.xml" in names and "content.xml" in names else ""


def _gunzip(data: bytes, limits: Limits, budget: Budget) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    allowed = min(limits.bytes, max(1 << 20, limits.ratio * len(data)))
    try:
        content = unpacker.decompress(data, allowed + 1)
    except zlib.error as error:
        raise Unreadable("the gzip file is broken; pack it anew") from error
    if len(content) > allowed:
        raise Unreadable(f"unpacks to more than {allowed} bytes (limits bytes and ratio)", "too_large")
    budget.take(len(content), limits)
    if not unpacker.eof:
        raise Unreadable("the gzip file is cut off; fetch it again")
    return content


def _read_records(name: str, records: Iterator[Record], limits: Limits, budget: Budget) -> Iterator[SourceDocument]:
    found = False
    for record in records:
        found = True
        inner = f"{name}{MEMBER}{record.name}"
        if record.problem is not None:
            yield _without_text(inner, record.data, record.problem.status, record.problem.reason)
            continue
        document = _one(inner, record.data, limits, budget, lambda _, text=record.text: normalise(text))  # type: ignore[misc]
        if document.status == "processed":
            document = SourceDocument(
                document.source_file, document.data, document.text, document.encoding, "processed",
                document.status_reason, document.warnings, record.title, record.date,
            )  # fmt: skip
        yield document
    if not found:
        yield _without_text(name, b"", "empty", "the file holds no documents")


def _without_text(name: str, data: bytes, status: SourceStatus, reason: str) -> SourceDocument:
    return SourceDocument(name, data, None, None, status, reason)


def _unread(name: str, data: bytes, error: Exception) -> SourceDocument:
    """The document that `error` kept from being read: refused with a remedy, or failed by a mistake of ours."""
    if isinstance(error, Unreadable):
        return _without_text(name, data, error.status, error.reason)
    if isinstance(error, Undecodable):
        return _without_text(name, data, "unreadable", str(error))
    reason = f"reading failed ({type(error).__name__}: {str(error)[:200]}); report the document to the maintainers"
    return _without_text(name, data, "failed", reason)
