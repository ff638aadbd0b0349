"""Invitations to surveys."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from stream.events.base import Event, Key, Observation, Text
from stream.events.shown import shown
from stream.events.times import EventTime, micros
from stream.measures import QUESTIONS, Invited


def _asked(kpi: str) -> str:
    if kpi not in QUESTIONS:
        context = {"known": ", ".join(sorted(QUESTIONS)), "given": shown(kpi)}
        raise PydanticCustomError("unknown_kpi", "must be one of {known}; got {given}", context)
    return kpi


Kpi = Annotated[
    Text, AfterValidator(_asked), Field(json_schema_extra=lambda schema: schema.update(enum=[*sorted(QUESTIONS)]))
]


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
    kpi: Kpi
    occurred_at: EventTime
    status: Literal["delivered", "bounced"] = "delivered"
    response_id: Key | None = None

    def observe(self) -> Observation:
        time = micros(self.occurred_at)
        measure = Invited(self.response_id is not None) if self.status == "delivered" else None
        identity = f"{self.name}\0{self.invitation_id}"
        return Observation(identity, (time, 0), time, time, self.dimensions, measure, named=True)
