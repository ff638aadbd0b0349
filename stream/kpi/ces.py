"""Customer Effort Score."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.csat import UNIT
from stream.kpi.intervals import mean, proportion
from stream.kpi.watch import Watch
from stream.measures import QUESTIONS, Measure, Question, Rating


@dataclass(frozen=True)
class Ces(Accumulator):
    """How easy it was, from 1 to 7 where 7 is easiest, whatever scale and direction was asked.

    Source: Dixon, Toman, DeLisi, "The Effortless Experience", 2013 (1 to 7, easier is high).

    >>> from functools import reduce
    >>> total = reduce(Ces.merge, [Ces.of(Rating("ces", s, 1, 7)) for s in (7, 6, 3)])
    >>> round(total.ces().value, 2), total.ces_easy().value
    (5.33, 0.666...)
    """

    name: ClassVar[str] = "ces"
    source: ClassVar[str] = "feedback.surveys"
    order: ClassVar[int] = 30
    individual: ClassVar[bool] = True
    watch: ClassVar[Watch | None] = Watch(
        n={"answered": 1}, value={"points": 1 / UNIT}, squares={"points_squared": 1 / UNIT**2}, unit=6, base=1
    )

    easy: int = 0
    answered: int = 0
    skipped: int = 0
    points: int = 0
    points_squared: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Rating) or measure.kpi != "ces":
            return None
        if not measure.answered:
            return cls(skipped=1)
        points = (measure.score - measure.low) * UNIT // (measure.high - measure.low)
        # Ease 5 on 1 to 7 is two thirds of the way.
        return cls(int(3 * points >= 2 * UNIT), 1, 0, points, points**2)

    @property
    def n(self) -> int:
        return self.answered

    @score("feedback_ces_score", "Customer Effort Score", "score d'effort", unit="ease")
    def ces(self) -> Estimate | None:
        """Mean ease, 1 to 7."""
        return mean(self.points, self.points_squared, self.answered, unit=UNIT, low=1, high=7)

    @score("feedback_ces_easy_ratio", "Easy answers", "part de parcours faciles", unit="ratio")
    def ces_easy(self) -> Estimate | None:
        """Answers with an ease of 5 or more/answers."""
        return proportion(self.easy, self.answered)


QUESTIONS["ces"] = Question(
    1, 7, lambda low, high: UNIT % (high - low) == 0, f"scales whose number of steps divides {UNIT}, such as 1 to 7"
)
