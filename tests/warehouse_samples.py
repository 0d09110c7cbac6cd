"""Small synthetic warehouses for the tests: published in full, or night after night by what changed."""

from __future__ import annotations

import datetime
import hashlib
import random
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pyarrow as pa

import warehouse
from benchmarks import synthetic
from schemas.tables import REJECTED
from transform.reconcile import reconcile
from transform.slug import with_slugs
from warehouse import Changes, Published, Retention, Run
from warehouse.incremental import Assembled
from warehouse.snapshots import repair_warehouse

VERSIONS = {"extractor": "1", "standard": "1"}
LENGTH = 120
Editions = Mapping[int, int]


@cache
def document_tables(number: int, edition: int) -> tuple[pa.Table, pa.Table]:
    return synthetic.tables([number], edition, LENGTH)


@cache
def standard_tables() -> dict[str, pa.Table]:
    return synthetic.standard()


def tables_of(editions: Editions) -> tuple[pa.Table, pa.Table]:
    """(documents, statements) of the documents numbered by the keys, in the edition that the value says."""
    empty = synthetic.tables([])
    read = [document_tables(number, edition) for number, edition in editions.items()]
    return pa.concat_tables([empty[0], *(d for d, _ in read)]), pa.concat_tables([empty[1], *(s for _, s in read)])


def listing_of(editions: Editions) -> dict[str, str]:
    return {
        synthetic.source_file(number): synthetic.document_id(number, edition) for number, edition in editions.items()
    }


def run_facts(
    name: str = "run", versions: Mapping[str, str] = VERSIONS, documents_read: int = 0, **more: object
) -> Run:
    return Run(name, datetime.datetime.now(datetime.UTC), "inbox", documents_read, versions, **more)  # type: ignore[arg-type]


def assembled(root: Path, editions: Editions, full: bool = False) -> tuple[Changes, Assembled]:
    changes = warehouse.plan_changes(root, listing_of(editions), VERSIONS, full=full)
    wanted = {synthetic.source_file(number): number for number in editions}
    read = {wanted[name]: editions[wanted[name]] for name in changes.to_read}
    documents, statements = tables_of(read)
    rejected = REJECTED.arrow_schema().empty_table()
    return changes, warehouse.assemble(root, changes, documents, statements, rejected, reconcile, with_slugs)


def night(root: Path, editions: Editions, *, full: bool = False, name: str = "", **more: object) -> Published:
    """One run over an inbox that holds these documents, as the flow does it."""
    name = name or hashlib.sha256(repr((sorted(editions.items()), full)).encode()).hexdigest()[:12]
    with warehouse.writer(root):
        changes, found = assembled(root, editions, full)
        tables = {**found.tables, **standard_tables()}
        run = run_facts(name, documents_read=len(changes.to_read))
        gate = more.pop("gate", warehouse.Gate())
        return warehouse.publish(root, tables, run, change=found.change, gate=gate, **more)  # type: ignore[arg-type]


def whole(editions: Editions) -> dict[str, pa.Table]:
    """All tables of a full run, as `publish` takes them."""
    documents, statements = tables_of(editions)
    result = reconcile(statements)
    return {
        "documents": documents,
        "statements": result.statements,
        "targets": result.targets,
        "targets_provisional": result.targets_provisional,
        "commitments": result.commitments,
        "rejected": REJECTED.arrow_schema().empty_table(),
        **standard_tables(),
    }


def edited(editions: Editions, numbers: Iterable[int], edition: int) -> dict[int, int]:
    return {**editions, **dict.fromkeys(numbers, edition)}


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    order = list(range(table.num_rows))
    random.Random(seed).shuffle(order)
    return table.take(pa.array(order, pa.int64()))


def copy_of(template: Path, root: Path) -> Path:
    """A warehouse of its own for a test that changes it."""
    shutil.copytree(template, root, symlinks=True)
    repair_warehouse(root)
    return root


def parquet_bytes(snapshot: Path) -> dict[str, bytes]:
    """Every Parquet file of a snapshot but runs, by its path."""
    return {
        str(path.relative_to(snapshot)): path.read_bytes()
        for path in sorted(snapshot.rglob("*.parquet"))
        if path.name != "runs.parquet"
    }


LASTING = Retention(keep=100)
