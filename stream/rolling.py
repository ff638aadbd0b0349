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
    start, end = window.bounds(at)
    total = np.zeros((len(union), grids[0].width), np.int64)
    faded = {column: (end - age) // window.advance * window.advance for column, age in fades.items()}
    for pane_start in range(start, end, window.advance):
        for column, until in faded.items():
            if pane_start == until:
                total[:, column] = 0  # what came before has faded
        _add_pane(total, grids, places, (window.advance, pane_start))
    levels = grids[0].levels
    if levels:
        held = np.zeros_like(total)
        for key in {key for grid in grids for key in grid.panes if key[0] == window.advance and key[1] < start}:
            _add_pane(held, grids, places, key)
        total[:, levels] = held[:, levels]
    rows = np.flatnonzero(total.any(axis=1))
    fields = total[rows].tolist()
    members = list(union)
    return {members[row]: values for row, values in zip(rows.tolist(), fields, strict=True)}


def _places(grid: Grid, union: dict[Member, int]) -> Ints:
    """Where each row of the grid goes in the union of all."""
    return np.array([union.setdefault(member, len(union)) for member in grid.rows], np.int64)


def _add_pane(total: Ints, grids: Sequence[Grid], places: Sequence[Ints], key: tuple[int, int]) -> None:
    for grid, place in zip(grids, places, strict=True):
        pane = grid.panes.get(key)
        if pane is not None:
            fields = pane.fields[: len(place), : total.shape[1]]
            total[place[: len(fields)]] += fields
