"""Sums of a grid's panes over windows, kept from look to look: what is counted meanwhile is added to them as well."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.windows import Window

Ints = NDArray[np.int64]


@dataclass
class _Sum:
    """The sum of the panes that begin from `start` on and before `end`."""

    start: int
    end: int
    total: Ints

    def reach(self, rows: int) -> Ints:
        """The total, with room for so many rows."""
        missing = rows - len(self.total)
        if missing > 0:
            self.total = np.concatenate([self.total, np.zeros((missing, self.total.shape[1]), np.int64)])
        return self.total


class Sums:
    """A sum for each window that somebody has looked at; a window that moves on loses panes and gains others.

    Whoever changes a pane must say so here.
    """

    def __init__(self) -> None:
        self._kept: dict[Window, _Sum] = {}

    def of(self, window: Window, at: float, rows: int, width: int, fields: Callable[[int], Ints | None]) -> Ints:
        """The fields of all rows in the window at time `at`, to be read only.

        `fields` are those of the window's pane that begins at a time, None where there is no pane.
        """
        start, end = window.bounds(at)
        kept = self._kept.get(window)
        if kept is None or not kept.start - window.size < start < kept.end:
            kept = self._kept[window] = _Sum(start, start, np.zeros((rows, width), np.int64))
        total, step = kept.reach(rows), window.advance
        for gone in (*range(kept.start, min(start, kept.end), step), *range(max(end, kept.start), kept.end, step)):
            if (pane := fields(gone)) is not None:
                total[: len(pane)] -= pane
        for come in (*range(start, min(kept.start, end), step), *range(max(kept.end, start), end, step)):
            if (pane := fields(come)) is not None:
                total[: len(pane)] += pane
        kept.start, kept.end = start, end
        return total

    def add(self, advance: int, start: int, added: Ints) -> None:
        """To all rows of a pane was added so much."""
        for kept in self._of_pane(advance, start):
            kept.reach(len(added))[: len(added)] += added

    def add_to(self, advance: int, start: int, rows: Ints, vectors: Ints) -> None:
        """To some rows of a pane were added vectors; a row may be there several times."""
        for kept in self._of_pane(advance, start):
            np.add.at(kept.reach(int(rows.max(initial=-1)) + 1), rows, vectors)

    def forget(self, advance: int, start: int) -> None:
        """A pane was changed in some other way, or is no more."""
        for kept in self._of_pane(advance, start):
            kept.total, kept.end = kept.total[:0], kept.start

    def _of_pane(self, advance: int, start: int) -> list[_Sum]:
        return [
            kept for window, kept in self._kept.items() if window.advance == advance and kept.start <= start < kept.end
        ]
