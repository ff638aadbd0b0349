"""Retention."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import proportion
from stream.measures import Measure, Movement


@dataclass(frozen=True)
class Retention(Accumulator):
    """Customers at the end, without the new ones, of those there were at the window's start.

    >>> window = Retention(customers=1000, joined=50, lost=100)
    >>> window.retention().value, window.retention_gross().value
    (0.9, 0.95)
    """

    name: ClassVar[str] = "retention"
    source: ClassVar[str] = "feedback.churn"
    order: ClassVar[int] = 60
    levels: ClassVar[frozenset[str]] = frozenset({"customers"})

    customers: int = 0
    joined: int = 0
    lost: int = 0
    reactivated: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Movement):
            return None
        return cls(measure.customers, measure.joined, measure.lost, measure.reactivated)

    @property
    def n(self) -> int:
        return self.customers

    @property
    def kept(self) -> int:
        """Customers at the end, without the new ones."""
        return self.customers - self.lost + self.reactivated

    @score("feedback_retention_ratio", "Retention", "taux de rétention", unit="ratio")
    def retention(self) -> Estimate | None:
        """(Customers at the end − new ones)/customers at the start."""
        return proportion(self.kept, self.customers)

    @score("feedback_retention_gross_ratio", "Gross retention", "rétention brute", unit="ratio")
    def retention_gross(self) -> Estimate | None:
        """Customers at the end/customers at the start; only who stays is uncertain, so new customers shift it."""
        net = self.retention()
        if net is None or net.lower is None or net.upper is None:
            return None
        new = self.joined / self.customers
        return Estimate((self.kept + self.joined) / self.customers, net.lower + new, net.upper + new)
