"""What contacts, orders, cases, invitations and comments count as, worked out from all of them at once.

The definitions again, with nothing of the program: no order of arrival, no taking back.
"""

from base64 import urlsafe_b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import blake2b
from typing import NamedTuple

from .figures import bucket
from .settled import SECOND, Event, Thing, instant

DAY = 86_400 * SECOND
DECIMALS = {"EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3}


class Part(NamedTuple):
    """What something adds to a KPI's fields, for its members and label, at its time."""

    at: int
    members: tuple[str, ...]
    kpi: str
    label: str
    adds: Mapping[str, int]


class Rules(NamedTuple):
    """The settings that the definitions leave open, in seconds."""

    fcr_window: int = 7 * 86_400
    case_target: int = 48 * 3600
    targets: Mapping[str, int] = {"phone": 60, "voice": 60}
    target: int = 3600


def parts(things: Iterable[Thing], rules: Rules = Rules(), until: int | None = None) -> list[Part]:  # noqa: B008  frozen
    """Everything that is counted; things from `until` on, in microseconds, tell nothing."""
    groups: defaultdict[tuple[str, str, int], list[Thing]] = defaultdict(list)
    for thing in things:
        if thing.kind in _GROUPED and (until is None or thing.at < until):
            key = _GROUPED[thing.kind][0]
            groups[thing.kind, str(thing.event[key]), thing.life].append(thing)
    return [part for (kind, _, _), group in groups.items() for part in _GROUPED[kind][1](group, rules)]


def _kept_as(name: str) -> bytes:
    """What stands for an id on disk: at one moment, things are in this order."""
    return urlsafe_b64encode(blake2b(name.encode(), digest_size=16).digest())


def _contacts(contacts: Sequence[Thing], rules: Rules) -> list[Part]:
    """All contacts of one customer."""
    ordered = sorted(contacts, key=lambda contact: (contact.at, _kept_as(contact.event["contact_id"])))
    found = _first_contacts(ordered, rules)
    for place, contact in enumerate(ordered):
        channel = contact.members[0]
        lately = [
            before.members[0]
            for before in ordered[:place]
            if contact.at - before.at <= 30 * DAY and "unknown" not in (before.members[0], channel)
        ]
        is_last = contact is ordered[-1]
        adds = {
            "contacts": 1,
            "switches": int(lately != [] and lately[-1] != channel),
            "customers": int(is_last),
            "several": int(is_last and set(lately) - {channel} != set()),
        }
        found.append(Part(contact.at, contact.members, "omnichannel", "", adds))
        if contact.event.get("first_response_at"):
            wait = instant(contact.event["first_response_at"]) - instant(contact.event["occurred_at"])
            target = rules.targets.get(channel, rules.target)
            waited = {f"bucket_{bucket(wait):02}": 1, "in_time": int(wait <= target * SECOND)}
            found.append(Part(contact.at, contact.members, "response_time", "", waited))
    return found


def _first_contacts(ordered: Sequence[Thing], rules: Rules) -> list[Part]:
    talks: dict[str, list[Thing]] = {}
    for contact in ordered:
        if contact.event.get("direction", "inbound") == "inbound":
            talks.setdefault(contact.event.get("initial_contact_id") or contact.event["contact_id"], []).append(contact)
    found = []
    for talk in talks.values():
        issue = talk[0].event.get("issue") or "unknown"
        same = [other for other in talks.values() if (other[0].event.get("issue") or "unknown") == issue]
        place = [other is talk for other in same].index(True)  # they are in the order in which they began
        before, after = same[:place][-1:], same[place + 1 :][:1]
        if any(talk[0].at - other[-1].at <= rules.fcr_window * SECOND for other in before):
            continue
        repeated = any(other[0].at - talk[-1].at <= rules.fcr_window * SECOND for other in after)
        solved = int(talk[-1].event.get("resolved") is True and not repeated)
        adds = {"first": 1, "resolved": solved, "provisional": solved}
        found.append(Part(talk[0].at, talk[0].members, "fcr", "", adds))
    return found


def smallest(event: Event) -> int:
    """An order's amount in the smallest unit of its currency."""
    amount = Decimal(event["amount"]).scaleb(DECIMALS[event["currency"]])
    return int(amount.to_integral_value(ROUND_HALF_EVEN))


def _orders(orders: Sequence[Thing], rules: Rules) -> list[Part]:
    """All orders of one customer."""
    standing = [
        order for order in orders if order.event.get("status", "placed") == "placed" and not order.event.get("test")
    ]
    ordered = sorted(standing, key=lambda order: (order.at, _kept_as(order.event["order_id"])))
    latest = {order.event["currency"]: order for order in ordered}
    found = []
    for order in ordered:
        amount, kind, currency = smallest(order.event), order.event.get("kind"), order.event["currency"]
        large = abs(amount) > 10**9
        money = {
            "orders": 1,
            "revenue": amount,
            "squares": 0 if large else (amount**2 + 5_000) // 10_000,
            "customers": int(latest[currency] is order),
            "upsold": amount if kind == "upsell" else 0,
            "large_squares": (amount**2 + 5 * 10**9) // 10**10 if large else 0,
        }
        found.append(Part(order.at, order.members, "clv", currency, money))
        kinds = {"orders": 1, "upsells": int(kind == "upsell"), "cross_sells": int(kind == "cross_sell")}
        found.append(Part(order.at, order.members, "upsell", "", kinds))
    return found


def _cases(steps: Sequence[Thing], rules: Rules) -> list[Part]:
    """All steps of one case: an opening matters where it is closed, a closing where it is open."""
    ordered = sorted(steps, key=lambda step: (step.at, step.event["status"] != "opened"))
    turns: list[Thing] = []
    for step in ordered:
        wanted = "closed" if turns and turns[-1].event["status"] == "opened" else "opened"
        if step.event["status"] == wanted:
            turns.append(step)
    if not turns:
        return []
    begun, members, found = turns[0].at, turns[0].members, []
    for step in turns:
        opened = step.event["status"] == "opened"
        took = {} if opened else {f"bucket_{bucket(step.at - begun):02}": 1}
        adds = {"open": 1 if opened else -1, "opened": int(opened), "closed": int(not opened), **took}
        found.append(Part(step.at, members, "cases", "", adds))
    due = begun + rules.case_target * SECOND
    last = [step for step in turns if step.at <= due][-1]
    adds = {"due": 1, "in_time": int(last.event["status"] == "closed")}
    return [*found, Part(due, members, "closed_loop", "", adds)]


def _invitations(invitations: Sequence[Thing], rules: Rules) -> list[Part]:
    return [
        Part(each.at, each.members, "response_rate", "",
             {"delivered": 1, "answered": int(each.event.get("response_id") is not None)})
        for each in invitations
        if each.event.get("status", "delivered") == "delivered"
    ]  # fmt: skip


def _verbatims(verbatims: Sequence[Thing], rules: Rules) -> list[Part]:
    found = []
    for each in verbatims:
        if each.event.get("status") == "deleted" or each.event["sentiment"] is None:
            continue
        group = each.event.get("group")
        asked = {f"{group}s": 1} if group else {}
        found.append(Part(each.at, each.members, "sentiment", "", {each.event["sentiment"]: 1}))
        found += [
            Part(each.at, each.members, "themes", theme, {"mentions": 1, **asked})
            for theme in set(each.event["themes"])
        ]
    return found


#: Of each kind of event, what its things belong together by, and what they count as.
_GROUPED: dict[str, tuple[str, Callable[[Sequence[Thing], Rules], list[Part]]]] = {
    "contact": ("customer_id", _contacts),
    "order": ("customer_id", _orders),
    "case": ("case_id", _cases),
    "invitation": ("invitation_id", _invitations),
    "verbatim": ("response_id", _verbatims),
}


def added(parts_: Iterable[Part]) -> Counter[tuple[int, tuple[str, ...], str, str, str]]:
    """All parts summed up: by time, members, KPI, label and field; nothing for what comes to nothing."""
    total: Counter[tuple[int, tuple[str, ...], str, str, str]] = Counter()
    for part in parts_:
        for field, number in part.adds.items():
            total[part.at, part.members, part.kpi, part.label, field] += number
    return Counter({key: number for key, number in total.items() if number})
