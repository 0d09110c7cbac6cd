"""What has to be read again, and how the rest is carried over: the current snapshot is the store of earlier results.

A document's rows depend on its bytes, the versions of the reading rules and of the standard, and on corrections. All
other columns that depend on other documents (`prevails`, and the tables of targets) follow from reconciling the cells
touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.tables import (
    COMMITMENTS,
    REJECTED,
    STATEMENTS,
    TARGET_GRAIN,
    TARGETS,
    TARGETS_PROVISIONAL,
    Table,
)
from warehouse.buckets import bucket_file, bucket_of
from warehouse.engine import engine
from warehouse.errors import WarehouseError
from warehouse.label_names import CACHE, Namer, name_labels
from warehouse.layout import Layout
from warehouse.manifest import Manifest, container_of, read_manifest
from warehouse.parquet import file_schema
from warehouse.staging import Change


@dataclass(frozen=True, slots=True)
class Changes:
    """Plan of a run. `to_read`: inbox files to read, sorted. `gone`: source_file -> document_id of documents whose
    rows are not carried over. `reasons`: how many files for which reason. `base`: the snapshot carried over, None to
    take nothing."""

    to_read: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]
    gone: Mapping[str, str] = field(default_factory=dict, repr=False)
    reasons: Mapping[str, int] = field(default_factory=dict)
    base: str | None = None
    corrections_changed: bool = False

    @property
    def nothing(self) -> bool:
        """Nothing to read and nothing to remove: the current snapshot is what this run would publish."""
        return self.base is not None and not self.to_read and not self.gone and not self.corrections_changed


class Reconciled(Protocol):
    """What reconciling gives: see transform/reconcile.py."""

    @property
    def statements(self) -> pa.Table: ...
    @property
    def targets(self) -> pa.Table: ...
    @property
    def targets_provisional(self) -> pa.Table: ...
    @property
    def commitments(self) -> pa.Table: ...


@dataclass(frozen=True, slots=True)
class Assembled:
    """Arguments of publish: whole small tables, `statements` and `documents` of what was read, and what is carried
    over."""

    tables: Mapping[str, pa.Table]
    change: Change | None
    reconciled_rows: int


def plan_changes(
    root: Path | str,
    listing: Mapping[str, str],
    versions: Mapping[str, str],
    *,
    full: bool = False,
    corrections: str | None = None,
    corrected_files: Iterable[str] = (),
) -> Changes:
    """Compare the inbox with the current snapshot.

    `listing`: every inbox file (path below the inbox) and the SHA-256 of its bytes. `versions`: as given to `Run`;
    any that differs from the snapshot's means that everything is read again. `corrections`: hash of the corrections,
    None without; `corrected_files`: the documents that they name. `full` reads everything again."""
    layout = Layout.at(root)
    current = layout.current_id()
    if current is None:
        return _everything(listing, "new", ())
    manifest = read_manifest(layout.snapshot(current))
    known = _documents(layout.snapshot(current), manifest)
    if full or dict(manifest.versions) != dict(versions):
        removed = tuple(sorted(set(known.file_of.values()) - set(listing)))
        return _everything(listing, "full" if full else "versions", removed)
    return _compare(listing, known, manifest, corrections, frozenset(corrected_files))


def _everything(listing: Mapping[str, str], reason: str, removed: tuple[str, ...]) -> Changes:
    return Changes(tuple(sorted(listing)), 0, removed, reasons={reason: len(listing)})


@dataclass(frozen=True, slots=True)
class _Known:
    """Documents of the current snapshot: id and inbox file of each by source_file, and who was corrected."""

    ids: Mapping[str, str]
    file_of: Mapping[str, str]
    corrected: frozenset[str]

    def hash_of(self, file: str, manifest: Manifest) -> str | None:
        return manifest.containers.get(file) or self.ids.get(file)


def _documents(snapshot: Path, manifest: Manifest) -> _Known:
    with engine() as connection:
        rows = connection.execute(
            f"SELECT source_file, document_id FROM read_parquet('{_glob(snapshot, 'documents')}')"
        ).to_arrow_table()
        corrected = []
        if manifest.corrections is not None:
            corrected = connection.execute(
                f"SELECT DISTINCT source_file FROM read_parquet('{_glob(snapshot, 'statements')}') "
                "WHERE corrected_by IS NOT NULL"
            ).fetchall()
    ids = dict(zip(rows["source_file"].to_pylist(), rows["document_id"].to_pylist(), strict=True))
    containers = manifest.containers
    file_of = {name: container_of(name, containers) if containers else name for name in ids}
    return _Known(ids, file_of, frozenset(name for (name,) in corrected))


def _compare(
    listing: Mapping[str, str],
    known: _Known,
    manifest: Manifest,
    corrections: str | None,
    corrected_files: frozenset[str],
) -> Changes:
    known_files = set(known.file_of.values())
    reasons: dict[str, str] = {}
    for file, content in listing.items():
        before = known.hash_of(file, manifest)
        if before != content:
            reasons[file] = "edited" if file in known_files else "new"
    removed_files = known_files - set(listing)
    corrections_changed = corrections != manifest.corrections
    if corrections_changed or reasons or removed_files:
        touched = known.corrected | corrected_files
        for file in {known.file_of.get(name, name) for name in touched} & set(listing):
            reasons.setdefault(file, "corrections")
    leaving = removed_files | set(reasons)
    gone = {name: known.ids[name] for name, file in known.file_of.items() if file in leaving}
    _add_twins(gone, reasons, listing, known)
    return Changes(
        tuple(sorted(reasons)),
        len(listing) - len(reasons),
        tuple(sorted(removed_files)),
        gone,
        dict(Counter(reasons.values()) + Counter({"removed": len(removed_files)})),
        manifest.snapshot_id,
        corrections_changed,
    )


def _add_twins(gone: dict[str, str], reasons: dict[str, str], listing: Mapping[str, str], known: _Known) -> None:
    """Documents with the same bytes as one that changes are read again too: which of them counts is decided anew."""
    ids = set(gone.values()) | {listing[file] for file in reasons}
    while True:
        files = {known.file_of[name] for name, document in known.ids.items() if document in ids and name not in gone}
        if not files:
            return
        reasons.update(dict.fromkeys(files, "same bytes as a changed document"))
        fresh = {name: known.ids[name] for name, file in known.file_of.items() if file in files and name not in gone}
        gone.update(fresh)
        ids = set(fresh.values())


def twins(root: Path | str, changes: Changes, documents: pa.Table) -> Changes:
    """`changes` grown by carried documents that have the same bytes as one just read from within a container.

    When the result's `to_read` is longer than before, read the files that are new in it and take them all together.
    """
    if changes.base is None:
        return changes
    snapshot = Layout.at(root).snapshot(changes.base)
    known = _documents(snapshot, read_manifest(snapshot))
    gone = dict(changes.gone)
    read = set(documents["document_id"].to_pylist())
    reasons: dict[str, str] = {}
    names = {name for name, document in known.ids.items() if document in read and name not in gone}
    if not names:
        return changes
    for name in names:
        reasons[known.file_of[name]] = "same bytes as a changed document"
        gone[name] = known.ids[name]
    _add_twins(gone, reasons, {file: "" for file in reasons}, known)
    return Changes(
        tuple(sorted({*changes.to_read, *reasons})),
        changes.unchanged - len(reasons),
        changes.removed,
        gone,
        dict(Counter(changes.reasons) + Counter(reasons.values())),
        changes.base,
        changes.corrections_changed,
    )


def assemble(
    root: Path | str,
    changes: Changes,
    documents: pa.Table,
    statements: pa.Table,
    rejected: pa.Table,
    reconcile: Callable[[pa.Table], Reconciled],
    namer: Namer | None = None,
) -> Assembled:
    """Reconcile what was read with what is carried over.

    `documents`, `statements`, `rejected`: rows of `changes.to_read` only, statuses final. `reconcile` is called once,
    with them and with all carried statements of the same cells, so its result for these cells is that of a full run.
    `namer` (transform.slug.with_slugs) tells which labels name the same provisional indicator; without it the result
    is the same but all provisional statements of a province, unit and year are reconciled again."""
    if changes.base is None:
        result = reconcile(statements)
        return Assembled(_tables(result, result.statements, documents, rejected), None, statements.num_rows)
    snapshot = Layout.at(root).snapshot(changes.base)
    carried, gone_ids = _touched(snapshot, changes, statements, namer)
    fresh = statements.select(list(STATEMENTS.names)).cast(carried.schema)
    result = reconcile(pa.concat_tables([carried, fresh]))
    turned = _turned(carried, result.statements)
    replaced = pa.concat_arrays([carried["statement_id"].combine_chunks(), gone_ids])
    tables = _tables(
        result, result.statements.slice(carried.num_rows), documents, _rest(snapshot, REJECTED, rejected, changes.gone)
    )
    for table in (TARGETS, TARGETS_PROVISIONAL):
        tables[table.name] = _joined(snapshot, table, tables[table.name], replaced)
    tables["commitments"] = _joined(snapshot, COMMITMENTS, tables["commitments"], gone_ids)
    return Assembled(tables, Change(changes.gone, turned), carried.num_rows + fresh.num_rows)


def _tables(result: Reconciled, statements: pa.Table, documents: pa.Table, rejected: pa.Table) -> dict[str, pa.Table]:
    return {
        "targets": result.targets,
        "targets_provisional": result.targets_provisional,
        "commitments": result.commitments,
        "statements": statements,
        "documents": documents,
        "rejected": rejected,
    }


_CARRIED = tuple(
    column
    for column in STATEMENTS.names
    if column in TARGETS_PROVISIONAL.by_name or column in ("document_id", "status", "prevails", "year_source")
)
"""Columns that reconciling or a target needs; reading the others of two million statements would only cost time."""

_NULLABLE_KEYS = ("admin_level", "breakdown")
_CELL_KEYS = tuple(name for name in TARGET_GRAIN if name not in ("indicator", "period_start", *_NULLABLE_KEYS))
"""A cell but for its indicator; and without `period_start`, because a statement without one joins the only period."""

_KEYS = ", ".join(f"c.{name}" for name in (*_CELL_KEYS, *_NULLABLE_KEYS))

_WORDS = f"""
CREATE TEMP TABLE words AS
SELECT DISTINCT c.status, c.indicator AS word, {_KEYS} FROM changed AS c WHERE c.status = 'accepted'
UNION ALL
SELECT DISTINCT c.status, every.label, {_KEYS}
FROM changed AS c JOIN named AS n ON c.label = n.label AND c.unit = n.unit
JOIN named AS every ON every.slug = n.slug AND every.unit = n.unit
WHERE c.status = 'uncatalogued'
"""
"""The cells that changed, once for each word that may stand for their indicator."""

_SAME_CELL = " AND ".join(
    ["s.status = w.status", "CASE WHEN s.status = 'accepted' THEN s.indicator ELSE s.label END = w.word"]
    + [f"s.{name} = w.{name}" for name in _CELL_KEYS]
    + [f"coalesce(s.{name}, '') = coalesce(w.{name}, '')" for name in _NULLABLE_KEYS]
)
"""Equalities only: with IS NOT DISTINCT FROM or a join that is not needed DuckDB 1.5 took minutes for two million."""

_TOUCHED = f"""
SELECT {", ".join(f"s.{name}" for name in _CARRIED)} FROM old AS s
SEMI JOIN words AS w ON {_SAME_CELL}
ANTI JOIN gone AS g ON s.source_file = g.source_file
WHERE s.status IN ('accepted', 'uncatalogued')
"""

_PAIRS = """
CREATE TEMP TABLE places AS SELECT DISTINCT province, unit, year FROM changed WHERE status = 'uncatalogued';
CREATE TEMP TABLE pairs AS
SELECT DISTINCT label, unit FROM (
    SELECT s.label, s.unit FROM old AS s SEMI JOIN places AS c
        ON s.province = c.province AND s.unit = c.unit AND s.year = c.year WHERE s.status = 'uncatalogued'
    UNION ALL SELECT label, unit FROM changed WHERE status = 'uncatalogued')
WHERE trim(label) <> '' AND unit IS NOT NULL
"""
"""Labels that may name a cell that changed: those of its province, unit and year."""

_WITHOUT_NAMES = "CREATE TEMP TABLE named AS SELECT label, unit, '~' AS slug FROM pairs"
"""Every label of a province, unit and year together: right whatever names them, but many more to reconcile."""


def _touched(snapshot: Path, changes: Changes, fresh: pa.Table, namer: Namer | None) -> tuple[pa.Table, pa.Array]:
    """(carried statements that share a cell with one that changed, as far as reconciling needs them; ids of the
    statements that are gone)."""
    keys = ["status", "indicator", "label", *_CELL_KEYS, *_NULLABLE_KEYS]
    manifest = read_manifest(snapshot)
    with engine() as connection:
        connection.execute(f"CREATE VIEW old AS FROM read_parquet('{_glob(snapshot, 'statements')}')")
        connection.register("gone_files", pa.table({"source_file": pa.array(list(changes.gone), pa.string())}))
        connection.execute("CREATE TEMP TABLE gone AS FROM gone_files")
        connection.register("fresh", fresh.select(keys))
        connection.execute(
            f"CREATE TEMP TABLE leaving AS SELECT statement_id, {', '.join(keys)} "
            f"FROM read_parquet({_buckets_of(changes.gone.values(), snapshot, manifest)}) "
            "SEMI JOIN gone USING (source_file)"
        )
        connection.execute(
            "CREATE TEMP TABLE changed AS SELECT DISTINCT * FROM ("
            f"SELECT {', '.join(keys)} FROM leaving UNION ALL SELECT {', '.join(keys)} FROM fresh)"
        )
        connection.execute(_PAIRS)
        if namer is None:
            connection.execute(_WITHOUT_NAMES)
        else:
            name_labels(connection, "pairs", namer, snapshot.parent.parent / CACHE, manifest.versions)
        connection.execute(_WORDS)
        carried = connection.execute(_TOUCHED).to_arrow_table()
        gone_ids = connection.execute("SELECT statement_id FROM leaving").to_arrow_table()["statement_id"]
    return _filled(carried), gone_ids.combine_chunks().cast(pa.string())


def _buckets_of(document_ids: Iterable[str], snapshot: Path, manifest: Manifest) -> list[str]:
    """The files of statements in which the documents' statements are; one at least, for its columns."""
    wanted = {bucket_file(bucket_of(identity, manifest.buckets), manifest.buckets) for identity in document_ids}
    entries = manifest.tables[STATEMENTS.name]
    found = [entry.path for entry in entries if Path(entry.path).name in wanted] or [entries[0].path]
    return [str(snapshot / path) for path in found]


def _filled(carried: pa.Table) -> pa.Table:
    """With all columns of statements: null, or empty where null may not be, in those that were not read."""
    schema = file_schema(STATEMENTS)
    columns = []
    for column in schema:
        if column.name in carried.column_names:
            columns.append(carried[column.name].cast(column.type))
        elif column.nullable:
            columns.append(pa.nulls(carried.num_rows, column.type))
        else:
            nothing = pa.scalar(0 if pa.types.is_integer(column.type) else "", column.type)
            columns.append(pa.repeat(nothing, carried.num_rows))
    return pa.Table.from_arrays(columns, schema=schema)


def _turned(carried: pa.Table, reconciled: pa.Table) -> dict[str, tuple[str, bool]]:
    """Carried statements whose `prevails` is another now; `reconciled` has the same rows first, in the same order."""
    now = reconciled.slice(0, carried.num_rows)
    if not now["statement_id"].equals(carried["statement_id"]):
        raise WarehouseError("reconcile must return the statements in the order in which it was given them")
    where = np.flatnonzero(now["prevails"].to_numpy() != carried["prevails"].to_numpy())
    rows = now.select(["statement_id", "document_id", "prevails"]).take(where).to_pylist()
    return {row["statement_id"]: (row["document_id"], row["prevails"]) for row in rows}


def _joined(snapshot: Path, table: Table, fresh: pa.Table, replaced: pa.Array) -> pa.Table:
    """Rows of the snapshot whose statement is not among `replaced`, and the fresh ones."""
    old = pq.read_table(snapshot / f"{table.name}.parquet").select(list(table.names))
    kept = old.filter(pc.invert(pc.is_in(old["statement_id"], replaced)))
    return pa.concat_tables([kept.cast(fresh.schema), fresh.select(list(table.names))])


def _rest(snapshot: Path, table: Table, fresh: pa.Table, gone: Mapping[str, str]) -> pa.Table:
    old = pq.read_table(snapshot / f"{table.name}.parquet").select(list(table.names))
    kept = old.filter(pc.invert(pc.is_in(old["source_file"], pa.array(list(gone), pa.string()))))
    return pa.concat_tables([kept.cast(fresh.schema), fresh.select(list(table.names))])


def _glob(snapshot: Path, table: str) -> str:
    return str(snapshot / table / "*.parquet").replace("'", "''")
