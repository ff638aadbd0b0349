"""The cumulative sum over panes: how far it is, since when, and when it passed its threshold."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.drops.runs import Floats

Ints = NDArray[np.int64]


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
