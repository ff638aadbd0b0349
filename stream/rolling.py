"""Rolling values: the panes of a window, of all partitions, merged into one accumulator for each member."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from stream.panes import Grid, Ints, Member
from stream.windows import Window

Rolled = dict[Member, list[int]]


def roll(grids: Sequence[Grid], window: Window, at: float, fades: Mapping[int, int] = MappingProxyType({})) -> Rolled:
    """The fields of every member in the window at time `at`; members without any are left out.

    `grids` are those of one scheme on each partition. Levels are taken at the window's start: they are the sum of all
    that came before. `fades` says which fields, by place, count only for so many seconds.
    """
    union: dict[Member, int] = {}
    places = [_places(grid, union) for grid in grids]
    if not union:
        return {}
    total = np.zeros((len(union), grids[0].width), np.int64)
    for grid, place in zip(grids, places, strict=True):
        total[place] += _sum(grid, window, at, fades)
    rows = np.flatnonzero(total.any(axis=1))
    fields = total[rows].tolist()
    members = list(union)
    return {members[row]: values for row, values in zip(rows.tolist(), fields, strict=True)}


def _places(grid: Grid, union: dict[Member, int]) -> Ints:
    """Where each row of the grid goes in the union of all."""
    return np.array([union.setdefault(member, len(union)) for member in grid.rows], np.int64)


def _sum(grid: Grid, window: Window, at: float, fades: Mapping[int, int]) -> Ints:
    """The fields of each row in the window."""
    start, end = window.bounds(at)
    faded = {column: (end - age) // window.advance * window.advance for column, age in fades.items()}
    total = _nothing(grid)
    for pane_start in range(start, end, window.advance):
        for column, until in faded.items():
            if pane_start == until:
                total[:, column] = 0  # what came before has faded
        _add_pane(total, grid, (window.advance, pane_start))
    if grid.levels:
        held = _nothing(grid)
        for key in [key for key in grid.panes if key[0] == window.advance and key[1] < start]:
            _add_pane(held, grid, key)
        total[:, grid.levels] = held[:, grid.levels]
    return total


def _nothing(grid: Grid) -> Ints:
    return np.zeros((len(grid.rows), grid.width), np.int64)


def _add_pane(total: Ints, grid: Grid, key: tuple[int, int]) -> None:
    pane = grid.panes.get(key)
    if pane is not None:
        fields = pane.fields[: len(total), : total.shape[1]]
        total[: len(fields)] += fields
