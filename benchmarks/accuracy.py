"""Writes the figures of docs/accuracy.md, and their summary in README.md, anew: `python -m benchmarks.accuracy`.

Every command of the page that stands alone in a block of `sh`, followed by a block of `text`, is run from the project's
folder, and what it prints replaces that block. A command whose documents are not here keeps its figures; that is told.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FIGURES = re.compile(r"```sh\n(?P<command>\.venv/bin/[^\n]+)\n```\n\n```text\n(?P<printed>.*?)```", re.S)
GROUP = re.compile(r"^(?P<name>[a-z ]+): (?P<count>\d+) documents\n(?P<rows>(?:  .*\n)+)", re.M)
MEASURE = re.compile(r"^  (?P<measure>\w+) +P (?P<p>\S+)  R (?P<r>\S+)  F1 (?P<f1>\S+)", re.M)
SUMMARY = re.compile(r"(<!-- accuracy -->\n)(.*?)(<!-- end of accuracy -->)", re.S)
MINUTES = 10


def rewritten(page: str) -> tuple[str, list[str]]:
    """(the page with fresh figures, what could not be measured)"""
    troubles: list[str] = []

    def measured(block: re.Match[str]) -> str:
        command = shlex.split(block["command"])
        absent = [word for word in command if word.startswith("../") and not (PROJECT / word).exists()]
        if absent:
            troubles.append(f"{block['command']}: {', '.join(absent)} not there; the figures stay")
            return block[0]
        run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=MINUTES * 60)
        if run.returncode:
            troubles.append(f"{block['command']}: exit code {run.returncode}: {run.stderr[-500:]}")
            return block[0]
        return f"```sh\n{block['command']}\n```\n\n```text\n{run.stdout}```"

    return FIGURES.sub(measured, page), troubles


def summary(page: str) -> str:
    """A table of the most telling figures of all blocks of `page`, a line for each set and group."""
    lines = ["| documents | | number F1 | core P | core R | core F1 | full F1 |", "|---|---|---:|---:|---:|---:|---:|"]
    for block in FIGURES.finditer(page):
        name = Path(shlex.split(block["command"])[2]).stem
        groups = list(GROUP.finditer(block["printed"]))
        for group in groups[1:] or groups:
            label = group["name"] if len(groups) > 1 else "learned from"
            figures = {row["measure"]: row for row in MEASURE.finditer(group["rows"])}
            core = figures["core"]
            cells = (figures["number"]["f1"], core["p"], core["r"], core["f1"], figures["full"]["f1"])
            lines.append(f"| {name}, {group['count']} documents | {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    path = PROJECT / "docs" / "accuracy.md"
    page, troubles = rewritten(path.read_text(encoding="utf-8"))
    path.write_text(page, encoding="utf-8")
    readme = PROJECT / "README.md"
    told = readme.read_text(encoding="utf-8")
    readme.write_text(SUMMARY.sub(lambda old: f"{old[1]}{summary(page)}\n{old[3]}", told), encoding="utf-8")
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    return bool(troubles)


if __name__ == "__main__":
    sys.exit(main())
