"""Erasure: a customer is to be forgotten."""

from typing import ClassVar, Literal

from stream.events.base import Event, Key, Observation
from stream.events.churn import Churn
from stream.events.contact import Contact
from stream.events.order import Order
from stream.events.times import EventTime


class Erasure(Event):
    """A customer is to be forgotten: what is remembered of their events before this one, no score.

    It belongs on every topic whose records have customers as keys, with the customer as its own key, so that it comes
    after all events of that customer. Its `type` must be given. It is never late, and moves no stream time.

    >>> event = Erasure.read('{"type":"erasure","customer_id":"c1","occurred_at":"2026-03-01T09:30:00Z"}')
    >>> event.observe().rule
    'erasure'
    """

    name: ClassVar[str] = "erasure"
    topic: ClassVar[str] = Churn.topic
    also: ClassVar[tuple[str, ...]] = (Contact.topic, Order.topic)
    mark: ClassVar[str | None] = None
    key: ClassVar[str] = "customer_id"

    type: Literal["erasure"] = "erasure"
    customer_id: Key
    occurred_at: EventTime

    def observe(self) -> Observation:
        return Observation(self.name, (0, 0), 0, 0, self.dimensions, None, rule="erasure", customer=self.customer_id)
