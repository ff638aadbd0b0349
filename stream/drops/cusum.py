"""The cumulative sum over panes: how far it is, since when, and when it passed its threshold."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.drops.runs import Floats

Ints = NDArray[np.int64]

_LOOKS = 5
_LEAST = 1e-9


class Walk(NamedTuple):
    """For each row: the statistic after the last pane, the pane that its climb began with, and its path."""

    statistic: Floats
    begin: Ints
    path: Floats

    def passed(self, row: int, threshold: float) -> int:
        """The pane with which the climb of a row passed the threshold; it has to be beyond it at the end."""
        begin = int(self.begin[row])
        return begin + int(np.argmax(self.path[row, begin:] > threshold))


def walk(excess: Floats) -> Walk:
    """S = max(0, S + excess), pane by pane, from 0.

    A pane is taken as a whole, so the order of the answers in it does not matter, and S is never greater than it would
    be answer by answer: coarser panes are slower, and never quicker to a false alarm.

    >>> found = walk(np.array([[1.0, -2.0, 3.0, 4.0]]))
    >>> found.statistic.tolist(), found.begin.tolist(), found.passed(0, 5.0)
    ([7.0], [2], 3)
    """
    sums = np.cumsum(excess, axis=1)
    path = sums - np.minimum(np.minimum.accumulate(sums, axis=1), 0.0)
    # A climb begins after the last pane that left the statistic at 0.
    columns = excess.shape[1]
    last_zero = columns - 1 - np.argmax(path[:, ::-1] <= 0, axis=1)
    begin = np.where((path <= 0).any(axis=1), last_zero + 1, 0)
    return Walk(path[:, -1], np.minimum(begin, columns - 1), path)


def sharpened(worse: Floats, n: Floats, begin: int) -> int:
    """When the change came about that a climb tells of, from by how much its panes are worse.

    The climb begins too early where the change is greater than what it looks for: up to the change chance has its
    way with it. So the begin is looked for anew from midway to what was found, until it stays.

    >>> sharpened(np.array([1.0, 0.0, 9.0, 11.0]), np.ones(4), 0)
    2
    """
    for _ in range(_LOOKS):
        midway = worse[begin:].sum() / max(float(n[begin:].sum()), _LEAST) / 2
        later = int(walk((worse[begin:] - midway * n[begin:])[None, :]).begin[0])
        if later == 0:
            break
        begin += later
    return begin
