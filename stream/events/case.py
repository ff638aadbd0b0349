"""Closed-loop cases: an unhappy customer is called back."""

from typing import ClassVar, Literal

from stream.events.base import Event, Key, Observation
from stream.events.times import EventTime
from stream.histories.cases import CaseFacts


class Case(Event):
    """A step in the life of a case.

    >>> Case.read('{"case_id":"k1","status":"opened","occurred_at":"2026-03-01T09:30:00Z"}').status
    'opened'
    """

    name: ClassVar[str] = "case"
    topic: ClassVar[str] = "feedback.cases"
    mark: ClassVar[str] = "case_id"
    key: ClassVar[str] = "case_id"

    type: Literal["case"] = "case"
    case_id: Key
    occurred_at: EventTime
    status: Literal["opened", "contacted", "closed"]
    response_id: Key | None = None

    def observe(self) -> Observation:
        return self._of_history(self.case_id, CaseFacts(self.status), self.occurred_at)
