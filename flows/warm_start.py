"""What a run needs later, loaded while Prefect's temporary server starts: that takes seconds in a process of its own.

For runs by hand. A night on its schedule finds a server that is up, and nobody waits for it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


def warm_start() -> None:
    """Give back when the server is up and the suite is loaded. Raises what Prefect raises."""
    from prefect.settings import PREFECT_API_URL

    if PREFECT_API_URL.value():
        return
    import prefect.server.api.server  # noqa: F401  before there are two threads that import
    from prefect.client.orchestration import get_client

    from schemas.suite import load

    with ThreadPoolExecutor(1) as beside:
        starting = beside.submit(get_client, sync_client=True)
        load()
        starting.result()
