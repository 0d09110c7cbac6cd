"""What a night costs the warehouse, by size: python -m benchmarks.warehouse_cost 2000 20000 100000 200000

For each number of documents (about ten statements each): a cold full publish, a night with 200 changed documents, a
night in which nothing changed, and queries. Reading documents and starting Prefect are not in it. Each night runs in
a process of its own; memory is that process's peak resident size. Prints a table; nothing is asserted."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

import warehouse
from benchmarks import synthetic
from schemas.tables import REJECTED
from transform.reconcile import reconcile
from transform.slug import with_slugs

CHANGED = 200
VERSIONS = {"extractor": "1", "standard": "1"}
STEPS = ("full", "night", "same", "query")


def listing(documents: int, edited: int) -> dict[str, str]:
    """The inbox: every 1/edited-th document in its second edition."""
    changed = set(range(0, documents, documents // edited)) if edited else set()
    return {
        synthetic.source_file(number): synthetic.document_id(number, int(number in changed))
        for number in range(documents)
    }


def night(root: Path, documents: int, edited: int) -> dict[str, float]:
    times = {}
    start = time.perf_counter()
    inbox = listing(documents, edited)
    times["listing of the benchmark"] = time.perf_counter() - start
    with warehouse.writer(root):
        start = time.perf_counter()
        changes = warehouse.plan_changes(root, inbox, VERSIONS)
        times["plan"] = time.perf_counter() - start
        times["read"] = len(changes.to_read)
        if changes.nothing:
            return times
        tables = _read(changes.to_read, inbox)
        start = time.perf_counter()
        found = warehouse.assemble(root, changes, *tables, REJECTED.arrow_schema().empty_table(), reconcile, with_slugs)
        times["reconcile"] = time.perf_counter() - start
        times["statements reconciled"] = found.reconciled_rows
        run = warehouse.Run(
            f"{edited}", datetime.datetime.now(datetime.UTC), "synthetic", len(changes.to_read), VERSIONS
        )
        start = time.perf_counter()
        published = warehouse.publish(
            root, {**found.tables, **synthetic.standard()}, run, change=found.change, gate=timed_gate(times)
        )
        times["publish"] = time.perf_counter() - start - times["gate"]
        times["files written"] = published.files_written
        times["files linked"] = published.files_linked
        times["statements"] = published.rows["statements"]
        times["targets"] = published.rows["targets"] + published.rows["targets_provisional"]
    return times


def timed_gate(times: dict[str, float]) -> Callable[[Path, Path | None], dict[str, object]]:
    gate = warehouse.Gate()

    def checked(staged: Path, before: Path | None) -> dict[str, object]:
        start = time.perf_counter()
        try:
            return gate(staged, before)
        finally:
            times["gate"] = time.perf_counter() - start

    return checked


def _read(names: tuple[str, ...], inbox: dict[str, str]) -> tuple[pa.Table, pa.Table]:
    by_edition: dict[int, list[int]] = {0: [], 1: []}
    for name in names:
        number = int(name[5:12])
        by_edition[int(inbox[name] != synthetic.document_id(number))].append(number)
    read = [synthetic.tables([])]
    for edition, numbers in by_edition.items():
        read += [synthetic.tables(numbers[at : at + 5000], edition) for at in range(0, len(numbers), 5000)]
    return pa.concat_tables([d for d, _ in read]), pa.concat_tables([s for _, s in read])


def query(root: Path) -> dict[str, float]:
    times = {}
    start = time.perf_counter()
    with warehouse.connect(root) as connection:
        times["connect"] = time.perf_counter() - start
        province = connection.execute(
            "SELECT province, indicator FROM targets USING SAMPLE 20 ROWS (reservoir, 1)"
        ).fetchall()
        spent = []
        for wanted in province:
            start = time.perf_counter()
            connection.execute("FROM targets WHERE province = ? AND indicator = ?", wanted).fetchall()
            spent.append(time.perf_counter() - start)
        times["query, median"] = sorted(spent)[len(spent) // 2]
        times["query, worst"] = max(spent)
        start = time.perf_counter()
        connection.execute("SELECT status, count(*) FROM statements GROUP BY ALL").fetchall()
        times["scan of statements"] = time.perf_counter() - start
    return times


def inbox_listing(files: int) -> dict[str, float]:
    """hash_inbox over real files of 2 kB: cold, and when nothing was touched."""
    with tempfile.TemporaryDirectory(prefix="muctieu-inbox-") as folder:
        paths = {}
        for number in range(files):
            path = Path(folder, synthetic.source_file(number))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"%d " % number * 300)
            paths[synthetic.source_file(number)] = str(path)
        time.sleep(2.1)
        index = Path(folder, "index.parquet")
        times = {}
        for name in ("hash all files", "list untouched files"):
            start = time.perf_counter()
            warehouse.hash_inbox(paths, index)
            times[name] = time.perf_counter() - start
    return times


def _step(step: str, root: Path, documents: int) -> dict[str, float]:
    """One step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.warehouse_cost", "--step", step, "--root", str(root), str(documents)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("documents", type=int, nargs="+")
    arguments.add_argument("--step", choices=(*STEPS, "inbox"))
    arguments.add_argument("--root", type=Path)
    given = arguments.parse_args()
    if given.step:
        size = given.documents[0]
        found = {
            "full": lambda: night(given.root, size, 0),
            "night": lambda: night(given.root, size, min(CHANGED, size // 2)),
            "same": lambda: night(given.root, size, min(CHANGED, size // 2)),
            "query": lambda: query(given.root),
            "inbox": lambda: inbox_listing(size),
        }[given.step]()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        found["processor seconds in all"] = usage.ru_utime + usage.ru_stime
        found["load of the machine"] = os.getloadavg()[0]
        found["peak MB"] = usage.ru_maxrss / 1024
        print(json.dumps(found))
        return
    for size in given.documents:
        root = Path(tempfile.mkdtemp(prefix="muctieu-cost-"))
        try:
            print(f"## {size} documents")
            for step in (*STEPS, "inbox"):
                found = _step(step, root, size)
                print(f"{step:6}", ", ".join(f"{name} {_shown(value)}" for name, value in found.items()), flush=True)
        finally:
            shutil.rmtree(root)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3f}"


if __name__ == "__main__":
    main()
