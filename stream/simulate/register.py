"""Who is a customer: who joins, leaves and comes back, and how many there are."""

from functools import partial

import orjson

from stream.simulate import centre, events
from stream.simulate.agenda import Action
from stream.simulate.chance import pick, spread
from stream.simulate.events import CHURN
from stream.simulate.rhythm import HOUR_MS
from stream.simulate.site import Site

_MONTH_S = 30 * 86_400
#: Shares of the customers within thirty days.
_JOINED, _LOST, _REACTIVATED = 0.017, 0.015, 0.0015
_MOVED = _JOINED + _LOST + _REACTIVATED

_REASONS = spread({"price": 30, "competitor": 25, "service_quality": 20, "moved": 12, "unpaid": 9, "deceased": 4}, 100)
_INVOLUNTARY = frozenset({"unpaid", "deceased"})


class Register:
    """Reports every change of a customer, and counts them every hour.

    `name` tells its stream of chance from those of other registers of the same customers.
    """

    def __init__(self, site: Site, name: str) -> None:
        self._customers = site.customers
        self._agenda = site.agenda
        self._draw = site.stream(name)
        self._sender = site.sender(name)

    def move(self, at_ms: int) -> None:
        """Someone joins, leaves or comes back at that time."""
        chance = self._draw() * _MOVED
        if chance < _JOINED:
            self._report(self._customers.join(), "joined", at_ms)
        elif chance < _JOINED + _LOST:
            one, other = self._customers.pick(self._draw), self._customers.pick(self._draw)
            self._lose(min(one, other, key=self._customers.satisfaction), at_ms)
        elif (number := self._customers.win_back()) is not None:
            self._report(number, "reactivated", at_ms)

    def losing(self, segment: str) -> Action:
        """The action by which a customer of that segment leaves."""
        return partial(self._lose_one_of, segment)

    def count(self, at_ms: int) -> None:
        """Report the customers of each segment, now and at each full hour from then on."""
        for segment in centre.SEGMENTS:
            event = events.customer_count(segment, self._customers.counts[segment], at_ms)
            self._agenda.send(at_ms, CHURN, segment, orjson.dumps(event))
        self._agenda.act(at_ms - at_ms % HOUR_MS + HOUR_MS, self.count)

    def _lose_one_of(self, segment: str, at_ms: int) -> None:
        number = self._customers.pick(self._draw)
        while self._customers.segment(number) != segment:
            number = self._customers.pick(self._draw)
        self._lose(number, at_ms)

    def _lose(self, number: int, at_ms: int) -> None:
        self._customers.lose(number)
        reason = pick(self._draw, _REASONS)
        self._report(number, "lost", at_ms, reason=reason, voluntary=reason not in _INVOLUNTARY)

    def _report(self, number: int, change: str, at_ms: int, **more: str | bool) -> None:
        customer = centre.customer_id(number)
        event = events.churn(customer, change, at_ms, self._customers.segment(number), **more)
        self._sender.send(at_ms, CHURN, customer, event)


def moves_per_second(customers: int) -> float:
    """How often anyone of so many customers joins, leaves or comes back.

    >>> round(moves_per_second(4_000_000) * 3600)
    186
    """
    return customers * _MOVED / _MONTH_S


def losses_per_second(customers: int, segment: str) -> float:
    """How often anyone of that segment leaves.

    >>> round(losses_per_second(4_000_000, "premium") * 3600)
    12
    """
    return customers * centre.SEGMENTS[segment] * _LOST / _MONTH_S
