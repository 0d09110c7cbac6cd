"""Write Vietnamese text in the encodings of old files: the reverse of extract/lexicon/tcvn3.csv and vni.csv."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

LEXICON = Path(__file__).parents[2] / "extract" / "lexicon"
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def _rows(name: str) -> list[list[str]]:
    with (LEXICON / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))[1:]


def to_tcvn3(text: str) -> bytes:
    """TCVN3 (ABC); capitals with a tone mark fall back to small letters, as the capital fonts have it."""
    codes = {letter: int(code, 16) for code, letter in _rows("tcvn3.csv")}
    return bytes(codes.get(letter) or codes.get(letter.lower()) or ord(letter) for letter in text)


def to_vni(text: str) -> bytes:
    """VNI-Windows."""
    written = {letter: word for word, letter in reversed(_rows("vni.csv"))}
    return "".join(written.get(letter, letter) for letter in text).encode("latin-1")


def to_cp1258(text: str) -> bytes:
    """cp1258: tone marks stand behind their letters."""
    out = []
    for letter in text:
        try:
            out.append(letter.encode("cp1258"))
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
            out.append((base + "".join(part for part in parts if part in _TONES)).encode("cp1258"))
    return b"".join(out)
