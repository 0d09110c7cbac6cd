"""Extraction and standardisation: characters a second per core beside the floor, and what the second core adds.

python -m benchmarks.throughput [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import texts
from benchmarks.floor import floor
from benchmarks.machine import about, median_ratio, processor_seconds, side_by_side, table

BULK_CHARACTERS = 6_000_000
"""Of the bulk sample in each round; drawn evenly from all of it."""
FILES_OF_TWO_CORES = 1_500
CONTROL = 60_000_000


def extraction() -> Callable[[Sequence[bytes]], int]:
    """All pure steps from bytes to standard rows; gives the statements found."""
    from flows.process import process, shipped_tools

    tools = shipped_tools()

    def read(documents: Sequence[bytes]) -> int:
        return sum(
            len(found.statements)
            for number, data in enumerate(documents)
            for found in process(f"{number}.txt", data, tools)
        )

    return read


def per_core(rounds: int, bulk_characters: int = BULK_CHARACTERS) -> list[dict[str, Any]]:
    read = extraction()
    rows = []
    for name, documents in (("bulk sample", texts.sample(texts.bulk(), bulk_characters)), ("plans", texts.dense())):
        read(documents[:20])
        count = texts.characters(documents)
        seconds = side_by_side(
            {
                "floor": lambda documents=documents: processor_seconds(lambda: [floor(data) for data in documents]),
                "muctieu": lambda documents=documents: processor_seconds(lambda: read(documents)),
            },
            rounds,
        )
        rows.append(
            {
                "texts": name,
                "documents": len(documents),
                "characters": count,
                "statements": read(documents),
                "floor": count / statistics.median(seconds["floor"]),
                "muctieu": count / statistics.median(seconds["muctieu"]),
                "times_floor": median_ratio(seconds["muctieu"], seconds["floor"]),
            }
        )
    return rows


def cores(rounds: int, files: int = FILES_OF_TWO_CORES) -> list[dict[str, Any]]:
    """Wall time of reading and writing parts with one worker process and with two, side by side."""
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from contextlib import ExitStack

    from flows.batches import BatchReader, batch_reader, batches
    from flows.inbox import discover
    from flows.versions import extractor_version

    with tempfile.TemporaryDirectory(prefix="muctieu-bench-") as folder, ExitStack() as stack:
        inbox, parts = Path(folder, "inbox"), Path(folder, "parts")
        parts.mkdir()
        count = texts.write_files(inbox, files)
        found = discover(inbox)
        groups = list(batches(found, 100))
        readers = {n: stack.enter_context(batch_reader(n, extractor_version())) for n in (1, 2)}

        own: list[float] = []

        def run(workers: int, reader: BatchReader, groups: Sequence[Any] = groups) -> float:
            start, own_start = time.perf_counter(), time.process_time()
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(lambda numbered: reader(*numbered, str(parts)), enumerate(groups)))
            own.append(time.process_time() - own_start)
            return time.perf_counter() - start

        def control(workers: int) -> float:
            """The same number of processes at work that share nothing: what the machine has to give just now."""
            start = time.perf_counter()
            burning = [processes.submit(burn, CONTROL // workers) for _ in range(workers)]
            for future in burning:
                future.result()
            return time.perf_counter() - start

        processes = stack.enter_context(ProcessPoolExecutor(2))
        for workers, reader in readers.items():
            run(workers, reader, groups[: 2 * workers])
        works = {str(n): lambda n=n, reader=reader: run(n, reader) for n, reader in readers.items()}
        works |= {f"control {n}": lambda n=n: control(n) for n in readers}
        control(2)
        seconds = side_by_side(works, rounds)
    return [
        {
            "workers": n,
            "characters": count,
            "seconds": statistics.median(seconds[str(n)]),
            "speed_up": median_ratio(seconds["1"], seconds[str(n)]),
            "own": statistics.median(own),
            "control": median_ratio(seconds["control 1"], seconds[f"control {n}"]),
        }
        for n in readers
    ]


def burn(count: int) -> int:
    """Work that needs a core and nothing else."""
    return sum(number % 7 for number in range(count))


def show(rows: Sequence[dict[str, Any]], in_all: Sequence[dict[str, Any]]) -> str:
    head = [
        "texts",
        "documents",
        "M characters",
        "statements",
        "floor M char/s",
        "muctieu M char/s",
        "muctieu / floor time",
    ]
    shown = [
        [
            r["texts"],
            r["documents"],
            r["characters"] / 1e6,
            r["statements"],
            r["floor"] / 1e6,
            r["muctieu"] / 1e6,
            r["times_floor"],
        ]
        for r in rows
    ]
    parts = ["### Per core (processor time)", "", table(head, shown)]
    if in_all:
        head = ["worker processes", "M characters", "wall seconds", "M char/s", "times one worker"]
        head += ["processor seconds of the flow", "two processes of pure arithmetic, times one"]
        shown = [
            [
                r["workers"],
                r["characters"] / 1e6,
                r["seconds"],
                r["characters"] / r["seconds"] / 1e6,
                r["speed_up"],
                r["own"],
                r["control"],
            ]
            for r in in_all
        ]
        parts += ["", "### In all (wall time, parts written)", "", table(head, shown)]
    return "\n".join(parts)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    rounds = arguments.parse_args().rounds
    print(show(per_core(rounds), cores(rounds)))
    print("\n" + about())


if __name__ == "__main__":
    main()
