"""What reading a document gives: plain frozen values, no tables, no codes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Literal

DocumentKind = Literal["plan", "article", "other"]
Comparator = Literal["eq", "ge", "gt", "le", "lt", "approx", "between"]
ValueBasis = Literal["stated", "implied"]
YearBasis = Literal["by", "annual", "period"]
Level = Literal["province", "district", "commune", "village"]
YearSource = Literal["phrase", "sentence", "bullet", "heading", "title"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text of a file: NFC, Unicode spaces folded to one each, look-alike letters repaired; offsets refer to it."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What the document says of itself. `territory` is a canonical place name, `Việt Nam` for national, else None."""

    kind: DocumentKind = "other"
    title: str | None = None
    territory: str | None = None
    territory_level: Literal["nation", "province", "district", "commune"] | None = None
    number: str | None = None
    date: datetime.date | None = None
    issuer: str | None = None
    reports_on: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit as read. `dimension` is a key of lexicon/units.csv; the number in `value` is already multiplied by the
    scale words (nghìn, triệu, tỷ) and is in the dimension's base unit (đồng, USD, tonne, person, percent ...)."""

    dimension: str
    per: str | None = None
    """Base of a rate: year, person, person_year, ha, 1000_pop, 10000_pop ..."""
    change: Literal["increase", "decrease"] | None = None
    """Set when the number is a change and not a level: tăng 7%, giảm 30% chi phí."""
    text: str = ""
    """The unit as worded."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One quantified commitment, as the document words it, in one cell. Offsets are characters of `Decoded.text`."""

    label: str
    """The indicator phrase: subject and predicate without number, comparator, year and territory."""
    value: float | None
    value_max: float | None
    comparator: Comparator | None
    value_basis: ValueBasis
    measure: Measure
    year: int | None
    year_basis: YearBasis | None
    period_start: int | None
    baseline_year: int | None
    levels: tuple[Level, ...]
    """Levels of government that the number is said for; more than one when one value is shared by listed tiers."""
    territory: str | None
    """Canonical place name when the clause names one, else the document's territory."""
    territory_level: Literal["nation", "province", "district", "commune", "zone", "firm", "agency"]
    quote: str
    char_start: int
    char_end: int
    value_start: int
    value_end: int
    """Span of the number itself."""
    section: tuple[str, ...]
    year_source: YearSource | None
    qualitative: bool = False
    context: str = ""
    """Heading or subject handed down to an elliptic label; helps matching."""
    rules: tuple[str, ...] = ()
    objection: str | None = None
    """Why the quote does not prove the number; None for a statement that proves itself."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A number that is no target, and why: rule name of lexicon/decoys.csv or of the statement rules."""

    char_start: int
    char_end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that one document says."""

    facts: DocumentFacts
    statements: tuple[Statement, ...] = ()
    refusals: tuple[Refusal, ...] = field(default=())
