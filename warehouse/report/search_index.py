"""The search index: small local scripts, because a page opened from a file can fetch nothing.

`data/names.js` holds provinces, indicators, which of them meet, and documents; `data/quotes-N.js` the quotes,
in shards by document, so that a changed document changes one of them. Folding to plain letters is done by the page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from warehouse.report.collected import Collected
from warehouse.report.formatting import anchor, neutral
from warehouse.report.names import NATION, document_page, indicator_page, province_page
from warehouse.report.site import script_json

SHARDS = 16
QUOTE_LENGTH = 240
PHRASINGS_LENGTH = 300


def files(data: Collected) -> Iterator[tuple[str, str]]:
    """(path, content) of every script of the index."""
    yield "data/names.js", _names(data)
    shards: dict[int, list[list[str]]] = defaultdict(list)
    seen = set()
    for row in (*data.targets, *data.provisional, *data.commitments):
        if not row.get("document_id"):
            continue
        page = document_page(row["document_id"], row["source_file"])
        if (page, row["quote"]) in seen:
            continue
        seen.add((page, row["quote"]))
        entry = [neutral(row["quote"][:QUOTE_LENGTH]), row["province"] or "", f"{page}#{anchor(row['statement_id'])}"]
        shards[int(page[2:10], 16) % SHARDS].append(entry)
    for shard in range(SHARDS):
        yield (
            f"data/quotes-{shard}.js",
            f"muctieu.quotes({shard},{script_json(sorted(shards[shard], key=lambda e: e[2]))});\n",
        )


def _names(data: Collected) -> str:
    provinces = list(dict.fromkeys((NATION, *data.names.provinces)))
    indicators = list(data.names.indicators)
    counts: Counter[tuple[str, str]] = Counter()
    for row in data.targets:
        counts[row["province"], row["indicator"]] += 1
    place = {name: index for index, name in enumerate(provinces)}
    order = {name: index for index, name in enumerate(indicators)}
    index = {
        "shards": SHARDS,
        "provinces": [[name, province_page(name), *_codes(data, name)] for name in provinces],
        "indicators": [
            [
                key,
                data.names.indicators[key]["name_vi"],
                data.names.indicators[key].get("name_en") or "",
                indicator_page(key),
                data.names.indicators[key].get("unit") or "",
                (data.names.indicators[key].get("phrasings") or "")[:PHRASINGS_LENGTH],
            ]
            for key in indicators
        ],
        "pairs": [[place[p], order[i], n] for (p, i), n in sorted(counts.items()) if p in place and i in order],
        "documents": [
            [
                neutral(row["title"] or row["source_file"]),
                neutral(row["document_number"] or ""),
                row["province"] or "",
                document_page(row["document_id"], row["source_file"]),
            ]
            for row in data.documents
            if row["status"] == "processed"
        ],
    }
    return f"muctieu.names({script_json(index)});\n"


def _codes(data: Collected, name: str) -> tuple[str, str]:
    """Statistical code and the unit since 2025-07-01: what a correction of the province sets with it."""
    if name == NATION:
        return "00", NATION
    return str(data.names.provinces[name][-1]["province_code"]), data.names.successors[name]
