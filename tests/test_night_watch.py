"""A run that people can follow: its journal, its log, its messages, and what `muctieu status` makes of them."""

from __future__ import annotations

import datetime
import errno
import http.server
import json
import logging
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

import flows.journal
import flows.nightly
from flows.cli import app, assemble
from flows.journal import Journal, RunRecord, append_history, is_alive, new_record, read_history, read_run, write_run
from flows.logs import configure_logs, log
from flows.nightly import nightly
from flows.notify import notify
from flows.status import EXIT_CODES, as_line, status_of
from tests.conftest import SAMPLES
from warehouse import GateFailed, WriterBusy

COMMAND = assemble(typer.Typer(rich_markup_mode=None)) if not app.registered_commands else app
PLAN = "01-ke-hoach-chuyen-doi-so-yen-bai.txt"
NOW = datetime.datetime(2026, 1, 10, 3, 0, tzinfo=datetime.UTC)


def record(state: str = "running", **given: Any) -> RunRecord:
    return replace(new_record("run-1", "inbox", NOW), state=state, **given)  # type: ignore[arg-type]


# --- the journal ------------------------------------------------------------------------------------------------------


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    ours = record(step="read", done=3, total=9, message="đã đọc")
    write_run(tmp_path, ours)
    append_history(tmp_path, ours)
    assert read_run(tmp_path) == ours
    assert read_history(tmp_path) == [ours]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b"\xff\x00", b'{"run_id": 1}'], ids=repr)
def test_a_damaged_journal_is_no_journal(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / ".run.json").write_bytes(damage)
    append_history(tmp_path, record("published"))
    with open(tmp_path / ".runs.jsonl", "ab") as file:
        file.write(damage)
    append_history(tmp_path, record("failed"))
    assert read_run(tmp_path) is None
    assert [run.state for run in read_history(tmp_path)] == ["published", "failed"]


def test_a_record_of_a_later_version_is_read(tmp_path: Path) -> None:
    write_run(tmp_path, record())
    path = tmp_path / ".run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "of_tomorrow": 1}))
    assert read_run(tmp_path) == record()


def test_who_is_alive() -> None:
    assert is_alive(record()) is True
    assert is_alive(record(process_started=1)) is False, "another process has got the same number"
    assert is_alive(record(boot_id="another")) is False, "the machine was started anew"
    assert is_alive(record(host="elsewhere")) is None
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert is_alive(record(pid=ended.pid, process_started=0)) is False


def test_a_full_disk_still_takes_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No new file fits, so the old one is written over."""
    journal = Journal(tmp_path, record())
    journal.begin()

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(flows.journal, "replace_file", full)
    monkeypatch.setattr(flows.journal, "append_history", full)
    journal.end("failed", "No space left on device")
    found = read_run(tmp_path)
    assert found is not None
    assert (found.state, found.message) == ("failed", "No space left on device")
    assert journal.trouble is not None


def test_what_a_full_disk_kept_out_of_the_history_comes_later(tmp_path: Path) -> None:
    write_run(tmp_path, record("failed", message="No space left on device", ended_at=NOW.isoformat()))
    Journal(tmp_path, record(run_id="run-2")).begin()
    Journal(tmp_path, record(run_id="run-3")).begin()
    assert [(run.run_id, run.state) for run in read_history(tmp_path)] == [("run-1", "failed"), ("run-2", "died")]


def test_a_long_history_is_shortened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.journal, "_MOST_BYTES", 2_000)
    monkeypatch.setattr(flows.journal, "MOST_LINES", 3)
    for number in range(20):
        append_history(tmp_path, record("published", run_id=str(number)))
    Journal(tmp_path, record()).begin()
    assert [run.run_id for run in read_history(tmp_path)] == ["17", "18", "19"]


# --- a whole night and its journal ------------------------------------------------------------------------------------


def _inbox(tmp_path: Path) -> Path:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(SAMPLES / PLAN, inbox)
    return inbox


def test_nights_leave_their_history(prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Published, unchanged, empty, failed, refused: each in one line, and `status` says what follows from it."""
    inbox, root = _inbox(tmp_path), tmp_path / "w"
    first = nightly(str(inbox), str(root))
    nightly(str(inbox), str(root))
    (inbox / PLAN).rename(tmp_path / PLAN)
    nightly(str(inbox), str(root))
    assert "is the inbox mounted?" in status_of(root, 26).reasons[0]
    (tmp_path / PLAN).rename(inbox / PLAN)
    (inbox / "more.txt").write_text("Đến năm 2030, tỷ lệ hộ nghèo còn 1%.", encoding="utf-8")
    monkeypatch.setattr(flows.nightly, "check_tables", lambda *_: ("broken on purpose",))
    with pytest.raises(GateFailed):
        nightly(str(inbox), str(root))
    failed = status_of(root, 26)
    assert (failed.level, failed.exit_code) == ("WARNING", 1)
    assert "in step validate" in failed.reasons[0]
    assert "broken on purpose" in failed.reasons[0]
    with pytest.raises(WriterBusy):
        _while_another_holds(root, inbox)
    states = [run.state for run in read_history(root)]
    assert states == ["published", "unchanged", "empty", "failed", "refused"]
    assert {run.snapshot_id for run in read_history(root)[:2]} == {first.snapshot_id}
    assert status_of(root, 26).reasons == failed.reasons, "a refused run says nothing about the tables"


def _while_another_holds(root: Path, inbox: Path) -> None:
    code = (
        "import sys; from warehouse import writer\n"
        f"with writer({str(root)!r}): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin and other.stdout
        assert other.stdout.readline() == b"held\n"
        try:
            nightly(str(inbox), str(root))
        finally:
            other.stdin.close()


def test_a_killed_night_is_told_by_status_and_by_the_next(prefect_server: None, tmp_path: Path) -> None:
    """Killed where it cannot say anything: the journal says where, since when and on which host."""
    inbox, root = _inbox(tmp_path), tmp_path / "w"
    nightly(str(inbox), str(root))
    (inbox / "more.txt").write_text("Đến năm 2030, tỷ lệ hộ nghèo còn 1%.", encoding="utf-8")
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "import flows.nightly\n"
        "from tests.night_year import without_prefect\n"
        "without_prefect()\n"
        "flows.nightly.validate_tables = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"flows.nightly.nightly.fn({str(inbox)!r}, {str(root)!r})\n"
    )
    died = subprocess.run([sys.executable, "-c", code], cwd=SAMPLES.parent, capture_output=True, timeout=300)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-1000:]
    found = status_of(root, 26)
    assert (found.level, found.exit_code) == ("WARNING", 1)
    assert found.reasons[0].startswith("the run died without a word: step validate, process ")
    assert f"on {socket.gethostname()}, started " in found.reasons[0]
    summary = nightly(str(inbox), str(root))
    assert any("the run died without a word: step validate" in warning for warning in summary.warnings)
    assert [run.state for run in read_history(root)] == ["published", "died", "published"]
    assert status_of(root, 26).level == "OK"


# --- status -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def published(sample_warehouse: Path, tmp_path: Path) -> Path:
    """A warehouse of one's own with a snapshot and no journal."""
    root = tmp_path / "w"
    shutil.copytree(sample_warehouse, root, symlinks=True)
    for name in (".run.json", ".runs.jsonl"):
        (root / name).unlink()
    return root


def test_status_by_age(published: Path) -> None:
    born = datetime.datetime.fromisoformat(status_of(published, 26).good_at or "")
    hours = datetime.timedelta(hours=1)
    assert status_of(published, 26, born + 25 * hours).level == "OK"
    old = status_of(published, 26, born + 27 * hours)
    assert (old.level, old.exit_code) == ("CRITICAL", 2)
    assert "27 h ago" in old.reasons[0]


def test_a_night_without_changes_keeps_the_tables_fresh(published: Path) -> None:
    current = (published / "current").resolve().name
    born = datetime.datetime.fromisoformat(status_of(published, 26).good_at or "")
    later = born + datetime.timedelta(days=5)
    append_history(published, record("unchanged", snapshot_id=current, ended_at=later.isoformat()))
    assert status_of(published, 26, later).level == "OK"
    two_days_on = later + datetime.timedelta(days=2)
    append_history(published, record("unchanged", snapshot_id="another", ended_at=two_days_on.isoformat()))
    assert status_of(published, 26, two_days_on).level == "CRITICAL", "that night confirmed another snapshot"


def test_a_snapshot_from_the_future_means_a_wrong_clock(published: Path) -> None:
    found = status_of(published, 26, datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    assert found.level == "WARNING"
    assert "check the clock" in found.reasons[0]


def test_a_run_at_work_is_no_trouble(published: Path) -> None:
    write_run(published, record(step="read", done=4, total=8))
    found = status_of(published, 26)
    assert found.level == "OK"
    assert "a run is at work: step read (4 of 8 documents)" in as_line(found)


def test_a_run_that_died_outside_its_steps_is_told(published: Path) -> None:
    """Its journal had not begun, or was closed: the record of the lock is what it left."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    lock = {"pid": ended.pid, "host": socket.gethostname(), "started_at": NOW.isoformat(), "publishing": None}
    (published / ".writer.lock").write_text(json.dumps(lock))
    assert "a run died without a word: outside its steps" in status_of(published, 1e9).reasons[0]
    (published / ".writer.lock").write_text(json.dumps({**lock, "host": "elsewhere"}))
    assert status_of(published, 1e9).level == "OK"
    (published / ".writer.lock").write_text("")
    assert status_of(published, 1e9).level == "OK"


def test_a_run_on_another_host_is_not_called_dead(published: Path) -> None:
    write_run(published, record(host="elsewhere"))
    assert status_of(published, 26).level == "OK"


STATUS_CASES = {
    "no warehouse": ("nowhere", 3, "MUCTIEU UNKNOWN - there is no warehouse"),
    "nothing published": ("empty", 2, "MUCTIEU CRITICAL - nothing was published yet"),
    "a damaged snapshot": ("damaged", 2, "MUCTIEU CRITICAL - "),
    "all is well": ("w", 0, "MUCTIEU OK - tables are fresh; snapshot "),
}


@pytest.mark.parametrize(("name", "code", "said"), STATUS_CASES.values(), ids=STATUS_CASES)
def test_the_status_command(published: Path, name: str, code: int, said: str) -> None:
    root = published.parent / name
    (published.parent / "empty").mkdir()
    shutil.copytree(published, published.parent / "damaged", symlinks=True)
    (published.parent / "damaged" / "current" / "manifest.json").write_text("{")
    result = CliRunner().invoke(COMMAND, ["status", "-w", str(root), "--oldest", "1000"])
    assert (result.exit_code, result.stdout[: len(said)]) == (code, said)
    assert result.stdout.count("\n") == 1, "one line for Nagios"
    as_json = CliRunner().invoke(COMMAND, ["status", "-w", str(root), "--oldest", "1000", "--json"])
    told = json.loads(as_json.stdout)
    assert as_json.exit_code == code == told["exit_code"] == EXIT_CODES[told["level"]]


def test_status_for_cron_and_for_probes(published: Path) -> None:
    call = ["status", "-w", str(published), "--oldest", "1000"]
    assert CliRunner().invoke(COMMAND, [*call, "--quiet"]).output == ""
    append_history(published, record("failed", ended_at=NOW.isoformat(), message="x"))
    assert CliRunner().invoke(COMMAND, [*call, "--quiet"]).exit_code == 1
    assert CliRunner().invoke(COMMAND, [*call, "--fresh-only"]).exit_code == 0
    assert "failed" in CliRunner().invoke(COMMAND, [*call, "--history"]).stdout
    performance = CliRunner().invoke(COMMAND, call).stdout.partition(" | ")[2]
    assert performance.startswith("age=") and "targets=" in performance


def test_status_needs_neither_prefect_nor_pandas(published: Path) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from flows.cli import app, assemble;"
        f"r = CliRunner().invoke(assemble(app), ['status', '-w', {str(published)!r}, '--oldest', '1000']);"
        "assert r.exit_code == 0, r.output;"
        "sys.exit(', '.join({'prefect', 'great_expectations', 'pandas'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=SAMPLES.parent)
    assert (result.returncode, result.stderr) == (0, "")


# --- messages ---------------------------------------------------------------------------------------------------------


class Listener(http.server.ThreadingHTTPServer):
    """A real HTTP server that keeps what it is sent and answers with the next of `answers`, then 200."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.got: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Keeping)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks/a-secret"


class _Keeping(http.server.BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append({"type": self.headers["Content-Type"], **json.loads(body)})
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_message_arrives(listener: Listener) -> None:
    assert notify(listener.url, "đêm hỏng", {"state": "failed"}, pauses=()) is None
    (got,) = listener.got
    assert (got["text"], got["state"], got["type"]) == ("đêm hỏng", "failed", "application/json")


def test_a_host_in_trouble_is_asked_again_and_one_that_refuses_is_not(listener: Listener) -> None:
    listener.answers = [503, 200, 404, 200]
    assert notify(listener.url, "x", pauses=(0.0, 0.0)) is None
    assert len(listener.got) == 2
    said = notify(listener.url, "x", pauses=(0.0, 0.0))
    assert said is not None and "answered 404" in said
    assert len(listener.got) == 3
    assert "a-secret" not in said


def test_nobody_listens() -> None:
    said = notify("http://127.0.0.1:9/hooks/a-secret", "x", pauses=())
    assert said is not None and "http://127.0.0.1:9 could not be reached" in said
    assert notify("no address", "x", pauses=()) is not None


def test_nights_are_told(
    prefect_server: None, tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed one always, a good one when asked; the next run tells of one that died."""
    inbox, root = _inbox(tmp_path), tmp_path / "w"
    nightly(str(inbox), str(root), {"webhook_url": listener.url})
    assert listener.got == []
    write_run(root, record(process_started=1, step="publish"))
    nightly(str(inbox), str(root), {"webhook_url": listener.url, "notify": "always"})
    assert [got["state"] for got in listener.got] == ["died", "unchanged"]
    assert "DIED" in listener.got[0]["text"] and "step publish" in listener.got[0]["text"]
    (inbox / PLAN).write_text("Đến năm 2030, tỷ lệ hộ nghèo còn 1%.", encoding="utf-8")
    monkeypatch.setattr(flows.nightly, "check_tables", lambda *_: ("broken on purpose",))
    with pytest.raises(GateFailed):
        nightly(str(inbox), str(root), {"webhook_url": listener.url})
    assert "FAILED in step validate" in listener.got[-1]["text"]
    assert "broken on purpose" in listener.got[-1]["text"]


def test_a_deaf_webhook_does_not_stop_a_night(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.watch.PAUSES_SECONDS", ())
    given = {"webhook_url": "http://127.0.0.1:9/", "notify": "always"}
    assert nightly(str(_inbox(tmp_path)), str(tmp_path / "w"), given).published


def test_status_tells_that_no_night_came(published: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUCTIEU_WEBHOOK_URL", listener.url)
    call = ["status", "-w", str(published), "--notify"]
    assert CliRunner().invoke(COMMAND, [*call, "--oldest", "1000"]).exit_code == 0
    assert listener.got == []
    assert CliRunner().invoke(COMMAND, ["status", "-w", str(published.parent), "--notify"]).exit_code == 2
    assert listener.got[0]["text"].startswith("MUCTIEU CRITICAL")


# --- logs -------------------------------------------------------------------------------------------------------------


def test_the_log_names_run_batch_and_document(prefect_server: None, tmp_path: Path) -> None:
    inbox = _inbox(tmp_path)
    (inbox / "torn.pdf").write_bytes(b"%PDF-1.4 torn")
    path = tmp_path / "logs" / "night.jsonl"
    nightly(str(inbox), str(tmp_path / "w"), {"log_file": str(path), "log_level": "debug", "small_run_documents": 0})
    configure_logs("off")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({line["run"] for line in lines}) == 1
    assert [line["event"] for line in lines][:2] == ["run started", "step"]
    (read,) = [line for line in lines if line["event"] == "document read"]
    assert (read["batch"], read["document"]) == (0, PLAN)
    (torn,) = [line for line in lines if line["event"] == "document not read"]
    assert (torn["batch"], torn["document"], torn["level"]) == (0, "torn.pdf", "warning")
    assert torn["reason"]
    assert lines[-1]["event"] == "run ended" and lines[-1]["state"] == "published"


def test_logs_as_text_and_none_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("text")
    log.warning("document not read", document="a.txt")
    configure_logs("off")
    log.error("said to nobody")
    configure_logs("json", level=logging.ERROR)
    log.warning("too low")
    log.error("loud", document="b.txt")
    configure_logs("off")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "document not read" in lines[0] and "a.txt" in lines[0]
    assert json.loads(lines[1])["document"] == "b.txt"


# --- sources ----------------------------------------------------------------------------------------------------------


def test_a_remote_inbox_is_read(prefect_server: None, tmp_path: Path) -> None:
    """As s3:// would be: any address that fsspec knows is mirrored into the warehouse."""
    import fsspec

    with fsspec.open("memory://plans/2025/plan.txt", "wb") as file:
        file.write((SAMPLES / PLAN).read_bytes())  # type: ignore[union-attr]
    summary = nightly("memory://plans", str(tmp_path / "w"))
    assert (summary.published, summary.documents_by_status) == (True, {"processed": 1})
    assert nightly("memory://plans", str(tmp_path / "w")).published is False


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = (SAMPLES / PLAN).read_bytes() if self.path == "/plan.txt" else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_web_pages_are_fetched_and_trouble_is_told(prefect_server: None, tmp_path: Path) -> None:
    inbox, pages = tmp_path / "inbox", tmp_path / "pages.txt"
    inbox.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{site.server_address[1]}"
        pages.write_text(f"# plans\n{address}/plan.txt\n{address}/gone.txt\n")
        given = {"web_pages": str(pages), "web_allow_private": True}
        summary = nightly(str(inbox), str(tmp_path / "w"), given)
        refused = nightly(str(inbox), str(tmp_path / "w"), {"web_pages": str(pages)})
        site.shutdown()
    assert (summary.published, summary.documents_by_status) == (True, {"processed": 1})
    (warning,) = summary.warnings
    assert warning.startswith(f"{address}/gone.txt was not fetched: ")
    assert len(refused.warnings) == 2, "a private address is not asked unless that is allowed"


def test_quiet_is_one_line_and_trouble_is_told(prefect_server: None, tmp_path: Path) -> None:
    """What cron mails."""
    call = ["run", str(_inbox(tmp_path)), "--warehouse", str(tmp_path / "w"), "--quiet"]
    result = CliRunner().invoke(COMMAND, call)
    assert (result.exit_code, result.stdout.count("\n"), result.stderr) == (0, 1, "")
    (tmp_path / "w" / "current").unlink()
    (tmp_path / "w" / "current").write_text("no link")
    wrong = CliRunner().invoke(COMMAND, call)
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith("muctieu: ")
