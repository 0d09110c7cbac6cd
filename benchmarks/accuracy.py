"""Writes the figures of a page anew: `python -m benchmarks.accuracy [PAGE]`, docs/accuracy.md unless another is named.

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


def main() -> int:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "docs" / "accuracy.md"
    page, troubles = rewritten(path.read_text(encoding="utf-8"))
    path.write_text(page, encoding="utf-8")
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    return bool(troubles)


if __name__ == "__main__":
    sys.exit(main())
