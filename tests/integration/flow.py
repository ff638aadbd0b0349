"""A worker with events to count and records to refuse, and what must have become of them."""

import json
import time
from typing import Any, NamedTuple

from . import traffic
from .harness import Sent, Services, eventually, produce
from .traffic import Event, answer, record, rfc3339

NOW = time.time()
TIME = rfc3339(NOW - 30)
MEGABYTE = json.dumps(answer("big", 9, TIME, comment="x" * 999_900)).encode()


class Bad(NamedTuple):
    """A record that cannot be counted, and what the dead letters must say of it."""

    reason: str
    field: str
    sent: Sent


def survey(reason: str, field: str, key: bytes | None = b"key", **fields: Any) -> Bad:
    event = {name: value for name, value in (answer("bad", 9, TIME) | fields).items() if value is not ...}
    return Bad(reason, field, Sent("feedback.surveys", key, json.dumps(event).encode()))


def raw(reason: str, value: bytes | None, *headers: tuple[str, bytes], topic: str = "surveys", field: str = "") -> Bad:
    return Bad(reason, field, Sent(f"feedback.{topic}", b"\xff key", value, headers))


BAD = [
    raw("null_value", None, ("trace", b"\x00\xff")),
    raw("invalid_json", b""),
    raw("invalid_json", b'{"response_id":"r1",'),
    raw("invalid_json", b'\xff\xfe{"a":1}', ("trace", b"\x80"), ("trace", b"again")),
    raw("not_an_object", b"[1]"),
    raw("not_an_object", b"null"),
    raw("too_large", MEGABYTE, ("source", b"a vendor")),
    raw("invalid_cloudevent", b"{}", ("ce_specversion", b"1.0"), ("ce_id", b"1")),
    raw("missing_field", b'{"customer_id":"c1"}', topic="contacts", field="contact_id"),
    raw("missing_field", b"{}", topic="churn", field="type"),
    raw("unknown_value", b'{"case_id":"k","occurred_at":"%s","status":"lost"}' % TIME.encode(), topic="cases",
        field="status"),
    raw("invalid_amount", b'{"order_id":"o","customer_id":"c","occurred_at":"%s","amount":12.5,"currency":"EUR"}'
        % TIME.encode(), topic="orders", field="amount"),
    survey("missing_field", "response_id", response_id=..., key=None),
    survey("missing_field", "score", score=None),
    survey("empty", "response_id", response_id=""),
    survey("out_of_range", "score", score=11),
    survey("out_of_range", "score", score=0, scale={"min": 1, "max": 10}),
    survey("fractional_score", "score", score=6.5),
    survey("wrong_type", "score", score="9"),
    survey("wrong_type", "score", score=True),
    survey("unknown_kpi", "kpi", kpi="csi"),
    survey("unknown_scale", "scale", scale={"min": 0, "max": 3}),
    survey("unknown_value", "status", status="done"),
    survey("unknown_type", "type", type="review"),
    survey("wrong_topic", "type", type="churn"),
    survey("too_long", "channel", channel="x" * 65),
    survey("time_without_zone", "occurred_at", occurred_at="2026-03-01T09:30:00"),
    survey("invalid_time", "occurred_at", occurred_at=1_772_357_400),
    survey("time_in_future", "occurred_at", occurred_at=rfc3339(NOW + 4_000)),
    survey("time_in_future", "updated_at", updated_at=rfc3339(NOW + 4_000)),
]  # fmt: skip


def as_cloud_event(sent: Sent, number: int) -> Sent:
    """One in ten in binary mode, one in ten in structured mode, the others as they are."""
    event = json.loads(sent.value or b"")
    kind = event.pop("type")
    if number % 10 == 0:
        headers = [("ce_specversion", b"1.0"), ("ce_id", b"%d" % number), ("ce_source", b"/test"),
                   ("ce_type", f"com.example.{kind}".encode()), ("content-type", b"application/json")]  # fmt: skip
        return sent._replace(value=json.dumps(event).encode(), headers=headers)
    if number % 10 == 1:
        envelope = {"specversion": "1.0", "id": str(number), "source": "/test", "type": kind, "data": event}
        return sent._replace(
            value=json.dumps(envelope).encode(), headers=[("content-type", b"application/cloudevents+json")]
        )
    return sent


class Flow:
    """A worker on a broker, the events that were sent to it, and what of it must have been rejected."""

    def __init__(self, kind: str, broker: str, services: Services) -> None:
        self.kind = kind
        self.broker = broker
        self.service = services(broker, broker_kind=kind)
        self.events: list[Event] = traffic.traffic(NOW, 1_500)
        self.bad = list(BAD)

    async def fill(self) -> None:
        """Send good and bad in turn, and wait until all is counted."""
        good = [as_cloud_event(record(event), number) for number, event in enumerate(self.events)]
        step = len(good) // len(BAD)
        for number, bad in enumerate(BAD):
            good.insert(number * (step + 1), bad.sent)
        await self.service.ready()
        await produce(self.broker, good[:700])
        await produce(self.broker, good[700:])
        await self.all_counted()

    async def all_counted(self) -> None:
        async def counted() -> None:
            found = (await self.service.metrics()).total("feedback_events_total")
            assert found == len(self.events) + len(self.bad)

        await eventually(counted)
