"""How a KPI is watched for drops: what one answer is worth, and which change is worth an alert."""

from collections.abc import Mapping
from typing import NamedTuple


class Watch(NamedTuple):
    """Which fields make up the value of an answer, and how much of a change in its mean matters.

    The maps say with which weight each field goes into the number of answers, the sum of their values and the sum of
    their squares. Values lie between `low` and `high`; the score is `base` + `unit` · their mean. `rises` marks a KPI
    where more is worse.

    With `level`, a field that counts customers, there are no answers but losses: `n` is then how many losses the
    level times the seconds would have brought, and the score is what is lost of it in 30 days.

    >>> nps = Watch({"promoters": 1, "passives": 1, "detractors": 1}, {"promoters": 1, "detractors": -1},
    ...             {"promoters": 1, "detractors": 1}, low=-1, high=1, unit=100)
    >>> nps.word, nps.shift(20)
    ('drop', 0.2)
    """

    n: Mapping[str, float]
    value: Mapping[str, float]
    squares: Mapping[str, float]
    low: float = 0.0
    high: float = 1.0
    unit: float = 1.0
    base: float = 0.0
    rises: bool = False
    level: str | None = None

    @property
    def word(self) -> str:
        """What an alert is about."""
        return "rise" if self.rises else "drop"

    @property
    def past(self) -> str:
        """What has happened where there is one."""
        return "risen" if self.rises else "dropped"

    def shift(self, points: float) -> float:
        """The change of the mean that matters as much as so many points of NPS: the same part of the scale."""
        return points / 200 * (self.high - self.low)
