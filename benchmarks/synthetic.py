"""Invented documents and statements of any number, to measure and to test the warehouse with; no text is anybody's.

The same arguments give the same rows. A document's number decides everything about it; `edition` makes an edited
version of it."""

from __future__ import annotations

import csv
import datetime
import hashlib
import random
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.tables import DOCUMENTS, INDICATORS, PROVINCES, STATEMENTS, UNITS, Table

STANDARD = Path(__file__).resolve().parents[1] / "schemas" / "standard"
STATEMENTS_PER_DOCUMENT = 10
EXTRACTOR_VERSION = "0+synthetic"
_FILLER = (
    "Các sở, ban, ngành và địa phương phối hợp tổ chức thực hiện, định kỳ báo cáo kết quả theo quy định. "
    "Kinh phí do ngân sách bảo đảm theo phân cấp hiện hành và các nguồn hợp pháp khác. "
)
_SUBJECTS = ("hộ gia đình", "trường học", "cơ sở y tế", "hợp tác xã", "doanh nghiệp nhỏ", "điểm du lịch", "làng nghề")
_ACTS = (
    "dùng nước sạch",
    "nối mạng",
    "thanh toán số",
    "thu gom rác",
    "dùng điện mặt trời",
    "đạt chuẩn",
    "được tập huấn",
)
_PLACES = ("ven biển", "vùng cao", "nội thị", "ngoại thành", "hải đảo", "biên giới", "trung du", "đồng bằng")


@cache
def _csv(name: str) -> list[dict[str, str]]:
    with (STANDARD / f"{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@cache
def provinces() -> list[dict[str, str]]:
    """The 63 provinces until 2025-06-30."""
    return [row for row in _csv("provinces") if row["valid_to"] == "2025-06-30" and row["code"] != "00"]


@cache
def indicators() -> list[dict[str, str]]:
    return [row for row in _csv("indicators") if row["unit"] != "status"]


def document_id(number: int, edition: int = 0) -> str:
    return hashlib.sha256(f"synthetic {number} {edition}".encode()).hexdigest()


def source_file(number: int) -> str:
    return f"{number // 1000:04d}/{number:07d}.txt"


def document(number: int, edition: int = 0, length: int = 2000) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One row of documents and about ten rows of statements; about `length` characters of text behind the quotes."""
    draw = random.Random(number * 1_000 + edition)
    place = provinces()[draw.randrange(len(provinces()))]
    day = datetime.date(2018, 1, 1) + datetime.timedelta(days=draw.randrange(2700))
    kind = "plan" if draw.random() < 0.4 else "article"
    identity = document_id(number, edition)
    name = source_file(number)
    text = f"Kế hoạch số {number} của {place['full_name_vi']}\n"
    rows = []
    for position in range(draw.randrange(2 * STATEMENTS_PER_DOCUMENT + 1)):
        row = _statement(draw, day)
        quote = f"Đến năm {row['year']}, {row['label']} đạt {row['value']!r} ({position + 1})."
        start = len(text)
        text += quote + "\n"
        row |= {
            "statement_id": hashlib.sha256(f"{identity} {position}".encode()).hexdigest()[:24],
            "document_id": identity,
            "source_file": name,
            "province": place["name_vi"],
            "province_code": place["code"],
            "province_2025": place["successor_2025"],
            "quote": quote,
            "char_start": start,
            "char_end": start + len(quote),
            "document_number": f"{number}/KH-UBND" if kind == "plan" else None,
            "document_date": day,
            "document_kind": kind,
        }
        rows.append(row)
    text += (_FILLER * (length // len(_FILLER) + 1))[:length]
    return {
        "document_id": identity,
        "source_file": name,
        "kind": kind,
        "title": f"Kế hoạch số {number}",
        "province": place["name_vi"],
        "document_number": f"{number}/KH-UBND" if kind == "plan" else None,
        "document_date": day,
        "issuer": f"UBND {place['full_name_vi']}",
        "text": text,
        "n_statements": len(rows),
        "status": "processed",
        "encoding": "utf-8",
        "extractor_version": EXTRACTOR_VERSION,
    }, rows


def _statement(draw: random.Random, day: datetime.date) -> dict[str, Any]:
    chance = draw.random()
    row: dict[str, Any] = {
        "comparator": "ge" if draw.random() < 0.3 else "eq",
        "value_basis": "stated",
        "year_basis": "by",
        "year": day.year + draw.randrange(1, 8),
        "value": float(draw.randrange(1, 100)),
        "section": "I. MỤC TIÊU > 2. Mục tiêu cụ thể",
        "prevails": False,
        "extractor_version": EXTRACTOR_VERSION,
        "rules": "by_year level_reached",
        "year_source": draw.choice(("phrase", "sentence", "heading")),
        "match_score": round(draw.uniform(0.6, 1.0), 3),
    }
    if chance < 0.45:
        entry = indicators()[int(len(indicators()) * draw.random() ** 2)]
        level = draw.choice((None, None, "province", "district", "commune"))
        row |= {"status": "accepted", "indicator": entry["indicator_id"], "unit": entry["unit"], "admin_level": level}
        row["label"] = entry["name_vi"].casefold()
        least, most = float(entry["value_min"] or 1), float(entry["value_max"] or 100)
        row["value"] = round(least + (most - least) * draw.randrange(1, 100) / 100, 4)
    elif chance < 0.85:
        phrase = f"tỷ lệ {draw.choice(_SUBJECTS)} {draw.choice(_PLACES)} {draw.choice(_ACTS)}"
        row |= {"status": "uncatalogued", "unit": "percent", "label": phrase + f" đợt {draw.randrange(40)}"}
    else:
        row |= {"status": "no_province", "unit": "percent", "label": "tỷ lệ khác"}
    return row


def tables(numbers: Iterable[int], edition: int = 0, length: int = 2000) -> tuple[pa.Table, pa.Table]:
    """(documents, statements) of the numbered documents, `prevails` false throughout."""
    documents, statements = [], []
    for number in numbers:
        head, rows = document(number, edition, length)
        documents.append(head)
        statements.extend(rows)
    return _table(DOCUMENTS, documents), _table(STATEMENTS, statements)


def parts(count: int, size: int = 5000, length: int = 2000) -> Iterator[tuple[pa.Table, pa.Table]]:
    for start in range(0, count, size):
        yield tables(range(start, min(start + size, count)), length=length)


def _table(definition: Table, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=definition.arrow_schema())


def standard() -> dict[str, pa.Table]:
    """indicators, provinces and units, enough of them for every key of the synthetic rows."""
    entries = [
        {
            "indicator": row["indicator_id"],
            "name_vi": row["name_vi"],
            "name_en": row["name_en"],
            "definition": row["definition"],
            "theme": row["theme"],
            "unit": row["unit"],
            "value_min": _number(row["value_min"]),
            "value_max": _number(row["value_max"]),
            "direction": row["direction"],
            "phrasings": row["name_vi"],
        }
        for row in _csv("indicators")
    ]
    places = [
        {
            "province": row["name_vi"],
            "full_name": row["full_name_vi"],
            "province_code": row["code"],
            "kind": row["kind"],
            "region": row["region"] or None,
            "valid_from": _day(row["valid_from"]),
            "valid_to": _day(row["valid_to"]),
            "province_2025": row["successor_2025"],
            "code_2025": row["code"],
            "predecessors": row["predecessors"] or None,
            "aliases": row["name_vi"],
        }
        for row in _csv("provinces")
    ]
    units = [
        {key: row[key] or None for key in ("unit", "name_vi", "name_en", "dimension", "per")}
        | {"factor": float(row["factor"]), "is_change": row["change"] == "yes"}
        for row in _csv("units")
    ]
    return {
        "indicators": _table(INDICATORS, entries),
        "provinces": _table(PROVINCES, places),
        "units": _table(UNITS, units),
    }


def _number(text: str) -> float | None:
    return float(text) if text else None


def _day(text: str) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None
