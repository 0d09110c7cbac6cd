"""What came of copying the snapshot elsewhere: `.copy.json` of the warehouse, for `muctieu status`."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from warehouse.durable import replace_file

RECORD = ".copy.json"


@dataclass(frozen=True, slots=True)
class CopyRecord:
    """The last attempt. `snapshot_id`: which one is whole and current at `address`, as far as is known; `trouble`: why
    the attempt failed, empty when it did not."""

    address: str
    snapshot_id: str | None
    tried_at: str
    trouble: str = ""


def read_record(root: Path) -> CopyRecord | None:
    """The record of the warehouse at `root`; None when no copies are wanted."""
    try:
        return CopyRecord(**json.loads((root / RECORD).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def write_record(root: Path, record: CopyRecord) -> None:
    """Raises OSError."""
    replace_file(root / RECORD, (json.dumps(asdict(record), ensure_ascii=False) + "\n").encode())


def forget_copies(root: Path) -> None:
    """No copies are wanted any more."""
    with contextlib.suppress(OSError):
        (root / RECORD).unlink(missing_ok=True)
