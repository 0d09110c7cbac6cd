"""What the tests of the whole job share: one Prefect server for all, and one warehouse made from samples/."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
SAMPLES = PROJECT / "samples"


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A server and database of its own for the flows of the tests; starting it takes seconds, a flow then 0.2 s."""
    from flows.prefect_environment import prepare_prefect

    prepare_prefect()
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    without_heartbeat = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with prefect_test_harness(server_startup_timeout=300), without_heartbeat:
        yield


@pytest.fixture(scope="session")
def sample_warehouse(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse published from samples/; tests only read it."""
    from flows.nightly import nightly

    root = tmp_path_factory.mktemp("samples") / "warehouse"
    nightly(str(SAMPLES), str(root))
    return root


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("MUCTIEU_"):
            monkeypatch.delenv(name)
