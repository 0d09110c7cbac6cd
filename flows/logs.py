"""Structured logs: one event a line with its facts (run, step, batch, document), as JSON or as text.

Events go through the standard logger `muctieu`; within a run of Prefect they stand on its page as well.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog

Form = Literal["auto", "json", "text", "off"]
NAME = "muctieu"
_FILE_BYTES = 10_000_000
_FILES_KEPT = 10

log: Any = structlog.stdlib.get_logger(NAME)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what sys.stderr is at the time, which tests and Prefect replace."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        pass


def configure_logs(form: Form = "auto", file: Path | None = None, level: int = logging.INFO) -> None:
    """Set up logging of this process; may be called again. auto: JSON, but nothing on a terminal, which has a progress
    bar. `file` gets JSON in any case and is rotated at 10 MB, ten old ones kept."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logger = logging.getLogger(NAME)
    for handler in [handler for handler in logger.handlers if getattr(handler, "of_muctieu", False)]:
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)
    logger.propagate = False
    chosen = form if form != "auto" else ("off" if sys.stderr.isatty() else "json")
    if chosen != "off":
        _add(logger, _StandardError(), shared, chosen)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        rotated = logging.handlers.RotatingFileHandler(
            file, maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT, encoding="utf-8", delay=True
        )
        _add(logger, rotated, shared, "json")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def show_in_prefect() -> None:
    """Send the events of this flow run to Prefect too, as text. Call within a flow run; a second call does nothing."""
    from prefect.context import FlowRunContext
    from prefect.logging.handlers import APILogHandler

    logger = logging.getLogger(NAME)
    if any(isinstance(handler, APILogHandler) for handler in logger.handlers):
        return
    handler = APILogHandler()
    handler.addFilter(lambda record: FlowRunContext.get() is not None)
    _add(logger, handler, [], "text")


def _add(logger: logging.Logger, handler: logging.Handler, shared: list[Any], form: str) -> None:
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.of_muctieu = True  # type: ignore[attr-defined]
    logger.addHandler(handler)
