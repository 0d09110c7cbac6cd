"""A run that kills itself at the n-th file operation, and a reader that reads all tables all the time."""

from __future__ import annotations

import functools
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

import warehouse.buckets
from tests import warehouse_samples as samples
from warehouse import Gate, Retention

OPERATIONS = (
    "open", "write", "pwrite", "fsync", "ftruncate", "link", "symlink", "replace", "rename", "unlink", "mkdir", "rmdir",
    "utime",
)  # fmt: skip
DOCUMENTS = 24
DOCUMENTS_PER_BUCKET = 6
EDITIONS = dict.fromkeys(range(DOCUMENTS), 0)
RETENTION = Retention(keep=3, grace_seconds=20)


def editions_of(turn: int) -> dict[int, int]:
    """The inbox in a given night: as many documents as ever, three of them edited."""
    return samples.edited(EDITIONS, [turn % DOCUMENTS, (turn + 7) % DOCUMENTS, (turn + 19) % DOCUMENTS], turn)


def small_buckets() -> None:
    warehouse.buckets.DOCUMENTS_PER_BUCKET = DOCUMENTS_PER_BUCKET


def run(root: str, turn: int, kill_at: int, told: str) -> None:
    """One night. At file operation `kill_at` (from 1) the process kills itself; 0 never. `told` gets the operations."""
    small_buckets()
    log: list[str] = []
    _count(log, kill_at)
    gate = Gate(accept_drift=True)  # three documents of 24 are a large part
    samples.night(Path(root), editions_of(turn), retention=RETENTION, gate=gate)
    Path(told).write_text("\n".join(log))


def _count(log: list[str], kill_at: int) -> None:
    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            log.append(f"{name} {arguments[0] if arguments else ''}")
            if len(log) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return call

    for name in OPERATIONS:
        setattr(os, name, counted(name, getattr(os, name)))


def read_all_the_time(root: str, stop: Event, told: str) -> None:
    """Until `stop`: open the catalogue, and `current`; are all tables of one snapshot, and is nothing lost?

    Writes one line per trouble and, last, the number of rounds.
    """
    troubles: list[str] = []
    rounds = 0
    while not stop.is_set():
        try:
            troubles += _through_catalogue(Path(root)) + _through_current(Path(root))
        except Exception as trouble:
            troubles.append(f"{type(trouble).__name__}: {trouble}")
        rounds += 1
        time.sleep(0.02)
    Path(told).write_text("\n".join([*troubles, str(rounds)]))


_LINKS = {
    "statement without document": "SELECT count(*) FROM statements ANTI JOIN documents USING (document_id)",
    "target without statement": "SELECT count(*) FROM all_targets AS t ANTI JOIN (FROM statements WHERE prevails) AS s "
    "ON t.statement_id = s.statement_id",
    "prevailing statement without target": "SELECT count(*) FROM (FROM statements WHERE prevails) AS s "
    "ANTI JOIN all_targets AS t ON t.statement_id = s.statement_id",
    "count of statements": "SELECT (SELECT sum(n_statements) FROM documents) - (SELECT count(*) FROM statements)",
    "rejected or commitments": "SELECT (SELECT count(*) FROM rejected) + (SELECT count(*) FROM commitments)",
    "standard": f"SELECT (SELECT count(*) FROM indicators) - {samples.standard_tables()['indicators'].num_rows} + "
    f"(SELECT count(*) FROM provinces) - {samples.standard_tables()['provinces'].num_rows} + "
    f"(SELECT count(*) FROM units) - {samples.standard_tables()['units'].num_rows}",
}


def _through_catalogue(root: Path) -> list[str]:
    troubles = []
    with duckdb.connect(root / "targets.duckdb", read_only=True, config={"threads": 1}) as connection:
        for name, query in _LINKS.items():
            found = connection.execute(query).fetchone()
            if found != (0,):
                troubles.append(f"catalogue: {name}: {found}")
        count = connection.execute("SELECT count(*), count(DISTINCT document_id) FROM documents").fetchone()
        newest = connection.execute(
            "SELECT (SELECT snapshot_id FROM about) = (SELECT max(snapshot_id) FROM runs)"
        ).fetchone()
    if count != (DOCUMENTS, DOCUMENTS) or newest != (True,):
        troubles.append(f"catalogue: {count} documents, runs of this snapshot: {newest}")
    return troubles


def _through_current(root: Path) -> list[str]:
    snapshot = (root / "current").resolve()
    documents = pq.read_table(snapshot / "documents", columns=["document_id"])["document_id"].to_pylist()
    statements = pq.read_table(snapshot / "statements", columns=["document_id", "statement_id", "prevails"]).to_pydict()
    targets = pq.read_table(snapshot / "targets.parquet")["statement_id"].to_pylist()
    targets += pq.read_table(snapshot / "targets_provisional.parquet")["statement_id"].to_pylist()
    prevailing = {name for name, it in zip(statements["statement_id"], statements["prevails"], strict=True) if it}
    troubles = []
    if len(documents) != DOCUMENTS or not set(statements["document_id"]) <= set(documents):
        troubles.append(f"current: {len(documents)} documents, or a statement of none of them")
    if set(targets) != prevailing:
        troubles.append("current: targets are not the prevailing statements")
    return troubles
