"""Is a process still there? Told from a later one with the same number by the boot and the moment of its start."""

from __future__ import annotations

import os
from pathlib import Path


def boot_id() -> str:
    """Differs after every start of the machine; empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def process_started(pid: int) -> int | None:
    """Start of a process in clock ticks since boot; 0 where the system does not tell, None when there is no such
    process or it is dead and only waits for its parent."""
    try:
        # the name in brackets may hold spaces and brackets itself
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
        return 0 if _answers(pid) else None
    return None if after_name[0] in ("Z", "X") else int(after_name[19])


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
