"""Cost and memory by size of the inbox: nights over generated documents, the bulk sample again with other figures.

python -m benchmarks.scale 1000 3004 10000 [300000]     prints the table and the memory curve of the largest;
--curve FILE keeps that curve as CSV. 300,000 documents are 4 GB of inbox, 7 GB of disk in all.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import night
from benchmarks.machine import about, table


def growth(nights: Sequence[dict[str, Any]]) -> float:
    """Exponent of the power of the size that the seconds grow with, between the smallest and the largest night: 1 is
    in step with the number of documents, less is slower."""
    small, large = nights[0], nights[-1]
    times = math.log(_seconds(large) / _seconds(small))
    return times / math.log(large["documents"] / small["documents"])


def _seconds(found: dict[str, Any]) -> float:
    return float(sum(found["seconds"].values()))


def show(nights: Sequence[dict[str, Any]]) -> str:
    lines = [night.show(nights)]
    if len(nights) > 1:
        small, large = nights[0]["documents"], nights[-1]["documents"]
        lines += [
            "",
            f"From {small:,} to {large:,} documents the time grows with the number of documents to the power "
            f"{growth(nights):.2f}; the largest night reached {nights[-1]['peak_main']:,.0f} MB in the main process "
            f"and {nights[-1]['curve'].peak('worker'):,.0f} MB in the largest worker.",
        ]
    return "\n".join(lines)


def curve_table(found: dict[str, Any], points: int = 12) -> str:
    """Memory over the time of one night: the most within each twelfth of it."""
    curve = found["curve"]
    step = max(1, -(-len(curve.seconds) // points))
    rows = [
        [
            round(curve.seconds[min(start + step, len(curve.seconds)) - 1]),
            *(max(curve.megabytes[kind][start : start + step]) for kind in ("main", "worker", "server")),
        ]
        for start in range(0, len(curve.seconds), step)
    ]
    return table(["second", "main MB", "largest worker MB", "Prefect's server MB"], rows)


def save_curve(found: dict[str, Any], path: Path) -> None:
    curve = found["curve"]
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["seconds", *curve.megabytes])
        for number, second in enumerate(curve.seconds):
            lines.writerow([f"{second:.1f}", *(f"{sizes[number]:.0f}" for sizes in curve.megabytes.values())])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("documents", type=int, nargs="+")
    arguments.add_argument("--curve", type=Path)
    given = arguments.parse_args()
    nights = [night.run(size, json_lines=True) for size in given.documents]
    print(show(nights))
    print(f"\nMemory of the night over {given.documents[-1]:,} documents:\n\n{curve_table(nights[-1])}")
    print("\n" + about())
    if given.curve:
        save_curve(nights[-1], given.curve)


if __name__ == "__main__":
    main()
