"""The simulated year (tests/night_year.py): at its end the warehouse is what a fresh full run over the inbox gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT

SHORT_SEED, LONG_SEED = 11, 2026


def simulated(folder: Path, nights: int, seed: int, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.night_year", str(folder), str(nights), str(seed)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def judge(report: dict[str, Any]) -> None:
    assert report["problems"] == []
    assert report["differing"] == {}, "rows that a fresh full run over the same inbox gives, or does not"
    assert report["left over"] == []
    assert report["copy is whole"], "what publish_to holds is the current snapshot"
    assert report["copies"] <= 4
    assert report["untold"] == [], "runs that were killed after they had touched the warehouse"
    without_trace = report["killed before they had touched the warehouse"]
    assert report["status said died"] == report["killed"] - without_trace > without_trace
    assert min(report["rows"][name] for name in ("targets", "statements", "documents")) > 5


def test_some_nights(tmp_path: Path) -> None:
    judge(simulated(tmp_path, 12, SHORT_SEED, 550))


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_year(tmp_path: Path) -> None:
    report = simulated(tmp_path, 365, LONG_SEED, 7100)
    judge(report)
    assert {"killed", "killed twice", "full disk", "clock back", "clock ahead", "none"} == set(report["faults"])
    assert len(report["inbox changes"]) == 8, "every kind of change to the inbox was made"
    assert report["snapshots"] > 200
