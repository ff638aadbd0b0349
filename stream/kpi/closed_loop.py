"""Closed loop."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import proportion
from stream.measures import Handled, Measure

if TYPE_CHECKING:
    from stream.settings import Settings


@dataclass(frozen=True)
class ClosedLoop(Accumulator):
    """Cases that were closed within 48 hours, of those that fell due; a case counts at the time it falls due.

    One that was opened again before that, and not closed, is not closed in time.

    Source: Markey, Reichheld, Dullweber, "Closing the Customer Feedback Loop", Harvard Business Review, December 2009.

    >>> ClosedLoop(due=20, in_time=16).closed_loop().value
    0.8
    """

    name: ClassVar[str] = "closed_loop"
    source: ClassVar[str] = "feedback.cases"
    order: ClassVar[int] = 120
    _target: ClassVar[int] = 48 * 3600

    due: int = 0
    in_time: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        return cls(measure.due, measure.in_time) if isinstance(measure, Handled) and measure.due else None

    @classmethod
    def configure(cls, settings: "Settings") -> None:
        cls._target = settings.case_target

    @classmethod
    def definition(cls) -> Any:
        return cls._target

    @property
    def n(self) -> int:
        return self.due

    @score("feedback_closed_loop_ratio", "Closed loop", "boucle bouclée", unit="ratio")
    def closed_loop(self) -> Estimate | None:
        """Cases closed within the target time/cases whose target time has passed."""
        return proportion(self.in_time, self.due)
