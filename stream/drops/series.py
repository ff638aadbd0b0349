"""The past of every member as one row of panes: fine ones for the last minutes, coarser ones the older they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stream.drops.runs import Floats
from stream.kpi import Accumulator
from stream.panes import Grid, Member
from stream.windows import Window

#: Losses among so many "answers", where a KPI has no answers: one in twenty.
_LOSSES = 0.05


@dataclass(frozen=True)
class Series:
    """Answers of each member (rows) in each pane (columns): their number, the sum of their values and of the squares.

    `starts` and `ends` are the panes' borders in seconds since the epoch; the last one ends with the moment that was
    asked for. Where a KPI has no answers but losses, `worth` is how much of the level · seconds makes one answer, for
    each member, and 0 where nothing was lost; otherwise 1.
    """

    members: list[Member]
    starts: Floats
    ends: Floats
    n: Floats
    total: Floats
    squares: Floats
    worth: Floats

    def of(self, rows: NDArray[np.int64]) -> "Series":
        """Some of the members."""
        members = [self.members[row] for row in rows.tolist()]
        return Series(
            members, self.starts, self.ends, self.n[rows], self.total[rows], self.squares[rows], self.worth[rows]
        )

    def at_rate(self, chosen: NDArray[np.bool_]) -> "Series":
        """With what is an answer chosen anew, so that one in twenty was a loss in some panes."""
        losses, exposed = (np.where(chosen, each, 0.0).sum(1) for each in (self.total, self.n))
        factor = losses / np.maximum(exposed, 1e-9) / _LOSSES
        worth = np.where(factor > 0, self.worth / np.where(factor > 0, factor, 1.0), 0.0)
        return replace(self, n=self.n * factor[:, None], worth=worth)

    def rows(self, scope: str) -> list[int]:
        """Where the members of a scope are."""
        return [row for row, (name, _) in enumerate(self.members) if name == scope]


def series(kpi: type[Accumulator], grids: Sequence[Grid], windows: Sequence[Window], at: float) -> Series | None:
    """The series of a KPI at a time, of all its partitions' grids of one scheme; None where nothing was counted."""
    watch = kpi.watch
    union: dict[Member, int] = {}
    places = [np.array([union.setdefault(m, len(union)) for m in grid.rows], np.int64) for grid in grids]
    panes = chain([window for window in windows if all(window.advance in grid.scheme.sizes for grid in grids)], at)
    if watch is None or not union or not panes:
        return None
    fields = np.zeros((len(panes), len(union), grids[0].width), np.int64)
    for grid, place in zip(grids, places, strict=True):
        for column, key in enumerate(panes):
            pane = grid.panes.get(key)
            if pane is not None:
                held = pane.read()[: len(place), : grid.width]
                fields[column, place[: len(held)]] += held
    starts = np.array([start for _, start in panes], np.float64)
    ends = np.minimum(starts + [advance for advance, _ in panes], at)
    names = kpi.field_names()
    n, total, squares = (_weighed(fields, names, weights) for weights in (watch.n, watch.value, watch.squares))
    worth = np.ones(len(union))
    if watch.level is not None:
        position = names.index(watch.level)
        before = _level(grids, places, len(union), panes[0], position)
        levels = before[:, None] + np.cumsum(fields[:, :, position].T, axis=1) - fields[:, :, position].T
        # Before anything happened nobody was looking, though the first count stands for that time as well.
        moved = np.delete(fields, position, axis=2).any(axis=(1, 2))
        n = np.where(np.maximum.accumulate(moved), np.maximum(levels, 0) * (ends - starts), 0.0)
    found = Series(list(union), starts, ends, n, total, squares, worth)
    return found if watch.level is None else found.at_rate(np.ones_like(n, np.bool_))


def chain(windows: Sequence[Window], at: float) -> list[tuple[int, int]]:
    """Panes that cover the longest window without a gap, oldest first: `(advance, start)`.

    Each window's panes are used for its own span, and left out where they do not fit into the next one's.

    >>> chain([Window.parse("2m/1m"), Window.parse("10m/5m")], at=1000)
    [(300, 600), (60, 900), (60, 960)]
    """
    levels: list[Window] = []
    for window in sorted(windows, key=lambda each: each.size):
        if not levels or window.advance % levels[-1].advance == 0:
            levels.append(window)
    found: list[tuple[int, int]] = []
    if not levels:
        return found
    end = _up(at, levels[0].advance)
    for window, wider in pairwise([*levels, levels[-1]]):
        begin = _up(at - window.size, wider.advance)
        found += [(window.advance, start) for start in range(end - window.advance, begin - 1, -window.advance)]
        end = begin
    return found[::-1]


def _up(at: float, advance: int) -> int:
    return -int(-at // advance) * advance


def _weighed(fields: np.ndarray, names: Sequence[str], weights: Mapping[str, float]) -> Floats:
    """Sums of some fields, members × panes."""
    weight = np.array([weights.get(name, 0.0) for name in names])
    sums: Floats = np.ascontiguousarray((fields @ weight).T)
    return sums


def _level(
    grids: Sequence[Grid], places: Sequence[np.ndarray], rows: int, first: tuple[int, int], position: int
) -> Floats:
    """What a level has come to before the first pane: the sum of all older ones."""
    before = np.zeros(rows)
    for grid, place in zip(grids, places, strict=True):
        for (advance, start), pane in grid.panes.items():
            if advance == first[0] and start < first[1]:
                held = pane.read()[: len(place), position]
                before[place[: len(held)]] += held
    return before
