"""The nightly deployment: names, and `muctieu serve`, which runs it in one process without a work pool.

prefect.yaml has the same deployment for a process work pool; a test compares the two.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

from flows.settings import Settings

NAME = "nightly"
FLOW = "muctieu-nightly"
POOL = "muctieu"
HOST = "127.0.0.1"
LEASES_ON_DISK = "prefect.server.concurrency.lease_storage.filesystem"
"""Prefect keeps the slot of the run at work in memory by default: after a power cut nobody would give it back, and
every later night would be cancelled."""
_SERVER_START_SECONDS = 300.0


def environment(settings: Settings) -> dict[str, str]:
    """Variables that Prefect reads in the processes of the deployment."""
    return {
        "PREFECT_FLOWS_DEFAULT_RETRIES": str(settings.retries),
        "PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS": str(settings.retry_delay_seconds),
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES_ON_DISK,
    }


def serve(settings: Settings) -> None:
    """Register the deployment and run its nights until the process is told to stop. Needs PREFECT_API_URL."""
    for name, value in environment(settings).items():
        os.environ.setdefault(name, value)
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron

    from flows.nightly import nightly

    nightly.serve(
        name=NAME,
        schedules=[Cron(settings.schedule, timezone=settings.timezone)],
        global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        tags=["muctieu"],
        pause_on_shutdown=False,
        print_starting_message=False,
    )


@contextlib.contextmanager
def server(settings: Settings) -> Iterator[str]:
    """Address of a Prefect API: the one that PREFECT_API_URL names, else one on this machine at port 4200 (or
    PREFECT_SERVER_API_PORT), started here if need be."""
    configured = os.environ.get("PREFECT_API_URL")
    if configured:
        yield configured
        return
    port = os.environ.get("PREFECT_SERVER_API_PORT", "4200")
    local = os.environ["PREFECT_API_URL"] = f"http://{HOST}:{port}/api"
    if answers(local):
        yield local
        return
    for name, value in environment(settings).items():
        os.environ.setdefault(name, value)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", port]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + _SERVER_START_SECONDS
        while not answers(local):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the Prefect server at {local} did not start; try: prefect server start")
            time.sleep(0.5)
        yield local
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        if process.poll() is None:
            process.kill()


def answers(api: str) -> bool:
    try:
        with urllib.request.urlopen(f"{api}/health", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False
