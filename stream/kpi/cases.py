"""Open cases, and how long it takes to close one."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.durations import FIELDS, quantile
from stream.measures import Handled, Measure


@dataclass(frozen=True)
class Cases(Accumulator):
    """Cases that are open, and the time from opening to closing of those closed.

    `open` is how many there were at the window's start. A case that is opened again is open again, and one that is
    closed again took from its first opening on.

    Source: Markey, Reichheld, Dullweber, "Closing the Customer Feedback Loop", Harvard Business Review, December 2009.

    >>> Cases(open=7, opened=5, closed=2).cases_open().value
    10.0
    """

    name: ClassVar[str] = "cases"
    source: ClassVar[str] = "feedback.cases"
    order: ClassVar[int] = 125
    levels: ClassVar[frozenset[str]] = frozenset({"open"})
    crossed: ClassVar[bool] = False
    narrow: ClassVar[bool] = True

    open: int = 0
    opened: int = 0
    closed: int = 0
    for _field in FIELDS:  # as if each were written out
        __annotations__[_field] = int
        locals()[_field] = 0
    del _field

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Handled) or not (measure.opened or measure.closed):
            return None
        took = {} if measure.took is None else {FIELDS[measure.took]: 1}
        return cls(measure.opened - measure.closed, measure.opened, measure.closed, **took)

    @property
    def n(self) -> int:
        return self.open + self.opened

    def sample(self, score: str) -> int:
        return self.closed if score == "case_time_to_close" else self.n

    @score(
        "feedback_cases_open", "Open cases", "dossiers ouverts", unit="count", higher_is_better=False, interval=False
    )
    def cases_open(self) -> Estimate | None:
        """Cases opened and not closed."""
        if not self.n:
            return None
        return Estimate(float(self.open + self.opened - self.closed), None, None)

    @score(
        "feedback_case_time_to_close_seconds",
        "Time to close a case, median",
        "délai de clôture médian",
        unit="seconds",
        higher_is_better=False,
        labels={"quantile": "0.5"},
    )
    def case_time_to_close(self) -> Estimate | None:
        """The time from opening to closing that half of the cases do not take longer than."""
        return quantile([getattr(self, field) for field in FIELDS], 0.5)
