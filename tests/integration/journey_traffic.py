"""Contacts, orders, cases, invitations and comments for the tests, with what comes of them later."""

from collections.abc import Callable
from random import Random
from typing import Any

Event = dict[str, Any]

#: Writes a time so many seconds ago.
Ago = Callable[[float], str]

_TARGETS = (5, 59, 60, 61, 600, 3_600, 9_000)


def journey(chance: Random, name: str, ago: Ago, age: float, dimensions: dict[str, str]) -> list[Event]:
    """An event of a new thing, that happened so many seconds ago, and what comes of it later, in this order."""
    kind = chance.choice((_contact, _contact, _order, _case, _invitation, _verbatim))
    return [event | dimensions for event in kind(chance, name, ago, age)]


def _contact(chance: Random, name: str, ago: Ago, age: float) -> list[Event]:
    opened = {
        "type": "contact", "contact_id": name, "customer_id": f"c{chance.randrange(40)}", "occurred_at": ago(age),
        "issue": chance.choice(("invoice", "login")),
    }  # fmt: skip
    if chance.random() < 0.15:
        opened["direction"] = "outbound"
    if chance.random() < 0.1:
        opened["initial_contact_id"] = f"{name[:1]}{chance.randrange(100)}"
    waited = min(age, chance.choice(_TARGETS))
    done = opened | {"resolved": chance.random() < 0.7, "first_response_at": ago(age - waited)}
    return [opened, done | {"updated_at": ago(age - waited)}] if chance.random() < 0.5 else [done]


def _order(chance: Random, name: str, ago: Ago, age: float) -> list[Event]:
    currency = chance.choice(("EUR", "EUR", "GBP", "JPY", "KWD"))
    placed: Event = {
        "type": "order", "order_id": name, "customer_id": f"c{chance.randrange(40)}", "occurred_at": ago(age),
        "amount": f"{chance.randrange(50_000)}.{chance.randrange(100):02}", "currency": currency,
        "kind": chance.choice(("first", "repeat", "upsell", "cross_sell")),
    }  # fmt: skip
    if chance.random() < 0.1:
        placed["test"] = True
    undone = placed | {"status": chance.choice(("cancelled", "refunded")), "updated_at": ago(age / 2)}
    return [placed, undone] if chance.random() < 0.2 else [placed]


def _case(chance: Random, name: str, ago: Ago, age: float) -> list[Event]:
    """Every case that began ends somewhere, and some begin again."""
    moments = sorted((age * chance.random() for _ in range(chance.randrange(4))), reverse=True)
    statuses = ("opened", *(("contacted", "closed", "opened") if chance.random() < 0.5 else ("closed", "opened")))
    steps = zip(statuses, [age, *moments], strict=False)
    return [{"type": "case", "case_id": name, "status": status, "occurred_at": ago(moment)} for status, moment in steps]


def _invitation(chance: Random, name: str, ago: Ago, age: float) -> list[Event]:
    sent = {"type": "invitation", "invitation_id": name, "kpi": "nps", "occurred_at": ago(age)}
    if chance.random() < 0.1:
        return [sent | {"status": "bounced"}]
    answered = sent | {"occurred_at": ago(age * chance.random()), "response_id": f"r-{name}"}
    return [sent, answered] if chance.random() < 0.5 else [sent]


def _verbatim(chance: Random, name: str, ago: Ago, age: float) -> list[Event]:
    said: Event = {
        "type": "verbatim", "response_id": name, "occurred_at": ago(age),
        "sentiment": chance.choice(("positive", "neutral", "negative")),
        "themes": chance.sample(("waiting", "price", "delivery"), chance.randrange(3)),
        "group": chance.choice((None, "promoter", "passive", "detractor")),
    }  # fmt: skip
    later = said | {"revision": 1, "sentiment": "negative", "themes": ["price"]}
    deleted = said | {"revision": 2, "status": "deleted", "sentiment": None, "themes": []}
    return chance.choice(([said], [said], [said, later], [said, deleted]))
