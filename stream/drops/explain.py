"""What a drop is made of: members that got worse, and members of which there are more or fewer than usual."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from stream.drops.runs import Floats

#: A part is named where it is so many standard errors more than an even drop would make it; and parts at most.
_DOUBT = 2.0
_MOST = 5


class Part(NamedTuple):
    """A member's part of a drop, in the unit of the score: `rate_effect` is what its own answers got worse by, in its
    present share of all; `mix_effect` what its share does that has changed, at what was usual. `share` is both of the
    whole drop.
    """

    scope: str
    member: str
    share: float
    rate_effect: float
    mix_effect: float


class Sums(NamedTuple):
    """Answers of the members of one scope: their number, the sum of their values, and the sum of the squares."""

    n: Floats
    total: Floats
    squares: Floats

    def together(self) -> tuple[float, float, float]:
        """The sums of all members."""
        return float(self.n.sum()), float(self.total.sum()), float(self.squares.sum())

    @classmethod
    def of(cls, members: Sequence[tuple[float, float, float]]) -> Self:
        """The sums of each of some members."""
        return cls(*np.array(members, np.float64).reshape(-1, 3).T)


def parts(scope: str, members: list[str], usual: Sums, now: Sums, unit: float) -> list[tuple[float, Part]]:
    """Every member's part of the drop, each with its doubt: how far beyond an even drop it is, in standard errors.

    With shares w and means r, usual and now: `(w₀ − w₁)·(r₀ − R₀)` is the mix effect and `w₁·(r₀ − r₁)` the rate
    effect, which add up to the drop R₀ − R₁ over the members. `unit` is what a value of 1 is in the score, negative
    where more is worse.

    >>> before = Sums(np.array([50.0, 50.0]), np.array([20.0, 10.0]), np.array([50.0, 50.0]))
    >>> after = Sums(np.array([50.0, 50.0]), np.array([0.0, 10.0]), np.array([50.0, 50.0]))
    >>> found = parts("channel", ["phone", "chat"], before, after, unit=100)
    >>> [(part.member, part.share, round(part.rate_effect)) for _, part in found]
    [('phone', 1.0, 20), ('chat', 0.0, 0)]
    """
    count_0, count_1 = usual.n.sum(), now.n.sum()
    if count_0 <= 0 or count_1 <= 0:
        return []
    share_0, share_1 = usual.n / count_0, now.n / count_1
    whole_0, whole_1 = usual.total.sum() / count_0, now.total.sum() / count_1
    # A member that is new did as all did until now.
    rate_0 = np.where(usual.n > 0, usual.total / np.maximum(usual.n, 1e-9), whole_0)
    rate_1 = np.where(now.n > 0, now.total / np.maximum(now.n, 1e-9), rate_0)
    rate = unit * share_1 * (rate_0 - rate_1)
    mix = unit * (share_0 - share_1) * (rate_0 - whole_0)
    drop = unit * (whole_0 - whole_1)
    variance = np.maximum(now.squares.sum() / count_1 - whole_1**2, 1e-9)
    error = abs(unit) * np.sqrt(variance * share_1 * (1 - share_1) * (1 / count_1 + 1 / count_0)) + 1e-9
    beyond = (rate + mix - share_1 * drop) / error
    return [
        (float(doubt), Part(scope, member, float((r + m) / drop) if drop else 0.0, float(r), float(m)))
        for member, doubt, r, m in zip(members, beyond, rate, mix, strict=True)
    ]


def main_parts(found: list[tuple[float, Part]]) -> list[Part]:
    """The parts that stand out, most clearly first; none of a drop that is everywhere alike."""
    clear = [(doubt, part) for doubt, part in found if doubt >= _DOUBT and part.share > 0]
    return [part for _, part in sorted(clear, key=lambda pair: -pair[0])[:_MOST]]
