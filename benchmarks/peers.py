"""What people would use otherwise, on the same texts in the same run: quantulum3, underthesea, a regular expression.

They do something else: quantulum3 finds quantities in the way of English, underthesea finds words and their kinds, the
script finds what looks like a target. None gives a row of the table; it is speed alone that is compared. They live in a
virtual environment of their own: python -m benchmarks.peers --install. Then: python -m benchmarks.peers [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import regex_script, texts
from benchmarks.machine import about, median_ratio, processor_seconds, side_by_side, table
from benchmarks.throughput import extraction

PEERS = {"quantulum3": "quantulum3", "underthesea words": "underthesea", "underthesea tags": "underthesea"}
FOLDER = Path(os.environ.get("MUCTIEU_PEERS", Path(tempfile.gettempdir(), "muctieu-peers")))
CHARACTERS = 40_000
"""In each round: the slowest peer takes seconds for them."""


class Peer:
    """A peer at work in its own environment: loads once, then says how long each pass over the texts took it."""

    def __init__(self, name: str, documents: list[bytes]) -> None:
        script = Path(__file__).with_name("peer_process.py")
        self.process = subprocess.Popen(
            [str(FOLDER / "bin" / "python"), str(script), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.version = str(self._ask({"texts": [data.decode() for data in documents]}))

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{FOLDER}: a peer ended early; python -m benchmarks.peers --install")
        return json.loads(answer)

    def seconds(self) -> float:
        return float(self._ask({"go": True}))

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def is_installed() -> bool:
    return (FOLDER / "bin" / "python").exists()


def install() -> None:
    subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
    subprocess.run([str(FOLDER / "bin" / "pip"), "install", "--quiet", *sorted(set(PEERS.values()))], check=True)


def compare(rounds: int) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """(rows, versions of the peers)."""
    read = extraction()
    rows, versions = [], {}
    for name, source in (("bulk sample", texts.bulk()), ("plans", texts.dense())):
        documents = texts.sample(source, CHARACTERS)
        count = texts.characters(documents)
        decoded = [data.decode() for data in documents]
        read(documents)
        peers = {peer: Peer(peer, documents) for peer in PEERS} if is_installed() else {}
        works: dict[str, Callable[[], float]] = {
            "muctieu": lambda documents=documents: processor_seconds(lambda: read(documents)),
            "regex script": lambda decoded=decoded: processor_seconds(
                lambda: [regex_script.find(text) for text in decoded]
            ),
        } | {peer: running.seconds for peer, running in peers.items()}
        try:
            seconds = side_by_side(works, rounds)
        finally:
            for running in peers.values():
                running.stop()
        versions |= {PEERS[peer]: running.version for peer, running in peers.items()}
        rows += [
            {
                "texts": name,
                "program": program,
                "speed": count / statistics.median(spent),
                "muctieu_times": median_ratio(spent, seconds["muctieu"]),
            }
            for program, spent in seconds.items()
        ]
    return rows, versions


def show(rows: list[dict[str, Any]]) -> str:
    head = ["texts", "program", "thousand char/s", "muctieu is faster, times"]
    shown = [[row["texts"], row["program"], row["speed"] / 1e3, row["muctieu_times"]] for row in rows]
    missing = "" if is_installed() else f"\n\nNo peers in {FOLDER}: python -m benchmarks.peers --install"
    return "### Beside the peers (processor time)\n\n" + table(head, shown) + missing


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--install", action="store_true", help="make the peers' environment, then end")
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    if given.install:
        install()
        return
    rows, versions = compare(given.rounds)
    print(show(rows))
    print("\n" + about(versions))


if __name__ == "__main__":
    main()
