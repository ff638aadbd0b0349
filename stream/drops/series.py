"""The past of every member as one row of panes: fine ones for the last minutes, coarser ones the older they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stream.drops.runs import Floats
from stream.kpi import Accumulator
from stream.kpi.watch import Watch
from stream.panes import Grid, Member
from stream.windows import Window

#: Losses among so many "answers", where a KPI has no answers: one in twenty.
_LOSSES = 0.05


@dataclass(frozen=True)
class Series:
    """Answers of each member (rows) in each pane (columns): their number, the sum of their values and of the squares.

    `starts` and `ends` are the panes' borders in seconds since the epoch; the last one ends with the moment that was
    asked for. Where a KPI has no answers but losses, `worth` is how much of the level · seconds makes one answer, for
    each member; otherwise 1.
    """

    members: list[Member]
    starts: Floats
    ends: Floats
    n: Floats
    total: Floats
    squares: Floats
    worth: Floats

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
                held = pane.fields[: len(place), : grid.width]
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
        n, worth = _exposed(np.maximum(levels, 0) * (ends - starts), total)
    return Series(list(union), starts, ends, n, total, squares, worth)


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
                held = pane.fields[: len(place), position]
                before[place[: len(held)]] += held
    return before


def _exposed(exposure: Floats, losses: Floats) -> tuple[Floats, Floats]:
    """Exposure as a number of "answers", so that one in twenty is a loss on the whole; and what one is worth."""
    rate = losses.sum(1) / np.maximum(exposure.sum(1), 1.0) / _LOSSES
    return exposure * rate[:, None], 1 / np.where(rate > 0, rate, np.inf)
