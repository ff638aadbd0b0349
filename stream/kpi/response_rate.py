"""Response rate."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import proportion
from stream.measures import Invited, Measure


@dataclass(frozen=True)
class ResponseRate(Accumulator):
    """Invitations that were answered, of those that were delivered; each counts when it was sent.

    Source: AAPOR, "Standard Definitions", for rates whose base is those who were reached.

    >>> ResponseRate(delivered=200, answered=50).response_rate().value
    0.25
    """

    name: ClassVar[str] = "response_rate"
    source: ClassVar[str] = "feedback.invitations"
    order: ClassVar[int] = 110
    settles: ClassVar[bool] = True

    delivered: int = 0
    answered: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        return cls(1, int(measure.answered)) if isinstance(measure, Invited) else None

    @property
    def n(self) -> int:
        return self.delivered

    @score("feedback_response_ratio", "Response rate", "taux de réponse", unit="ratio")
    def response_rate(self) -> Estimate | None:
        """Invitations answered/invitations delivered."""
        return proportion(self.answered, self.delivered)
