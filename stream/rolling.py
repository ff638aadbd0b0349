"""Rolling values: the panes of a window, of all partitions, merged into one accumulator for each member."""

from collections.abc import Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple, Self

import numpy as np

from stream.panes import Grid, Member
from stream.sums import Ints
from stream.windows import Window

Rolled = dict[Member, list[int]]
#: Which fields, by place, count only for so many seconds.
Fades = Mapping[int, int]

NO_FADES: Fades = MappingProxyType({})


class Total(NamedTuple):
    """The fields of members in a window, a row for each; there may be more members, that have come since."""

    members: Sequence[Member]
    fields: Ints

    def only(self, rows: Sequence[int]) -> Self:
        """These rows alone."""
        return type(self)([self.members[row] for row in rows], self.fields[list(rows)])

    def rolled(self) -> Rolled:
        """By member; those without any are left out."""
        rows = np.flatnonzero(self.fields.any(axis=1))
        fields = self.fields[rows].tolist()
        return {self.members[row]: values for row, values in zip(rows.tolist(), fields, strict=True)}


class Union:
    """The grids of one scheme on each partition, as one: where each of their rows goes is kept from look to look."""

    def __init__(self, grids: Sequence[Grid]) -> None:
        self.grids = grids
        self._members: dict[Member, int] = {}
        self._order: list[Member] = []
        self._places: list[Ints] = [np.empty(0, np.int64) for _ in grids]

    def look(self, window: Window, at: float, fades: Fades = NO_FADES) -> Total:
        """What is in a window that moves on with time; quick, where somebody looked not long ago."""
        return self._added_up([_kept(grid, window, at, fades) for grid in self.grids])

    def roll(self, window: Window, at: float, fades: Fades = NO_FADES) -> Total:
        """Likewise of any window, with nothing kept."""
        return self._added_up([_sum(grid, window, at, fades) for grid in self.grids])

    def _added_up(self, parts: Sequence[Ints]) -> Total:
        self._learn()
        total = np.zeros((len(self._order), self.grids[0].width if self.grids else 0), np.int64)
        for part, places in zip(parts, self._places, strict=True):
            total[places] += part
        return Total(self._order, total)

    def _learn(self) -> None:
        """Find a place for the rows that are new."""
        for number, grid in enumerate(self.grids):
            known = self._places[number]
            new = list(islice(grid.rows, len(known), None))
            if new:
                places = [self._members.setdefault(member, len(self._members)) for member in new]
                self._order += islice(self._members, len(self._order), None)
                self._places[number] = np.append(known, np.array(places, np.int64))


def roll(grids: Sequence[Grid], window: Window, at: float, fades: Fades = NO_FADES) -> Rolled:
    """The fields of every member in the window at time `at`; members without any are left out.

    `grids` are those of one scheme on each partition. Levels are taken at the window's start: they are the sum of all
    that came before.
    """
    return Union(grids).roll(window, at, fades).rolled()


def _kept(grid: Grid, window: Window, at: float, fades: Fades) -> Ints:
    """As `_sum`, from what is kept where it can be: levels and what fades depend on more than the panes' sum."""
    if grid.levels or fades:
        return _sum(grid, window, at, fades)
    rows, width = len(grid.rows), grid.width
    return grid.sums.of(window, at, rows, width, lambda start: _fields(grid, (window.advance, start)))


def _sum(grid: Grid, window: Window, at: float, fades: Fades) -> Ints:
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
    fields = _fields(grid, key)
    if fields is not None:
        total[: len(fields)] += fields


def _fields(grid: Grid, key: tuple[int, int]) -> Ints | None:
    """What the rows of a pane hold, as far as it has them."""
    pane = grid.panes.get(key)
    return None if pane is None else pane.read()[: len(grid.rows), : grid.width]
