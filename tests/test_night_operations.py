"""docs/operations.md, command by command; systemd units; settings; reading again."""

from __future__ import annotations

import datetime
import errno
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import fsspec
import pytest
import typer.main
from typer.testing import CliRunner

from extract.limits import MIB, Limits
from flows.again import AGAIN, read_again
from flows.cli import app, assemble
from flows.journal import read_history
from flows.nightly import nightly
from flows.settings import Settings
from tests.conftest import PROJECT, SAMPLES
from tests.object_store import object_store
from tests.prefect_installation import Installation, kill_with_children, wait_for
from tests.test_night_watch import Listener

COMMAND = assemble(typer.Typer(rich_markup_mode=None)) if not app.registered_commands else app
GUIDE = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:<!-- test: (.*?) -->\n)?```sh\n(.*?)```", GUIDE, re.S)
UNITS = sorted((PROJECT / "docs" / "systemd").iterdir())
STAND_INS = ("systemctl", "useradd", "journalctl")


# --- the guide --------------------------------------------------------------------------------------------------------


def test_the_guide_names_what_is_there() -> None:
    settings = set(Settings.model_fields)
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", GUIDE)) - {"status_reason", "too_large"}
    assert named <= settings, named - settings
    for unit in re.findall(r"muctieu-[a-z]+\.(?:service|timer)", GUIDE):
        assert PROJECT / "docs" / "systemd" / unit in UNITS
    for name in re.findall(r"`([a-z]+/[a-z_./]+)`", GUIDE):
        assert (PROJECT / name).exists(), name


def test_messages_of_the_failure_table_are_those_of_the_code() -> None:
    """Each first cell is made of words that some module says."""
    modules = [path for name in ("flows", "warehouse") for path in (PROJECT / name).rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in modules)
    code = re.sub(r'"\s*\n\s*f?"', "", code)
    for cell in re.findall(r"^\| `([^|]+)`[^|]* \|", GUIDE.split("## What each failure means")[1], re.M):
        for words in re.split(r"\.\.\.|: ", cell):
            assert words.strip() in code or words == os.strerror(errno.ENOSPC), words


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_every_command_of_the_guide(tmp_path: Path) -> None:
    """In their order, in a sandbox; what runs for good is stopped when it has done its part, server and worker last."""
    assert len(BLOCKS) >= 14
    (tmp_path / "store").mkdir()
    with Installation(tmp_path) as here, object_store(tmp_path / "store") as options:
        fsspec.filesystem("s3", **options).mkdir("tables")
        sandbox = _sandbox(tmp_path, here, options["endpoint_url"])
        for until, block in BLOCKS:
            if "snapshots --rollback" in block:
                for name in ("one-more.txt", "two-more.txt"):
                    _another_night(name, tmp_path / "opt" / "muctieu", tmp_path / "data" / "inbox", here)
            script = "set -eu\n" + sandbox(block)
            if not until:
                done = subprocess.run(
                    ["bash", "-c", script], cwd=tmp_path, env=here.environment, capture_output=True, text=True,
                    timeout=600,
                )  # fmt: skip
                assert done.returncode == 0, f"{block}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
                continue
            process = here.start(until.replace(" ", "-"), "bash", "-c", script)
            try:
                wait_for(lambda until=until: _reached(here, until), 300, until)  # type: ignore[misc]
            except AssertionError as trouble:
                raise AssertionError(f"{trouble}\n{here.tail()}") from trouble
            if until == "until the deployment is there":
                kill_with_children(process.pid)
        called = (tmp_path / "called").read_text()
        assert "systemctl enable --now muctieu-server.service muctieu-worker.service" in called
        assert [run.state for run in read_history(tmp_path / "data" / "warehouse")].count("published") >= 1
        assert len(list((tmp_path / "etc" / "systemd" / "system").iterdir())) == len(UNITS)


def _another_night(name: str, code: Path, inbox: Path, here: Installation) -> None:
    """A document more and its snapshot, so that there is one to go back to, and one before that to compare with."""
    text = next(iter(sorted(inbox.glob("*.txt")))).read_text(encoding="utf-8")
    (inbox / name).write_text(f"{text}\n\nBản lưu {name}.\n", encoding="utf-8")
    subprocess.run([code / ".venv" / "bin" / "muctieu", "run"], cwd=code, env=here.environment, check=True, timeout=600)


def _reached(here: Installation, until: str) -> bool:
    if until == "until the server answers":
        return bool(here.ask("/health"))
    if until == "until the deployment is there":
        return bool(here.ask("/deployments/filter", {}))
    return bool(here.ask("/work_pools/muctieu/workers/filter", {}))


def _sandbox(folder: Path, here: Installation, store: str) -> Any:
    """A machine as the guide assumes it, and the function that moves a block's paths there."""
    code = folder / "opt" / "muctieu"
    left_out = shutil.ignore_patterns(".git", ".venv", "__pycache__", "data", "*.egg-info", ".*_cache")
    shutil.copytree(PROJECT, code, ignore=left_out, symlinks=True)
    (code / ".venv").mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != "installed":
            (code / ".venv" / entry.name).symlink_to(entry)
    (code / ".venv" / "installed").touch()  # `make install` finds all in place: CI makes a real one
    shutil.copytree(SAMPLES, folder / "data" / "inbox")
    for name in ("backup", "etc/systemd/system", "stand-ins"):
        (folder / name).mkdir(parents=True)
    for name in STAND_INS:
        path = folder / "stand-ins" / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {folder}/called\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    for name in ("MUCTIEU_INBOX", "MUCTIEU_WAREHOUSE"):
        here.environment.pop(name)
    here.environment["PATH"] = f"{folder}/stand-ins:{here.environment['PATH']}"
    # `muctieu serve` is to start a server of its own, on this test's port
    here.environment.pop("PREFECT_API_URL")
    here.environment["PREFECT_SERVER_API_PORT"] = str(here.port)

    def moved(block: str) -> str:
        block = re.sub(r"(?<![\w.])/(opt|data|backup|etc)/", rf"{folder}/\1/", block)
        block = re.sub(r"(-C )/data\b", rf"\1{folder}/data", block)
        block = block.replace("http://127.0.0.1:8333", store)
        return block.replace("4200", str(here.port)).replace("-o muctieu -g muctieu ", "")

    return moved


# --- systemd ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_the_units_are_valid(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/muctieu/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(text.replace("/opt/muctieu", str(PROJECT)), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / unit.name for unit in UNITS)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_timers_keep_the_time_of_the_settings() -> None:
    text = (PROJECT / "docs/systemd/muctieu-night.timer").read_text(encoding="utf-8")
    minute, hour, *_ = Settings.model_fields["schedule"].default.split()
    zone = Settings.model_fields["timezone"].default
    assert f"OnCalendar=*-*-* {int(hour):02}:{int(minute):02}:00 {zone}" in text


# --- automations ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_prefect_tells_of_a_night_that_failed(tmp_path: Path) -> None:
    """Through Prefect's own block and automation: our own message is switched off in that run."""
    with Listener() as listener, Installation(tmp_path, MUCTIEU_WEBHOOK_URL=listener.url) as here:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        here.start_server()
        for _ in range(2):
            said = here.run(sys.executable, "-m", "flows.automations")
        assert len(said.splitlines()) == 2
        found = here.ask("/automations/filter", {})
        assert sorted(one["name"] for one in found) == sorted(said.splitlines()), "a second call replaces them"
        here.environment.pop("MUCTIEU_WEBHOOK_URL")
        shutil.rmtree(here.inbox)
        code = f"from flows.nightly import nightly; nightly({str(here.inbox)!r}, {str(here.warehouse)!r})"
        here.run(sys.executable, "-c", code, code=1)
        wait_for(lambda: listener.got, 120, "Prefect posts")
        assert listener.got[0]["source"] == "prefect"
        assert "ended as Failed" in listener.got[0]["text"]
        listener.shutdown()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_prefect_notices_a_run_without_heartbeats(tmp_path: Path) -> None:
    """Run and runner killed at once, as by a power cut: nobody is left to tell Prefect but its own automation. With
    the shortest heartbeat that Prefect takes, 30 s, and 45 s of silence instead of 10 minutes."""
    heartbeat = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
    with Listener() as listener, Installation(tmp_path, MUCTIEU_WEBHOOK_URL=listener.url, **heartbeat) as here:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        here.start_server()
        here.run(
            sys.executable, "-c",
            "import datetime; from flows.automations import register; from flows.settings import Settings;"
            "register(Settings(), datetime.timedelta(seconds=45))",
        )  # fmt: skip
        code = (
            "import time; import flows.nightly;"
            "flows.nightly.discover = lambda *_: time.sleep(600);"
            f"flows.nightly.nightly({str(here.inbox)!r}, {str(here.warehouse)!r})"
        )
        night = here.start("night", sys.executable, "-c", code)
        running = wait_for(
            lambda: [run for run in here.flow_runs() if run["state_type"] == "RUNNING"], 240, "a run is at work"
        )[0]
        time.sleep(60)
        assert here.flow_run(running["id"])["state_type"] == "RUNNING", "heartbeats came in time"
        kill_with_children(night.pid)
        assert here.ends(running["id"], 180) == "CRASHED"
        assert "no heartbeat" in here.flow_run(running["id"])["state"]["message"]
        wait_for(lambda: listener.got, 120, "Prefect posts")
        assert "ended as Crashed: no heartbeat" in listener.got[0]["text"]
        listener.shutdown()


# --- settings ---------------------------------------------------------------------------------------------------------


def told(*call: str) -> dict[str, dict[str, str]]:
    result = CliRunner().invoke(COMMAND, ["settings", "--json", *call])
    assert result.exit_code == 0, result.output
    return {row["name"]: row for row in json.loads(result.stdout)}


def test_each_setting_says_where_it_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "muctieu.toml").write_text('inbox = "/a"\nwarehouse = "/b"\nbatch_size = 7\n')
    monkeypatch.setenv("MUCTIEU_BATCH_SIZE", "9")
    monkeypatch.setenv("MUCTIEU_WEBHOOK_URL", "https://chat.example/hooks/a-secret")
    found = told("--warehouse", "/c")
    assert set(found) == set(Settings.model_fields)
    assert all(row["description"] for row in found.values())
    shown = {name: (row["value"], row["source"]) for name, row in found.items()}
    assert shown["inbox"] == ("/a", "muctieu.toml")
    assert shown["batch_size"] == ("9", "environment MUCTIEU_BATCH_SIZE")
    assert shown["warehouse"] == ("/c", "flag")
    assert shown["keep_snapshots"] == ("14", "default")
    assert shown["webhook_url"] == ("https://chat.example/...", "environment MUCTIEU_WEBHOOK_URL")
    assert "a-secret" not in CliRunner().invoke(COMMAND, ["settings"]).output


def test_options_of_file_systems_are_told_without_their_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "muctieu.toml").write_text(
        'publish_to = "s3://tables/muctieu"\n[publish_options]\nkey = "key-1"\nendpoint_url = "https://s3.example"\n'
        '[inbox_options]\nanon = true\nclient_kwargs = {verify = "secret-2", region_name = "us-east-1"}\n'
    )
    monkeypatch.setenv("MUCTIEU_PUBLISH_OPTIONS__SECRET", "secret-1")
    found = told()
    assert found["publish_to"]["value"] == "s3://tables/muctieu"
    assert found["publish_options"]["value"] == "key=***, endpoint_url=https://s3.example, secret=***"
    assert found["publish_options"]["source"] == "environment MUCTIEU_PUBLISH_OPTIONS__SECRET, muctieu.toml"
    assert found["inbox_options"]["value"] == "anon=True, client_kwargs={verify=***, region_name=us-east-1}"
    assert found["inbox_options"]["source"] == "muctieu.toml"
    result = CliRunner().invoke(COMMAND, ["settings"])
    assert "secret-" not in f"{result.output}{Settings()!r}" and "key-1" not in f"{result.output}{Settings()!r}"
    assert result.stderr == "", "the variable sets something"


def test_each_limit_of_a_document_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {name: f"max_{name}" for name in Limits.__slots__}
    names |= {"bytes": "max_document_bytes", "seconds": "seconds_per_document", "memory_bytes": "max_memory_bytes"}
    for number, setting in enumerate(names.values()):
        monkeypatch.setenv(f"MUCTIEU_{setting.upper()}", str(number + 2_000_000))
    assert asdict(Settings().limits()) == {name: number + 2_000_000 for number, name in enumerate(names)}
    text = (PROJECT / "docs" / "sources.md").read_text(encoding="utf-8")
    monkeypatch.undo()
    for setting in names.values():
        value = re.search(rf"`{setting}` \|[^|]*\| ([\d,]+)( MiB| GiB)? \|", text)
        assert value, f"docs/sources.md names {setting} with its default"
        unit = {" MiB": MIB, " GiB": 1024 * MIB}.get(value[2], 1)
        assert float(value[1].replace(",", "")) * unit == getattr(Settings(), setting), setting


WRONG_SETTINGS = {
    "a password in an address": (
        'publish_to = "sftp://night:secret-1@host/tables"',
        {},
        "publish_to (muctieu.toml): Value error, holds a password",
    ),
    "a table that is none": ("", {"MUCTIEU_INBOX_OPTIONS": "key=secret-1"}, "inbox_options"),
    "a slip in the file": (
        'wharehouse = "/b"',
        {},
        "no setting wharehouse (muctieu.toml); was warehouse meant?",
    ),
    "a wrong value in the file": ("batch_size = 0", {}, "batch_size (muctieu.toml): Input should be greater than"),
    "a wrong value in a variable": ("", {"MUCTIEU_WORKERS": "many"}, "workers (environment MUCTIEU_WORKERS): "),
    "a torn file": ("inbox = ", {}, "muctieu.toml cannot be read"),
}


@pytest.mark.parametrize(("text", "variables", "said"), WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_wrong_settings_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, variables: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "muctieu.toml").write_text(text)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(COMMAND, ["settings"])
    assert result.exit_code == 2
    assert said in result.stderr
    assert "secret-1" not in result.output
    run = CliRunner().invoke(COMMAND, ["run"])
    assert (run.exit_code, said in run.stderr, "secret-1" in run.output) == (2, True, False)


def test_a_variable_that_sets_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUCTIEU_WHAREHOUSE", "/x")
    result = CliRunner().invoke(COMMAND, ["settings"])
    assert result.exit_code == 0
    assert "MUCTIEU_WHAREHOUSE sets nothing; was warehouse meant?" in result.stderr


@pytest.mark.parametrize("given", [{"MUCTIEU_SCHEDULE": "every night"}, {"MUCTIEU_TIMEZONE": "Asia/Hue"}], ids=str)
def test_serve_refuses_a_schedule_that_it_does_not_understand(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(COMMAND, ["serve"])
    assert result.exit_code == 2
    assert "is not understood" in result.stderr


# --- reading again ----------------------------------------------------------------------------------------------------


def test_what_since_takes(sample_warehouse: Path, tmp_path: Path) -> None:
    """By the document's date; by the file's time where it has none."""
    undated, new = tmp_path / "undated.txt", tmp_path / "new.txt"
    for path in (undated, new):
        path.write_text("x")
    os.utime(undated, (0, 0))
    paths = {path.name: str(path) for path in [*SAMPLES.iterdir(), undated, new]}
    hashes = dict.fromkeys(paths, "hash")
    assert read_again(hashes, paths, sample_warehouse, None) is hashes
    found = read_again(hashes, paths, sample_warehouse, datetime.date(2023, 1, 1))
    taken = {name for name, digest in found.items() if digest == AGAIN}
    documents = nightly_dates(sample_warehouse)
    assert taken == {name for name, date in documents.items() if date >= datetime.date(2023, 1, 1)} | {"new.txt"}
    assert 0 < len(taken) < len(paths)


def nightly_dates(root: Path) -> dict[str, datetime.date]:
    import duckdb

    files = str(root / "current" / "documents" / "*.parquet")
    sql = "SELECT source_file, document_date FROM read_parquet(?) WHERE document_date IS NOT NULL"
    return dict(duckdb.execute(sql, [files]).fetchall())


def _inbox(tmp_path: Path) -> Path:
    inbox = tmp_path / "inbox"
    shutil.copytree(SAMPLES, inbox)
    for path in inbox.iterdir():
        os.utime(path, (0, 0))
    return inbox


def test_backfill_reads_again_and_changes_nothing(prefect_server: None, tmp_path: Path) -> None:
    inbox, root = _inbox(tmp_path), tmp_path / "w"
    first = nightly(str(inbox), str(root))
    call = ["backfill", str(inbox), "--warehouse", str(root)]
    result = CliRunner().invoke(COMMAND, [*call, "--since", "2023-01-01"])
    assert (result.exit_code, first.snapshot_id in result.stdout) == (0, True), result.output
    assert "nothing has changed" in result.stdout
    reads = nightly(str(inbox), str(root), {"since": "2023-01-01"})
    assert "read" in reads.seconds, "documents were read although their bytes are the same"
    assert CliRunner().invoke(COMMAND, call).exit_code == 2
    assert CliRunner().invoke(COMMAND, [*call, "--since", "2023-01-01", "--all"]).exit_code == 2


def test_a_dry_run_shows_the_difference_and_leaves_all_as_it_is(prefect_server: None, tmp_path: Path) -> None:
    inbox, root = _inbox(tmp_path), tmp_path / "w"
    call = ["backfill", str(inbox), "--warehouse", str(root), "--dry-run", "--accept-drift"]
    first = CliRunner().invoke(COMMAND, call)
    assert "a first snapshot with" in first.stdout, first.output
    nightly(str(inbox), str(root))
    before = _contents(root)
    same = CliRunner().invoke(COMMAND, [*call, "--all"])
    assert "nothing would change" in same.stdout, same.output
    plan = inbox / "01-ke-hoach-chuyen-doi-so-yen-bai.txt"
    plan.write_text(plan.read_text(encoding="utf-8").replace("15%", "16%"), encoding="utf-8")
    differs = CliRunner().invoke(COMMAND, call)
    assert differs.exit_code == 0, differs.output
    assert re.search(r"changed\s+.*Yên Bái.*digital_economy_share_grdp.*15\.0.*16\.0", differs.stdout), differs.stdout
    assert _contents(root) == before


def _contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): b"" if path.is_symlink() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() or path.is_symlink()
    }
