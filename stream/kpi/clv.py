"""Customer Lifetime Value."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, ClassVar, Self

from stream.kpi.accumulator import Accumulator, Around, Estimate, score
from stream.kpi.intervals import Z, mean
from stream.measures import Measure, Ordered
from stream.money import per_unit

if TYPE_CHECKING:
    from stream.settings import Settings

MONTH_S = 30 * 86_400
#: Sums of squares must fit into 64 bits, so those of amounts beyond the first are added up in coarser parts.
_LARGE, _PART, _LARGE_PART = 10**9, 10**4, 10**10


@dataclass(frozen=True)
class Clv(Accumulator):
    """What a customer is worth: average order value × orders per customer and month × lifetime in months.

    A row for each currency, whose amounts are never added to those of another. Money is in the currency's smallest
    unit in the fields, and in the currency itself in the scores. A customer is counted once in a window, at the latest
    order. In a window shorter than a month everybody counted has just ordered, so what customers are worth would come
    out many times too high: there are only the scores of orders there. The lifetime is a setting, or comes from churn
    in the same window. Intervals take the revenue for a compound Poisson sum; they know nothing of how uncertain the
    lifetime is.

    Source: Farris, Bendle, Pfeifer, Reibstein, "Marketing Metrics", 2010.

    >>> month = Clv(orders=200, revenue=10_000_000, customers=100, seconds=MONTH_S, per_unit=100)
    >>> month.clv_order_value().value, month.clv_order_frequency().value, month.clv().value
    (500.0, 2.0, 24000.0)
    """

    name: ClassVar[str] = "clv"
    source: ClassVar[str] = "feedback.orders"
    order: ClassVar[int] = 90
    label: ClassVar[str | None] = "currency"
    derived: ClassVar[frozenset[str]] = frozenset({"seconds", "per_unit", "base", "gone"})
    needs: ClassVar[tuple[str, ...]] = ("churn",)
    _lifetime: ClassVar[float | None] = 24.0
    _margin: ClassVar[float] = 1.0
    _discount: ClassVar[float] = 0.1

    orders: int = 0
    revenue: int = 0
    squares: int = 0
    customers: int = 0
    upsold: int = 0
    large_squares: int = 0
    seconds: int = 0
    per_unit: int = 0
    base: int = 0
    gone: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Ordered):
            return None
        amount = measure.amount
        large = abs(amount) > _LARGE
        part = _LARGE_PART if large else _PART
        square = (amount**2 + part // 2) // part
        squares, large_squares = (0, square) if large else (square, 0)
        upsold = amount if measure.kind == "upsell" else 0
        return cls(1, amount, squares, int(measure.latest), upsold, large_squares)

    @classmethod
    def seen(cls, fields: Sequence[int], around: Around) -> Self:
        churn: Any = around.others.get("churn")
        base, gone = (churn.customers, churn.lost - churn.reactivated) if churn else (0, 0)
        return cls(*[*fields, around.seconds, per_unit(around.label), base, gone])

    @classmethod
    def configure(cls, settings: "Settings") -> None:
        cls._lifetime = None if settings.clv_lifetime == "churn" else settings.clv_lifetime
        cls._margin, cls._discount = settings.clv_margin, settings.clv_discount

    @property
    def n(self) -> int:
        return self.orders

    @property
    def _months(self) -> float:
        """How long the window is; 0 if it is too short to know how often customers order."""
        return self.seconds / MONTH_S if self.seconds >= MONTH_S else 0.0

    def _lifetime_months(self) -> float | None:
        """By setting, or what a constant churn in the window comes to; None where nothing is known of it."""
        if self._lifetime is not None:
            return self._lifetime
        if self.base <= 0 or self.gone <= 0:
            return None
        return self._months * self.base / self.gone

    @property
    def _squared(self) -> int:
        """The squares of all amounts together; sums that are being taken back may be below nothing for a moment."""
        return max(0, _PART * self.squares + _LARGE_PART * self.large_squares)

    def _revenue(self, per: float, times: float) -> Estimate | None:
        """Revenue in the currency, divided by something and taken so many times."""
        if self.orders <= 0 or per <= 0:
            return None
        scale = self.per_unit * per
        half = Z * sqrt(self._squared)
        value, lower, upper = (
            times * sum_ / scale for sum_ in (self.revenue, self.revenue - half, self.revenue + half)
        )
        return Estimate(value, lower, upper)

    @score("feedback_clv_amount", "Customer Lifetime Value", "valeur vie client", unit="money")
    def clv(self) -> Estimate | None:
        """Average order value × orders per customer and month × lifetime in months."""
        lifetime = self._lifetime_months()
        return self._revenue(self.customers * self._months, lifetime) if lifetime else None

    @score("feedback_clv_discounted_amount", "Discounted lifetime value", "valeur vie actualisée", unit="money")
    def clv_discounted(self) -> Estimate | None:
        """m·r/(1 + i − r), by month: m the margin of a customer, r = 1 − 1/lifetime the retention, i the discount.

        The payment of the first month is not in it. Source: Gupta, Lehmann, "Customers as Assets", Journal of
        Interactive Marketing 17(1), 2003.
        """
        lifetime = self._lifetime_months()
        if lifetime is None or lifetime <= 1:
            return None
        r, i = 1 - 1 / lifetime, (1 + self._discount) ** (1 / 12) - 1
        return self._revenue(self.customers * self._months, self._margin * r / (1 + i - r))

    @score("feedback_order_value_amount", "Average order value", "panier moyen", unit="money")
    def clv_order_value(self) -> Estimate | None:
        """Revenue/orders."""
        return mean(self.revenue, self._squared, self.orders, unit=self.per_unit)

    @score(
        "feedback_orders_per_customer",
        "Orders per customer and month",
        "fréquence d'achat",
        unit="count",
        interval=False,
    )
    def clv_order_frequency(self) -> Estimate | None:
        """Orders/customers/months in the window."""
        per = self.customers * self._months
        return Estimate(self.orders / per, None, None) if per > 0 else None

    @score(
        "feedback_upsell_revenue_ratio", "Upsell revenue", "part du CA en montée en gamme", unit="ratio", interval=False
    )
    def upsell_revenue(self) -> Estimate | None:
        """Revenue of upsell orders/revenue."""
        return Estimate(self.upsold / self.revenue, None, None) if self.revenue > 0 else None
