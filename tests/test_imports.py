"""The direction of imports, as docs/architecture.md draws it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("extract", "transform", "schemas", "warehouse", "flows")
MAY_IMPORT = {
    "extract": {"extract"},
    "schemas": {"schemas"},
    "transform": {"transform", "schemas"},
    "warehouse": {"warehouse", "schemas"},
    "flows": set(PACKAGES),
}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(top-level package, whether at module level) of every import of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0], id(node) in top


def modules(package: str) -> list[Path]:
    return sorted((PROJECT / package).rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    wrong = []
    for path in modules(package):
        name = path.relative_to(PROJECT).as_posix()
        forbidden = set(PACKAGES) - MAY_IMPORT[package]
        wrong += [f"{name} imports {found}" for found, _ in imports(path) if found in forbidden]
    assert not wrong


@pytest.mark.parametrize("package", [name for name in PACKAGES if name != "flows"])
def test_only_flows_imports_prefect(package: str) -> None:
    wrong = [path.name for path in modules(package) for found, _ in imports(path) if found.startswith("prefect")]
    assert not wrong


def test_great_expectations_is_imported_late_and_only_in_the_suite() -> None:
    found = [
        (path.relative_to(PROJECT).as_posix(), at_top)
        for package in PACKAGES
        for path in modules(package)
        for name, at_top in imports(path)
        if name == "great_expectations"
    ]
    assert found, "the suite uses Great Expectations"
    assert {path for path, _ in found} == {"schemas/suite.py"}
    assert not any(at_top for _, at_top in found)
