"""A run that people can follow: its journal, its log and its messages; the night tells one object what it does."""

from __future__ import annotations

import contextlib
import datetime
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow.parquet as pq
import structlog

from flows.batches import BatchResult
from flows.inbox_file import InboxMissing
from flows.journal import Journal, RunRecord, State, new_record
from flows.logs import configure_logs, log, show_in_prefect
from flows.notify import PAUSES_SECONDS, notify
from flows.parts import opened
from flows.settings import Settings
from warehouse import WarehouseError, WriterBusy

_TOLD_ALWAYS: tuple[State, ...] = ("failed", "died", "refused", "empty")


class Watch:
    """Journal, log and messages of one run. `warnings`: what people should know besides, in words."""

    def __init__(self, root: Path, settings: Settings, record: RunRecord) -> None:
        self.settings = settings
        self.journal = Journal(root, record)
        self.warnings: tuple[str, ...] = ()
        self._outcome: tuple[State, str, str | None] = ("unchanged", "nothing had changed", None)
        self._holds = False
        self._closed = False

    def progress(self, step: str, done: int, total: int) -> None:
        """A step begins, or goes on: a listener of the night."""
        if step != self.journal.record.step:
            log.info("step", step=step)
        if self._holds:
            self.journal.step(step, done, total)
        else:
            self.journal.record = replace(self.journal.record, step=step)

    @contextlib.contextmanager
    def holding(self, repaired: Sequence[str]) -> Iterator[None]:
        """While the warehouse is held. `repaired`: what the warehouse had to put right first."""
        died = self.journal.begin()
        self._holds = True
        self.warnings += tuple(repaired)
        for what in repaired:
            log.warning("repaired", what=what)
        if died is not None:
            self.warnings += (died.message,)
            log.error("the run before died", died=asdict(died))
            self.tell(died)
        try:
            yield
        except BaseException as trouble:
            self._close("failed", _words(trouble), trouble)
            raise
        else:
            self._close(*self._outcome[:2], snapshot_id=self._outcome[2])
        finally:
            self._holds = False

    def reached(self, snapshot_id: str | None, new: bool) -> None:
        """The night has got its tables: they are published, or they are those of before."""
        state: State = "published" if new else "unchanged"
        said = "published" if new else "stays: nothing had changed"
        self._outcome = (state, f"snapshot {snapshot_id} {said}", snapshot_id)

    def nothing_to_read(self, message: str) -> None:
        self._close("empty", message)

    def batch_read(self, number: int, part: BatchResult) -> None:
        """Log a batch, and each of its documents that was not read (at level debug all of them)."""
        log.info("batch read", batch=number, documents=part.documents, statements=part.statements)
        wanted = ["source_file", "document_id", "status", "status_reason", "n_statements"]
        with opened(part.documents_path) as file:
            rows = pq.ParquetFile(file).read(columns=wanted).to_pylist()
        for row in rows:
            if row["status"] == "processed":
                log.debug("document read", batch=number, document=row["source_file"], statements=row["n_statements"])
            else:
                log.warning(
                    "document not read",
                    batch=number,
                    document=row["source_file"],
                    document_id=row["document_id"],
                    status=row["status"],
                    reason=row["status_reason"],
                )

    def left(self, trouble: BaseException) -> None:
        """The night ended with `trouble`; closes the record when it never held the warehouse."""
        if not self._closed:
            self._close("refused" if isinstance(trouble, WriterBusy) else "failed", _words(trouble), trouble)

    def _close(
        self, state: State, message: str, trouble: BaseException | None = None, snapshot_id: str | None = None
    ) -> None:
        self._closed = True
        if self._holds:
            record = self.journal.end(state, message, snapshot_id)
        else:
            ended = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            self.journal.record = record = replace(self.journal.record, state=state, message=message, ended_at=ended)
            if self.journal.root.is_dir():
                self.journal.note()
        if self.journal.trouble is not None:
            log.warning("the journal could not be written", reason=str(self.journal.trouble))
        if trouble is not None:
            log.error("run ended", state=state, step=record.step, reason=message, error=type(trouble).__name__)
        else:
            log.info("run ended", state=state, snapshot=snapshot_id, message=message)
        if not isinstance(trouble, KeyboardInterrupt):
            in_haste = trouble is not None and not isinstance(trouble, Exception)
            self.tell(record, pauses=() if in_haste else PAUSES_SECONDS)

    def tell(self, record: RunRecord, pauses: Sequence[float] = PAUSES_SECONDS) -> None:
        """Post the end of a run to the webhook, if there is one and it wants to know."""
        url = self.settings.webhook_url
        if url is None or (record.state not in _TOLD_ALWAYS and self.settings.notify != "always"):
            return
        problem = notify(url.get_secret_value(), as_text(record, self.journal.root), asdict(record), pauses)
        if problem:
            log.warning("message not sent", reason=problem)
        else:
            log.info("message sent", state=record.state)


@contextlib.contextmanager
def watched(
    root: Path, inbox: str, settings: Settings, started_at: datetime.datetime, run_id: str, in_prefect: bool
) -> Iterator[Watch]:
    """Follow a run from before it holds the warehouse to its end, however it ends short of a kill."""
    configure_logs(settings.log, settings.log_file, logging.getLevelNamesMapping()[settings.log_level.upper()])
    if in_prefect:
        show_in_prefect()
    watch = Watch(root, settings, new_record(run_id, inbox, started_at))
    with structlog.contextvars.bound_contextvars(run=run_id):
        log.info("run started", inbox=inbox, warehouse=str(root), pid=watch.journal.record.pid)
        try:
            yield watch
        except BaseException as trouble:
            watch.left(trouble)
            raise


def as_text(record: RunRecord, root: Path) -> str:
    """One line for people."""
    said = {
        "failed": f"the night FAILED in step {record.step}: {record.message}. The tables published before stay",
        "died": f"a night DIED: {record.message}. The next run repairs what it left",
        "refused": f"a night did not start: {record.message}",
        "empty": f"the night found nothing to read: {record.message}",
    }.get(record.state, f"the night is done: {record.message}")
    return f"muctieu on {record.host}: {said} (warehouse {root})"


def _words(trouble: BaseException) -> str:
    """The message; with the kind of trouble in front where the message was not written for people."""
    text = str(trouble).strip()
    ours = isinstance(trouble, WarehouseError | InboxMissing)
    return text if ours else f"{type(trouble).__name__}: {text or 'no message'}"
