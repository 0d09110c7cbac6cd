"""The standard's provinces as rows for the extractor: neither package knows the other, so the flow hands them over."""

from __future__ import annotations

from extract.places import NATION, PlaceRow, Places
from schemas.standard import Province, Standard


def place_rows(standard: Standard) -> list[PlaceRow]:
    """One row a province and span of time, the nation not among them: its names are in the extractor's lexicon."""
    predecessors = {p.name: p.predecessors for p in standard.provinces if p.predecessors}
    return [_row(province, predecessors) for province in standard.provinces if province.name != NATION]


def _row(province: Province, predecessors: dict[str, tuple[str, ...]]) -> PlaceRow:
    successor = province.successor_2025
    renamed = successor != province.name and predecessors.get(successor) == (province.name,)
    return PlaceRow(
        name=province.name,
        full_name=province.full_name,
        aliases=province.aliases,
        weak_aliases=province.weak_aliases,
        valid_from=province.valid_from,
        valid_to=province.valid_to,
        renamed_to=successor if renamed else None,
    )


def places_from(standard: Standard) -> Places:
    """The compiled names of all provinces; build it once a run."""
    return Places(place_rows(standard))
