"""Settings that let Prefect's first run work on a cold machine, offline and quietly. Import nothing of Prefect here.

The start of the server took 6 to 100 s where it was measured: on a cold disk, with an empty database, beside other work.
They are set before Prefect is imported and never override what the user has set.
"""

from __future__ import annotations

import os

QUIET_AND_COLD_START_SAFE = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_CLI_PROMPT": "false",
    "DO_NOT_TRACK": "1",
}


def prepare_prefect() -> None:
    for name, value in QUIET_AND_COLD_START_SAFE.items():
        os.environ.setdefault(name, value)
