"""Prefect's own watch over the nights: run once, `python -m flows.automations`, against the server of PREFECT_API_URL.

Two automations: a run whose heartbeats stop (power cut, kill -9 of worker and run) becomes Crashed, and a run that
failed, crashed or was cancelled posts to the setting webhook_url through a block of Prefect. Both are replaced where
they are there already. muctieu's own messages (flows/notify.py) need neither; these also tell of runs that never began.
"""

from __future__ import annotations

import contextlib
import sys
from datetime import timedelta
from typing import Any

from flows.deployment import FLOW
from flows.notify import place
from flows.settings import Settings

DEAD = "muctieu: a run without heartbeats has crashed"
TELL = "muctieu: tell of nights that went wrong"
BLOCK = "muctieu-webhook"
SILENCE = timedelta(minutes=10)
"""Three heartbeats of three minutes, Prefect's default, may be missed."""
_ENDS = ("Completed", "Failed", "Cancelled", "Crashed")


def automations(webhook_block: Any = None, silence: timedelta = SILENCE) -> list[Any]:
    """The automations as Prefect has them; the second one only with the id of a notification block."""
    from prefect.automations import Automation
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState, SendNotification
    from prefect.events.schemas.automations import EventTrigger, Posture

    ours: dict[str, Any] = {
        "match": {"prefect.resource.id": "prefect.flow-run.*"},
        "match_related": {"prefect.resource.role": "flow", "prefect.resource.name": FLOW},
        "for_each": {"prefect.resource.id"},
    }
    beat = "prefect.flow-run.heartbeat"
    dead = EventTrigger(
        after={beat},
        expect={beat, *(f"prefect.flow-run.{state}" for state in _ENDS)},
        posture=Posture.Proactive,
        threshold=1,
        within=silence,
        **ours,
    )
    crash = ChangeFlowRunState(state=StateType.CRASHED, message="no heartbeat: killed, or its machine is down")
    found = [Automation(name=DEAD, trigger=dead, actions=[crash])]
    if webhook_block is not None:
        wrong = EventTrigger(
            expect={f"prefect.flow-run.{state}" for state in _ENDS if state != "Completed"},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
            **ours,
        )
        body = "The run {{ flow_run.name }} of muctieu ended as {{ flow_run.state.name }}: {{ flow_run.state.message }}"
        tell = SendNotification(block_document_id=webhook_block, subject="muctieu", body=body)
        found.append(Automation(name=TELL, trigger=wrong, actions=[tell]))
    return found


def register(settings: Settings, silence: timedelta = SILENCE) -> list[str]:
    """Put block and automations on the server; their names. Needs PREFECT_API_URL. `silence`: how long a run may give
    no sign of life."""
    from prefect.automations import Automation
    from prefect.blocks.notifications import CustomWebhookNotificationBlock

    block = None
    if settings.webhook_url is not None:
        webhook = CustomWebhookNotificationBlock(
            name=BLOCK,
            url=settings.webhook_url.get_secret_value(),
            json_data={"text": "{{subject}}: {{body}}", "source": "prefect"},
        )
        block = webhook.save(BLOCK, overwrite=True)
    done = []
    for automation in automations(block, silence):
        with contextlib.suppress(ValueError):  # not there yet
            Automation.read(name=automation.name).delete()
        automation.create()
        done.append(automation.name)
    return done


if __name__ == "__main__":
    chosen = Settings()
    for line in register(chosen):
        print(line)
    if chosen.webhook_url is None:
        print("the setting webhook_url is empty, so Prefect tells nobody", file=sys.stderr)
    else:
        print(f"messages go to {place(chosen.webhook_url.get_secret_value())}", file=sys.stderr)
