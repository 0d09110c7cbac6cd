"""Nights from end to end (read, extract, validate, publish), each in a process of its own, with their memory.

python -m benchmarks.night 300 1000 3004     documents of the bulk sample, as text files
python -m benchmarks.night --json-lines 10000 30000     larger inboxes, 100 documents a file; also the growth of cost
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import texts
from benchmarks.machine import about, table
from benchmarks.memory import Curve, Sampler

STEPS = ("compare", "read", "validate", "reconcile", "publish")


def run(documents: int, json_lines: bool = False, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """One night over `documents` documents: seconds of each step after Prefect is up, memory, what it found."""
    with tempfile.TemporaryDirectory(prefix="muctieu-bench-") as folder:
        inbox, root = Path(folder, "inbox"), Path(folder, "warehouse")
        write = texts.write_json_lines if json_lines else texts.write_files
        count = write(inbox, documents)
        environment = os.environ | {
            "MUCTIEU_LOG": "off",
            "PREFECT_HOME": str(Path(folder, "prefect")),
            "TMPDIR": folder,
        }
        given = [str(inbox), str(root), json.dumps(settings or {})]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.night", "--one", *given],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=texts.PROJECT,
        )
        sampler = Sampler(process.pid)
        sampler.start()
        output, _ = process.communicate()
        curve = sampler.stop()
        if process.returncode:
            raise SystemExit(f"the night over {documents} documents failed with exit code {process.returncode}")
        found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found | {"documents": documents, "characters": count, "curve": curve}


def one(inbox: str, root: str, settings: str) -> None:
    """What the process of a night does."""
    from flows.prefect_environment import prepare_prefect

    prepare_prefect()
    from flows.nightly import nightly

    summary = nightly(inbox, root, json.loads(settings))
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found = {
        "seconds": summary.seconds,
        "documents_by_status": summary.documents_by_status,
        "statements": sum(summary.statements_by_status.values()),
        "targets": summary.rows["targets"] + summary.rows["targets_provisional"],
        "peak_main": usage[0].ru_maxrss * 1024 / 1e6,
        "processor": sum(use.ru_utime + use.ru_stime for use in usage),
    }
    print(json.dumps(found))


def show(nights: Sequence[dict[str, Any]]) -> str:
    head = ["documents", "M characters", *(f"{step} s" for step in STEPS), "all s", "µs / document", "targets"]
    head += ["main peak MB", "worker peak MB"]
    rows = []
    for night in nights:
        spent = [night["seconds"].get(step, 0.0) for step in STEPS]
        curve: Curve = night["curve"]
        rows.append(
            [
                night["documents"],
                night["characters"] / 1e6,
                *spent,
                sum(spent),
                1e6 * sum(spent) / night["documents"],
                night["targets"],
                night["peak_main"],
                curve.peak("worker"),
            ]
        )
    return table(head, rows)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("documents", nargs="*", default=["300", "1000", "3004"])
    arguments.add_argument("--json-lines", action="store_true")
    arguments.add_argument("--one", nargs=3)
    given = arguments.parse_args()
    if given.one:
        one(*given.one)
        return
    print(show([run(int(size), given.json_lines) for size in given.documents]))
    print("\n" + about())


if __name__ == "__main__":
    main()
