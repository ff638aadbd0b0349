"""The contract's events once more, so that a mistake in the program's own models cannot hide."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from stream.simulate import Simulated

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
MORNING = MONDAY + timedelta(days=1, hours=8)

Event = dict[str, Any]


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
DIMENSIONS = {"channel", "touchpoint", "segment", "team", "survey_id"}
SCALES = {"nps": (0, 10), "enps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
#: type -> topic, key, required, optional.
TYPES: dict[str, tuple[str, str, set[str], set[str]]] = {
    "survey_response": (
        "feedback.surveys", "response_id", {"response_id", "kpi", "occurred_at", "score"},
        {"question", "scale", "status", "updated_at", "revision", "customer_id", "agent_id", "language", "comment"},
    ),
    "churn": (
        "feedback.churn", "customer_id", {"customer_id", "change", "occurred_at"},
        {"effective_at", "voluntary", "reason"},
    ),
    "customer_count": ("feedback.churn", "segment", {"customers", "occurred_at"}, set()),
    "contact": (
        "feedback.contacts", "customer_id", {"contact_id", "customer_id", "occurred_at"},
        {"issue", "direction", "first_response_at", "closed_at", "resolved", "updated_at"},
    ),
    "order": (
        "feedback.orders", "customer_id", {"order_id", "customer_id", "occurred_at", "amount", "currency"},
        {"kind", "status", "test", "updated_at"},
    ),
    "invitation": (
        "feedback.invitations", "invitation_id", {"invitation_id", "kpi", "occurred_at"}, {"status", "response_id"},
    ),
    "case": ("feedback.cases", "case_id", {"case_id", "occurred_at", "status"}, {"response_id"}),
}  # fmt: skip
CHOICES: dict[str, dict[str, set[str]]] = {
    "survey_response": {"kpi": set(SCALES), "status": {"answered", "skipped", "declined", "excluded", "deleted"}},
    "churn": {"change": {"joined", "lost", "reactivated"}},
    "contact": {"direction": {"inbound", "outbound"}},
    "order": {
        "kind": {"first", "repeat", "upsell", "cross_sell"},
        "status": {"placed", "cancelled", "refunded"},
        "currency": {"EUR", "GBP"},
    },
    "invitation": {"kpi": set(SCALES), "status": {"delivered", "bounced"}},
    "case": {"status": {"opened", "contacted", "closed"}},
}
TEXTS = {"question", "agent_id", "language", "comment", "reason", "issue"} | DIMENSIONS
BOOLEANS = {"voluntary", "resolved", "test"}
COUNTS = {"customers", "revision"}


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


def fits(kind: str, name: str, value: Any) -> bool:
    """Whether this is a value that the field may have; ValueError if it is a time that does not exist."""
    if name.endswith("_at"):
        fit = isinstance(value, str) and bool(TIME.fullmatch(value)) and bool(parse(value))
    elif name in CHOICES.get(kind, {}):
        fit = isinstance(value, str) and value in CHOICES[kind][name]
    elif name.endswith("_id") or name in TEXTS:
        fit = isinstance(value, str) and 0 < len(value) <= (64 if name in DIMENSIONS else 1000)
    elif name in BOOLEANS:
        fit = isinstance(value, bool)
    elif name in COUNTS:
        fit = type(value) is int and value >= 0
    elif name == "amount":
        fit = isinstance(value, str) and bool(re.fullmatch(r"\d+\.\d\d", value)) and Decimal(value) > 0
    else:
        fit = name in {"score", "scale"}  # looked at together, below
    return fit


def fault_of_score(event: Event) -> str | None:
    low, high = SCALES[event["kpi"]]
    if scale := event.get("scale"):
        low, high = scale["min"], scale["max"]
        if scale["high_is"] not in {"better", "worse", "easier", "harder"}:
            return "scale"
    score = event["score"]
    if score is None:
        return None if event.get("status") in {"skipped", "deleted"} else "score"
    return None if type(score) is int and low <= score <= high else "score"


def fault(record: Simulated) -> str | None:
    """What the contract forbids about this record; None if nothing."""
    try:
        event = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        return "json"
    if not isinstance(event, dict) or event.get("type") not in TYPES:
        return "type"
    try:
        return fault_of_event(record, event)
    except ValueError:
        return "time"


def fault_of_event(record: Simulated, event: Event) -> str | None:
    kind = event["type"]
    topic, key, required, optional = TYPES[kind]
    names = set(event) - {"type"}
    if record.topic != topic or not required <= names or names - required - optional - DIMENSIONS:
        return "fields"
    if unfit := [name for name in names if not fits(kind, name, event[name])]:
        return unfit[0]
    if record.key != event[key]:
        return "key"
    if parse(event["occurred_at"]) > record.at:
        return "future"
    return fault_of_score(event) if kind == "survey_response" else None
