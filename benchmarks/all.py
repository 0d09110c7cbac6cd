"""Everything that `make bench` prints; with --write also docs/performance.md and its charts.

python -m benchmarks.all [--rounds 5] [--sizes 300 1000 3004] [--scale 1000 3000 10000] [--write] [--note TEXT]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import altair as alt
import pyarrow as pa

from benchmarks import night, peers, scale, texts, throughput
from benchmarks.machine import about

DOCS = texts.PROJECT / "docs"
CHART = "performance.svg"
MEMORY_CHART = "memory.svg"
LEAST_SHOWN, MOST_SHOWN = 1_000, 200_000_000
"""Characters a second at the ends of the chart's axis."""
HEAD = """# Performance

Output of `make bench-docs` (`python -m benchmarks.all --write`), written by the program, not by hand. Times beside
each other are medians of rounds in which every program had its turn; ratios are medians of the ratios within a round.
What is measured, and how: [benchmarks/README.md](../benchmarks/README.md).
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--peer-rounds", type=int, default=3)
    arguments.add_argument("--sizes", type=int, nargs="*", default=[300, 1000, 3004])
    arguments.add_argument("--cluster", type=int, default=1000, help="documents of the Dask comparison; 0: none")
    arguments.add_argument("--scale", type=int, nargs="*", default=[1000, 3000, 10000])
    arguments.add_argument("--write", action="store_true")
    arguments.add_argument("--note", default="")
    given = arguments.parse_args()
    if not texts.BULK.exists():
        raise SystemExit(f"the texts to measure on are not at {texts.SHARED}; nothing was measured")
    parts: list[str] = []

    def say(part: str) -> None:
        print(part + "\n", flush=True)
        parts.append(part)

    if given.note:
        say(given.note)
    per_core = throughput.per_core(given.rounds)
    say("## Extraction and standardisation\n\n" + throughput.show(per_core, throughput.cores(given.rounds)))
    say(f"Measured: {about()}")
    beside, versions = peers.compare(given.peer_rounds)
    say(peers.show(beside))
    say(f"Measured: {about(versions)}")
    if given.sizes:
        nights = [night.run(size) for size in given.sizes]
        say("## Nights from end to end, after Prefect is up (text files)\n\n" + night.show(nights))
        say(f"Measured: {about()}")
    if given.cluster:
        both = [night.run(given.cluster), night.run(given.cluster, settings={"runner": "dask", "workers": 2})]
        say("## This machine alone, then as a Dask cluster of two workers, its start included\n\n" + night.show(both))
        say(f"Measured: {about()}")
    if given.scale:
        grown = [night.run(size, json_lines=True) for size in given.scale]
        say("## Growth with the inbox (JSON Lines, the sample again with other figures)\n\n" + scale.show(grown))
        say(f"Memory of the night over {given.scale[-1]:,} documents:\n\n" + scale.curve_table(grown[-1]))
        say(f"Measured: {about()}")
    if given.write:
        speed_chart(per_core, beside).save(str(DOCS / CHART))
        pictures = f"\n![Characters a second]({CHART})\n"
        if given.scale:
            memory_chart(grown[-1]).save(str(DOCS / MEMORY_CHART))
            pictures += f"\n![Memory over one night]({MEMORY_CHART})\n"
        text = "\n".join([HEAD, *(f"{part}\n" for part in parts)]) + pictures
        (DOCS / "performance.md").write_text(text, encoding="utf-8")


def speed_chart(per_core: Sequence[dict[str, Any]], beside: Sequence[dict[str, Any]]) -> alt.Chart:
    """Characters a second of every program on both kinds of text, on a logarithmic axis."""
    rows = [{"texts": row["texts"], "program": "floor", "speed": row["floor"]} for row in per_core]
    rows += [{"texts": row["texts"], "program": "muctieu", "speed": row["muctieu"]} for row in per_core]
    rows += [row | {} for row in beside if row["program"] != "muctieu"]
    kept = [{name: row[name] for name in ("texts", "program", "speed")} for row in rows]
    bars = alt.Chart(_data(kept)).mark_bar()
    return bars.encode(
        x=alt.X(
            "speed:Q",
            scale=alt.Scale(type="log", domain=[LEAST_SHOWN, MOST_SHOWN]),
            axis=alt.Axis(values=[10**power for power in range(3, 9)], format="~s"),
            title="characters a second and core (logarithmic)",
        ),
        x2=alt.datum(LEAST_SHOWN),
        y=alt.Y("program:N", sort="-x", title=None),
        color=alt.condition(alt.datum.program == "muctieu", alt.value("#c2410c"), alt.value("#94a3b8")),
        row=alt.Row("texts:N", title=None),
    ).properties(width=520, title="The same texts, one core")


def memory_chart(found: dict[str, Any]) -> alt.Chart:
    curve = found["curve"]
    step = max(1, len(curve.seconds) // 400)
    rows = [
        {"second": curve.seconds[number], "process": kind, "megabytes": curve.megabytes[kind][number]}
        for kind in ("main", "worker")
        for number in range(0, len(curve.seconds), step)
    ]
    title = f"Memory of a night over {found['documents']:,} documents"
    return (
        alt.Chart(_data(rows))
        .mark_line()
        .encode(x=alt.X("second:Q"), y=alt.Y("megabytes:Q", title="resident MB"), color=alt.Color("process:N"))
        .properties(width=520, height=220, title=title)
    )


def _data(rows: Sequence[dict[str, Any]]) -> alt.Data:
    return alt.Data(values=pa.Table.from_pylist(list(rows)).to_pylist())


if __name__ == "__main__":
    main()
