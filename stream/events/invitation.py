"""Invitations to surveys."""

from typing import ClassVar, Literal

from pydantic import Field

from stream.events.base import Event, Key, Observation, Text
from stream.events.times import EventTime
from stream.measures import QUESTIONS


class Invitation(Event):
    """An invitation that was delivered or bounced.

    >>> Invitation.read('{"invitation_id":"i1","kpi":"nps","occurred_at":"2026-03-01T09:30:00Z"}').status
    'delivered'
    """

    name: ClassVar[str] = "invitation"
    topic: ClassVar[str] = "feedback.invitations"
    mark: ClassVar[str] = "invitation_id"
    key: ClassVar[str] = "invitation_id"

    type: Literal["invitation"] = "invitation"
    invitation_id: Key
    kpi: Text = Field(json_schema_extra=lambda schema: schema.update(enum=[*sorted(QUESTIONS)]))
    occurred_at: EventTime
    status: Literal["delivered", "bounced"] = "delivered"
    response_id: Key | None = None

    def observe(self) -> Observation:
        return self._versioned(self.invitation_id, self.occurred_at)
