"""The notebook example runs from DuckDB to chart, over a stand-in warehouse and over the real samples."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import standin

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "national_gap.py"


def run(root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    pytest.importorskip("marimo", reason="marimo is missing: make install")
    monkeypatch.setenv("MUCTIEU_WAREHOUSE", str(root))
    spec = importlib.util.spec_from_file_location("national_gap", NOTEBOOK)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    _, found = module.app.run()
    return dict(found)


def test_notebook_answers_its_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents, statements = standin.generated(30)
    standin.write(tmp_path, "1", documents, statements)
    found = run(tmp_path, monkeypatch)
    gaps = found["gaps"].to_pylist()
    assert len(gaps) > 20
    nation = {(s["indicator"], s["year"]): s["value"] for s in statements if s["province"] == "Việt Nam" and s["value"]}
    for row in gaps:
        assert row["gap"] == row["value"] - row["national"] and row["national"] in nation.values()
    above = sum(row["gap"] > 0 for row in gaps)
    assert found["answer"].startswith(f"{len(gaps)} comparisons: {above} above")
    spec = found["chart"].to_dict()
    assert len(spec["datasets"] if "datasets" in spec else spec["data"]["values"]) > 0


@pytest.mark.slow
def test_notebook_runs_on_the_samples(sample_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run(sample_warehouse, monkeypatch)
    assert "comparisons" in found["answer"]
