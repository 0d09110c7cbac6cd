"""A Prefect server and a worker of their own, as processes, as docs/operations.md has them installed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.deployment import LEASES_ON_DISK, answers
from tests.conftest import PROJECT

START_SECONDS = 300
PREFECT = Path(sys.executable).with_name("prefect")
MUCTIEU = Path(sys.executable).with_name("muctieu")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Installation:
    """`folder` holds Prefect's database, the inbox, the warehouse and the output of every process."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.inbox, self.warehouse = folder / "inbox", folder / "warehouse"
        self.inbox.mkdir(exist_ok=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MUCTIEU_"))},
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES_ON_DISK,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            # the services look every few seconds instead of every minute, for the test's sake
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
            "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "3",
            "PREFECT_WORKER_QUERY_SECONDS": "3",
            "PREFECT_RUNNER_POLL_FREQUENCY": "3",
            "MUCTIEU_INBOX": str(self.inbox),
            "MUCTIEU_WAREHOUSE": str(self.warehouse),
            **settings,
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            kill_with_children(process.pid)
            process.wait(20)

    def start(self, name: str, *command: str | Path) -> subprocess.Popen[bytes]:
        with open(self.folder / f"{name}.log", "ab") as output:
            process = subprocess.Popen(
                [str(part) for part in command], cwd=PROJECT, env=self.environment, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def start_server(self) -> subprocess.Popen[bytes]:
        server = self.start("server", PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(self.port))
        wait_for(lambda: answers(self.api), START_SECONDS, "the server answers")
        return server

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker", PREFECT, "worker", "start", "--pool", "muctieu", "--name", f"w{time.time():.0f}")

    def run(self, *command: str | Path, code: int | None = 0) -> str:
        """Output of a command that ends; `code` is what it should end with, None for anything."""
        done = subprocess.run(
            [str(part) for part in command], cwd=PROJECT, env=self.environment, capture_output=True, text=True,
            timeout=300,
        )  # fmt: skip
        assert code is None or done.returncode == code, (command, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST (with a body) or GET at the server's API; again while the server is too busy to answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api}{path}", data, {"Content-Type": "application/json"})
        for left in range(20, -1, -1):
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as trouble:
                if trouble.code != 503 or not left:
                    raise
                time.sleep(1)
        return None

    def flow_runs(self) -> list[dict[str, Any]]:
        """Newest first; those that are only planned are left out."""
        found = self.ask("/flow_runs/filter", {"sort": "EXPECTED_START_TIME_DESC", "limit": 200})
        return [run for run in found if run["state_type"] != "SCHEDULED"]

    def flow_run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(f"/flow_runs/{run_id}")
        return found

    def trigger(self) -> str:
        """Start a run of the deployment; its id."""
        deployment = self.ask("/deployments/name/muctieu-nightly/nightly")
        created: str = self.ask(f"/deployments/{deployment['id']}/create_flow_run", {})["id"]
        return created

    def ends(self, run_id: str, seconds: float = 240) -> str:
        """State that a run ends in."""
        ended = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        wait_for(lambda: self.flow_run(run_id)["state_type"] in ended, seconds, f"run {run_id} ends")
        state: str = self.flow_run(run_id)["state_type"]
        return state

    def artifacts(self, run_id: str) -> dict[str, dict[str, Any]]:
        wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}}}
        return {artifact["key"]: artifact for artifact in self.ask("/artifacts/filter", wanted) if artifact["key"]}

    def tail(self) -> str:
        """The last of every log, for a failing test."""
        return "\n".join(
            f"== {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in self.folder.glob("*.log")
        )


def wait_for(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := condition():
                return found
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        assert time.monotonic() < deadline, f"waited {seconds} s in vain until {what}"
        time.sleep(0.25)


def children(pid: int) -> list[int]:
    """All descendants of a process."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        below = parents.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def kill_with_children(pid: int) -> None:
    """SIGKILL for a process that this test started and everything below it, as a power cut would."""
    for one in [pid, *children(pid)]:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue
