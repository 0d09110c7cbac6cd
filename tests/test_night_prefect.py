"""The night on its schedule: a real Prefect server, a real worker, runs that fire, collide, are killed and repaired."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.journal import read_run
from flows.settings import Settings
from tests.conftest import PROJECT, SAMPLES
from tests.prefect_installation import MUCTIEU, PREFECT, Installation, children, kill_with_children, wait_for

DEPLOYMENT = "muctieu-nightly/nightly"
MANY = 1_500


def test_prefect_yaml_says_what_the_settings_say() -> None:
    """One schedule, whichever way the night is run."""
    (deployment,) = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert deployment["schedules"] == [{"cron": defaults["schedule"], "timezone": defaults["timezone"], "active": True}]
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    variables = deployment["work_pool"]["job_variables"]["env"]
    assert int(variables["PREFECT_FLOWS_DEFAULT_RETRIES"]) == defaults["retries"]
    assert float(variables["PREFECT_FLOWS_DEFAULT_RETRY_DELAY_SECONDS"]) == defaults["retry_delay_seconds"]
    path, _, name = deployment["entrypoint"].partition(":")
    assert re.search(rf"^def {name}\(", (PROJECT / path).read_text(encoding="utf-8"), re.M)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_scheduled_fired_refused_killed_repaired(tmp_path: Path) -> None:
    """The story that docs/operations.md promises, from an empty machine to the morning after a power cut."""
    with Installation(tmp_path, MUCTIEU_BATCH_SIZE="20", MUCTIEU_SMALL_RUN_DOCUMENTS="0") as here:
        shutil.copytree(SAMPLES, here.inbox, dirs_exist_ok=True)
        server = here.start_server()
        try:
            first = _deploy_and_fire(here)
            _artifacts_are_there(here, first)
            _a_second_run_is_refused(here)
            worker = here.processes[-1]
            _killed_in_mid_run(here, worker.pid, server.pid)
            _the_next_run_repairs(here)
        except AssertionError as trouble:
            raise AssertionError(f"{trouble}\n{here.tail()}") from trouble


def _deploy_and_fire(here: Installation) -> str:
    here.run(PREFECT, "--no-prompt", "work-pool", "create", "muctieu", "--type", "process")
    here.run(PREFECT, "--no-prompt", "deploy", "--all")
    deployment = here.ask(f"/deployments/name/{DEPLOYMENT}")
    (schedule,) = deployment["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("0 1 * * *", "Asia/Ho_Chi_Minh")
    planned = wait_for(
        lambda: here.ask("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}),
        120,
        "the scheduler plans nights",
    )
    assert {run["expected_start_time"][11:19] for run in planned} == {"18:00:00"}  # 01:00 in Việt Nam
    here.run(PREFECT, "--no-prompt", "deployment", "schedule", "create", DEPLOYMENT, "--cron", "* * * * *")
    here.start_worker()
    fired = wait_for(lambda: here.flow_runs(), 300, "a scheduled run starts")[-1]
    assert fired["auto_scheduled"] is True
    for extra in here.ask(f"/deployments/name/{DEPLOYMENT}")["schedules"]:
        if extra["schedule"]["cron"] == "* * * * *":
            here.run(PREFECT, "--no-prompt", "deployment", "schedule", "delete", "-y", DEPLOYMENT, extra["id"])
    assert here.ends(fired["id"]) == "COMPLETED"
    assert (here.warehouse / "current" / "targets.parquet").exists()
    run_id: str = fired["id"]
    return run_id


def _artifacts_are_there(here: Installation, run_id: str) -> None:
    found = here.artifacts(run_id)
    wanted = ("summary", "rejected", "snapshot", "changes", "changed-targets", "slowest", "links", "progress")
    assert {f"muctieu-{name}" for name in wanted} <= set(found)
    assert "first snapshot" in found["muctieu-changes"]["data"]
    slowest = json.loads(found["muctieu-slowest"]["data"])
    assert {row["document"] for row in slowest} <= {path.name for path in SAMPLES.iterdir()}
    assert slowest
    logs = here.ask("/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200})
    assert any("batch read" in line["message"] for line in logs), [line["message"] for line in logs]


def _a_second_run_is_refused(here: Installation) -> None:
    """While one is at work; then the first goes on to be killed."""
    text = (SAMPLES / "01-ke-hoach-chuyen-doi-so-yen-bai.txt").read_text(encoding="utf-8")
    for number in range(MANY):
        (here.inbox / f"copy-{number}.txt").write_text(f"{text}\n{number}", encoding="utf-8")
    here.trigger()
    _reading(here)
    second = here.trigger()
    assert here.ends(second) == "CANCELLED"
    assert "concurrency" in here.flow_run(second)["state"]["message"].lower()


def _reading(here: Installation) -> Any:
    def now() -> Any:
        record = read_run(here.warehouse)
        return record if record and record.state == "running" and record.step == "read" and record.done else None

    return wait_for(now, 240, "a run reads documents")


def _killed_in_mid_run(here: Installation, worker: int, server: int) -> None:
    at_work = _reading(here)
    before = (here.warehouse / "current").resolve()
    kill_with_children(worker)
    kill_with_children(server)
    said = here.run(MUCTIEU, "status", code=1)
    assert said.startswith("MUCTIEU WARNING - the run died without a word: step read ("), said
    assert f"of {MANY} documents), process {at_work.pid} on {at_work.host}, started {at_work.started_at}" in said
    assert (here.warehouse / "current").resolve() == before


def _the_next_run_repairs(here: Installation) -> None:
    here.start_server()
    here.start_worker()
    _let_time_pass(here)
    run_id = here.trigger()
    for _ in range(20):
        if here.ends(run_id) != "CANCELLED":
            break
        time.sleep(5)  # the server gives the slot of the dead run back when its lease has ended
        run_id = here.trigger()
    assert here.ends(run_id) == "COMPLETED"
    assert "the run died without a word" in here.artifacts(run_id)["muctieu-summary"]["data"]
    said = here.run(MUCTIEU, "status", "--history")
    assert said.startswith("MUCTIEU OK")
    assert [line.split()[1] for line in said.splitlines()[1:]] == ["published", "died", "published"]


def _let_time_pass(here: Installation) -> None:
    """The lease of a dead run ends five minutes after its last sign of life; here the test turns the clock on it."""
    for path in (here.folder / "prefect" / "concurrency_leases").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"20\d\d-\d\d-\d\dT", "2020-01-01T", text), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_serve_fires_in_one_process_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Without any Prefect installation: it starts its own server, runs the night on the minute, ends on SIGTERM."""
    with Installation(tmp_path, MUCTIEU_SCHEDULE="* * * * *") as here:
        shutil.copytree(SAMPLES, here.inbox, dirs_exist_ok=True)
        here.environment.pop("PREFECT_API_URL")
        here.environment["PREFECT_SERVER_API_PORT"] = str(here.port)
        serving = here.start("serve", MUCTIEU, "serve")
        try:
            wait_for((here.warehouse / "current" / "targets.parquet").exists, 500, "a night is published")
            wait_for(lambda: here.run(MUCTIEU, "status", code=None).startswith("MUCTIEU OK"), 60, "status is OK")
        except AssertionError as trouble:
            raise AssertionError(f"{trouble}\n{here.tail()}") from trouble
        below = children(serving.pid)
        serving.terminate()
        serving.wait(60)
        wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 30, "its processes are gone")
