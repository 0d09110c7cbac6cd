"""What a file of the inbox holds: one document, or several."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

SourceStatus = Literal["processed", "unreadable", "empty", "too_large", "failed"]
MEMBER = "!"
"""Stands between an archive and its member in source_file: plans.zip!2024/57.txt."""


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One document. `data` are the bytes that identify it (its hash is document_id); `text` is normalised as
    extract/decode.py says and None unless status is processed. `status_reason` says what is wrong and what to do."""

    source_file: str
    data: bytes
    text: str | None
    encoding: str | None
    status: SourceStatus
    status_reason: str | None = None
    warnings: tuple[str, ...] = ()
    title: str | None = None
    """Title that the container states (JSON Lines); it is also the first line of `text`."""
    date: datetime.date | None = None
    """Date that the container states (JSON Lines, feeds); not part of the text."""


def harmless_name(name: str) -> str:
    """A name for the record that leads nowhere and prints on one line, whatever an archive or a record says."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    shown = "/".join(parts) or "member"
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in shown)


class Unreadable(Exception):
    """A document that cannot be read: `status` for the record, `reason` with the remedy in it."""

    def __init__(self, reason: str, status: SourceStatus = "unreadable") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status: SourceStatus = status
