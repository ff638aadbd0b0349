"""What remains of events in the end: the newest version of each thing, at the time that it first had."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Event = Mapping[str, Any]

SECOND = 1_000_000
DIMENSIONS = ("channel", "touchpoint", "segment", "team", "survey_id")


@dataclass(frozen=True)
class Thing:
    """An answer, a contact, a change of a customer: what is left of it in the end, and when it counts.

    What was known of a customer before an erasure is of another `life` than what came after it.
    """

    at: int
    event: Event
    life: int = 0

    @property
    def kind(self) -> str:
        """The event's type."""
        return str(self.event["type"])

    @property
    def members(self) -> tuple[str, ...]:
        """The five dimensions."""
        return tuple(self.event.get(field) or "unknown" for field in DIMENSIONS)


def instant(text: str) -> int:
    """Microseconds since the epoch."""
    time = datetime.fromisoformat(text)
    return int(time.replace(microsecond=0).timestamp()) * SECOND + time.microsecond


class Settled:
    """Takes events in, in the order they come; all must be valid. `late_after` is in seconds, None for never."""

    def __init__(self, late_after: int | None = None) -> None:
        self.outcomes: Counter[str] = Counter()
        self.stream_time = 0
        self._late_after = late_after
        self._things: dict[tuple[Any, ...], tuple[tuple[int, int], Thing]] = {}
        self._lives: Counter[str] = Counter()

    @property
    def things(self) -> list[Thing]:
        """What is left."""
        return [thing for _, thing in self._things.values()]

    def take(self, event: Event) -> str:
        """One event more; what becomes of it."""
        outcome = self._take(event)
        self.outcomes[outcome] += 1
        return outcome

    def _take(self, event: Event) -> str:
        if event["type"] == "erasure":
            self._lives[event["customer_id"]] += 1
            return "accepted"
        occurred, stream_time = instant(event["occurred_at"]), self.stream_time
        self.stream_time = max(stream_time, occurred // SECOND)
        life = self._lives[event.get("customer_id") or ""] if event["type"] in {"contact", "order", "churn"} else 0
        name, version, at = _identity(event)
        known = self._things.get((*name, life))
        if known is not None:
            if version <= known[0]:
                return "duplicate"
            at = known[1].at
        if self._late_after is not None and at // SECOND < stream_time - self._late_after:
            return "late"
        self._things[(*name, life)] = version, Thing(at, event, life)
        if event.get("status") == "deleted":
            return "deleted"
        return "corrected" if known is not None else "accepted"


def settle(events: Iterable[Event], late_after: int | None = None) -> Settled:
    """All events taken in."""
    settled = Settled(late_after)
    for event in events:
        settled.take(event)
    return settled


def _identity(event: Event) -> tuple[tuple[str, ...], tuple[int, int], int]:
    """Name, version, and the time it counts at."""
    kind, at = event["type"], instant(event["occurred_at"])
    version = (instant(event.get("updated_at") or event["occurred_at"]), event.get("revision", 0))
    if kind == "survey_response":
        return (kind, event["response_id"], event.get("question") or event["kpi"]), version, at
    if kind == "churn":
        effective = instant(event.get("effective_at") or event["occurred_at"])
        return (kind, event["customer_id"], event["change"], str(effective)), (0, 0), effective
    if kind == "customer_count":
        return (kind, *(event.get(field, "unknown") for field in DIMENSIONS), str(at)), (0, 0), at
    names = {
        "contact": ["customer_id", "contact_id"],
        "order": ["customer_id", "order_id"],
        "invitation": ["invitation_id"],
        "case": ["case_id", "status", "occurred_at"],
        "verbatim": ["response_id", "question"],
    }
    return (kind, *(event.get(name) or "" for name in names[kind])), version, at
