"""Net Promoter Score."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import net
from stream.kpi.watch import Watch
from stream.measures import QUESTIONS, Measure, Question, Rating


@dataclass(frozen=True)
class Nps(Accumulator):
    """Promoters (9, 10) less detractors (0 to 6) per hundred answers.

    Source: Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003.

    >>> from functools import reduce
    >>> total = reduce(Nps.merge, [Nps.of(Rating("nps", s, 0, 10)) for s in (10, 9, 8, 0)])
    >>> total
    Nps(promoters=2, passives=1, detractors=1, skipped=0)
    >>> total.nps().value
    25.0
    """

    name: ClassVar[str] = "nps"
    source: ClassVar[str] = "feedback.surveys"
    order: ClassVar[int] = 10
    individual: ClassVar[bool] = True
    watch: ClassVar[Watch | None] = Watch(
        n={"promoters": 1, "passives": 1, "detractors": 1},
        value={"promoters": 1, "detractors": -1},
        squares={"promoters": 1, "detractors": 1},
        low=-1,
        unit=100,
    )

    promoters: int = 0
    passives: int = 0
    detractors: int = 0
    skipped: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Rating) or measure.kpi != cls.name:
            return None
        if not measure.answered:
            return cls(skipped=1)
        if measure.score >= 9:
            return cls(promoters=1)
        return cls(passives=1) if measure.score >= 7 else cls(detractors=1)

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @score("feedback_nps_score", "Net Promoter Score", "Net Promoter Score", unit="points")
    def nps(self) -> Estimate | None:
        """100·(promoters − detractors)/answers."""
        return net(self.promoters, self.detractors, self.n)


QUESTIONS["nps"] = Question(0, 10, lambda low, high: (low, high) in {(0, 10), (1, 10)}, "0 to 10 or 1 to 10")
