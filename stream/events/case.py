"""Closed-loop cases: an unhappy customer is called back."""

from typing import ClassVar, Literal

from stream.events.base import Event, Key, Observation
from stream.events.times import EventTime, micros
from stream.histories.cases import CaseFacts

_OPENS = {"opened": True, "closed": False}


class Case(Event):
    """A step in the life of a case; one that is opened after it was closed is open again.

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
        facts = CaseFacts(f"{self.status} {micros(self.occurred_at)}", _OPENS.get(self.status))
        return self._of_history(self.case_id, facts, self.occurred_at)
