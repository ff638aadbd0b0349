"""Contacts with the contact centre."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from stream.events.base import UNKNOWN, Event, Key, Name, Observation
from stream.events.times import EventTime, micros
from stream.histories.contacts import ContactFacts


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
    initial_contact_id: Key | None = Field(
        None, description="The contact that this one was transferred from, at first."
    )
    updated_at: EventTime | None = None

    @model_validator(mode="after")
    def _answered_after_it_was_opened(self) -> Self:
        if self.first_response_at is not None and self.first_response_at < self.occurred_at:
            message = "first_response_at is before occurred_at; got {given}"
            raise PydanticCustomError(
                "out_of_order", message, {"given": self.occurred_at, "field": "first_response_at"}
            )
        return self

    def observe(self) -> Observation:
        opened = micros(self.occurred_at)
        wait = None if self.first_response_at is None else micros(self.first_response_at) - opened
        facts = ContactFacts(
            self.contact_id,
            self.issue or UNKNOWN,
            self.direction == "inbound",
            bool(self.resolved),
            self.initial_contact_id or self.contact_id,
            wait,
        )
        return self._of_history("", facts, self.occurred_at, self.updated_at, self.customer_id)
