"""What a night costs the warehouse, by size: python -m benchmarks.warehouse_cost 2000 20000 100000 200000

For each number of documents (about ten statements each): a cold full publish, a night with 200 changed documents, a
night in which nothing changed, and queries. Reading documents and starting Prefect are not in it, the suite of Great
Expectations is. Each night runs in a process of its own; memory is that process's peak resident size. Each step has its
seconds on the wall and, in brackets, of the processor: on a busy machine only the latter tell. Prints a table; nothing
is asserted."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import warehouse
from benchmarks import synthetic
from flows.assemble import assemble
from flows.batches import BatchResult
from schemas.suite import check_statements, check_tables
from transform.reconcile import reconcile
from transform.slug import with_slugs

CHANGED = 200
VERSIONS = {"extractor": "1", "standard": "1"}
DOCUMENTS_PER_PART = 2000
PROCESSOR = " of the processor"
STEPS = ("full", "night", "same", "query")


def listing(documents: int, edited: int) -> dict[str, str]:
    """The inbox: every 1/edited-th document in its second edition."""
    changed = set(range(0, documents, documents // edited)) if edited else set()
    return {
        synthetic.source_file(number): synthetic.document_id(number, int(number in changed))
        for number in range(documents)
    }


def night(root: Path, documents: int, edited: int) -> dict[str, float]:
    """The steps of flows/nightly.py but for finding and reading files; parts as workers write them take their place."""
    times: dict[str, float] = {}
    with timed(times, "listing of the benchmark"):
        inbox = listing(documents, edited)
    with warehouse.writer(root), tempfile.TemporaryDirectory(prefix="muctieu-parts-") as folder:
        with timed(times, "plan"):
            changes = warehouse.plan_changes(root, inbox, VERSIONS)
        times["read"] = len(changes.to_read)
        if changes.nothing:
            return times
        parts = _parts(changes.to_read, inbox, Path(folder))
        standard = synthetic.standard()
        with timed(times, "assemble"):
            read, statements = assemble(parts)
        with timed(times, "suite"):
            checked = check_statements(statements, read.chunks(), standard)
        del statements
        with timed(times, "reconcile"):
            given = (read, checked.statements, checked.rejected)
            found = warehouse.assemble(root, changes, *given, reconcile, with_slugs)
        times["statements reconciled"] = found.reconciled_rows
        del checked, given
        with timed(times, "suite"):
            failures = check_tables({**found.tables, "documents": read.outline()})
        if failures:
            raise SystemExit("\n".join(map(str, failures)))
        now = datetime.datetime.now(datetime.UTC)
        run = warehouse.Run(f"{edited}", now, "synthetic", len(changes.to_read), VERSIONS)
        with timed(times, "publish"):
            published = warehouse.publish(
                root, {**found.tables, **standard}, run, change=found.change, gate=timed_gate(times)
            )
        for name in ("", PROCESSOR):
            times[f"publish{name}"] -= times[f"gate{name}"]
        times["files written"] = published.files_written
        times["files linked"] = published.files_linked
        times["statements"] = published.rows["statements"]
        times["targets"] = published.rows["targets"] + published.rows["targets_provisional"]
    return times


@contextlib.contextmanager
def timed(times: dict[str, float], name: str) -> Iterator[None]:
    """Add the seconds of the block, on the wall and of the processor."""
    start, processor = time.perf_counter(), time.process_time()
    try:
        yield
    finally:
        times[name] = times.get(name, 0.0) + time.perf_counter() - start
        spent = time.process_time() - processor
        times[f"{name}{PROCESSOR}"] = times.get(f"{name}{PROCESSOR}", 0.0) + spent


def timed_gate(times: dict[str, float]) -> Callable[[Path, Path | None], dict[str, object]]:
    gate = warehouse.Gate()

    def checked(staged: Path, before: Path | None) -> dict[str, object]:
        with timed(times, "gate"):
            return gate(staged, before)

    return checked


def _parts(names: Sequence[str], inbox: Mapping[str, str], folder: Path) -> list[BatchResult]:
    """What reading would give, a few thousand documents to a part."""
    parts = []
    for at in range(0, len(names), DOCUMENTS_PER_PART):
        tables = [synthetic.tables([])]
        by_edition: dict[int, list[int]] = {0: [], 1: []}
        for name in names[at : at + DOCUMENTS_PER_PART]:
            number = int(name[5:12])
            by_edition[int(inbox[name] != synthetic.document_id(number))].append(number)
        tables += [synthetic.tables(numbers, edition) for edition, numbers in by_edition.items()]
        documents, statements = (str(folder / f"{kind}-{at}.parquet") for kind in ("documents", "statements"))
        heads, rows = (pa.concat_tables([pair[place] for pair in tables]) for place in (0, 1))
        pq.write_table(heads, documents, compression="zstd")
        pq.write_table(rows, statements, compression="zstd")
        parts.append(BatchResult(documents, statements, heads.num_rows, rows.num_rows))
    return parts


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
    results: dict[int, dict[str, dict[str, float]]] = {}
    for size in given.documents:
        root = Path(tempfile.mkdtemp(prefix="muctieu-cost-"))
        try:
            for step in (*STEPS, "inbox"):
                found = results.setdefault(size, {})[step] = _step(step, root, size)
                print(f"{size} {step:6}", ", ".join(_lines(found)), flush=True)
        finally:
            shutil.rmtree(root)
    print("\n".join(_table(results)))


TIMED = ("plan", "assemble", "suite", "reconcile", "gate", "publish")
NIGHTS = {"full": "everything read", "night": f"{CHANGED} documents changed", "same": "nothing changed"}


def _table(results: Mapping[int, Mapping[str, Mapping[str, float]]]) -> Iterator[str]:
    """Seconds on the wall and, in brackets, of the processor."""
    yield f"\n| statements | night | {' | '.join(TIMED)} | all | peak MB | load |"
    yield f"|---:|---|{'---:|' * (len(TIMED) + 3)}"
    for steps in results.values():
        statements = steps["full"]["statements"]
        for step, words in NIGHTS.items():
            found = steps[step]
            cells = [_both(found, [name]) for name in TIMED] + [_both(found, TIMED)]
            cells += [f"{found['peak MB']:,.0f}", f"{found['load of the machine']:.1f}"]
            yield f"| {statements:,.0f} | {words} | {' | '.join(cells)} |"
    yield "\n| statements | query by province and indicator, median of 20 | worst | scan of statements |"
    yield "|---:|---:|---:|---:|"
    for steps in results.values():
        found = steps["query"]
        names = ("query, median", "query, worst", "scan of statements")
        shown = " | ".join(f"{1000 * found[name]:.0f} ms" for name in names)
        yield f"| {steps['full']['statements']:,.0f} | {shown} |"


def _both(found: Mapping[str, float], names: Sequence[str]) -> str:
    present = [name for name in names if name in found]
    wall, processor = (sum(found[f"{name}{kind}"] for name in present) for kind in ("", PROCESSOR))
    return f"{wall:.1f} ({processor:.1f})" if present else ""


def _lines(found: Mapping[str, float]) -> Iterator[str]:
    for name, value in found.items():
        if not name.endswith(PROCESSOR):
            processor = found.get(f"{name}{PROCESSOR}")
            yield f"{name} {_shown(value)}" + ("" if processor is None else f" ({_shown(processor)})")


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3f}"


if __name__ == "__main__":
    main()
