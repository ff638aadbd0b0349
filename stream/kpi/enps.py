"""Employee Net Promoter Score."""

from dataclasses import dataclass
from typing import ClassVar

from stream.kpi.accumulator import Estimate, score
from stream.kpi.intervals import net
from stream.kpi.nps import Nps
from stream.measures import QUESTIONS


@dataclass(frozen=True)
class Enps(Nps):
    """The Net Promoter Score, asked of employees: would they recommend working here?

    >>> from stream.measures import Rating
    >>> Enps.of(Rating("enps", 9, 0, 10)), Enps.of(Rating("nps", 9, 0, 10))
    (Enps(promoters=1, passives=0, detractors=0, skipped=0), None)
    """

    name: ClassVar[str] = "enps"
    order: ClassVar[int] = 40
    #: An employee is asked, not served: nobody is to be known by the answer.
    individual: ClassVar[bool] = False

    @score("feedback_enps_score", "Employee Net Promoter Score", "symétrie des attentions", unit="points")
    def enps(self) -> Estimate | None:
        """100·(promoters − detractors)/answers."""
        return net(self.promoters, self.detractors, self.n)


QUESTIONS["enps"] = QUESTIONS["nps"]
