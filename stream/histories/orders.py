"""What a customer's orders count as: placed ones with their amount, and who is an active customer."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from stream.histories.base import History, Part, Thing
from stream.measures import Ordered
from stream.settings import Settings


class OrderFacts(NamedTuple):
    """Of one order: `amount` in the currency's smallest unit; `valid` unless it was a test or undone."""

    name: str
    amount: int
    kind: str
    valid: bool
    currency: str

    def hidden(self, pseudonym: Callable[[str], str]) -> Self:
        return self._replace(name=pseudonym(self.name))


_Order = Thing[OrderFacts, Ordered]


def order_history(settings: Settings, until: int | None = None) -> History[OrderFacts, Ordered]:
    """All orders of one customer; what they count as is labelled with the currency."""
    return History(OrderFacts, Ordered, _tell, until=until)


def _tell(orders: Sequence[_Order]) -> list[list[Part[Ordered]]]:
    latest = {order.facts.currency: number for number, order in enumerate(orders) if order.facts.valid}
    told: list[list[Part[Ordered]]] = []
    for number, order in enumerate(orders):
        facts = order.facts
        measure = Ordered(facts.amount, facts.kind, latest.get(facts.currency) == number)
        told.append([(order.time, (*order.dimensions, facts.currency), measure)] if facts.valid else [])
    return told
