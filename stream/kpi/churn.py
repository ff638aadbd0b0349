"""Churn."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import proportion
from stream.kpi.watch import Watch
from stream.measures import Measure, Movement


@dataclass(frozen=True)
class Churn(Accumulator):
    """Customers lost of those there were at the window's start; one who came back is not lost.

    >>> Churn(customers=1000, lost=100).churn()
    Estimate(value=0.1, lower=0.0829..., upper=0.1201...)
    """

    name: ClassVar[str] = "churn"
    source: ClassVar[str] = "feedback.churn"
    order: ClassVar[int] = 50
    levels: ClassVar[frozenset[str]] = frozenset({"customers"})
    watch: ClassVar[Watch | None] = Watch(
        n={}, value={"lost": 1}, squares={"lost": 1}, unit=30 * 86_400, rises=True, level="customers"
    )

    customers: int = 0
    lost: int = 0
    reactivated: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Movement):
            return None
        return cls(measure.customers, measure.lost, measure.reactivated)

    @property
    def n(self) -> int:
        return self.customers

    @score("feedback_churn_ratio", "Churn", "taux d'attrition", unit="ratio", higher_is_better=False)
    def churn(self) -> Estimate | None:
        """(Lost − came back)/customers at the start, never below 0."""
        return proportion(max(0, self.lost - self.reactivated), self.customers)
