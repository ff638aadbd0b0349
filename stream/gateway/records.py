"""From the events of a delivery to records of Kafka: validated, without what nobody asked for, with topic and key."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from stream.decode import ahead, validated
from stream.errors import Rejected
from stream.events import EVENTS, Event
from stream.events.shown import shown
from stream.kpi import KPIS
from stream.privacy import Pseudonyms, redact
from stream.settings import Settings

#: A delivery is judged in one go, between two others: with more events they would have to wait.
MAX_EVENTS = 1_000

_FIELDS = {event: frozenset(event.model_fields) for event in EVENTS}

Headers = tuple[tuple[str, bytes], ...]


class Record(NamedTuple):
    """What goes to Kafka."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers


class Problem(NamedTuple):
    """The event at a position, from 0, cannot be counted."""

    position: int
    error: Rejected


class Prepared(NamedTuple):
    """The records that events become, how many events these are, and the events that cannot become any."""

    records: list[Record]
    accepted: int
    problems: list[Problem]


class Preparer:
    """Makes records of events.

    >>> preparer = Preparer(Settings())
    >>> event = {"type": "erasure", "customer_id": "c1", "occurred_at": "2026-03-01T09:30:00Z", "name": "Jane"}
    >>> [(record.topic, record.key) for record in preparer.prepare([event], (), now=2e9).records]
    [('feedback.churn', b'c1'), ('feedback.contacts', b'c1'), ('feedback.orders', b'c1')]
    """

    def __init__(self, settings: Settings) -> None:
        for kpi in KPIS.values():
            kpi.configure(settings)  # which scales there are
        self._settings = settings
        self._pseudonyms = Pseudonyms.from_settings(settings) if settings.has_privacy_key else None

    def prepare(self, events: Sequence[Any], headers: Headers, now: float) -> Prepared:
        """The records of events, with these headers, at `now` in seconds since 1970.

        Raises:
            Rejected: `too_many_events`.
        """
        if len(events) > MAX_EVENTS:
            msg = f"a delivery may hold {MAX_EVENTS} events; this one has {len(events)}"
            raise Rejected("too_many_events", "", msg)
        records: list[Record] = []
        problems = []
        for position, data in enumerate(events):
            try:
                records += self._records(data, headers, now)
            except Rejected as error:
                problems.append(Problem(position, error))
        return Prepared(records, len(events) - len(problems), problems)

    def _records(self, data: Any, headers: Headers, now: float) -> list[Record]:
        if not isinstance(data, dict):
            msg = f"an event must be a JSON object; got {shown(data)}"
            raise Rejected("not_an_object", "", msg)
        event = validated(data)
        observation = event.observe()
        limit = int((now + self._settings.max_ahead) * 1_000_000)
        if observation.at > limit or observation.version[0] > limit:
            raise ahead(observation, now)
        kept = self._kept(type(event), data)
        value, key = orjson.dumps(kept), event.key_of(kept)
        if len(value) > self._settings.max_record_bytes:
            msg = f"the event has {len(value)} bytes; at most {self._settings.max_record_bytes} are read"
            raise Rejected("too_large", "", msg)
        return [Record(topic, key, value, headers) for topic in event.topics()]

    def _kept(self, event: type[Event], data: dict[str, Any]) -> dict[str, Any]:
        """The fields that events have, and no others; people and comments as the settings of privacy say."""
        fields = _FIELDS[event]
        kept = {"type": event.name} | {name: value for name, value in data.items() if name in fields}
        if self._pseudonyms is not None:
            for name, pseudonym in (("customer_id", self._pseudonyms.of), ("agent_id", self._pseudonyms.of_agent)):
                if kept.get(name):  # it was validated: a text
                    kept[name] = pseudonym(kept[name])
        if self._settings.privacy_redact and isinstance(kept.get("comment"), str):
            kept["comment"] = redact(kept["comment"], self._settings.privacy_region)
        return kept
