"""Bytes to the text that every offset refers to: NFC, `\\n` line ends, plain spaces, look-alike letters repaired.

Plain UTF-8 costs one decode and one scan. Anything unusual takes the slow way: encodings are candidates, and the one
whose words measure as Vietnamese wins (extract/repair.py); when none convinces, the document is refused, never guessed.
Source of the cases: section 16 of the field standard's list of expressions.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache

from extract.legacy import CP1252_CONTROLS, latin, rows
from extract.model import Decoded
from extract.repair import CONVINCING, MISREAD, Repaired, repair_lines
from extract.syllables import likeness

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FILE_KINDS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .xls)", "save it as .docx, .pdf or .txt"),
    (b"{\\rtf", "a rich text file (.rtf)", "save it as .docx, .pdf or .txt"),
    (b"%PDF-", "a PDF", "give the file the ending .pdf"),
    (b"PK\x03\x04", "a ZIP archive or an Office file", "give the file its ending: .zip or .docx"),
    (b"\x89PNG", "an image", "hand in the text of the document"),
    (b"\xff\xd8\xff", "an image", "hand in the text of the document"),
    (b"GIF8", "an image", "hand in the text of the document"),
    (b"\x1f\x8b", "a gzip file", "unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it or pack it as .zip"),
    (b"Rar!", "a RAR archive", "unpack it or pack it as .zip"),
    (b"\x7fELF", "a program", "remove it from the inbox"),
    (b"MZ\x90", "a program", "remove it from the inbox"),
)
_WORK = (
    "\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u3000\u3164\ufe00-\ufe0f\ufeff\uff01-\uff5e\ud800-\udfff" + "".join(written for written, _ in rows("look_alikes"))
)
_COMBINING = "".join(chr(code) for code in range(0x300, 0x10000) if unicodedata.combining(chr(code)))
_MARK = re.compile(f"[{_COMBINING}]")
_MANY_MARKS = re.compile(f"([{_COMBINING}]{{8}})[{_COMBINING}]+")
"""Putting marks in order takes the square of their number: no letter needs more than eight."""
_TO_TRANSLATE = re.compile(f"[{_WORK}]")
_UNUSUAL = re.compile(f"[{_WORK}{MISREAD}{_COMBINING}\u0370-\u052fºƒ‡ˆ‰Š‹ŒŽ˜š›œžŸ]")
_HORN_SLIP = re.compile("u[ơờớởỡợ](?=[a-zà-ỹ])")
_HORN_SLIP_CAPITAL = re.compile("U[ƠỜỚỞỠỢ](?=[A-ZÀ-Ỹ])")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c\x1d\x1e\u2028\u2029]")
_LINE_END_LETTERS = re.compile("[\r\x0b\x0c\x1c-\x1e\u2028\u2029]")
_OTHER_SCRIPT = re.compile("[\u0370-\u052f]")
_LATIN = re.compile("[A-Za-zÀ-ɏẠ-ỹ]")
_OTHER_RUN = re.compile("[\u0370-\u052f]+")
_MIXED_WORD = re.compile(r"(?<!\w)[A-Za-zÀ-ɏẠ-ỹ]*[\u0370-\u052f]\w*")
_MACHINE_READ = ("ƣ", "Ƣ")
_HIGH = re.compile("[^\x00-\x7f]")
_BYTE_WORD = re.compile(rb"[^ \t]*[^\x00-\x7f \t][^ \t]*")
_TURNED = re.compile("[\u202d\u202e]")

UNKNOWN = "bytes"
"""Encoding of bytes that were read one by one and are still to be measured."""
MOST_CONTROLS = 0.005
"""Share of control characters above which a file is not text."""
MOST_BEYOND_ASCII = 0.35
"""Share of words with letters beyond ASCII that a text in a Western language stays below."""
MOST_LOSSES = 0.001
"""Share of characters that may be lost to broken bytes before the document is refused."""


class Undecodable(ValueError):
    """The bytes are no text that can be read with confidence. `reason` says why, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[Undecodable], tuple[str, str]]:
        return type(self), (self.reason, self.remedy)


def decode(data: bytes) -> Decoded:
    """Text of a plain-text file. Raises Undecodable for binary files and for text that no known encoding explains."""
    text, encoding, warnings = read_bytes(data)
    return normalise(text, encoding, warnings)


def read_bytes(data: bytes) -> tuple[str, str, tuple[str, ...]]:
    """Text as encoded (not yet normalised), the encoding, warnings. Raises Undecodable."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _read_marked(data, encoding)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and error.reason == "unexpected end of data":
            text, encoding, warnings = read_bytes(data[: error.start])
            return text, encoding, (*warnings, "the file ends inside a character; the rest of it is missing")
        _refuse_known_kinds(data)
        return _read_unmarked_utf16(data) or _read_lines(data)
    if b"\0" in data:
        _refuse_known_kinds(data)
        if found := _read_unmarked_utf16(data):
            return found
    elif data[:1] in b"%{P\x1f":
        _refuse_known_kinds(data)
    return text, "utf-8", ()


def normalise(text: str, encoding: str = "utf-8", warnings: tuple[str, ...] = ()) -> Decoded:
    """The same for text that a file format has already decoded (HTML, DOCX, PDF, JSON). Raises Undecodable."""
    if encoding == UNKNOWN or _UNUSUAL.search(text):
        return _normalise_unusual(text, encoding, warnings)
    return Decoded(_repair_slips(unicodedata.normalize("NFC", text)), encoding, warnings)


def _unusual_letters(text: str) -> str:
    """Each of them once: what tells which of the repairs a text needs."""
    return "".join(set(_UNUSUAL.findall(text)))


def _normalise_unusual(text: str, encoding: str, warnings: tuple[str, ...]) -> Decoded:
    notes = list(warnings)
    unusual = _unusual_letters(text)
    if _CONTROLS.search(unusual):
        controls = len(_CONTROLS.findall(text))
        if controls > MOST_CONTROLS * len(text):
            raise Undecodable("the file is binary, not text", "hand in .txt, .md, .html, .docx, .pdf, .zip or .jsonl")
        notes.append(f"{controls} control characters were replaced by spaces")
    if _LINE_END_LETTERS.search(unusual):
        text = _LINE_ENDS.sub("\n", text)
    if _MARK.search(unusual):
        text = _MANY_MARKS.sub(r"\1", text)
    repaired = repair_lines(text)
    _refuse_garbled(repaired)
    if encoding == UNKNOWN and not repaired.readings:
        _refuse_unknown(text)
    known = () if encoding == UNKNOWN else (encoding,)
    encoding = "+".join((*known, *repaired.readings)) or "cp1252"
    if repaired.garbled:
        notes.append(f"{repaired.garbled} words look garbled")
    if repaired.text != text:
        text, unusual = repaired.text, _unusual_letters(repaired.text)
    machine_read = any(letter in text for letter in _MACHINE_READ)
    if _TO_TRANSLATE.search(unusual):
        if _TURNED.search(text):
            notes.append("marks that turn the direction of writing were removed: the page may show another order")
        plain = _characters()
        text = _TO_TRANSLATE.sub(lambda match: plain[ord(match.group())], text)
    text = unicodedata.normalize("NFC", text)
    if _OTHER_SCRIPT.search(text) and _touches_latin(text):
        text = _MIXED_WORD.sub(lambda match: _same_script(match.group()), text)
    if lost := text.count("\ufffd"):
        if lost > max(1, MOST_LOSSES * len(text)):
            raise Undecodable(f"{lost} characters are broken", "fetch the document again, or save it as UTF-8")
        notes.append(f"{lost} characters are broken")
    return Decoded(_repair_slips(text, read_by_machine=machine_read), encoding, tuple(notes))


def _refuse_garbled(repaired: Repaired) -> None:
    if repaired.refused:
        raise Undecodable(
            f"the text is garbled ({repaired.refused}) and no known encoding explains it",
            "save it as UTF-8 from the program that wrote it",
        )


def _refuse_unknown(text: str) -> None:
    """Bytes that are no UTF-8 and no Vietnamese in any reading; Western text in cp1252 has few letters beyond ASCII."""
    found = likeness(text)
    if found.words > MOST_BEYOND_ASCII * len(text.split()) and found.score < CONVINCING:
        raise Undecodable(
            "the bytes are no text in any encoding that Vietnamese documents use",
            "save it as UTF-8 from the program that wrote it",
        )


def _refuse_known_kinds(data: bytes) -> None:
    for start, kind, remedy in _FILE_KINDS:
        if data.startswith(start):
            raise Undecodable(f"the file is {kind}, not text", remedy)


def _read_marked(data: bytes, encoding: str) -> tuple[str, str, tuple[str, ...]]:
    try:
        return data.decode(encoding), encoding, ()
    except UnicodeDecodeError as error:
        if encoding == "utf-8-sig":
            text, found, warnings = read_bytes(data[3:])
            return text, found, (*warnings, "the byte order mark says UTF-8, the bytes are not")
        text = data.decode(encoding, "replace")
        if error.start >= len(data) - 3:
            return text.removesuffix("\ufffd"), encoding, ("the file ends inside a character",)
        return text, encoding, (f"broken {encoding} at byte {error.start}",)


def _read_unmarked_utf16(data: bytes) -> tuple[str, str, tuple[str, ...]] | None:
    """UTF-16 without a mark: every second byte of Latin text is 0, 1 or 0x1E, and line ends and spaces are units."""
    if len(data) < 4:
        return None
    sample = data[: 1 << 16]
    for encoding, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        share = sum(map(high.count, (b"\0", b"\x01", b"\x1e"))) / len(high)
        if share < 0.9:
            continue
        try:
            text = data[: len(data) // 2 * 2].decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(_CONTROLS.findall(text[:30000])) <= MOST_CONTROLS * len(text[:30000]):
            return text, encoding, ()
    return None


def _read_lines(data: bytes) -> tuple[str, str, tuple[str, ...]]:
    """Bytes that are no UTF-8 as a whole: lines that are stay, the others are read byte by byte and measured later."""
    controls = sum(data.count(bytes([code])) for code in (*range(9), *range(14, 28)))
    if controls > MOST_CONTROLS * len(data):
        raise Undecodable("the file is binary, not text", "hand in .txt, .md, .html, .docx, .pdf, .zip or .jsonl")
    lines: list[str] = []
    whole = broken = lossy = 0
    for line in data.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
            whole += not line.isascii()
        except UnicodeDecodeError:
            saved = line.decode("utf-8", "replace")
            if saved.count("\ufffd") * 10 <= len(_HIGH.findall(saved)):
                lines.append(saved)
                whole, lossy = whole + 1, lossy + 1
            else:
                read, utf8_words = _read_words(line)
                lines.append(read)
                whole, broken = whole + (utf8_words > 1), broken + 1
    if not broken:
        return "\n".join(lines), "utf-8", (f"{lossy} lines hold broken bytes",)
    if whole * 20 <= broken:
        return latin(data), UNKNOWN, ()
    return "\n".join(lines), "utf-8", (f"{broken} lines are not UTF-8",)


def _read_words(line: bytes) -> tuple[str, int]:
    """A line of mixed encodings: words that are UTF-8 are read so and counted, the others are read byte by byte."""
    words: list[str] = []
    end = count = 0
    for match in _BYTE_WORD.finditer(line):
        words.append(line[end : match.start()].decode("ascii"))
        word = match.group()
        try:
            words.append(word.decode("utf-8"))
            count += 1
        except UnicodeDecodeError:
            words.append(latin(word))
        end = match.end()
    words.append(line[end:].decode("ascii"))
    return "".join(words), count


@cache
def _characters() -> dict[int, str]:
    """One table for str.translate: spaces, marks that take no room, look-alikes, fullwidth signs, controls."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table |= dict.fromkeys((0xA0, 0x1680, 0x202F, 0x205F, 0x3000, *range(0x2000, 0x200B)), " ")
    invisible = (0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, 0x115F, 0x1160, 0x3164, *range(0x200B, 0x2010))
    table |= dict.fromkeys((*invisible, *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10)), "")
    table |= dict.fromkeys((*range(9), *range(14, 32), 0x7F), " ")
    table |= {code: CP1252_CONTROLS.get(code, " ") for code in range(0x80, 0xA0)}
    table |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
    return table | {ord(written): letter for written, letter in rows("look_alikes")}


@cache
def _homoglyphs() -> dict[int, str]:
    return {ord(written): letter for written, letter in rows("homoglyphs")}


def _touches_latin(text: str) -> bool:
    """Whether a run of Cyrillic or Greek letters stands directly beside a Latin letter."""
    return any(
        _LATIN.match(text[match.start() - 1 : match.start()]) or _LATIN.match(text, match.end())
        for match in _OTHER_RUN.finditer(text)
    )


def _same_script(word: str) -> str:
    """A word of Latin letters with some Cyrillic or Greek look-alikes in it becomes Latin; other words stay."""
    if not (_OTHER_SCRIPT.search(word) and _LATIN.search(word)):
        return word
    latin_word = word.translate(_homoglyphs())
    return word if _OTHER_SCRIPT.search(latin_word) else latin_word


@cache
def _slips() -> tuple[re.Pattern[str], dict[str, str]]:
    meant = dict(rows("spelling_slips"))
    words = sorted(meant, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)"), meant


def _repair_slips(text: str, *, read_by_machine: bool = False) -> str:
    """truởng -> trưởng everywhere (no Vietnamese syllable has uơ before a letter); the list of slips only in text that
    shows signs of optical reading or of a wrong conversion, since some slips are words elsewhere."""
    signs = read_by_machine
    if _HORN_SLIP.search(text):
        text, signs = _HORN_SLIP.sub(lambda match: "ư" + match.group()[1], text), True
    if _HORN_SLIP_CAPITAL.search(text):
        text, signs = _HORN_SLIP_CAPITAL.sub(lambda match: "Ư" + match.group()[1], text), True
    if signs or "cơng" in text:  # công, in every plan
        pattern, meant = _slips()
        text = pattern.sub(lambda match: meant[match.group()], text)
    return text
