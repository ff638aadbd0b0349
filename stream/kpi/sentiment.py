"""Sentiment of what customers write."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stream.kpi.accumulator import Accumulator, Estimate, score
from stream.kpi.intervals import net
from stream.kpi.watch import Watch
from stream.measures import Heard, Measure


@dataclass(frozen=True)
class Sentiment(Accumulator):
    """Positive less negative comments, of all comments.

    Source: Liu, "Sentiment Analysis and Opinion Mining", 2012.

    >>> Sentiment(positive=6, neutral=2, negative=2).sentiment().value
    0.4
    """

    name: ClassVar[str] = "sentiment"
    source: ClassVar[str] = "feedback.verbatims"
    order: ClassVar[int] = 140
    watch: ClassVar[Watch | None] = Watch(
        n={"positive": 1, "neutral": 1, "negative": 1},
        value={"positive": 1, "negative": -1},
        squares={"positive": 1, "negative": 1},
        low=-1,
    )

    positive: int = 0
    neutral: int = 0
    negative: int = 0

    @classmethod
    def of(cls, measure: Measure) -> Self | None:
        if not isinstance(measure, Heard) or measure.sentiment is None:
            return None
        return cls(**{measure.sentiment: 1})

    @property
    def n(self) -> int:
        return self.positive + self.neutral + self.negative

    @score("feedback_sentiment_score", "Sentiment", "tonalité des verbatims", unit="balance")
    def sentiment(self) -> Estimate | None:
        """(Positive − negative)/comments, −1 to 1."""
        points = net(self.positive, self.negative, self.n)
        if points is None or points.lower is None or points.upper is None:
            return None
        return Estimate(points.value / 100, points.lower / 100, points.upper / 100)
