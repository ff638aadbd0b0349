"""What is usual: the mean before the watched span by hour of the day, and how well it is known."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.drops.runs import Floats
from stream.drops.series import Series

_HOURS = 24
_DAY_S = 86_400
_HOUR_S = 3_600
#: Answers in a block whose means are compared, about as many as tell of a drop; and blocks at most.
_BLOCK = 500
_BLOCKS = 64
_LEAST = 1e-9
#: Waves of a day, of a half, a third and a quarter of it, beside what is constant: hours × coefficients.
_ANGLES = 2 * np.pi * (np.arange(_HOURS)[:, None] + 0.5) / _HOURS * np.arange(1, 5)
_WAVES = np.column_stack([np.ones(_HOURS), *[wave(angle) for angle in _ANGLES.T for wave in (np.cos, np.sin)]])
#: So many variances of an answer leave the constant free.
_OPEN = 1e4
#: So many are more than a wave has: some 25 points of NPS. Where a part of the day has not been seen yet, waves of any
#: size could hide there, and would be found.
_WAVE = 0.05


class Frozen(NamedTuple):
    """What an open alert was compared with: answers, their mean and variance; no answers where none is open."""

    n: Floats
    mean: Floats
    variance: Floats


@dataclass(frozen=True)
class Baseline:
    """For each member: answers `n`, their `mean` and `variance`; what is `expected` in each pane, and its `error`.

    The standard error has three parts: of the mean, of the daily rhythm, and what the mean wanders by itself from one
    block of answers to the next beyond chance.
    """

    n: Floats
    mean: Floats
    variance: Floats
    expected: Floats
    error: Floats


def hours(starts: Floats, ends: Floats) -> Floats:
    """Which part of each pane lies in each hour of the day (UTC): panes × 24.

    >>> hours(np.array([3600.0]), np.array([3 * 3600.0]))[0, :4].tolist()
    [0.0, 0.5, 0.5, 0.0]
    """
    hour = _HOUR_S * np.arange(_HOURS)

    def passed(times: Floats) -> Floats:
        """Seconds of each hour of the day until then."""
        days, rest = np.divmod(times[:, None], _DAY_S)
        found: Floats = days * _HOUR_S + np.clip(rest - hour, 0, _HOUR_S)
        return found

    within = passed(ends) - passed(starts)
    return within / np.maximum(ends - starts, _LEAST)[:, None]


def fit(series: Series, chosen: NDArray[np.bool_], watched: NDArray[np.bool_], frozen: Frozen) -> Baseline:
    """The baseline of each member from its chosen panes; where most of them are gone, what was frozen.

    The error is that in the watched panes.
    """
    n, total, squares = (np.where(chosen, each, 0.0) for each in (series.n, series.total, series.squares))
    count = n.sum(1)
    safe = np.maximum(count, 1.0)
    mean = total.sum(1) / safe
    variance = np.maximum(squares.sum(1) / safe - mean**2, _LEAST)
    shares = hours(series.starts, series.ends)
    of_hour, doubt = _rhythm(n @ shares, total @ shares - mean[:, None] * (n @ shares), variance)
    expected = (mean[:, None] + of_hour) @ shares.T
    seen = np.where(watched, series.n, 0.0) @ shares
    error = (seen * doubt).sum(1) / np.maximum(seen.sum(1), _LEAST)
    error = np.sqrt(np.maximum(error, variance / safe) + variance * _wander(n, total - n * expected, variance))
    gone = frozen.n > 2 * count
    return Baseline(
        np.where(gone, frozen.n, count),
        np.where(gone, frozen.mean, mean),
        np.where(gone, frozen.variance, variance),
        np.where(gone[:, None], frozen.mean[:, None], expected),
        np.where(gone, np.sqrt(frozen.variance / np.maximum(frozen.n, 1.0)), error),
    )


def _rhythm(n: Floats, away: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """How each hour differs from the mean, as a sum of a few waves, and the variance of that; members × 24.

    Hour by hour a day of answers says little, as waves it says more. Each wave is shrunk towards 0 by how far it is
    beyond chance (empirical Bayes), so that without a rhythm there is none. `away` is by how much the sum of an
    hour's values is more than the mean lets expect.
    """
    size = _WAVES.shape[1]
    weight = np.einsum("mh,hi,hj->mij", n, _WAVES, _WAVES) / variance[:, None, None]
    pull = (away @ _WAVES) / variance[:, None]
    # Hours without answers leave waves open; a faint pull towards 0 decides.
    plain = np.linalg.inv(weight + np.eye(size) * _LEAST * (1 + weight[:, :1, :1]))
    found = (plain @ pull[:, :, None])[:, :, 0] ** 2 - np.diagonal(plain, axis1=1, axis2=2)
    spread = np.empty_like(found)
    spread[:, 0] = _OPEN * variance
    spread[:, 1::2] = spread[:, 2::2] = np.clip((found[:, 1::2] + found[:, 2::2]) / 2, 0.0, _WAVE * variance[:, None])
    root = np.sqrt(spread)
    inner = np.linalg.inv(np.eye(size) + root[:, :, None] * weight * root[:, None, :])
    spreads = root[:, :, None] * inner * root[:, None, :]
    waves = (spreads @ pull[:, :, None])[:, :, 0]
    return waves @ _WAVES.T, np.einsum("hi,mij,hj->mh", _WAVES, spreads, _WAVES)


def _beyond_chance(n: Floats, deviations: Floats, variance: Floats) -> Floats:
    """The variance between groups, of which chance alone explains none, in units of the variance of an answer.

    Source: DerSimonian and Laird, "Meta-analysis in clinical trials", 1986. Two standard deviations of their statistic
    are taken for chance as well.
    """
    count = np.maximum(n.sum(1), _LEAST)
    freedom = np.maximum((n > 0).sum(1) - 1.0, 0.0)
    statistic = (n * deviations**2).sum(1) / variance
    room = np.maximum(count - (n**2).sum(1) / count, _LEAST)
    found: Floats = np.maximum(0.0, statistic - freedom - 2 * np.sqrt(2 * freedom)) / room
    return np.where(freedom > 0, found, 0.0)


def _wander(n: Floats, residual: Floats, variance: Floats) -> Floats:
    """How much blocks of some hundred answers differ beyond chance; a doubt is settled for chance."""
    size = np.maximum(_BLOCK, n.sum(1) / _BLOCKS)
    block = np.minimum((np.cumsum(n, 1) - n) // size[:, None], _BLOCKS).astype(np.int64)
    cells = (block + np.arange(len(n))[:, None] * (_BLOCKS + 1)).reshape(-1)
    shape = (len(n), _BLOCKS + 1)
    counts = np.bincount(cells, n.reshape(-1), shape[0] * shape[1]).reshape(shape).astype(np.float64)
    sums = np.bincount(cells, residual.reshape(-1), shape[0] * shape[1]).reshape(shape)
    return _beyond_chance(counts, sums / np.maximum(counts, _LEAST), variance)
