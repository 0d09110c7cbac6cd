"""How far a night may differ from the one before: counts compared with the thresholds of gate.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import duckdb
import yaml

from warehouse.errors import WarehouseError

SETTINGS = Path(__file__).with_name("gate.yml")
NAMES = (
    "targets_lost_share",
    "province_lost_share",
    "indicator_lost_share",
    "province_gained_factor",
    "indicator_gained_factor",
    "rejected_share",
    "no_year_share",
    "unread_documents_share",
    "smallest_group",
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """`most`: share (0 to 1), factor or rows; over it the outcome is `stop` or `warn`."""

    most: float
    outcome: Literal["stop", "warn"]
    reason: str


@dataclass(frozen=True, slots=True)
class Drift:
    """A threshold that was passed."""

    name: str
    threshold: Threshold
    found: str

    def __str__(self) -> str:
        return f"{self.name}: {self.found}; at most {self.threshold.most:g}. Why it matters: {self.threshold.reason}"


@cache
def thresholds(path: Path = SETTINGS) -> Mapping[str, Threshold]:
    """The thresholds by name: those of the file, and the shipped ones for what it does not name. Raises WarehouseError
    naming file and entry."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as trouble:
        raise WarehouseError(f"cannot read the thresholds of the gate, {path}: {trouble}") from trouble
    if not isinstance(entries, dict) or not set(entries) <= set(NAMES):
        odd = sorted(map(str, set(entries) - set(NAMES))) if isinstance(entries, dict) else ["no mapping"]
        raise WarehouseError(f"{path}: unknown thresholds: {', '.join(odd)}; known are {', '.join(NAMES)}")
    found = {} if path == SETTINGS else dict(thresholds())
    for name, entry in entries.items():
        if not isinstance(entry, dict) or set(entry) != {"most", "outcome", "reason"}:
            raise WarehouseError(f"{path}: {name} needs most, outcome (stop or warn) and reason")
        if entry["outcome"] not in ("stop", "warn"):
            raise WarehouseError(f"{path}: {name} needs most, outcome (stop or warn) and reason")
        found[name] = Threshold(float(entry["most"]), entry["outcome"], entry["reason"])
    return found


def drift(connection: duckdb.DuckDBPyConnection, limits: Mapping[str, Threshold], compared: bool) -> list[Drift]:
    """Thresholds passed. The connection has views of the new tables, and of `old_targets` when `compared`."""
    found: list[Drift] = []
    smallest = limits["smallest_group"].most

    def share(name: str, query: str) -> None:
        part, whole = connection.execute(query).fetchone() or (0, 0)
        if whole >= smallest and part / whole > limits[name].most:
            found.append(Drift(name, limits[name], f"{part} of {whole} rows ({part / whole:.0%})"))

    share("rejected_share", "SELECT count(*) FILTER (status = 'rejected'), count(*) FROM statements")
    share("no_year_share", "SELECT count(*) FILTER (status = 'no_year'), count(*) FROM statements")
    share(
        "unread_documents_share",
        "SELECT count(*) FILTER (status IN ('unreadable', 'failed')), count(*) FROM documents",
    )
    if compared:
        share(
            "targets_lost_share",
            "SELECT greatest(o - n, 0), o "
            "FROM (SELECT count(*) AS o FROM old_targets), (SELECT count(*) AS n FROM targets)",
        )
        for column in ("province", "indicator"):
            found += _groups(connection, limits, column)
    return found


def _groups(connection: duckdb.DuckDBPyConnection, limits: Mapping[str, Threshold], column: str) -> list[Drift]:
    rows = connection.execute(
        f"SELECT {column}, coalesce(o, 0), coalesce(n, 0) FROM "
        f"(SELECT {column}, count(*) AS o FROM old_targets GROUP BY ALL) FULL JOIN "
        f"(SELECT {column}, count(*) AS n FROM targets GROUP BY ALL) USING ({column}) ORDER BY {column}"
    ).fetchall()
    smallest = limits["smallest_group"].most
    lost, gained = f"{column}_lost_share", f"{column}_gained_factor"
    found = []
    for name, before, now in rows:
        if before >= smallest and 1 - now / before > limits[lost].most:
            found.append(Drift(lost, limits[lost], f"{name}: {before} targets became {now}"))
        if before >= smallest and now / before > limits[gained].most:
            found.append(Drift(gained, limits[gained], f"{name}: {before} targets became {now}"))
    return found
