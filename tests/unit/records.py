"""Events with what they must have, and reading them."""

import json
from typing import Any

import pytest

from stream.decode import Headers, decode, parse
from stream.errors import Rejected
from stream.events import EVENTS, Event, Observation

Json = dict[str, Any]

AT = "2026-03-01T09:30:00Z"
MAX_BYTES = 1_000

#: Each event with what it must have, and no more.
LEAST: dict[str, Json] = {
    "survey_response": {"response_id": "r1", "kpi": "nps", "occurred_at": AT, "score": 9},
    "churn": {"customer_id": "c1", "change": "lost", "occurred_at": AT},
    "customer_count": {"customers": 1000, "occurred_at": AT},
    "contact": {"contact_id": "k1", "customer_id": "c1", "occurred_at": AT},
    "order": {"order_id": "o1", "customer_id": "c1", "occurred_at": AT, "amount": "12.50", "currency": "EUR"},
    "invitation": {"invitation_id": "i1", "kpi": "nps", "occurred_at": AT},
    "case": {"case_id": "s1", "occurred_at": AT, "status": "opened"},
    "verbatim": {"response_id": "r1", "occurred_at": AT, "sentiment": "neutral", "themes": []},
    "erasure": {"customer_id": "c1", "occurred_at": AT},
}
ANSWER = LEAST["survey_response"]
TOPICS = {event.name: event.topic for event in EVENTS}
SURVEYS = TOPICS["survey_response"]


def read(event: Json | bytes | None, headers: Headers = (), topic: str | None = SURVEYS) -> Observation:
    return decode(json.dumps(event).encode() if isinstance(event, dict) else event, headers, topic, MAX_BYTES)


def rejection(event: Json | bytes | None, headers: Headers = (), topic: str | None = SURVEYS) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(event, headers, topic)
    return caught.value


def kind(event: Json, topic: str | None) -> type[Event]:
    return type(parse(json.dumps(event).encode(), (), topic))
