"""What the tests of the report share beside fixtures: a stand-in for reading, the rows of the shared site, its
handles."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import standin

from warehouse.report.build import Built

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NOW = re.compile(r"(?<=hiện nay đã đạt )\d+%")
_DUE = re.compile(r"(?<!đạt )(?<!\d)\d+%(?=[;/ ])")


def marks(text: str, source_file: str) -> list[tuple[int, int, str]]:
    """Stand-in for reading: present levels are refused, committed percentages are kept."""
    refused = [(match.start(), match.end(), "achievement <b>now</b>") for match in _NOW.finditer(text)]
    return refused + [(match.start(), match.end(), "") for match in _DUE.finditer(text)]


def rows() -> tuple[list[dict], list[dict]]:
    documents, statements = standin.generated(130)
    more_documents, more_statements = standin.hostile()
    return documents + more_documents, statements + more_statements


@dataclass(frozen=True)
class Site:
    root: Path
    built: Built
    statements: list[dict]
    documents: list[dict]

    def url(self, path: str) -> str:
        return (self.built.folder / path).as_uri()


@dataclass
class Watched:
    """A page with everything that it complained about or asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
