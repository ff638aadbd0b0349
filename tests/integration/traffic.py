"""Events for the tests: every kind, many scales, out of order, with repeats, corrections and deletions."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from . import oracle
from .harness import Sent, Service, all_committed, eventually, produce
from .journey_traffic import journey

Event = dict[str, Any]

TOPICS = {
    "survey_response": "feedback.surveys", "churn": "feedback.churn", "customer_count": "feedback.churn",
    "contact": "feedback.contacts", "order": "feedback.orders", "invitation": "feedback.invitations",
    "case": "feedback.cases", "verbatim": "feedback.verbatims",
}  # fmt: skip
KEYS = {
    "survey_response": "response_id", "churn": "customer_id", "customer_count": "segment", "contact": "customer_id",
    "order": "customer_id", "invitation": "invitation_id", "case": "case_id",
    "verbatim": "response_id",
}  # fmt: skip

CHANNELS, TOUCHPOINTS, SEGMENTS = ("phone", "chat", "e-mail"), ("billing", "delivery"), ("premium", "basic")
TEAMS, SURVEYS = ("north", "south", "équipe sud"), ("after-call", "yearly")

#: Scales and directions that answers may come on, by KPI; the first one is left out of the event.
SCALES: dict[str, Sequence[dict[str, Any]]] = {
    "nps": ({"min": 0, "max": 10}, {"min": 1, "max": 10, "high_is": "better"}),
    "enps": ({"min": 0, "max": 10},),
    "csat": (
        {"min": 1, "max": 5},
        {"min": 0, "max": 10},
        {"min": 1, "max": 7, "high_is": "worse"},
        {"min": 1, "max": 2},
    ),
    "ces": (
        {"min": 1, "max": 7},
        {"min": 1, "max": 5, "high_is": "harder"},
        {"min": 0, "max": 100, "high_is": "easier"},
    ),
}
#: How long ago, at most; so every window holds something that the next shorter one does not.
AGES = (200, 3_000, 70_000, 500_000, 2_500_000)


def record(event: Event) -> Sent:
    """The event as a client sends it."""
    key = event.get(KEYS[event["type"]], "unknown")
    value = json.dumps(event, ensure_ascii=False).encode()
    return Sent(TOPICS[event["type"]], key.encode(), value)


def records(events: Iterable[Event]) -> list[Sent]:
    """Likewise for many."""
    return [record(event) for event in events]


def lines(events: Iterable[Event]) -> bytes:
    """The events as `score` and `send` read them."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def answer(response_id: str, score: int | None, occurred_at: str, kpi: str = "nps", **fields: Any) -> Event:
    """A survey response."""
    return {
        "type": "survey_response", "response_id": response_id, "kpi": kpi, "score": score, "occurred_at": occurred_at,
        **fields,
    }  # fmt: skip


def rfc3339(seconds: float, hours: int = 0) -> str:
    """A time as events write it, in a zone so many hours from UTC."""
    return datetime.fromtimestamp(round(seconds, 3), UTC).astimezone(timezone(timedelta(hours=hours))).isoformat()


class Feed:
    """A broker and all the events that were sent to it: whoever starts from the beginning must have counted these."""

    def __init__(self, broker: str) -> None:
        self.broker = broker
        self.events: list[Event] = []

    async def send(self, events: Sequence[Event]) -> None:
        """Send events, in their order."""
        await produce(self.broker, records(events))
        self.events += events

    async def all_counted(self, service: Service, app_id: str) -> None:
        """Wait until everything is counted and committed and this service shows exactly what the definitions say."""
        await eventually(lambda: all_committed(self.broker, app_id))

        async def shown() -> None:
            rows = await service.scores()
            oracle.check_rows(rows, oracle.scores(self.events, oracle.time_of(rows)))

        await eventually(shown)


def traffic(now: float, count: int, seed: int = 1, name: str = "r") -> list[Event]:
    """So many events of all kinds before `now`, and some more that repeat, correct or delete them."""
    chance = Random(seed)
    begun = [_event(chance, now, f"{name}{number}") for number in range(count)]
    events, later = [events[0] for events in begun], [event for events in begun for event in events[1:]]
    events += _customers(chance, now, name)
    for event in events:
        if event["type"] == "survey_response" and chance.random() < 0.25:
            later += _afterthought(chance, now, event)
    chance.shuffle(events)
    chance.shuffle(later)
    return events + later


def _event(chance: Random, now: float, name: str) -> list[Event]:
    """An event, and for some what comes of it later; some of all are sent twice."""
    if chance.random() < 0.7:
        return [_answer(chance, now, name)]
    age = chance.random() * chance.choice(AGES)
    found = journey(chance, name, lambda seconds: rfc3339(now - seconds), age, _dimensions(chance))
    return found + found[-1:] if chance.random() < 0.1 else found


def _answer(chance: Random, now: float, name: str) -> Event:
    kpi = chance.choice(("nps", "nps", "csat", "csat", "ces", "enps"))
    number = chance.randrange(len(SCALES[kpi]))
    scale = SCALES[kpi][number]
    event = answer(name, chance.randint(scale["min"], scale["max"]), _time(chance, now), kpi, **_dimensions(chance))
    if number:
        event["scale"] = scale
    if chance.random() < 0.2:
        event["question"] = "q1"
    status = chance.random()
    if status < 0.06:
        event |= {"status": "skipped", "score": None}
    elif status < 0.1:
        event["status"] = chance.choice(("declined", "excluded"))
    if chance.random() < 0.5:
        event |= {"comment": "Très « bien », merci \U0001f600", "customer_id": f"c-{name}", "unheard_of": {"x": [1]}}
    return event


def _dimensions(chance: Random) -> dict[str, str]:
    choices = {"channel": CHANNELS, "touchpoint": TOUCHPOINTS, "segment": SEGMENTS, "team": TEAMS, "survey_id": SURVEYS}
    return {field: chance.choice(members) for field, members in choices.items() if chance.random() < 0.9}


def _time(chance: Random, now: float) -> str:
    return rfc3339(now - chance.random() * chance.choice(AGES), chance.choice((0, 2, -5)))


def _afterthought(chance: Random, now: float, event: Event) -> list[Event]:
    scale = event.get("scale", SCALES[event["kpi"]][0])
    corrected = event | {
        "score": chance.randint(scale["min"], scale["max"]), "status": "answered", "channel": "corrected",
        "updated_at": rfc3339(now - 1),
    }  # fmt: skip
    revised = event | {"score": scale["max"], "status": "answered", "revision": 3}
    deleted = event | {"score": None, "status": "deleted", "updated_at": rfc3339(now - 0.5)}
    return chance.choice(
        ([event], [corrected], [corrected, event], [revised, revised], [deleted], [corrected, deleted])
    )


def _customers(chance: Random, now: float, name: str) -> list[Event]:
    """Counts, a day and two hours ago, and changes of customers since."""
    events: list[Event] = []
    for segment in SEGMENTS:
        for age, customers in ((26 * 3600, 400), (2 * 3600, 380)):
            at = rfc3339(now - age)
            events.append({"type": "customer_count", "customers": customers, "occurred_at": at, "segment": segment})
    for number in range(60):
        change = chance.choice(("lost", "lost", "joined", "reactivated"))
        at = rfc3339(now - chance.random() * chance.choice((250, 3_000, 7_000, 90_000)))
        event = {"type": "churn", "customer_id": f"{name}{number}", "change": change, "occurred_at": at}
        event["segment"] = chance.choice(SEGMENTS)
        if chance.random() < 0.2:
            event["effective_at"] = rfc3339(now - chance.random() * 3_000)
        events.append(event)
        if chance.random() < 0.2:
            events.append(dict(event))
    return events
