"""Settings that let Prefect's first run work on a cold machine, offline and quietly. Import nothing of Prefect here.

The start of the server took 6 to 20 s where it was measured, and much longer on a cold and busy machine.
They are set before Prefect is imported and never override what the user has set.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

QUIET_AND_COLD_START_SAFE = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_CLI_PROMPT": "false",
    "DO_NOT_TRACK": "1",
}


def prepare_prefect() -> None:
    if "PREFECT_HOME" not in os.environ and not os.access(Path.home(), os.W_OK | os.X_OK):
        os.environ["PREFECT_HOME"] = str(_home_for_the_homeless())
    for name, value in QUIET_AND_COLD_START_SAFE.items():
        os.environ.setdefault(name, value)


def _home_for_the_homeless() -> Path:
    """A folder of the user's own for Prefect's database: service accounts often have no home that they may write to.

    Without one the server fails to start, and says so only by a time-out.
    """
    folder = Path(tempfile.gettempdir(), f"muctieu-prefect-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="muctieu-prefect-"))
    return folder
