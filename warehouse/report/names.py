"""What things are called and where their pages are: provinces, indicators, documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup

from warehouse.report.formatting import anchor, both, slug
from warehouse.report.source import Published, Row

NATION = "Việt Nam"


@dataclass(frozen=True)
class Names:
    """Look-ups over the standard as it was shipped with the snapshot."""

    indicators: Mapping[str, Row]
    provinces: Mapping[str, tuple[Row, ...]]
    """By name: one row for each time that the name was in force."""
    themes: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, published: Published, themes: Mapping[str, tuple[str, str]]) -> Names:
        provinces: dict[str, tuple[Row, ...]] = {}
        for row in published.rows("provinces"):
            provinces[row["province"]] = (*provinces.get(row["province"], ()), row)
        indicators = {row["indicator"]: row for row in published.rows("indicators")}
        return cls(indicators, provinces, themes)

    @cached_property
    def indicator_names(self) -> Mapping[str, Markup]:
        return {key: both(row["name_vi"], row.get("name_en") or row["name_vi"]) for key, row in self.indicators.items()}

    @cached_property
    def successors(self) -> Mapping[str, str]:
        """Province -> the unit that it belongs to since 2025-07-01."""
        return {name: str(rows[-1]["province_2025"]) for name, rows in self.provinces.items()}

    @cached_property
    def predecessors(self) -> Mapping[str, tuple[str, ...]]:
        """Unit since 2025-07-01 -> other former units that went into it."""
        found: dict[str, tuple[str, ...]] = {}
        for name, successor in self.successors.items():
            if name not in (successor, NATION):
                found[successor] = (*found.get(successor, ()), name)
        return found

    def indicator(self, indicator_id: str | None, label: str | None = None) -> Markup:
        """Name in both languages; a provisional indicator is shown by its phrase."""
        found = self.indicator_names.get(indicator_id or "")
        if found is None:
            shown = label or (indicator_id or "–").lstrip("~").replace("_", " ")
            return both(shown, shown)
        return found

    def theme(self, indicator_id: str | None) -> str:
        return str((self.indicators.get(indicator_id or "") or {}).get("theme") or "")

    def theme_name(self, theme: str) -> Markup:
        return both(*self.themes.get(theme, (theme.replace("_", " "), theme.replace("_", " "))))


def province_page(name: str) -> str:
    return f"p/{slug(name)}.html"


def indicator_page(indicator_id: str) -> str:
    return f"i/{slug(indicator_id)}.html"


def document_page(document_id: str, source_file: str) -> str:
    """One page a file; the same bytes in two files are two pages."""
    return f"d/{hashlib.sha256(f'{document_id} {source_file}'.encode()).hexdigest()[:16]}.html"


def statement_link(row: Mapping[str, Any]) -> str:
    return document_page(row["document_id"], row["source_file"]) + "#" + anchor(row["statement_id"])


def by_id(rows: Iterable[Row]) -> dict[str, Row]:
    return {row["statement_id"]: row for row in rows}
