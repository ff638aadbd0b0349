"""Customer Satisfaction."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import mean, proportion
from stream.kpi.watch import Watch
from stream.measures import QUESTIONS, Measure, Question, Rating, rate

if TYPE_CHECKING:
    from stream.settings import Settings

#: Answers are added up in whole 25 200ths of their scale, so that scales with 1 to 10 and 100 steps mix exactly.
UNIT = 25_200

#: The lowest satisfied answer of each scale; more by the setting `csat_thresholds`.
SATISFIED_FROM = {
    (1, 2): 2, (1, 3): 3, (1, 4): 3, (1, 5): 4, (0, 5): 4, (1, 6): 5, (1, 7): 6, (1, 10): 8, (0, 10): 8,
}  # fmt: skip


@dataclass(frozen=True)
class Csat(Accumulator):
    """The share of satisfied answers: 4 and 5 of 5, the upper two of 4, 6 or 7, 8 to 10 of 10.

    >>> from functools import reduce
    >>> total = reduce(Csat.merge, [Csat.of(Rating("csat", s, 1, 5)) for s in (5, 4, 4, 1)])
    >>> total.csat().value, total.csat_mean().value
    (0.75, 0.625)
    """

    name: ClassVar[str] = "csat"
    source: ClassVar[str] = "feedback.surveys"
    order: ClassVar[int] = 20
    individual: ClassVar[bool] = True
    watch: ClassVar[Watch | None] = Watch(n={"answered": 1}, value={"satisfied": 1}, squares={"satisfied": 1})

    satisfied: int = 0
    answered: int = 0
    skipped: int = 0
    points: int = 0
    points_squared: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Rating) or measure.kpi != "csat":
            return None
        if not measure.answered:
            return cls(skipped=1)
        low, high = measure.low, measure.high
        points = (measure.score - low) * UNIT // (high - low)
        return cls(int(measure.score >= SATISFIED_FROM[low, high]), 1, 0, points, points**2)

    @classmethod
    def configure(cls, settings: "Settings") -> None:
        SATISFIED_FROM.update(settings.csat_thresholds)
        rate.cache_clear()  # it knows the scales that there were

    @classmethod
    def definition(cls) -> Any:
        return sorted([*scale, lowest] for scale, lowest in SATISFIED_FROM.items())

    @property
    def n(self) -> int:
        return self.answered

    @score("feedback_csat_ratio", "Customer Satisfaction", "taux de satisfaction", unit="ratio")
    def csat(self) -> Estimate | None:
        """Satisfied answers/answers."""
        return proportion(self.satisfied, self.answered)

    @score("feedback_csat_mean_ratio", "Mean satisfaction", "satisfaction moyenne", unit="ratio")
    def csat_mean(self) -> Estimate | None:
        """Mean of the answers, each on its own scale from 0 to 1."""
        return mean(self.points, self.points_squared, self.answered, unit=UNIT)


QUESTIONS["csat"] = Question(
    1,
    5,
    lambda low, high: (low, high) in SATISFIED_FROM,
    "1 to 2, 3, 4, 5, 6, 7 or 10, 0 to 5 or 10 (others by the setting csat_thresholds)",
)
