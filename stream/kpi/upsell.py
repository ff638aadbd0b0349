"""Upsell."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import proportion
from stream.measures import Measure, Ordered


@dataclass(frozen=True)
class Upsell(Accumulator):
    """Orders by kind; tests, cancelled and refunded ones are out.

    Source: Blattberg, Kim, Neslin, "Database Marketing", 2008, chapter 21.

    >>> Upsell(orders=200, upsells=30, cross_sells=10).upsell().value
    0.15
    """

    name: ClassVar[str] = "upsell"
    source: ClassVar[str] = "feedback.orders"
    order: ClassVar[int] = 100

    orders: int = 0
    upsells: int = 0
    cross_sells: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Ordered):
            return None
        return cls(1, int(measure.kind == "upsell"), int(measure.kind == "cross_sell"))

    @property
    def n(self) -> int:
        return self.orders

    @score("feedback_upsell_ratio", "Upsell", "montée en gamme", unit="ratio")
    def upsell(self) -> Estimate | None:
        """Upsell orders/orders."""
        return proportion(self.upsells, self.orders)

    @score("feedback_cross_sell_ratio", "Cross-sell", "vente croisée", unit="ratio")
    def cross_sell(self) -> Estimate | None:
        """Cross-sell orders/orders."""
        return proportion(self.cross_sells, self.orders)
