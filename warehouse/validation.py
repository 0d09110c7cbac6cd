"""The gate in front of a publish, and `muctieu validate` for any warehouse, snapshot or received copy of one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.tables import CONTRACT_VERSION, TABLES
from warehouse.checks import Finding, cross_table_checks, open_snapshot, run_check, whole_table_checks
from warehouse.drift import SETTINGS, Drift, drift, thresholds
from warehouse.engine import engine
from warehouse.errors import GateFailed, WarehouseError
from warehouse.layout import MANIFEST, Layout
from warehouse.manifest import FileEntry, Manifest, read_manifest
from warehouse.suite_again import suite_again


@dataclass(frozen=True, slots=True)
class Report:
    """Outcome of all checks over one snapshot. `passed` is false when a check failed or a drift stops."""

    snapshot: str
    findings: tuple[Finding, ...]
    drifts: tuple[Drift, ...] = ()
    drift_accepted: bool = False

    @property
    def failures(self) -> tuple[str, ...]:
        stops = () if self.drift_accepted else tuple(str(d) for d in self.drifts if d.threshold.outcome == "stop")
        return (*(str(finding) for finding in self.findings if not finding.passed), *stops)

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(str(d) for d in self.drifts if d.threshold.outcome == "warn" or self.drift_accepted)

    @property
    def passed(self) -> bool:
        return not self.failures

    def record(self) -> dict[str, Any]:
        """For validation.json."""
        return {
            "passed": self.passed,
            "failures": list(self.failures),
            "warnings": list(self.warnings),
            "drift_accepted": self.drift_accepted,
            "checks": [asdict(finding) | {"passed": finding.passed} for finding in self.findings],
            "drift": [
                {
                    "name": d.name,
                    "found": d.found,
                    "most": d.threshold.most,
                    "outcome": d.threshold.outcome,
                    "reason": d.threshold.reason,
                }
                for d in self.drifts
            ],
        }


@dataclass(frozen=True, slots=True)
class Gate:
    """For `publish(gate=...)`: cross-table checks and drift; `suite` is the record of the suite of schemas/, kept
    with it.

    Calling it raises GateFailed when something stops the publish.
    """

    accept_drift: bool = False
    settings: Path = SETTINGS
    suite: Mapping[str, Any] | None = None

    def __call__(self, staged: Path, before: Path | None) -> dict[str, Any]:
        report = check_snapshot(staged, before, accept_drift=self.accept_drift, settings=self.settings)
        if not report.passed:
            listed = "\n".join(f"  {failure}" for failure in report.failures)
            raise GateFailed(f"not published, the snapshot before stays:\n{listed}", report.failures)
        return report.record() | ({"suite": dict(self.suite)} if self.suite is not None else {})


def check_snapshot(
    snapshot: Path, before: Path | None = None, *, accept_drift: bool = False, settings: Path = SETTINGS
) -> Report:
    """Cross-table checks of a snapshot folder, and drift against the one before."""
    with engine() as connection:
        findings = list(open_snapshot(connection, snapshot))
        findings += [run_check(connection, check) for check in cross_table_checks()]
        compared = before is not None and not open_snapshot(connection, before, "old_")
        drifts = drift(connection, thresholds(settings), compared) if not any(f.error for f in findings) else []
    return Report(snapshot.name, tuple(findings), tuple(drifts), accept_drift)


def validate(path: Path | str, settings: Path = SETTINGS, *, suite: bool = True) -> Report:
    """Everything about a warehouse, a snapshot folder or a copy: files, checksums, schemas, rows, links between
    tables, and the suite of expectations that a run holds them against (it takes seconds; `suite=False` leaves it
    out).

    Raises WarehouseError when there is no snapshot at `path`.
    """
    snapshot = find_snapshot(Path(path))
    try:
        manifest = read_manifest(snapshot)
    except WarehouseError as trouble:
        reason = "manifest.json lists what the snapshot holds; without it nobody knows whether it is whole"
        return Report(snapshot.name, (Finding("manifest_can_be_read", MANIFEST, reason, error=str(trouble)),))
    schemas = _schemas(snapshot, manifest)
    findings = [*_files(snapshot, manifest), *schemas, _versions(manifest)]
    if suite:
        findings += _suite(snapshot, manifest, readable=all(finding.passed for finding in schemas))
    with engine() as connection:
        findings += open_snapshot(connection, snapshot)
        findings += [run_check(connection, check) for check in (*cross_table_checks(), *whole_table_checks())]
        drifts: list[Drift] = []
        if not any(finding.error for finding in findings):
            drifts = drift(connection, thresholds(settings), compared=False)
    return Report(snapshot.name, tuple(findings), tuple(drifts))


def _suite(snapshot: Path, manifest: Manifest, readable: bool) -> list[Finding]:
    reason = "a run publishes nothing that fails an expectation, so nothing published may fail one"
    if not readable:
        return [Finding("suite_was_run", "snapshot", reason, error="tables or columns of the contract are missing")]
    try:
        return suite_again(snapshot, manifest)
    except (OSError, pa.ArrowException) as trouble:
        return [Finding("suite_was_run", "snapshot", reason, error=str(trouble).splitlines()[0])]


def find_snapshot(path: Path) -> Path:
    """The snapshot folder meant by a path: itself, or what `current` of a warehouse points at.

    A copy may have lost its links: then the newest folder below snapshots/ counts.
    """
    if (path / MANIFEST).is_file() or ((path / "targets.parquet").is_file() and (path / "statements").is_dir()):
        return path.resolve()
    current = path / "current"
    if current.is_dir():
        return current.resolve()
    names = Layout.at(path).snapshot_ids()
    if names:
        return Layout.at(path).snapshot(names[-1])
    raise WarehouseError(
        f"no snapshot in {path}: give a warehouse folder (with current/) or a snapshot (with {MANIFEST})"
    )


def _files(snapshot: Path, manifest: Manifest) -> list[Finding]:
    """Every file that the manifest lists is there with its bytes, and no other."""
    listed = {entry.path: entry for entries in (*manifest.tables.values(), manifest.files) for entry in entries}
    present = {str(path.relative_to(snapshot)) for path in snapshot.rglob("*") if path.is_file()} - {MANIFEST}
    wrong = [f"{name} is missing" for name in sorted(set(listed) - present)]
    extra = [name for name in sorted(present - set(listed)) if not name.startswith("report/")]
    damaged = [_damage(snapshot, listed[name]) for name in sorted(present & set(listed))]
    return [
        _finding("files_are_whole", "a missing or changed file is a damaged copy", [*wrong, *filter(None, damaged)]),
        _finding("no_file_is_foreign", "a file that is not in the manifest was put there by something else", extra),
    ]


def _damage(snapshot: Path, entry: FileEntry) -> str | None:
    data = (snapshot / entry.path).read_bytes()
    if len(data) != entry.bytes:
        return f"{entry.path} has {len(data)} bytes, not {entry.bytes}"
    return None if hashlib.sha256(data).hexdigest() == entry.sha256 else f"{entry.path} has another checksum"


def _schemas(snapshot: Path, manifest: Manifest) -> list[Finding]:
    """Columns, types and row counts of every Parquet file."""
    wrong = []
    absent = [f"table {name} has no file" for name in TABLES if not manifest.tables.get(name)]
    for name, entries in manifest.tables.items():
        for entry in entries:
            try:
                metadata = pq.read_metadata(snapshot / entry.path)
                schema = metadata.schema.to_arrow_schema()
            except (OSError, pa.ArrowInvalid) as trouble:
                wrong.append(f"{entry.path}: {str(trouble).splitlines()[0]}")
                continue
            if metadata.num_rows != entry.rows:
                wrong.append(f"{entry.path} has {metadata.num_rows} rows, not {entry.rows}")
            if name in TABLES:
                wrong += _schema_differences(entry.path, name, schema)
    return [
        _finding("all_tables_are_there", "consumers rely on every table of the contract", absent),
        _finding("columns_are_the_contract", "consumers read these columns by the contract", wrong),
    ]


def _schema_differences(path: str, table: str, schema: pa.Schema) -> list[str]:
    expected = TABLES[table]
    found = []
    if list(schema.names) != list(expected.names):
        gone, new = (
            [n for n in expected.names if n not in schema.names],
            [n for n in schema.names if n not in expected.names],
        )
        found.append(
            f"{path}: columns missing {gone}, unknown {new}" if gone or new else f"{path}: columns out of order"
        )
    for column in expected.columns:
        if column.name in schema.names and schema.field(column.name).type != column.type:
            found.append(f"{path}: {column.name} is {schema.field(column.name).type}, not {column.type}")
    return found


def _versions(manifest: Manifest) -> Finding:
    same = manifest.contract_version.split(".")[0] == CONTRACT_VERSION.split(".")[0]
    found = [] if same else [f"the snapshot has contract {manifest.contract_version}, this muctieu {CONTRACT_VERSION}"]
    return _finding("contract_version_is_known", "another major version has other columns or meanings", found)


def _finding(name: str, reason: str, wrong: list[str]) -> Finding:
    return Finding(name, "snapshot", reason, len(wrong), tuple(wrong[:5]))
