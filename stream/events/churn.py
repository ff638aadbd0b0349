"""Customers who join, leave and come back, and counts of them."""

from typing import ClassVar, Literal

from pydantic import Field

from stream.events.base import Event, Key, Name, Observation
from stream.events.times import EventTime, micros
from stream.measures import Movement

_MOVEMENTS = {
    "joined": Movement(joined=1),
    "lost": Movement(lost=1),
    "reactivated": Movement(reactivated=1),
}


class Churn(Event):
    """A customer joined, was lost, or came back; it counts at `effective_at`, which may lie ahead.

    The same change of the same customer at the same time is one change, however often it is sent.

    >>> event = Churn.read('{"customer_id":"c1","change":"lost","occurred_at":"2026-03-01T09:30:00Z"}')
    >>> event.observe().measure
    Movement(joined=0, lost=1, reactivated=0, customers=0)
    """

    name: ClassVar[str] = "churn"
    topic: ClassVar[str] = "feedback.churn"
    mark: ClassVar[str] = "change"
    key: ClassVar[str] = "customer_id"

    type: Literal["churn"] = "churn"
    customer_id: Key
    change: Literal["joined", "lost", "reactivated"]
    occurred_at: EventTime
    effective_at: EventTime | None = Field(None, description="When it takes effect; left out: when it occurred.")
    voluntary: bool | None = None
    reason: Name | None = None

    def observe(self) -> Observation:
        time = micros(self.effective_at or self.occurred_at)
        identity = f"{self.name}\0{self.change}\0{time}"
        occurred, movement = micros(self.occurred_at), _MOVEMENTS[self.change]
        return Observation(identity, (0, 0), occurred, time, self.dimensions, movement, customer=self.customer_id)


class CustomerCount(Event):
    """The number of customers at a time, for one combination of dimensions.

    Counts of different combinations are added up, so they should not overlap: send one count for each segment, or one
    without dimensions, not both.

    >>> CustomerCount.read('{"type":"customer_count","customers":1000,"occurred_at":"2026-03-01T00:00:00Z"}').customers
    1000
    """

    name: ClassVar[str] = "customer_count"
    topic: ClassVar[str] = "feedback.churn"
    mark: ClassVar[str] = "customers"
    key: ClassVar[str] = "segment"

    type: Literal["customer_count"] = "customer_count"
    customers: int = Field(ge=0, le=10**12)
    occurred_at: EventTime

    def observe(self) -> Observation:
        time = micros(self.occurred_at)
        measure = Movement(customers=self.customers)
        identity = "\0".join((self.name, *self.dimensions))
        return Observation(identity, (0, 0), time, time, self.dimensions, measure, rule="level", named=True)
