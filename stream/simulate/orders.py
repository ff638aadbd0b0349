"""What customers order, and what of it they send back."""

from itertools import count

from stream.simulate import centre, events
from stream.simulate.chance import lognormal, pick, spread
from stream.simulate.events import ORDERS
from stream.simulate.site import Site

_OLD = spread({"repeat": 6, "upsell": 2.2, "cross_sell": 1.8}, 100)
_NEW = spread({"first": 3, "repeat": 4, "upsell": 2, "cross_sell": 1}, 100)
_CENTS = {
    "first": (1999, 2999, 3990),
    "repeat": (990, 1999, 2999, 3990, 5990),
    "upsell": (500, 1000, 2000, 3500),
    "cross_sell": (490, 1490, 9900, 19900),
}
_CURRENCIES = {"fr": ("EUR",), "en": ("GBP", "GBP", "GBP", "GBP", "EUR")}
_CHANNELS = spread({"web": 6, "store": 2, "phone": 2}, 10)
_TEST = 0.005
_UNDONE = 0.04
_UNDOING = lognormal(4 * 3600, 1.0)


class Shop:
    """Takes orders, some of which are cancelled or refunded later."""

    def __init__(self, site: Site) -> None:
        self._customers = site.customers
        self._draw = site.stream("orders")
        self._sender = site.sender("orders")
        self._prefix = site.prefix("orders")
        self._numbers = count(1)

    def order(self, at_ms: int) -> None:
        """A customer orders something at that time."""
        draw = self._draw
        event = self._placed(at_ms)
        chance, status, later = draw(), pick(draw, ("cancelled", "refunded")), at_ms + pick(draw, _UNDOING)
        if chance < _TEST:
            event["test"] = True
        self._sender.send(at_ms, ORDERS, event["customer_id"], event)
        if chance > 1 - _UNDONE:
            event = event | {"status": status, "updated_at": events.rfc3339(later)}
            self._sender.send(later, ORDERS, event["customer_id"], event)

    def _placed(self, at_ms: int) -> events.Event:
        draw, customers = self._draw, self._customers
        number = customers.pick(draw)
        segment = customers.segment(number)
        kind = pick(draw, _NEW if segment == "new" else _OLD)
        return events.order(
            f"o-{self._prefix}-{next(self._numbers)}",
            centre.customer_id(number),
            at_ms,
            cents=pick(draw, _CENTS[kind]) * pick(draw, (1, 1, 2, 3)),
            currency=pick(draw, _CURRENCIES[customers.language(number)]),
            kind=kind,
            channel=pick(draw, _CHANNELS),
            segment=segment,
        )
