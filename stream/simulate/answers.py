"""How satisfied customers answer: from a hidden satisfaction to a score on the scale of a question."""

from bisect import bisect
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import NormalDist
from typing import Any

#: Answers to one survey share this part of chance (the mood of the day); the rest belongs to each question.
SHARED = 0.8
_OWN = NormalDist(sigma=(1 - SHARED**2) ** 0.5)
_STEP = 1 / 16
_LOWEST = -4.0
_LEVELS = 128


@dataclass(frozen=True)
class Question:
    """A question of a survey.

    `shares` are the answers per hundred, from the lowest score up, of customers of satisfaction 0; satisfaction is
    counted in standard deviations. `name` and `scale` are None where the KPI's own are meant.

    >>> nps = Question("nps", 0, (2, 1, 1, 2, 2, 5, 7, 12, 18, 20, 30))
    >>> [nps.answer(satisfaction, 0.5) for satisfaction in (-2.0, 0.0, 1.0)]
    [1, 9, 10]
    """

    kpi: str
    low: int
    shares: tuple[float, ...]
    name: str | None = None
    scale: dict[str, Any] | None = None
    _cuts: tuple[tuple[float, ...], ...] = field(init=False, repr=False, compare=False)
    _moods: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        harder = self._harder
        rising = tuple(reversed(self.shares)) if harder else self.shares
        object.__setattr__(self, "_cuts", _cuts(rising))
        moods = tuple(_mood(self.kpi, step, len(rising) - 1) for step in range(len(rising)))
        object.__setattr__(self, "_moods", tuple(reversed(moods)) if harder else moods)

    @property
    def _harder(self) -> bool:
        return self.scale is not None and self.scale.get("high_is") == "harder"

    def answer(self, satisfaction: float, chance: float) -> int:
        """The score that a customer of this satisfaction gives; `chance` is between 0 and 1."""
        level = int((satisfaction - _LOWEST) / _STEP + 0.5)
        step = bisect(self._cuts[min(max(level, 0), _LEVELS - 1)], chance)
        if self._harder:
            step = len(self.shares) - 1 - step
        return self.low + step

    def beside(self, score: int, better: int) -> int:
        """Another score, so many steps better (or worse, where negative); from an end of the scale, one step back."""
        steps = -better if self._harder else better
        top = self.low + len(self.shares) - 1
        moved = min(max(score + steps, self.low), top)
        if moved == score:
            moved += 1 if score == self.low else -1
        return moved

    def mood(self, score: int) -> str:
        """`positive`, `neutral` or `negative`, as a comment to this score is."""
        return self._moods[score - self.low]


def _cuts(shares: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    """For each level of satisfaction, the chance of each score and those below it, without the last."""
    total = sum(shares)
    limits = [NormalDist().inv_cdf(reached / total) for reached in accumulate(shares[:-1])]
    return tuple(tuple(_OWN.cdf(limit - (_LOWEST + _STEP * level)) for limit in limits) for level in range(_LEVELS))


def _mood(kpi: str, step: int, top: int) -> str:
    if kpi in {"nps", "enps"}:
        return "positive" if step >= 9 else "neutral" if step >= 7 else "negative"
    goodness = step / top
    return "positive" if goodness >= 0.7 else "neutral" if goodness >= 0.45 else "negative"
