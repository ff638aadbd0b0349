"""What is usual: the mean before the watched span by hour of the day, and how well it is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.drops.runs import Floats

_HOURS = 24
_DAY_S = 86_400
_HOUR_S = 3_600
#: Answers in a block whose means are compared, about as many as tell of a drop; and blocks at most.
_BLOCK = 500
_BLOCKS = 64


@dataclass(frozen=True)
class Baseline:
    """For each member: answers `n`, their `mean` and `variance`, what is `expected` in each pane, and the `error` of it.

    The standard error has three parts: of the mean, of the hour's deviation, and what the mean wanders by itself from
    one block of answers to the next beyond chance.
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
    shares = np.zeros((len(starts), _HOURS))
    for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        if end - start >= _DAY_S:
            shares[row] = 1 / _HOURS
            continue
        first, last = int(start // _HOUR_S), int(max(start, end - 1e-6) // _HOUR_S)
        for hour in range(first, last + 1):
            within = min(end, (hour + 1) * _HOUR_S) - max(start, hour * _HOUR_S)
            shares[row, hour % _HOURS] += within / (end - start) if end > start else 1.0
    return shares


def fit(n: Floats, total: Floats, squares: Floats, chosen: NDArray[np.bool_], watched: Floats, shares: Floats) -> Baseline:
    """The baseline of each member from its chosen panes.

    The deviation of an hour is shrunk towards 0 by how much hours differ at all beyond chance (empirical Bayes), so
    that without a rhythm there is none. `watched` are answers by pane, for which the error is wanted.
    """
    n, total, squares = (np.where(chosen, each, 0.0) for each in (n, total, squares))
    count = n.sum(1)
    safe = np.maximum(count, 1.0)
    mean = total.sum(1) / safe
    variance = np.maximum(squares.sum(1) / safe - mean**2, 1e-9)
    by_hour = n @ shares
    deviations = (total @ shares) / np.maximum(by_hour, 1e-9) - mean[:, None]
    deviations[by_hour < 1e-9] = 0.0
    spread = variance * _beyond_chance(by_hour, deviations, variance, surplus=0.0)
    weight = spread[:, None] * by_hour / (spread[:, None] * by_hour + variance[:, None])
    profile = weight * deviations
    profile -= ((by_hour * profile).sum(1) / safe)[:, None]
    expected = mean[:, None] + profile @ shares.T
    unknown = spread[:, None] / (1 + spread[:, None] * by_hour / variance[:, None])
    of_hours = ((watched @ shares) * unknown).sum(1) / np.maximum(watched.sum(1), 1e-9)
    wander = variance * _wander(n, total - n * expected, variance)
    return Baseline(count, mean, variance, expected, np.sqrt(variance / safe + of_hours + wander))


def _beyond_chance(n: Floats, deviations: Floats, variance: Floats, surplus: float) -> Floats:
    """The variance between groups, of which chance alone explains none, in units of the variance of an answer.

    Source: DerSimonian and Laird, "Meta-analysis in clinical trials", 1986. `surplus` standard deviations of their
    statistic are taken for chance as well.
    """
    count = np.maximum(n.sum(1), 1e-9)
    freedom = np.maximum((n > 0).sum(1) - 1.0, 0.0)
    statistic = (n * deviations**2).sum(1) / variance
    room = np.maximum(count - (n**2).sum(1) / count, 1e-9)
    found: Floats = np.maximum(0.0, statistic - freedom - surplus * np.sqrt(2 * freedom)) / room
    return np.where(freedom > 0, found, 0.0)


def _wander(n: Floats, residual: Floats, variance: Floats) -> Floats:
    """How much blocks of some hundred answers differ beyond chance; a doubt is settled for chance."""
    size = np.maximum(_BLOCK, n.sum(1) / _BLOCKS)
    block = np.minimum((np.cumsum(n, 1) - n) // size[:, None], _BLOCKS).astype(np.int64)
    cells = (block + np.arange(len(n))[:, None] * (_BLOCKS + 1)).reshape(-1)
    shape = (len(n), _BLOCKS + 1)
    counts = np.bincount(cells, n.reshape(-1), shape[0] * shape[1]).reshape(shape)
    sums = np.bincount(cells, residual.reshape(-1), shape[0] * shape[1]).reshape(shape)
    return _beyond_chance(counts, sums / np.maximum(counts, 1e-9), variance, surplus=2.0)
