"""The events that come in, one file each; the pydantic models are their definition."""

from stream.events.base import UNKNOWN, Dimensions, Event, Observation
from stream.events.case import Case
from stream.events.churn import Churn, CustomerCount
from stream.events.contact import Contact
from stream.events.erasure import Erasure
from stream.events.invitation import Invitation
from stream.events.order import Order
from stream.events.survey import SurveyResponse
from stream.events.verbatim import Verbatim

#: Every kind of event, in the order of the documentation.
EVENTS: tuple[type[Event], ...] = (
    SurveyResponse, Churn, CustomerCount, Contact, Order, Invitation, Case, Verbatim, Erasure,
)  # fmt: skip

#: The topics that events come in by, and those of them whose events belong to customers.
SOURCES: tuple[str, ...] = tuple(dict.fromkeys(event.topic for event in EVENTS))
OWNED: tuple[str, ...] = Erasure.topics()

__all__ = ["EVENTS", "OWNED", "SOURCES", "UNKNOWN", "Dimensions", "Erasure", "Event", "Observation"]
