"""Vietnamese text in other clothes: TCVN3 (ABC), VNI-Windows, cp1258, and UTF-8 that was read with a wrong table.

Every reading is only a candidate; extract/decode.py measures which one is Vietnamese. Sources of the tables:
extract/lexicon/tcvn3.csv (TCVN 5712:1993, the VN3 part) and vni.csv (VNI-Windows fonts).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import resources

CP1252_CONTROLS = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""U+0080 to U+009F are never meant as such: they are cp1252 punctuation that was read as Latin-1."""

_TO_BYTE = {ord(letter): code for code, letter in CP1252_CONTROLS.items()}
_VNI_PAIR = re.compile("[aeouyôöAEOUYÔÖ][ùøûõïâáàåãäêéèúüëÙØÛÕÏÂÁÀÅÃÄÊÉÈÚÜË]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")


@cache
def rows(name: str) -> tuple[tuple[str, str], ...]:
    """First two columns of extract/lexicon/<name>.csv, without the head line."""
    path = resources.files("extract") / "lexicon" / f"{name}.csv"
    with path.open(encoding="utf-8") as handle:
        return tuple((row[0], row[1]) for row in list(csv.reader(handle))[1:])


@cache
def _tcvn3_table() -> dict[int, str]:
    return {**CP1252_CONTROLS, **{int(code, 16): letter for code, letter in rows("tcvn3")}}


@cache
def _vni_tables() -> tuple[dict[str, str], dict[int, str]]:
    pairs = {written: letter for written, letter in rows("vni") if len(written) == 2}
    for written, letter in list(pairs.items()):
        pairs.setdefault(written[0].upper() + written[1], letter.upper())
        pairs.setdefault(written[0] + written[1].upper(), letter)
    singles = {ord(written): letter for written, letter in rows("vni") if len(written) == 1}
    return pairs, singles


def latin(data: bytes) -> str:
    """Bytes as cp1252; the five bytes that it lacks stay control characters."""
    return data.decode("latin-1").translate(CP1252_CONTROLS)


def _as_codes(text: str) -> str:
    """Undo a reading as cp1252: one character per byte, U+0000 to U+00FF, where that is possible."""
    return text.translate(_TO_BYTE)


def from_tcvn3(text: str) -> str | None:
    """Text whose characters are TCVN3 bytes read as Latin-1 or cp1252; capital fonts (.VnTimeH) become capitals."""
    return _capital_fonts(_as_codes(text).translate(_tcvn3_table()))


def from_tcvn3_cyrillic(text: str) -> str | None:
    """TCVN3 bytes that were read as cp1251 (VIЦT NAM)."""
    if not _CYRILLIC.search(text):
        return None
    return _capital_fonts(text.encode("cp1251", "replace").decode("latin-1").translate(_tcvn3_table()))


def from_vni(text: str) -> str | None:
    """Text whose characters are VNI-Windows bytes read as Latin-1 or cp1252."""
    pairs, singles = _vni_tables()
    out: list[str] = []
    end = 0
    for match in _VNI_PAIR.finditer(text):
        letter = pairs.get(match.group())
        if letter is None:
            continue
        out += (text[end : match.start()].translate(singles), letter)
        end = match.end()
    out.append(text[end:].translate(singles))
    return "".join(out)


def from_mojibake(text: str) -> str | None:
    """UTF-8 that was read as cp1252, Latin-1 or a neighbour; also where the harm is partial (ftfy)."""
    codes = _as_codes(text)
    try:
        return codes.encode("latin-1").decode("utf-8")
    except UnicodeError:
        pass
    import ftfy

    return _LINE_OF_TEXT.sub(
        lambda match: match.group() if match.group().isascii() else ftfy.fix_encoding(match.group()), text
    )


def from_cp1258(text: str) -> str | None:
    """cp1258 bytes that were read as cp1252."""
    try:
        read = _as_codes(text).encode("latin-1").decode("cp1258", "replace")
    except UnicodeError:
        return None
    return unicodedata.normalize("NFC", read)


READINGS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("mojibake", from_mojibake),
    ("tcvn3", from_tcvn3),
    ("vni", from_vni),
    ("cp1258", from_cp1258),
    ("tcvn3-cp1251", from_tcvn3_cyrillic),
)

_WORD = re.compile(r"[^\W\d_]+")
_LINE_OF_TEXT = re.compile(r"[^\n]{1,3000}(?=[ \n]|\Z)")
"""ftfy is slow on long lines: it gets pieces that end at a space."""


def _capital_fonts(text: str) -> str:
    """TCVN3 has no accented capitals: a word whose ASCII letters are all capitals was set in a capital font."""
    lines = []
    for line in text.split("\n"):
        if line.isascii():
            lines.append(line)
            continue
        shouting = any(_is_capital(word) for word in _WORD.findall(line))
        lines.append(_WORD.sub(lambda m: _raise(m.group(), shouting), line) if shouting else line)  # noqa: B023
    return "\n".join(lines)


def _ascii_letters(word: str) -> str:
    return "".join(letter for letter in word if letter.isascii())


def _is_capital(word: str) -> bool:
    letters = _ascii_letters(word)
    return len(letters) >= 2 and letters.isupper() and not word.isascii() and not word.isupper()


def _raise(word: str, shouting: bool) -> str:
    letters = _ascii_letters(word)
    if not letters:
        return word.upper() if shouting and len(word) > 1 and word[0].isupper() else word
    return word.upper() if letters.isupper() and (len(letters) >= 2 or shouting) else word
