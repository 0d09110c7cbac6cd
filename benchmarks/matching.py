"""How well phrases are matched to indicators, on gold rows, and how fast.

usage: .venv/bin/python -m benchmarks.matching [--gold ../shared/gold] [--half A|B|both] [--errors N] [--held-out]

Gold quotes are not labels: this script approximates the label that extraction would give by the clause around the
number without number, unit, comparator and year, and takes the rest of the quote as context. Documents of the
held-out third (tests/data/held_out.txt) are left out unless --held-out asks for them alone. Halves A and B split the
rest by a hash of the name: tune on A, look at B.
Counted, on rows that are not optional: with an indicator right / wrong / null; without one falsely matched to an
indicator of the first edition. precision = right / (right + wrong + false), recall = right / rows with an indicator.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from extract.model import Statement
from schemas.standard import Standard, load_standard
from transform.matching import Match, Matcher, Query
from transform.units import plain_unit, to_standard_unit

ROOT = Path(__file__).parent.parent
NUMBER = r"\d+(?:[.,]\d+)*(?:\s*/\s*\d+)?"
QUANTITY = re.compile(
    rf"(?<!\w)(?:{NUMBER}\s*(?:[-–]|đến)\s*)?[<>≥≤]?\s*{NUMBER}(?!\w)\s*(?:(?:nghìn|ngàn|vạn|triệu|trăm|tỷ|tỉ|mươi)\b)?\s*(?:(?:tỷ|tỉ|đồng)\b)?\s*"
    r"(?:điểm\s*)?(?:%\s*/\s*năm|%|‰|đồng|usd|tấn|ha\b|mw\b|km\b|m2\b|mb/s|người/vạn dân|teu|kwh|lít|lần\b)?",
    re.IGNORECASE,
)
YEARS = re.compile(
    r"(?:đến|vào|trong|từ|cuối|hết|giai đoạn|so với|của)?\s*(?:hết|cuối|đầu)?\s*(?:năm|giai đoạn)?\s*"
    r"\b(?:19|20)\d\d\b(?:\s*[-–]\s*(?:20)\d\d)?",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"[,;|](?!\d)|\bvà\b(?=\s*\d)|\bvà\b(?=\s*(?:trên|khoảng|dưới|ít nhất|tối thiểu)\s*\d)")
MEASURES = {
    "percent": ("percent", None),
    "percent_per_year": ("percent", "year"),
    "percent_change": ("percent", None),
    "percentage_point_per_year": ("percent", "year"),
    "per_mille": ("per_mille", None),
    "count": ("count", None),
    "person": ("person", None),
    "person_per_year": ("person", "year"),
    "household": ("household", None),
    "visit": ("visit", None),
    "rank": ("rank", None),
    "index_0_1": ("index", None),
    "multiple": ("multiple", None),
    "year_age": ("year_age", None),
    "per_10000_pop": ("count", "10000_pop"),
    "per_1000_pop": ("count", "1000_pop"),
    "per_1000_live_births": ("per_mille", None),
    "per_100000_live_births": ("count", "100000_live_births"),
    "child_per_woman": ("person", "woman"),
    "boys_per_100_girls": ("person", "100_girls"),
    "billion_vnd": ("vnd", None),
    "million_vnd_per_person_year": ("vnd", "person_year"),
    "usd_per_person_year": ("usd", "person_year"),
    "million_usd": ("usd", None),
    "million_vnd_per_ha": ("vnd", "ha"),
    "tonne": ("tonne", None),
    "m2_per_person": ("square_metre", "person"),
    "mbps": ("mbps", None),
    "mw": ("watt", None),
    "km": ("metre", None),
    "criterion": ("count", "commune"),
}
CHANGES = {"percent_per_year", "percent_change", "percentage_point_per_year"}


@dataclass(frozen=True)
class Case:
    document: str
    indicator: str | None
    query: Query
    quote: str


def cases(gold: Path, names: tuple[str, ...], half: str, held_out_only: bool = False) -> Iterator[Case]:
    """Gold rows as queries. `half` is A, B or both."""
    held = {line.strip() for line in (ROOT / "tests/data/held_out.txt").read_text().splitlines() if line[:1] != "#"}
    for name in names:
        path = gold / f"{name}.csv"
        if not path.exists():
            continue
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                document = f"{name}/{row['doc']}"
                if (document in held) != held_out_only or row.get("optional") == "1":
                    continue
                if half not in ("both", half_of(document)):
                    continue
                yield Case(document, row["indicator"] or None, query_of(row), row["quote"])


def extracted_cases(gold: Path, names: tuple[str, ...], half: str, held_out_only: bool = False) -> Iterator[Case]:
    """Gold rows with the query that reading the document really gives; rows whose number it misses are left out."""
    from extract.reading import read_document
    from flows.places import places_from

    standard = load_standard()
    places = places_from(standard)
    held = {line.strip() for line in (ROOT / "tests/data/held_out.txt").read_text().splitlines() if line[:1] != "#"}
    for name in names:
        rows: dict[str, list[dict[str, str]]] = {}
        with (gold / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                rows.setdefault(row["doc"], []).append(row)
        for document, wanted in rows.items():
            whole = f"{name}/{document}"
            if (whole in held) != held_out_only or half not in ("both", half_of(whole)):
                continue
            text = next((gold / name).glob(f"{document}.*")).read_text(encoding="utf-8", errors="replace")
            statements = list(read_document(text, places).statements)
            for row in wanted:
                statement = next((s for s in statements if says(s, row)), None)
                if statement is None or row.get("optional") == "1":
                    continue
                statements.remove(statement)
                measure = statement.measure
                query = Query(
                    statement.label, measure.dimension, measure.per, measure.change, statement.context, statement.quote
                )
                yield Case(whole, row["indicator"] or None, query, row["quote"])


def says(statement: Statement, row: dict[str, str]) -> bool:
    """Whether a statement has value and year of a gold row, and overlaps its quote."""
    if statement.value is None or str(statement.year or "") != row["year"]:
        return False
    measure, value = statement.measure, float(row["value"])
    for unit in (row["unit"], plain_unit(measure.dimension, measure.per, measure.change)):
        read = (
            to_standard_unit(statement.value, measure.dimension, measure.per, measure.change, unit)
            if unit != "other"
            else statement.value
        )
        if read is not None and abs(read - value) <= 1e-6 * max(1.0, abs(value)):
            return len(set(row["quote"].split()) & set(statement.quote.split())) >= 0.5 * len(set(row["quote"].split()))
    return False


def half_of(document: str) -> str:
    return "AB"[hashlib.sha256(document.encode()).digest()[0] % 2]


def query_of(row: dict[str, str]) -> Query:
    """Approximate label, measure and context of a gold row."""
    quote = row["quote"].replace("**", "").replace("|", ",")
    start, end = value_span(quote, row)
    quantities = [match.span() for match in QUANTITY.finditer(quote) if match.span() != (start, end)]
    borders = [match.span() for match in CLAUSE.finditer(quote)]
    left = max((e for s, e in borders if e <= start and any(q[1] <= s for q in quantities)), default=0)
    right = min(
        (s for s, e in borders if s >= end and any(e <= q[0] <= e + 60 for q in quantities)), default=len(quote)
    )
    label = plain(f"{quote[left:start]} {quote[end:right]}")
    while len(label.split()) < 3 and left > 0:
        left = max((e for _, e in borders if e < left), default=0)
        label = plain(f"{quote[left:start]} {quote[end:right]}")
    dimension, per = MEASURES.get(row["unit"], ("count", None))
    change = None
    if row["unit"] in CHANGES:
        change = "decrease" if re.search(r"giảm|rút ngắn", quote.lower()) else "increase"
    return Query(label, dimension, per, change, plain(quote[:left]), plain(quote))


def value_span(quote: str, row: dict[str, str]) -> tuple[int, int]:
    """Where the number of the row stands in its quote; the last number when it cannot be told."""
    digits = row["value"].rstrip("0").replace(".", "").lstrip("0") or "0"
    best = (len(quote), len(quote))
    for match in QUANTITY.finditer(quote):
        best = match.span()
        first = re.match(r"[\d.,]+", match.group().lstrip("<>≥≤ "))
        if first and first.group().rstrip(".,").replace(".", "").replace(",", "").strip("0") in (
            digits,
            digits.strip("0"),
        ):
            return match.span()
    return best


def plain(text: str) -> str:
    """A text without numbers, years, comparison signs and table bars."""
    text = YEARS.sub(" ", text)
    text = re.sub(
        r"(?<=\s)[<>≥≤]?\d+(?:[.,]\d+)*(?:\s*[-–]\s*\d+(?:[.,]\d+)*)?\s*(?:%(?:/năm)?|‰)(?=[\s,;]|$)", " ", " " + text
    )
    text = re.sub(r"(?:,\s*)+(?=,)|\s\d+,\d+(?=\s|$)", " ", text)
    return re.sub(r"\s+", " ", re.sub(r"[|%≥≤<>]", " ", text)).strip(" -:;,.")


def measure(
    matcher: Matcher, found: list[Case], first_edition: frozenset[str]
) -> tuple[Counter[str], list[tuple[str, Case, Match]]]:
    counts: Counter[str] = Counter()
    errors = []
    for case in found:
        match = matcher.match(case.query)
        if case.indicator:
            outcome = "right" if match.indicator == case.indicator else "null" if match.indicator is None else "wrong"
        elif match.indicator is None:
            outcome = "rightly null"
        else:
            outcome = "false" if match.indicator in first_edition else "new edition"
        counts[outcome] += 1
        if outcome in ("null", "wrong", "false", "new edition"):
            errors.append((outcome, case, match))
    return counts, errors


def with_extra(standard: Standard, path: Path | None) -> Standard:
    """The standard with the phrasings of a trial file added."""
    if path is None:
        return standard
    indicators = dict(standard.indicators)
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            entry = indicators[row["indicator_id"]]
            field = "phrasings" if row["polarity"] == "positive" else "negative_phrasings"
            indicators[entry.id] = replace(entry, **{field: (*getattr(entry, field), row["phrasing"])})
    return replace(standard, indicators=indicators)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, default=ROOT.parent / "shared/gold")
    parser.add_argument("--half", choices=("A", "B", "both"), default="both")
    parser.add_argument("--errors", type=int, default=0)
    parser.add_argument("--kind", default="")
    parser.add_argument("--extra", type=Path, help="further phrasings, a CSV as schemas/standard/phrasings.csv")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument(
        "--extracted", action="store_true", help="labels as reading gives them, not approximated from quotes"
    )
    arguments = parser.parse_args()
    started = time.process_time()
    standard = with_extra(load_standard(), arguments.extra)
    loaded = time.process_time()
    matcher = Matcher(standard)
    print(
        f"standard read in {loaded - started:.2f} s, matcher built in {time.process_time() - loaded:.2f} s, "
        f"{len(standard.indicators)} indicators"
    )
    with (arguments.gold.parent / "standard/indicators.csv").open(encoding="utf-8", newline="") as handle:
        first_edition = frozenset(row["indicator_id"] for row in csv.DictReader(handle))
    for name in ("seeds", "dev", "modelled"):
        source = extracted_cases if arguments.extracted else cases
        found = list(source(arguments.gold, (name,), arguments.half, arguments.held_out))
        counts, errors = measure(matcher, found, first_edition)
        right, wrong, null, false = (counts[key] for key in ("right", "wrong", "null", "false"))
        print(
            f"{name:9} {len(found):4} rows: right {right}, wrong {wrong}, null {null}; without indicator: "
            f"null {counts['rightly null']}, false {false}, new edition {counts['new edition']}; "
            f"precision {right / max(1, right + wrong + false):.3f}, recall {right / max(1, right + wrong + null):.3f}"
        )
        shown = [error for error in errors if not arguments.kind or error[0] == arguments.kind]
        for outcome, case, match in shown[: arguments.errors]:
            print(
                f"  {outcome}: {case.document[:12]} {case.indicator} <- {match.indicator} {match.score:.2f} "
                f"(next {match.runner_up} {match.runner_up_score:.2f})\n      label: {case.query.label}\n"
                f"      {case.query.dimension}/{case.query.per}/{case.query.change}"
                f" context: {case.query.context[:90]}\n"
                f"      {'; '.join(match.reasons)}"
            )
    speed(standard, list(cases(arguments.gold, ("dev", "modelled"), "both")))


def speed(standard: Standard, found: list[Case]) -> None:
    """Distinct queries (no cache hit), and the same again from the cache."""
    if not found:
        return
    matcher = Matcher(standard)
    queries = list(dict.fromkeys(case.query for case in found))
    for _ in range(2):
        matcher._cache.clear()
        started = time.process_time()
        for query in queries:
            matcher.match(query)
        cold = time.process_time() - started
    started = time.process_time()
    for query in queries:
        matcher.match(query)
    warm = time.process_time() - started
    print(
        f"speed: {len(queries) / cold:,.0f} new phrases a second, {len(queries) / warm:,.0f} a second when seen before"
    )


if __name__ == "__main__":
    main()
