"""Bytes to text: encodings chosen by measurement, what a page may hold made plain, nothing garbled in silence."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import time
import unicodedata
from pathlib import Path

import pytest
from documents.encodings import to_cp1258, to_tcvn3, to_vni
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.decode import Undecodable, decode, normalise
from extract.legacy import rows
from extract.syllables import likeness, syllable_score

BULK = Path(__file__).parents[2] / "shared" / "bulk" / "sample.jsonl.gz"

PLAN = """Kế hoạch phát triển thủy lợi tỉnh Hà Giang đến năm 2025:
Tỷ lệ hộ nghèo giảm còn 3,5%; 100% thủ tục hành chính được cung cấp trực tuyến.
Ưu tiên đường bộ, kênh mương ở vùng sâu; trồng mới 1.200 ha rừng mỗi năm."""
HEADING = "Mục tiêu đến năm 2030"
FRENCH = "Un élève français a reçu à Noël 25 œuvres d’été; le garçon où êtes-vous."


def mojibake(text: str, table: str) -> bytes:
    return text.encode().decode(table).encode()


READ = {
    "utf-8": (PLAN.encode(), "utf-8"),
    "utf-8 with mark": (b"\xef\xbb\xbf" + PLAN.encode(), "utf-8-sig"),
    "utf-8 decomposed": (unicodedata.normalize("NFD", PLAN).encode(), "utf-8"),
    "utf-16 with mark": (PLAN.encode("utf-16"), "utf-16"),
    "utf-16 big end first with mark": (b"\xfe\xff" + PLAN.encode("utf-16-be"), "utf-16"),
    "utf-16-le": (PLAN.encode("utf-16-le"), "utf-16-le"),
    "utf-16-be": (PLAN.encode("utf-16-be"), "utf-16-be"),
    "utf-32": (PLAN.encode("utf-32"), "utf-32"),
    "cp1258": (to_cp1258(PLAN), "cp1258"),
    "tcvn3": (to_tcvn3(PLAN), "tcvn3"),
    "vni": (to_vni(PLAN), "vni"),
    "tcvn3 stored as utf-8": (to_tcvn3(PLAN).decode("latin-1").encode(), "utf-8+tcvn3"),
    "vni stored as utf-8": (to_vni(PLAN).decode("latin-1").encode(), "utf-8+vni"),
    "cp1258 stored as utf-8": (to_cp1258(PLAN).decode("cp1252").encode(), "utf-8+cp1258"),
    "utf-8 read as latin-1": (mojibake(PLAN, "latin-1"), "utf-8+mojibake"),
}


@pytest.mark.parametrize(("data", "encoding"), READ.values(), ids=READ)
def test_reads_every_encoding_to_the_same_text(data: bytes, encoding: str) -> None:
    decoded = decode(data)
    assert decoded.text == PLAN
    assert decoded.encoding == encoding
    assert decoded.warnings == ()


@pytest.mark.parametrize("write", [to_cp1258, to_tcvn3, to_vni], ids=["cp1258", "tcvn3", "vni"])
@pytest.mark.parametrize(
    "text", [HEADING, "Tỉnh Hà Giang", "đường", PLAN[:60]], ids=["heading", "name", "word", "line"]
)
def test_short_texts_are_read_right_or_refused(write: object, text: str) -> None:
    try:
        assert decode(write(text)).text == text  # type: ignore[operator]
    except Undecodable as refusal:
        assert refusal.remedy


def test_lines_in_different_encodings_are_read_each_in_its_own() -> None:
    decoded = decode(PLAN.encode() + b"\n" + to_tcvn3(PLAN))
    assert decoded.text == f"{PLAN}\n{PLAN}"
    assert "tcvn3" in decoded.encoding
    assert decoded.warnings


def test_words_in_different_encodings_within_one_line() -> None:
    line = "Mục tiêu của kế hoạch: tỷ lệ hộ nghèo giảm"
    assert decode(line.encode() + b" " + to_tcvn3(line)).text == f"{line} {line}"


def test_capital_fonts_of_tcvn3_become_capitals() -> None:
    assert decode(to_tcvn3("ỦY BAN NHÂN DÂN TỈNH LÀO CAI\n" + PLAN)).text.startswith("ỦY BAN NHÂN DÂN TỈNH LÀO CAI\n")


def test_text_without_accents_is_left_alone() -> None:
    assert decode(b"Ke hoach phat trien 2025: 80%\n").text == "Ke hoach phat trien 2025: 80%\n"


def test_other_languages_are_left_alone() -> None:
    assert decode(FRENCH.encode()).text == FRENCH
    assert decode("Größe über Maß: schöne Grüße aus Köln. Das sind 25 Häuser und der Weg nach Hause.".encode()).text
    assert decode("第十四屆國會 2025 年 80%".encode()).text == "第十四屆國會 2025 年 80%"


FOLDED = {
    "no-break space": ("đạt\u00a080%", "đạt 80%"),
    "thin and narrow spaces": ("1\u2009200\u202fha\u3000lúa", "1 200 ha lúa"),
    "zero width": ("đạt\u200b 8\u200d0%\ufeff", "đạt 80%"),
    "soft hyphen": ("chuyển\u00adđổi", "chuyểnđổi"),
    "direction marks": ("\u202aHà Nội\u202c \u200f80%", "Hà Nội 80%"),
    "line ends": ("a\r\nb\rc\u2028d\x0be\x0cf", "a\nb\nc\nd\ne\nf"),
    "controls become spaces": ("80%" + "\x07" + " xã, phường, thị trấn" * 12, "80% " + " xã, phường, thị trấn" * 12),
    "fullwidth digits": ("đạt ８０，５％", "đạt 80,5%"),
    "letter oi": ("ngƣời dân đƣợc, Ƣu tiên", "người dân được, Ưu tiên"),
    "eth": ("ðường bộ, Ðồng Tháp", "đường bộ, Đồng Tháp"),
    "cyrillic look-alikes": ("Hà Nộі đạt 80% kế hоạch", "Hà Nội đạt 80% kế hoạch"),
    "hyphens": ("57/KH‑UBND, 12‐NQ", "57/KH-UBND, 12-NQ"),
    "ligature": ("ﬁle số 80%", "file số 80%"),
    "uơ before a letter": ("nguời, truởng, TRUỜNG, thuở, huơ", "người, trưởng, TRƯỜNG, thuở, huơ"),
    "slips in text with signs of optical reading": ("ngƣời dân, tối thiếu 80%", "người dân, tối thiểu 80%"),
    "vni read twice": ("thơng tin cơng khai tồn tỉnh", "thông tin công khai toàn tỉnh"),
    "order of marks": ("e\u0323\u0302 e\u0302\u0323 \u1eb9\u0302", "ệ ệ ệ"),
    "tabs stay, they part cells": ("a\tb", "a\tb"),
}


@pytest.mark.parametrize(("written", "text"), FOLDED.values(), ids=FOLDED)
def test_folds(written: str, text: str) -> None:
    assert decode(written.encode()).text == text


KEPT = {
    "tone placement is folded in look-up, not in the evidence": "Thanh Hoá, hoà bình, thuỷ lợi, quý",
    "slips that are words stay in clean text": "sẽ năng cao hơn, tồn tại, hồn nhiên",
    "dashes and quotes": "2021–2025 — “số” ‘đẹp’ … 20 m², 30 °C, ≥ 5",
    "Chinese, Russian, Greek words": "國 Москва Ελλάδα",
    "foreign names": "Müller, Gauß, Genève, Ångström và São Paulo là tên riêng trong bài",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_keeps(text: str) -> None:
    decoded = decode(text.encode())
    assert decoded.text == text
    assert decoded.encoding == "utf-8"


REFUSED = {
    "image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    "old Office file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + PLAN.encode("utf-16-le"),
    "PDF under a wrong name": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "archive": b"PK\x03\x04\x14\0\0\0\x08\0",
    "random bytes": bytes((index * 7919 + index // 3) % 256 for index in range(5000)),
    "zeros": b"\0" * 4096,
    "accents lost to question marks of decoding": PLAN.encode("ascii", "replace").replace(b"?", b"\xef\xbf\xbd"),
    "visual garbage": ("tiÕp ¸¹µ ©®§ ¢¬­ »¼½ ¡£¤ ¦¨ª " * 30).encode("utf-8"),
    "mojibake that lost bytes": mojibake(PLAN, "latin-1").replace("\x87".encode(), b"").replace("\xba".encode(), b"?"),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_refuses_with_reason_and_remedy(data: bytes) -> None:
    with pytest.raises(Undecodable) as refusal:
        decode(data)
    assert refusal.value.reason
    assert refusal.value.remedy


def test_a_file_cut_inside_a_letter_is_read_with_a_warning() -> None:
    decoded = decode(PLAN.encode() + "ế".encode()[:2])
    assert decoded.text == PLAN
    assert "ends inside a character" in decoded.warnings[0]


def test_a_single_broken_byte_is_shown_and_told() -> None:
    decoded = decode((PLAN * 20).encode() + b" xa\xff " + PLAN.encode())
    assert decoded.text.count("\ufffd") == 1
    assert any("broken" in warning for warning in decoded.warnings)


def test_turned_direction_is_told() -> None:
    assert any("direction" in warning for warning in decode("đạt \u202e08\u202c%".encode()).warnings)


def test_text_of_other_formats_takes_the_same_way() -> None:
    assert normalise(to_tcvn3(PLAN).decode("latin-1"), "docx").text == PLAN


@pytest.mark.parametrize(
    ("word", "well_formed"),
    [("nghiệp", True), ("Thuế", True), ("ĐƯỜNG", True), ("giếng", True), ("quốc", True), ("khuỷu", True),
     ("cöa", False),     ("nghÖ", False), ("tríển", False), ("pháct", False), ("được", True),
     ("đuợc", False), ("ặt", True), ("kàc", False)],
)  # fmt: skip
def test_syllables(word: str, well_formed: bool) -> None:
    assert (syllable_score(word) > 0) is well_formed


def test_likeness_of_good_and_misread_text_is_far_apart() -> None:
    assert likeness(PLAN).score > 0.85
    assert likeness(to_tcvn3(PLAN).decode("latin-1")).score < 0.3


@pytest.mark.parametrize("table", ["look_alikes", "homoglyphs", "spelling_slips", "tcvn3", "vni"])
def test_lexicon_lines_are_unique_and_change_something(table: str) -> None:
    written = [row[0] for row in rows(table)]
    assert len(set(written)) == len(written), "a form is listed twice"
    assert all(before and before != after for before, after in rows(table))


vietnamese = st.text(
    "aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ 0123456789,.%\n"
)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_clean_text_or_a_refusal(data: bytes) -> None:
    try:
        text = decode(data).text
    except Undecodable:
        return
    assert unicodedata.is_normalized("NFC", text)
    assert not set(text) & {"\r", "\xa0", "\u200b", "\ufeff", "\xad", "\0"}
    text.encode()


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_any_text_is_made_plain_or_refused(text: str) -> None:
    try:
        plain = normalise(text).text
    except Undecodable:
        return
    assert unicodedata.is_normalized("NFC", plain)
    plain.encode()


@settings(max_examples=200, deadline=None)
@given(vietnamese)
def test_plain_text_comes_back_and_twice_is_once(text: str) -> None:
    try:
        once = decode(text.encode()).text
    except Undecodable:
        pytest.fail("plain Vietnamese letters were refused")
    assert decode(once.encode()).text == once


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([to_cp1258, to_tcvn3, to_vni]))
def test_digits_never_change(number: int, write: object) -> None:
    line = f"{PLAN}\nTỷ lệ đạt {number} phần trăm"
    assert decode(write(line)).text.endswith(f"Tỷ lệ đạt {number} phần trăm")  # type: ignore[operator]


@pytest.mark.skipif(not BULK.exists(), reason="the shared bulk sample is not here")
def test_real_pages_stay_as_they_are() -> None:
    with gzip.open(BULK, "rt") as lines:
        texts = [json.loads(line)["text"] for line in itertools.islice(lines, 300)]
    changed = [text for text in texts if "+" in decode(text.encode()).encoding]
    assert not changed


HOSTILE = {
    "mojibake": "Ã¡Âº¿á»‡" * 60_000,
    "tcvn3 words": "C«ng nghÖ " * 60_000,
    "one long word": "öôñ" * 200_000,
    "signs": "¡¢£¤¥¦" * 100_000,
    "marks": "e\u0323\u0302\u0301" * 100_000,
    "many marks on one letter": "e" + "\u0323\u0301" * 100_000,
    "scripts": "aа" * 200_000,
    "lines": "Ä\n" * 200_000,
    "carriage returns": "\r" * 500_000,
    "uơ": "uờa" * 200_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_time_is_linear(text: str) -> None:
    def seconds(content: str) -> float:
        started = time.perf_counter()
        with contextlib.suppress(Undecodable):
            decode(content.encode())
        return time.perf_counter() - started

    seconds(text[:1000])
    half, whole = min(seconds(text[: len(text) // 2]) for _ in range(3)), seconds(text)
    assert whole < 3 * half + 0.3
    assert whole < 10
