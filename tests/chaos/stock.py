"""The job as Faust's documentation would have it: a plain table, an agent that adds one an event.

The harness must find what this loses and counts twice; otherwise it would prove nothing. It is given every advantage:
one field, keys that no two partitions share, no duplicates to recognise, and bad events passed over.
"""

import json
import os
from typing import Any

import faust

from .world import PARTITIONS, SESSION_S, SURVEYS

APP_ID = os.environ.get("FEEDBACK_APP_ID", "stock")

app = faust.App(
    APP_ID,
    broker=f"kafka://{os.environ.get('FEEDBACK_BROKER', '127.0.0.1:9092').replace(',', ';kafka://')}",
    datadir=os.environ.get("FEEDBACK_DATA_DIR", ".stock"),
    store="memory://",
    topic_disable_leader=True,
    broker_session_timeout=SESSION_S,
    broker_heartbeat_interval=SESSION_S / 4,
)
surveys = app.topic(SURVEYS, value_type=bytes, value_serializer="raw", partitions=PARTITIONS[SURVEYS])
answers = app.Table("answers", default=int, partitions=PARTITIONS[SURVEYS])


def place(value: bytes | None) -> str | None:
    """What an event adds one to: minute and group of an answer to the question for NPS; None for all else.

    >>> place(b'{"kpi":"nps","score":9,"occurred_at":"2026-03-01T09:30:00Z"}')
    '2026-03-01T09:30:promoters'
    """
    try:
        event = json.loads(value or b"")
    except ValueError:
        return None
    if not isinstance(event, dict) or event.get("kpi") != "nps" or type(event.get("score")) is not int:
        return None
    score, time = event["score"], event.get("occurred_at", "")
    if not 0 <= score <= 10 or not time:
        return None
    group = "promoters" if score >= 9 else "passives" if score >= 7 else "detractors"
    return f"{time[:16]}:{group}"


@app.agent(surveys)  # type: ignore[untyped-decorator]
async def count(events: Any) -> None:
    """Count answers by partition, minute and group."""
    async for event in events.events():
        where = place(event.value)
        if where is not None:
            answers[f"{event.message.partition}:{where}"] += 1
