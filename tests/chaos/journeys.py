"""Contacts, orders, cases, invitations and comments for the load: repeats, later states, things undone, any order."""

import json
import random
from collections import deque
from collections.abc import Callable
from typing import Any
from zlib import crc32

from .world import PARTITIONS

Event = dict[str, Any]
#: Topic, partition, key and value.
Addressed = tuple[str, int, bytes, bytes]

#: Customers at a time, and how many things they do before others come: of one customer, only so many are remembered.
_CUSTOMERS, _THINGS = 400, 4_000
_REMEMBERED = 500
_CHANNELS = ("phone", "chat", "e-mail")


class Journeys:
    """Draws events of the customers of the moment; `write` writes a time so many seconds before now."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._name = f"{chance.getrandbits(32):x}"
        self._begun: deque[tuple[str, str, Event]] = deque(maxlen=_REMEMBERED)
        self._number = 0

    def next(self, write: Callable[[float], str]) -> Addressed:
        """A new thing, or a later state or a repeat of one that was new a while ago."""
        chance = self._chance
        if self._begun and chance.random() < 0.35:
            topic, key, event = chance.choice(self._begun)
            return _addressed(topic, key, event | self._later(event, write) if chance.random() < 0.7 else event)
        self._number += 1
        topic, key, event = self._new(write)
        event |= {"channel": chance.choice(_CHANNELS), "segment": chance.choice(("premium", "basic"))}
        self._begun.append((topic, key, event))
        return _addressed(topic, key, event)

    def _new(self, write: Callable[[float], str]) -> tuple[str, str, Event]:
        chance, name = self._chance, f"{self._name}-{self._number}"
        customer = f"{self._name}-c{self._number // _THINGS}-{chance.randrange(_CUSTOMERS)}"
        ago = chance.choice((2, 60, 3_000, 70_000)) * chance.random()
        at = {"occurred_at": write(ago)}
        kind = chance.randrange(6)
        if kind <= 1:
            event = {"contact_id": name, "customer_id": customer, "issue": chance.choice(("invoice", "login")), **at}
            return "feedback.contacts", customer, event | {"resolved": chance.choice((True, True, False, None))}
        if kind == 2:
            money = {"amount": f"{chance.randrange(20_000)}.{chance.randrange(100):02}"}
            money["currency"] = chance.choice(("EUR", "GBP", "JPY"))
            sold = {"kind": chance.choice(("first", "repeat", "upsell", "cross_sell"))}
            return "feedback.orders", customer, {"order_id": name, "customer_id": customer, **money, **sold, **at}
        if kind == 3:
            return "feedback.cases", name, {"case_id": name, "status": "opened", **at}
        if kind == 4:
            return "feedback.invitations", name, {"invitation_id": name, "kpi": "nps", **at}
        said = {"sentiment": chance.choice(("positive", "neutral", "negative")), "themes": ["waiting"], "group": None}
        return "feedback.verbatims", name, {"response_id": name, **said, **at}

    def _later(self, event: Event, write: Callable[[float], str]) -> Event:
        """What has become of a thing."""
        chance, now = self._chance, write(0.0)
        if "contact_id" in event:
            return {"resolved": chance.random() < 0.7, "first_response_at": now, "updated_at": now}
        if "order_id" in event:
            return {"status": chance.choice(("cancelled", "refunded", "placed")), "updated_at": now}
        if "case_id" in event:
            return {"status": chance.choice(("contacted", "closed", "closed", "opened")), "occurred_at": now}
        if "invitation_id" in event:
            return {"response_id": "r", "occurred_at": now}
        if chance.random() < 0.3:
            return {"status": "deleted", "sentiment": None, "themes": [], "updated_at": now}
        themes = chance.sample(("waiting", "price"), chance.randrange(3))
        return {"themes": themes, "group": "detractor", "updated_at": now}


def _addressed(topic: str, key: str, event: Event) -> Addressed:
    return topic, crc32(key.encode()) % PARTITIONS[topic], key.encode(), json.dumps(event).encode()
