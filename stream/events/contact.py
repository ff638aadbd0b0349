"""Contacts with the contact centre."""

from typing import ClassVar, Literal

from pydantic import Field

from stream.events.base import Event, Key, Name, Observation
from stream.events.times import EventTime


class Contact(Event):
    """A contact; `occurred_at` is when it was opened.

    >>> Contact.read('{"contact_id":"k1","customer_id":"c1","occurred_at":"2026-03-01T09:30:00Z"}').direction
    'inbound'
    """

    name: ClassVar[str] = "contact"
    topic: ClassVar[str] = "feedback.contacts"
    mark: ClassVar[str] = "contact_id"
    key: ClassVar[str] = "customer_id"

    type: Literal["contact"] = "contact"
    contact_id: Key
    customer_id: Key
    occurred_at: EventTime
    issue: Name | None = Field(None, description="What it was about; a repeat on the same issue spoils the first.")
    direction: Literal["inbound", "outbound"] = "inbound"
    first_response_at: EventTime | None = None
    closed_at: EventTime | None = None
    resolved: bool | None = None
    updated_at: EventTime | None = None

    def observe(self) -> Observation:
        return self._versioned(self.contact_id, self.occurred_at, self.updated_at, self.customer_id)
