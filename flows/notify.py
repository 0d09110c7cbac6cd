"""Messages to people: a JSON document posted to the address of the setting `webhook_url`.

The field `text` is what Slack, Mattermost, Rocket.Chat and Google Chat show; the other fields are for programs. A host
that does not answer never stops a night: that is logged.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

PAUSES_SECONDS = (1.0, 5.0)
TIMEOUT_SECONDS = 10.0


def notify(
    url: str, text: str, facts: Mapping[str, Any] | None = None, pauses: Sequence[float] = PAUSES_SECONDS
) -> str | None:
    """Post a message; tries again after each of `pauses` (seconds) on trouble that may pass. Gives None when it was
    taken, else the reason in words, without the path of `url`, which is often a secret."""
    import httpx

    where = place(url)
    body = {**(facts or {}), "text": text, "source": "muctieu"}
    reason = "no attempt"
    for pause in (*pauses, None):
        try:
            answer = httpx.post(url, json=body, timeout=TIMEOUT_SECONDS, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as trouble:
            reason = f"{where} could not be reached ({type(trouble).__name__})"
        else:
            if answer.is_success:
                return None
            reason = f"{where} answered {answer.status_code}"
            if answer.status_code < 500 and answer.status_code not in (408, 429):
                return f"{reason}; check the setting webhook_url"
        if pause is not None:
            time.sleep(pause)
    return f"{reason}; check the setting webhook_url and the network"


def place(url: str) -> str:
    """Scheme and host of an address: what may be shown of it."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme}://{parts.hostname or '?'}{port}"
