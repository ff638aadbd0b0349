"""The events as the contract words them, ready to be written as JSON."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from stream.simulate.answers import Question
from stream.simulate.centre import EMPLOYEE_SURVEY, Survey

SURVEYS = "feedback.surveys"
CHURN = "feedback.churn"
CONTACTS = "feedback.contacts"
ORDERS = "feedback.orders"
INVITATIONS = "feedback.invitations"
CASES = "feedback.cases"

Event = dict[str, Any]

#: Formatting the date is the dear part, and records of one minute come together.
_MINUTES: dict[int, str] = {}
_SECONDS = tuple(f"{second:02}." for second in range(60))
_MILLIS = tuple(f"{ms:03}Z" for ms in range(1000))


def rfc3339(at_ms: int) -> str:
    """A time as events write it, in UTC.

    >>> rfc3339(61_002)
    '1970-01-01T00:01:01.002Z'
    """
    minute, into_ms = divmod(at_ms, 60_000)
    begin = _MINUTES.get(minute)
    if begin is None:
        if len(_MINUTES) > 10_000:
            _MINUTES.clear()
        begin = _MINUTES[minute] = f"{datetime.fromtimestamp(minute * 60, UTC):%Y-%m-%dT%H:%M:}"
    second, ms = divmod(into_ms, 1000)
    return begin + _SECONDS[second] + _MILLIS[ms]


class Visit(NamedTuple):
    """Who turned to the centre, where, about what, and who helped; `satisfaction` is before the outcome is known."""

    customer: str
    number: int
    segment: str
    language: str
    channel: str
    touchpoint: str
    issue: str
    direction: str
    team: str
    agent: str | None
    survey: Survey
    satisfaction: float


class Course(NamedTuple):
    """How a contact went, in milliseconds since the epoch."""

    opened: int
    responded: int
    closed: int
    invited: int
    answered: int
    resolved: bool


def contact(contact_id: str, visit: Visit, course: Course, *, done: bool, update: bool = False) -> Event:
    """A contact as it is opened or, when it is `done`, with its outcome; an `update` says so."""
    event: Event = {
        "type": "contact",
        "contact_id": contact_id,
        "customer_id": visit.customer,
        "occurred_at": rfc3339(course.opened),
        "issue": visit.issue,
        "direction": visit.direction,
        "channel": visit.channel,
        "touchpoint": visit.touchpoint,
        "segment": visit.segment,
        "team": visit.team,
    }
    if done:
        event["first_response_at"] = rfc3339(course.responded)
        event["closed_at"] = rfc3339(course.closed)
        event["resolved"] = course.resolved
        if update:
            event["updated_at"] = event["closed_at"]
    return event


def invitation(invitation_id: str, visit: Visit, at_ms: int, *, bounced: bool, response_id: str | None) -> Event:
    """An invitation as it is sent, or once it is answered with the `response_id`."""
    event: Event = {
        "type": "invitation",
        "invitation_id": invitation_id,
        "kpi": visit.survey.questions[0].kpi,
        "occurred_at": rfc3339(at_ms),
        "status": "bounced" if bounced else "delivered",
        "channel": visit.channel,
        "touchpoint": visit.touchpoint,
        "segment": visit.segment,
        "team": visit.team,
        "survey_id": visit.survey.survey_id,
    }
    if response_id is not None:
        event["response_id"] = response_id
    return event


def response(response_id: str, question: Question, visit: Visit, at_ms: int, score: int | None) -> Event:
    """A customer's answer to one question; without a score the question was skipped."""
    event: Event = {
        "type": "survey_response",
        "response_id": response_id,
        "kpi": question.kpi,
        "occurred_at": rfc3339(at_ms),
        "score": score,
        "customer_id": visit.customer,
        "language": visit.language,
        "channel": visit.channel,
        "touchpoint": visit.touchpoint,
        "segment": visit.segment,
        "team": visit.team,
        "survey_id": visit.survey.survey_id,
    }
    if question.name is not None:
        event["question"] = question.name
    if question.scale is not None:
        event["scale"] = question.scale
    if score is None:
        event["status"] = "skipped"
    if visit.agent is not None:
        event["agent_id"] = visit.agent
    return event


def employee_response(response_id: str, team: str, at_ms: int, score: int) -> Event:
    """An employee's anonymous answer to the weekly question."""
    return {
        "type": "survey_response",
        "response_id": response_id,
        "kpi": "enps",
        "occurred_at": rfc3339(at_ms),
        "score": score,
        "team": team,
        "survey_id": EMPLOYEE_SURVEY,
    }


def deletion(answer: Event, at_ms: int) -> Event:
    """The answer taken out again, with nothing personal left in it."""
    kept = ("type", "response_id", "kpi", "question", "scale", "occurred_at")
    dimensions = ("channel", "touchpoint", "segment", "team", "survey_id")
    rest = {name: answer[name] for name in (*kept, *dimensions) if name in answer}
    return rest | {"score": None, "status": "deleted", "updated_at": rfc3339(at_ms)}


def case(case_id: str, response_id: str, visit: Visit, at_ms: int, status: str) -> Event:
    """A step of the case that was opened for an unhappy customer."""
    return {
        "type": "case",
        "case_id": case_id,
        "occurred_at": rfc3339(at_ms),
        "status": status,
        "response_id": response_id,
        "channel": visit.channel,
        "touchpoint": visit.touchpoint,
        "segment": visit.segment,
        "team": visit.team,
        "survey_id": visit.survey.survey_id,
    }


def order(order_id: str, customer: str, at_ms: int, *, cents: int, **more: str) -> Event:
    """An order as it is placed, its amount in hundredths of the currency.

    >>> order("o-1", "c-000001", 0, cents=1205, currency="EUR", kind="repeat")["amount"]
    '12.05'
    """
    return {
        "type": "order",
        "order_id": order_id,
        "customer_id": customer,
        "occurred_at": rfc3339(at_ms),
        "amount": f"{cents // 100}.{cents % 100:02}",
        "status": "placed",
        **more,
    }


def churn(customer: str, change: str, at_ms: int, segment: str, **more: str | bool) -> Event:
    """A customer joined, was lost or came back.

    >>> churn("c-000001", "lost", 0, "new", reason="price", voluntary=True)["occurred_at"]
    '1970-01-01T00:00:00.000Z'
    """
    return {
        "type": "churn",
        "customer_id": customer,
        "change": change,
        "occurred_at": rfc3339(at_ms),
        "segment": segment,
        **more,
    }


def customer_count(segment: str, customers: int, at_ms: int) -> Event:
    """The number of customers of a segment at that time."""
    return {"type": "customer_count", "customers": customers, "occurred_at": rfc3339(at_ms), "segment": segment}
