"""One pane of a grid: what is held of each member between two moments."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.sums import Ints

Kind = type[np.int64] | type[np.int32]


class _Packed(NamedTuple):
    """The rows of a pane that hold anything, of so many."""

    size: int
    rows: NDArray[np.int32]
    fields: NDArray[Any]
    offsets: Ints

    def spread(self) -> NDArray[Any]:
        """The fields of all rows."""
        fields = np.zeros((self.size, self.fields.shape[1]), self.fields.dtype)
        fields[self.rows] = self.fields
        return fields


class Pane:
    """The fields of all members between two moments, with the last source offset in them, and what is not yet saved.

    There is room for every member, so that counting is quick. Most answered in few of the panes, so one that is at
    rest is packed; whoever changes a pane calls `reach` before.
    """

    __slots__ = ("_packed", "_stirred", "dirty", "fields", "offsets")

    def __init__(self, rows: int, width: int, kind: Kind = np.int64) -> None:
        self._packed: _Packed | None = None
        self._stirred = True
        self.fields: NDArray[Any] = np.zeros((rows, width), kind)
        self.offsets: Ints = np.full(rows, -1, np.int64)
        self.dirty = np.zeros(rows, np.bool_)

    def reach(self, rows: int) -> None:
        """Make room for so many rows."""
        self._stirred = True
        if self._packed is not None:
            self._unpack(self._packed)
        missing = rows - len(self.dirty)
        if missing > 0:
            grown = max(missing, len(self.dirty))
            self.fields = np.concatenate([self.fields, np.zeros((grown, self.fields.shape[1]), self.fields.dtype)])
            self.offsets = np.concatenate([self.offsets, np.full(grown, -1, np.int64)])
            self.dirty = np.concatenate([self.dirty, np.zeros(grown, np.bool_)])

    def clear(self, row: int) -> None:
        """Forget what a row holds."""
        self.reach(0)
        if row < len(self.dirty):
            self.fields[row], self.offsets[row], self.dirty[row] = 0, -1, False

    def rest(self) -> None:
        """Called now and then: what nobody has changed since the last time is packed, where that saves half of it."""
        if self._stirred or self._packed is not None or self.dirty.any():
            self._stirred = False
            return
        rows = self.held
        if 2 * len(rows) < len(self.offsets):
            self._packed = _Packed(len(self.offsets), rows.astype(np.int32), self.fields[rows], self.offsets[rows])
            self.fields, self.offsets, self.dirty = (
                self.fields[:0].copy(),
                self.offsets[:0].copy(),
                self.dirty[:0].copy(),
            )

    def only(self, rows: Ints) -> "Pane":
        """Another one with these rows alone, in this order, which is ascending; it holds nothing in any other."""
        pane = Pane(0, self.fields.shape[1], self.fields.dtype.type)
        pane._stirred = self._stirred
        if self._packed is not None:
            size = int(np.searchsorted(rows, self._packed.size))
            packed = np.searchsorted(rows, self._packed.rows).astype(np.int32)
            pane._packed = self._packed._replace(size=size, rows=packed)
        else:
            own = rows[: np.searchsorted(rows, len(self.offsets))]
            pane.fields, pane.offsets, pane.dirty = self.fields[own], self.offsets[own], self.dirty[own]
        return pane

    def _unpack(self, packed: _Packed) -> None:
        self._packed = None
        self.fields, self.dirty = packed.spread(), np.zeros(packed.size, np.bool_)
        self.offsets = np.full(packed.size, -1, np.int64)
        self.offsets[packed.rows] = packed.offsets

    @property
    def held(self) -> NDArray[Any]:
        """The rows that hold anything, also what comes to nothing."""
        return np.flatnonzero(self.offsets >= 0) if self._packed is None else self._packed.rows

    def read(self) -> NDArray[Any]:
        """The fields of each row, not to be changed."""
        return self.fields if self._packed is None else self._packed.spread()

    def add(self, rows: Ints, vectors: Ints, offsets: Ints, through: int) -> tuple[Ints, Ints]:
        """Add a vector to each row, unless the row holds that offset already; all up to `through` is in it then.

        Answers with those that were added.
        """
        fresh = offsets > self.offsets[rows]
        if not fresh.all():
            rows, vectors = rows[fresh], vectors[fresh]
        width = self.fields.shape[1]
        cells = rows[:, None] * width + np.arange(width)
        np.add.at(self.fields.reshape(-1), cells.reshape(-1), vectors.reshape(-1))
        self.offsets[rows] = through
        self.dirty[rows] = True
        return rows, vectors

    def merge(self, added: Ints, concerned: NDArray[np.bool_], through: int) -> None:
        """Add to all rows; those concerned hold all up to `through` then."""
        self.fields[: len(added)] += added
        self.offsets[: len(added)][concerned] = through
        self.dirty[: len(added)][concerned] = True
