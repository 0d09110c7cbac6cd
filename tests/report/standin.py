"""A warehouse snapshot made without the pipeline: the layout and schemas of the contract, filled from simple values.

The report reads published Parquet only, so its tests need published Parquet only. Two feeders: `generated` writes any
number of small plans in words of our own (also hostile ones); `modelled` takes the annotated documents of ../shared.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import json
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import tables
from schemas.standard import load_standard
from schemas.standard.publish import standard_tables

ROOT = Path(__file__).resolve().parents[2]
BUCKETS = 4
LATER = datetime.datetime(2026, 11, 22, 18, 0, tzinfo=datetime.UTC)


@cache
def provinces() -> dict[str, Any]:
    """By name, the latest time last."""
    return {entry.name: entry for entry in load_standard().provinces}


def provinces_63() -> list[str]:
    """The names in force at the end of June 2025."""
    day = datetime.date(2025, 6, 30)
    return sorted(
        {
            p.name
            for p in load_standard().provinces
            if p.code != "00" and (p.valid_from or day) <= day <= (p.valid_to or day)
        }
    )


def document(content: str, source_file: str, **facts) -> dict:
    row = dict.fromkeys(tables.DOCUMENTS.names)
    row.update(
        document_id=hashlib.sha256((source_file + content).encode()).hexdigest(),
        source_file=source_file,
        text=content,
        kind="plan",
        n_statements=0,
        status="processed",
        encoding="utf-8",
        extractor_version="standin",
    )
    row.update(facts)
    return row


def statement(doc: dict, quote: str, **values) -> dict:
    """A statement about `quote`, which must occur in the document's text; `at` picks the offset itself."""
    start = values.pop("at", None)
    start = doc["text"].index(quote) if start is None else start
    row = dict.fromkeys(tables.STATEMENTS.names)
    row.update(
        document_id=doc["document_id"],
        source_file=doc["source_file"],
        province=doc["province"],
        quote=quote,
        comparator="eq",
        value_basis="stated",
        year_basis="by",
        char_start=start,
        char_end=start + len(quote),
        status="accepted",
        prevails=False,
        extractor_version="standin",
        document_number=doc["document_number"],
        document_date=doc["document_date"],
        document_kind=doc["kind"],
        rules="percent_of_base year_by",
        match_score=0.91,
        year_source="phrase",
        section="II > 1",
        runner_up="digital_economy_share",
        runner_up_score=0.4,
    )
    row.update(values)
    meaning = "|".join(str(row[name]) for name in ("document_id", "char_start", *tables.TARGET_GRAIN, "value"))
    row["statement_id"] = hashlib.sha256(meaning.encode()).hexdigest()[:20]
    doc["n_statements"] += 1
    return row


def _prevail(statements: list[dict]) -> tuple[list[dict], list[dict]]:
    cells: dict[tuple, list[dict]] = {}
    for row in statements:
        if row["status"] in ("accepted", "uncatalogued") and row["value"] is not None and row["year"] is not None:
            if row["status"] == "uncatalogued":
                row["indicator"] = "~" + "_".join(row["label"].split())
            cells.setdefault(tuple(row[name] for name in tables.TARGET_GRAIN), []).append(row)
    accepted: list[dict] = []
    provisional: list[dict] = []
    for rows in cells.values():
        rows.sort(key=lambda r: r["statement_id"])
        rows.sort(key=lambda r: (r["document_kind"] == "plan", r["document_date"] or datetime.date.min), reverse=True)
        first = rows[0]
        first["prevails"] = True
        same = len({r["value"] for r in rows}) == 1
        target = {
            **first,
            "n_statements": len(rows),
            "n_documents": len({r["document_id"] for r in rows}),
            "agreement": "single" if len(rows) == 1 else "agree" if same else "conflict",
        }
        (provisional if first["indicator"].startswith("~") else accepted).append(target)
    for row in statements:
        if row["status"] == "uncatalogued":
            row["indicator"] = None
    return accepted, provisional


def write(
    root: Path,
    snapshot_id: str,
    documents: list[dict],
    statements: list[dict],
    *,
    rejected: Iterable[dict] = (),
    started_at: datetime.datetime = LATER,
    whole_standard: bool = False,
) -> Path:
    """Write one snapshot below `root` and point `current` at it; with the indicators in use, or the
    `whole_standard`."""
    folder = root / "snapshots" / snapshot_id
    folder.mkdir(parents=True)
    rejected = list(rejected)
    targets, provisional = _prevail(statements)
    commitments = [row for row in statements if row["status"] == "qualitative"]
    for row in [*statements, *targets, *provisional]:
        if place := provinces().get(row["province"] or ""):
            row["province_code"], row["province_2025"] = place.code, place.successor_2025
    runs = {
        "run_id": "run-" + snapshot_id,
        "snapshot_id": snapshot_id,
        "started_at": started_at,
        "duration_seconds": 12.5,
        "inbox": "samples",
        "documents": len(documents),
        "documents_read": len(documents),
        "documents_by_status": json.dumps({"processed": len(documents)}),
        "statements": len(statements),
        "statements_by_status": "{}",
        "targets": len(targets),
        "targets_provisional": len(provisional),
        "rejected": len(rejected),
        "validation": "passed",
        "versions": json.dumps({"standard": "1", "extractor": "standin"}),
    }

    def put(table: tables.Table, rows: list[dict]) -> None:
        rows = sorted(rows, key=lambda r: tuple(str(r[name]) for name in table.sort))
        if table.bucketed:
            (folder / table.name).mkdir()
            for bucket in range(BUCKETS):
                part = [r for r in rows if int(r["document_id"][:4], 16) % BUCKETS == bucket]
                data = pa.Table.from_pylist([{n: r[n] for n in table.names} for r in part], table.arrow_schema())
                pq.write_table(data, folder / table.name / f"{bucket:02d}.parquet")
        else:
            data = pa.Table.from_pylist([{n: r.get(n) for n in table.names} for r in rows], table.arrow_schema())
            pq.write_table(data, folder / f"{table.name}.parquet")

    put(tables.TARGETS, targets)
    put(tables.TARGETS_PROVISIONAL, provisional)
    put(tables.STATEMENTS, statements)
    put(tables.DOCUMENTS, documents)
    put(tables.REJECTED, rejected)
    put(tables.COMMITMENTS, commitments)
    put(tables.RUNS, [runs])
    for name, table in standard_tables(load_standard()).items():
        if name == "indicators" and not whole_standard:
            used = pa.array(
                sorted(
                    {row["indicator"] or "" for row in statements}
                    | {"digital_economy_share_grdp", "eservice_partial_share"}
                )
            )
            table = table.filter(pc.is_in(table["indicator"], used))
        pq.write_table(table, folder / f"{name}.parquet")
    (folder / "manifest.json").write_text(json.dumps({"snapshot_id": snapshot_id}), encoding="utf-8")
    link = root / "current.new"
    link.symlink_to(Path("snapshots") / snapshot_id)
    os.replace(link, root / "current")
    return folder


SENTENCES = (
    ("digital_economy_share_grdp", "percent", "tỷ trọng kinh tế số chiếm {} GRDP của tỉnh", 10, 30),
    (
        "eservice_full_process_share",
        "percent",
        "tỷ lệ dịch vụ công trực tuyến toàn trình trên tổng số đủ điều kiện là {}",
        60,
        100,
    ),
    ("grdp_growth", "percent_per_year", "tốc độ tăng trưởng kinh tế đạt {}/năm", 6, 11),
    ("forest_cover", "percent", "giữ tỷ lệ che phủ rừng ở mức {}", 20, 65),
)


def generated(count: int, *, statements_each: int = 4) -> tuple[list[dict], list[dict]]:
    """`count` small plans, province by province, each with `statements_each` targets, one decoy and one end state."""
    places = provinces_63()
    documents: list[dict] = []
    statements: list[dict] = []
    for number in range(count):
        place = "Việt Nam" if number < 2 else places[number % 63]
        year = 2025 if number % 3 else 2030
        lines = [
            f"ỦY BAN NHÂN DÂN {place.upper()}",
            "KẾ HOẠCH",
            f"Chuyển đổi số giai đoạn {year - 5}-{year}",
            "I. MỤC TIÊU",
        ]
        found = []
        for turn in range(statements_each):  # repeats say other values
            indicator, unit, words, low, high = SENTENCES[turn % len(SENTENCES)]
            value = low + (number * 7 + turn * 5) % (high - low)
            quote = f"Đến năm {year}, " + words.format(f"{value}%")
            lines.append(f"{turn + 1}. {quote}; hiện nay đã đạt {value - 4}%.")
            found.append((quote, indicator, unit, value))
        lines.append("II. TỔ CHỨC THỰC HIỆN")
        lines.append(f"Phủ sóng 5G toàn tỉnh vào năm {year}.")
        doc = document(
            "\n".join(lines),
            f"plans/{number:05d}.txt",
            province=place,
            title=lines[2],
            document_number=f"{number + 1}/KH-UBND",
            document_date=datetime.date(year - 5 + number % 3, 1 + number % 12, 5),
            issuer=f"Ủy ban nhân dân {place}",
        )
        documents.append(doc)
        for quote, indicator, unit, value in found:
            basis = "annual" if unit.endswith("per_year") else "by"
            statements.append(
                statement(
                    doc,
                    quote,
                    indicator=indicator,
                    unit=unit,
                    value=float(value),
                    year=year,
                    year_basis=basis,
                    label=quote.split(", ", 1)[1],
                )
            )
        statements.append(
            statement(
                doc,
                lines[-1],
                indicator="mobile_5g_coverage",
                unit="status",
                year=year,
                status="qualitative",
                label="phủ sóng 5G",
                status_reason="end state without a number",
            )
        )
    return documents, statements


HOSTILE = (
    "KẾ HOẠCH <script>document.title='owned'</script>\n"
    "Đến năm 2030, 90% \u202eđảo ngược\u202c \"nháy\" 'đơn' "
    "<img src=x onerror=\"document.title='owned'\"> hồ sơ & {{ 7*7 }}.\n"
    '</mark></article></script><!-- --> ]]> =HYPERLINK("x") \u2028 hết.'
)


def hostile() -> tuple[list[dict], list[dict]]:
    """One document whose text, name and number attack the page; one accepted and one uncatalogued statement."""
    doc = document(
        HOSTILE,
        'x"><script>alert(1)</script>.txt',
        province="Vĩnh Long",
        title=HOSTILE.split("\n")[0],
        document_number="=1+1",
        document_date=datetime.date(2029, 5, 6),
        issuer="'; DROP TABLE x; --",
    )
    quote = HOSTILE.split("\n")[1]
    return [doc], [
        statement(
            doc,
            quote,
            indicator="digital_economy_share_grdp",
            unit="percent",
            value=90.0,
            year=2030,
            label="<b>hồ sơ</b>",
        ),
        statement(
            doc, '=HYPERLINK("x")', unit="count", value=1.0, year=2031, label='=HYPERLINK("x")', status="uncatalogued"
        ),
    ]


def modelled(gold: Path, name: str = "modelled") -> tuple[list[dict], list[dict]]:
    """The annotated documents of a gold set that are not set aside, with their rows as statements."""
    held_out = (ROOT / "tests" / "data" / "held_out.txt").read_text(encoding="utf-8").split()
    rows: dict[str, list[dict[str, str]]] = {}
    with (gold / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            rows.setdefault(row["doc"], []).append(row)
    documents: list[dict] = []
    statements: list[dict] = []
    for path in sorted((gold / name).glob("*.txt")):
        if f"{name}/{path.stem}" in held_out:
            continue
        text = path.read_text(encoding="utf-8")
        mine = rows.get(path.stem, [])
        years = [int(r["year"]) for r in mine if r["year"]]
        doc = document(
            text,
            path.name,
            province=mine[0]["province"] if mine else None,
            title=next((line for line in text.splitlines() if len(line) > 40), path.stem),
            kind="article" if "-bai-" in path.stem or path.stem[0] == "d" else "plan",
            document_date=datetime.date(min(years) - 3, 4, 20) if years else None,
        )
        documents.append(doc)
        seen = set()
        for row in mine:
            at = text.find(row["quote"])
            key = tuple(row.values())
            if at < 0 or key in seen:
                continue
            seen.add(key)
            whole = {name: row[name] or None for name in row}
            status = "no_year" if not row["year"] else "accepted" if row["indicator"] else "uncatalogued"
            number = {name: float(row[name]) if row[name] else None for name in ("value", "value_max")}
            time = {name: int(row[name]) if row[name] else None for name in ("year", "period_start")}
            statements.append(
                statement(
                    doc,
                    row["quote"],
                    at=at,
                    province=row["province"],
                    indicator=whole["indicator"],
                    unit=whole["unit"],
                    comparator=whole["comparator"] or "eq",
                    value_basis=whole["value_basis"] or "stated",
                    year_basis=whole["year_basis"],
                    admin_level=whole["admin_level"],
                    label=row["quote"][:60],
                    status=status,
                    status_reason=None if status == "accepted" else status,
                    **number,
                    **time,
                )
            )
    return documents, statements
