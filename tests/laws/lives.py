"""Drawn lives of customers and cases: events in any order of arrival, with versions, repeats and erasures."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Event = dict[str, Any]

#: 2026-03-01T09:30:00Z, and the spans between events, in seconds: around the borders of what the definitions say.
START = 1_772_357_400
DAY = 86_400
_SPANS = (0, 1, 59, 60, 61, 3_600, DAY, 2 * DAY - 1, 2 * DAY, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1, 30 * DAY, 30 * DAY + 1)

times = st.lists(st.sampled_from(_SPANS), min_size=1, max_size=3).map(sum)


def rfc3339(seconds: float) -> str:
    """A time so long after the start."""
    return (datetime.fromtimestamp(START, UTC) + timedelta(seconds=seconds)).isoformat()


def _dimensions(draw: st.DrawFn) -> Event:
    channel = draw(st.sampled_from(["phone", "chat", None]))
    return {"segment": draw(st.sampled_from(["premium", "basic"]))} | ({"channel": channel} if channel else {})


def _contact(draw: st.DrawFn) -> Event:
    event: Event = {
        "type": "contact", "customer_id": draw(st.sampled_from(["c1", "c1", "c2"])),
        "contact_id": draw(st.sampled_from(["k1", "k2", "k3", "k4", "k5", "k6"])),
        "issue": draw(st.sampled_from([None, "invoice", "login"])),
        "direction": draw(st.sampled_from(["inbound"] * 4 + ["outbound"])),
        "initial_contact_id": draw(st.sampled_from([None, None, None, "k1", "k2"])),
        "resolved": draw(st.sampled_from([True, True, False, None])),
    }  # fmt: skip
    waited = draw(st.sampled_from([None, 0, 60, 61, 3_600, 9_000, 40 * DAY]))
    return event | ({} if waited is None else {"first_response_at": waited})


def _order(draw: st.DrawFn) -> Event:
    return {
        "type": "order", "customer_id": draw(st.sampled_from(["c1", "c1", "c2"])),
        "order_id": draw(st.sampled_from(["o1", "o2", "o3", "o4"])),
        "amount": draw(st.sampled_from(["12.50", "0", "0.005", "99999.99", "-3.10", "0.015"])),
        "currency": draw(st.sampled_from(["EUR", "EUR", "JPY", "KWD"])),
        "kind": draw(st.sampled_from([None, "first", "repeat", "upsell", "cross_sell"])),
        "status": draw(st.sampled_from(["placed", "placed", "cancelled", "refunded"])),
        "test": draw(st.sampled_from([False, False, False, True])),
    }  # fmt: skip


def _case(draw: st.DrawFn) -> Event:
    status = draw(st.sampled_from(["opened", "contacted", "closed"]))
    return {"type": "case", "case_id": draw(st.sampled_from(["q1", "q2"])), "status": status}


def _invitation(draw: st.DrawFn) -> Event:
    return {
        "type": "invitation", "invitation_id": draw(st.sampled_from(["i1", "i2", "i3"])), "kpi": "nps",
        "status": draw(st.sampled_from(["delivered", "delivered", "bounced"])),
        "response_id": draw(st.sampled_from([None, "r1"])),
    }  # fmt: skip


def _verbatim(draw: st.DrawFn) -> Event:
    return {
        "type": "verbatim", "response_id": draw(st.sampled_from(["r1", "r2"])),
        "question": draw(st.sampled_from([None, "q"])),
        "sentiment": draw(st.sampled_from(["positive", "neutral", "negative"])),
        "themes": draw(st.lists(st.sampled_from(["waiting", "price"]), max_size=3)),
        "group": draw(st.sampled_from([None, "promoter", "passive", "detractor"])),
        "status": draw(st.sampled_from(["answered", "answered", "answered", "deleted"])),
        "revision": draw(st.integers(0, 2)),
    }  # fmt: skip


_KINDS = (_contact, _contact, _order, _case, _invitation, _verbatim)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event of any of these kinds, or that a customer is to be forgotten."""
    at = draw(times)
    if draw(st.integers(0, 19)) == 19:
        return {"type": "erasure", "customer_id": draw(st.sampled_from(["c1", "c2"])), "occurred_at": rfc3339(at)}
    event = draw(st.sampled_from(_KINDS))(draw) | _dimensions(draw) | {"occurred_at": rfc3339(at)}
    if "first_response_at" in event:
        event["first_response_at"] = rfc3339(at + event["first_response_at"])
    if event["type"] not in {"case", "invitation"} and draw(st.booleans()):
        event["updated_at"] = rfc3339(at + draw(times))
    return event


@st.composite
def arrivals(draw: st.DrawFn) -> Sequence[Event]:
    """Events as they come in: not in the order of their times, some twice."""
    sent = draw(st.lists(events(), max_size=25))
    again = draw(st.lists(st.sampled_from(sent), max_size=5)) if sent else []
    return draw(st.permutations(sent + again))
