"""The published tables, defined once: names, types, nullability, meaning.

Everything that needs a column (writer, validation suite, data contract, DuckDB comments, docs) reads it from here.
Source of the meanings: docs/target-table.md, the public contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

CONTRACT_VERSION = "1.0.0"

STRING = pa.string()
DOUBLE = pa.float64()
INT16 = pa.int16()
INT32 = pa.int32()
INT64 = pa.int64()
BOOL = pa.bool_()
DATE = pa.date32()
TIMESTAMP = pa.timestamp("us", tz="UTC")

COMPARATORS = ("eq", "ge", "gt", "le", "lt", "approx", "between")
VALUE_BASES = ("stated", "implied")
YEAR_BASES = ("by", "annual", "period")
ADMIN_LEVELS = ("province", "district", "commune", "village")
AGREEMENTS = ("single", "agree", "conflict")
DOCUMENT_KINDS = ("plan", "article", "other")
STATEMENT_STATUSES = (
    "accepted",
    "qualitative",
    "uncatalogued",
    "no_year",
    "no_province",
    "other_territory",
    "rejected",
)
DIRECTIONS = ("higher", "lower", "neutral")
DOCUMENT_STATUSES = ("processed", "unreadable", "empty", "duplicate", "too_large", "failed")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: Arrow type, whether it may be null, what it means, and its closed list of values, if it has one."""

    name: str
    type: pa.DataType
    nullable: bool
    description: str
    allowed: tuple[str, ...] = ()

    def arrow_field(self) -> pa.Field:
        return pa.field(self.name, self.type, self.nullable, {"description": self.description})


@dataclass(frozen=True, slots=True)
class Table:
    """One published table. `bucketed` tables are folders of Parquet files, the others one file each."""

    name: str
    description: str
    columns: tuple[Column, ...]
    grain: tuple[str, ...]
    sort: tuple[str, ...]
    bucketed: bool = False
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def arrow_schema(self) -> pa.Schema:
        """Arrow schema whose metadata names the contract version, the table and every description."""
        metadata = {
            "muctieu.contract_version": CONTRACT_VERSION,
            "muctieu.table": self.name,
            "description": self.description,
        }
        return pa.schema([column.arrow_field() for column in self.columns], metadata=metadata)


def _column(
    name: str, type_: pa.DataType, description: str, *, null: bool = False, allowed: tuple[str, ...] = ()
) -> Column:
    return Column(name, type_, null, description, allowed)


PROVINCE = "canonical name without tỉnh or thành phố, NFC, in force on the document's date; Việt Nam if national"
UNIT = "the unit that the standard gives the indicator; the value is converted to it"
VALUE = "the number in that unit; of a range its lower end, of a bound the bound"
YEAR = "the year by or in which it is due; of a period its last year"


def _value_columns(*, nullable: bool) -> tuple[Column, ...]:
    """The columns that say what is committed: shared by targets (not null) and statements (nullable)."""
    return (
        _column("province", STRING, PROVINCE, null=nullable),
        _column(
            "indicator",
            STRING,
            "indicator_id of the standard; in targets_provisional ~ and a slug of the phrase",
            null=nullable,
        ),
        _column("unit", STRING, UNIT, null=nullable),
        _column("value", DOUBLE, VALUE, null=nullable),
        _column("year", INT16, YEAR, null=nullable),
        _column("value_max", DOUBLE, "upper end of a range, else null", null=True),
        _column("comparator", STRING, "how the value binds", null=nullable, allowed=COMPARATORS),
        _column(
            "value_basis",
            STRING,
            "stated, or implied by words such as tất cả (100 percent)",
            null=nullable,
            allowed=VALUE_BASES,
        ),
        _column(
            "year_basis",
            STRING,
            "by: the level reached then; annual: every year up to year; period: over period_start to year in total",
            null=nullable,
            allowed=YEAR_BASES,
        ),
        _column("period_start", INT16, "first year of the period, when the text gives one", null=True),
        _column("baseline_year", INT16, "the year compared with: so với năm 2020 gives 2020", null=True),
        _column(
            "admin_level",
            STRING,
            "level of government, when the indicator is broken down by it",
            null=True,
            allowed=ADMIN_LEVELS,
        ),
        _column(
            "breakdown",
            STRING,
            "any further restriction that makes it another cell, from the standard's closed list",
            null=True,
        ),
        _column(
            "province_code",
            STRING,
            "two-digit statistical code in force on the document's date; 00 for the nation",
            null=nullable,
        ),
        _column("province_2025", STRING, "the unit that it belongs to since 2025-07-01", null=nullable),
    )


_PREVAILING = (
    _column("document_number", STRING, "number of the document, as in 57/KH-UBND", null=True),
    _column("document_date", DATE, "date of the document", null=True),
    _column("document_kind", STRING, "plan, article or other", null=True, allowed=DOCUMENT_KINDS),
    _column("quote", STRING, "the sentence or clause that says it"),
)
_CORRECTED = _column("corrected_by", STRING, "who corrected the row in corrections.yml, else null", null=True)

TARGET_GRAIN = ("province", "indicator", "admin_level", "breakdown", "unit", "year", "year_basis", "period_start")

_TARGET_COLUMNS = (
    *_value_columns(nullable=False),
    _column("n_statements", INT32, "how many statements speak of this cell"),
    _column("n_documents", INT32, "how many documents speak of this cell"),
    _column("agreement", STRING, "single, agree or conflict", allowed=AGREEMENTS),
    _column("statement_id", STRING, "the statement that prevails"),
    *_PREVAILING,
)

TARGETS = Table(
    "targets",
    "The one prevailing target for each cell, for indicators of the standard.",
    (*_TARGET_COLUMNS, _CORRECTED),
    TARGET_GRAIN,
    ("province", "indicator", "year", *TARGET_GRAIN, "statement_id"),
)

TARGETS_PROVISIONAL = Table(
    "targets_provisional",
    "Targets whose phrase the standard has no indicator for yet; indicator is ~ and a stable slug.",
    (*_TARGET_COLUMNS, _column("label", STRING, "the indicator phrase as worded"), _CORRECTED),
    TARGET_GRAIN,
    ("province", "indicator", "year", *TARGET_GRAIN, "statement_id"),
)

STATEMENTS = Table(
    "statements",
    "Every statement found in every document, nothing dropped.",
    (
        _column("statement_id", STRING, "stable across runs: derived from document content, span and meaning"),
        _column("document_id", STRING, "the document that says it"),
        _column("source_file", STRING, "path of the document below the inbox"),
        *_value_columns(nullable=True),
        _column("label", STRING, "the indicator phrase as worded", null=True),
        _column("match_score", DOUBLE, "0 to 1: how well the phrase fits the indicator", null=True),
        *_PREVAILING,
        _column("char_start", INT32, "offset of the quote in documents.text, in characters"),
        _column("char_end", INT32, "offset just behind the quote in documents.text"),
        _column("section", STRING, "heading path, joined by ' > '", null=True),
        _column("status", STRING, "accepted, or why it is no row of targets", allowed=STATEMENT_STATUSES),
        _column("status_reason", STRING, "the status in words", null=True),
        _column("prevails", BOOL, "true where this statement is the one in targets or targets_provisional"),
        _column("extractor_version", STRING, "version of the reading rules"),
        _column("rules", STRING, "names of the rules that made it, joined by ' '", null=True),
        _column("runner_up", STRING, "the indicator that came second in matching", null=True),
        _column("runner_up_score", DOUBLE, "its score, 0 to 1", null=True),
        _column("year_source", STRING, "where the year stands: phrase, sentence, bullet, heading or title", null=True),
        _CORRECTED,
    ),
    ("statement_id",),
    ("source_file", "char_start", "char_end", "statement_id"),
    bucketed=True,
)

DOCUMENTS = Table(
    "documents",
    "Every document of the inbox, also those without targets and those that could not be read.",
    (
        _column("document_id", STRING, "SHA-256 of the bytes, hexadecimal"),
        _column("source_file", STRING, "path below the inbox"),
        _column("kind", STRING, "plan, article or other", null=True, allowed=DOCUMENT_KINDS),
        _column("title", STRING, "title as printed", null=True),
        _column(
            "province",
            STRING,
            "issuing province, canonical name in force on its date; Việt Nam for national",
            null=True,
        ),
        _column("document_number", STRING, "as printed: 57/KH-UBND", null=True),
        _column("document_date", DATE, "date of issue", null=True),
        _column("issuer", STRING, "issuing body as printed", null=True),
        _column("reports_on", STRING, "document_number of the plan that an article is about", null=True),
        _column("text", STRING, "normalised text (NFC) that all offsets refer to", null=True),
        _column("n_statements", INT32, "how many statements were found"),
        _column("status", STRING, "what became of it", allowed=DOCUMENT_STATUSES),
        _column("status_reason", STRING, "why, and what to do", null=True),
        _column("encoding", STRING, "encoding that the bytes were read with", null=True),
        _column("extractor_version", STRING, "version of the reading rules"),
    ),
    ("source_file",),
    ("source_file",),
    bucketed=True,
)

REJECTED = Table(
    "rejected",
    "Statements that failed validation, with the expectation that they failed.",
    (
        *STATEMENTS.columns,
        _column("expectation", STRING, "name of the first expectation that failed"),
        _column("expectation_detail", STRING, "what was expected and what was found", null=True),
    ),
    ("statement_id",),
    ("source_file", "char_start", "char_end", "statement_id"),
)

COMMITMENTS = Table(
    "commitments",
    "Qualitative end states: committed, but without a number.",
    (
        _column("province", STRING, PROVINCE),
        _column("indicator", STRING, "indicator_id of the standard", null=True),
        _column("year", INT16, "the year by which it is due", null=True),
        _column("quote", STRING, "the sentence or clause that says it"),
        _column("statement_id", STRING, "the statement in statements"),
    ),
    ("statement_id",),
    ("province", "indicator", "year", "statement_id"),
)

RUNS = Table(
    "runs",
    "One row a run that published.",
    (
        _column("run_id", STRING, "identifier of the run"),
        _column("snapshot_id", STRING, "the snapshot that it published"),
        _column("started_at", TIMESTAMP, "start, UTC"),
        _column("duration_seconds", DOUBLE, "from start to publish"),
        _column("inbox", STRING, "where the documents came from"),
        _column("documents", INT32, "documents seen"),
        _column("documents_read", INT32, "documents read again in this run"),
        _column("documents_by_status", STRING, "counts per document status, JSON"),
        _column("statements", INT32, "statements found"),
        _column("statements_by_status", STRING, "counts per statement status, JSON"),
        _column("targets", INT32, "rows of targets"),
        _column("targets_provisional", INT32, "rows of targets_provisional"),
        _column("rejected", INT32, "rows of rejected"),
        _column("validation", STRING, "passed or failed"),
        _column("versions", STRING, "muctieu, extractor, standard and contract versions, JSON"),
    ),
    ("run_id",),
    ("started_at", "run_id"),
)

INDICATORS = Table(
    "indicators",
    "The indicator standard: what each indicator of targets means, its unit, bounds and cells.",
    (
        _column("indicator", STRING, "indicator_id; never renamed or reused"),
        _column("name_vi", STRING, "name in Vietnamese"),
        _column("name_en", STRING, "name in English"),
        _column("definition", STRING, "what is counted over what"),
        _column("theme", STRING, "field that it belongs to"),
        _column("unit", STRING, "the unit that all its values stand in"),
        _column("value_min", DOUBLE, "least plausible value; null for end states without a number", null=True),
        _column(
            "value_max", DOUBLE, "greatest plausible value for one province, in a year or over five years", null=True
        ),
        _column(
            "national_max", DOUBLE, "greatest plausible value for the nation where it exceeds value_max", null=True
        ),
        _column("direction", STRING, "whether higher or lower is better", allowed=DIRECTIONS),
        _column("admin_levels", STRING, "levels of government that it is broken down by, joined by |", null=True),
        _column("breakdowns", STRING, "values of breakdown that are cells of it, joined by |", null=True),
        _column("neighbours", STRING, "indicators easily taken for it, joined by |", null=True),
        _column("national_frameworks", STRING, "national documents that ask for it, joined by |", null=True),
        _column("national_targets", STRING, "value@year (document) set for the nation, joined by |", null=True),
        _column("phrasings", STRING, "how documents word it, joined by |"),
        _column("negative_phrasings", STRING, "words that rule it out, joined by |", null=True),
        _column("notes", STRING, "traps", null=True),
    ),
    ("indicator",),
    ("indicator",),
)

PROVINCES = Table(
    "provinces",
    "Province-level units by date: 63 until 2025-06-30, 34 since 2025-07-01, and the nation.",
    (
        _column("province", STRING, "canonical name without tỉnh or thành phố"),
        _column("full_name", STRING, "official name with its kind"),
        _column("province_code", STRING, "two-digit statistical code in force in that time; 00 for the nation"),
        _column("kind", STRING, "quốc gia, tỉnh or thành phố trực thuộc trung ương"),
        _column("region", STRING, "socio-economic region", null=True),
        _column("valid_from", DATE, "first day in force; null where it lies before the documents begin", null=True),
        _column("valid_to", DATE, "last day in force; null while in force", null=True),
        _column("province_2025", STRING, "the unit that its territory belongs to since 2025-07-01"),
        _column("code_2025", STRING, "statistical code of that unit"),
        _column("predecessors", STRING, "units that it was made of, joined by |", null=True),
        _column("aliases", STRING, "spellings that name it, joined by |"),
        _column("note", STRING, "changes and sources", null=True),
    ),
    ("province", "valid_from"),
    ("province", "valid_from"),
)

UNITS = Table(
    "units",
    "The closed list of units.",
    (
        _column("unit", STRING, "key, as in the column unit of targets"),
        _column("name_vi", STRING, "name in Vietnamese"),
        _column("name_en", STRING, "definition in English"),
        _column("dimension", STRING, "what it measures"),
        _column("factor", DOUBLE, "how many base units of the dimension (đồng, metre, person ...) one of it is"),
        _column("per", STRING, "base of a rate", null=True),
        _column("is_change", BOOL, "true where it holds a change, as a positive magnitude"),
    ),
    ("unit",),
    ("unit",),
)

ALL_TABLES = (
    TARGETS,
    TARGETS_PROVISIONAL,
    STATEMENTS,
    DOCUMENTS,
    REJECTED,
    COMMITMENTS,
    INDICATORS,
    PROVINCES,
    UNITS,
    RUNS,
)
TABLES = {table.name: table for table in ALL_TABLES}
