"""Which rules made a row: the package version and a fingerprint of everything that decides what is read."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
READING_PACKAGES = ("extract", "transform")
READING_MODULES = (
    "flows/places.py",
    "flows/process.py",
    "schemas/tables.py",
    "schemas/expectations.py",
    "schemas/row_facts.py",
    "schemas/suite.py",
)
FINGERPRINT_LENGTH = 12


@cache
def package_version() -> str:
    try:
        return version("muctieu")
    except PackageNotFoundError:
        return "0"


@cache
def extractor_version() -> str:
    """Package version and 12 characters of the SHA-256 over the reading rules, code and data: changes when they do."""
    fingerprint = hashlib.sha256()
    for path in _reading_rules():
        fingerprint.update(path.relative_to(PROJECT).as_posix().encode())
        fingerprint.update(path.read_bytes())
    return f"{package_version()}+{fingerprint.hexdigest()[:FINGERPRINT_LENGTH]}"


def _reading_rules() -> list[Path]:
    found = [
        path
        for package in READING_PACKAGES
        for path in (PROJECT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    ]
    return sorted([*found, *(PROJECT / name for name in READING_MODULES if (PROJECT / name).exists())])
