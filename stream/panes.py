"""A KPI's accumulators on one partition: a whole-number array for each pane, a row for each member of a scope."""

from collections.abc import Sequence
from itertools import compress, islice, pairwise
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from stream.pane import Kind, Pane
from stream.sums import Ints, Sums

#: A member of a scope, such as `("channel", "phone")`; a cross has its members joined by `SEPARATOR`.
Member = tuple[str, str]
SEPARATOR = "\x1f"
#: What a changelog says of a member in a pane: source offset and fields, or nothing any more.
Saved = tuple[Member, list[int] | None]
ALL: Member = ("all", "all")
OTHER = "other"

#: Cells (panes × rows × fields) that are summed up in one go, at most: 8 MB.
_MAX_CELLS = 1_000_000

#: Members make room for others from this share of their bound on.
_CROWDED = 0.9

#: The pane that everything older was folded into, for fields that hold on (levels). Its rows end with one number
#: more: the start of the first pane that is not in them.
OPENING = -(2**62)


class Scheme(NamedTuple):
    """Which rows an event counts in, and for how long: the layout of a grid.

    `groups` are the dimensions' positions of each row an event counts in; `()` is `all`. `sizes` maps each advance to
    the size of the longest window that has it. Panes are kept for that and `slack` seconds behind stream time. Where
    it is `labelled`, the last of an event's dimensions is a label, and each label of a member has a row of its own.
    `made_with` tells the key of pseudonyms among the members from other keys.
    """

    names: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    sizes: dict[int, int]
    slack: int
    max_members: int
    labelled: bool = False
    made_with: str = ""


class Grid:
    """Panes of one scheme: `(advance, start)` → pane."""

    def __init__(self, scheme: Scheme, width: int, levels: Sequence[int], kind: Kind = np.int64) -> None:
        self.scheme = scheme
        self.width = width
        self.levels = list(levels)
        self._kind = kind
        self.rows: dict[Member, int] = {}
        self.panes: dict[tuple[int, int], Pane] = {}
        self.sums = Sums()  # of what is shown again and again
        self.touched: set[tuple[int, int]] = set()  # panes that may hold what is not saved: there are thousands more
        self._sizes = dict.fromkeys(scheme.names, 0)
        self._floors: dict[int, int] = {}
        self._prefixes: list[bytes] = []
        self._oldest = OPENING  # start of the oldest pane when room was last looked for, of those kept longest
        self._newest = -1  # the greatest source offset in any row: what is beyond it is in none
        advances = sorted(scheme.sizes)
        self._nested = advances if all(wide % narrow == 0 for narrow, wide in pairwise(advances)) else []

    def row(self, scope: str, member: str, *, bounded: bool = True) -> int:
        """The row of a member; beyond the bound on members it is the row of `other`."""
        row = self.rows.get((scope, member))
        if row is None:
            if bounded and self._sizes[scope] >= self.scheme.max_members and member != OTHER:
                return self.row(scope, self._other(scope, member), bounded=False)
            self._sizes[scope] += 1
            row = self.rows[scope, member] = len(self.rows)
        return row

    def _other(self, scope: str, member: str) -> str:
        """What stands for a member beyond the bound; its label stays, unless labels alone come to as many again."""
        parts = member.split(SEPARATOR)
        others = [OTHER] * len(parts)
        if self.scheme.labelled:
            others[0] = parts[0] if scope == ALL[0] else OTHER
            others[-1] = parts[-1] if scope != ALL[0] and self._sizes[scope] < 2 * self.scheme.max_members else OTHER
        return SEPARATOR.join(others)

    def prefixes(self) -> list[bytes]:
        """How the changelog keys of each row begin."""
        if len(self._prefixes) < len(self.rows):
            self._prefixes += [orjson.dumps(member)[:-1] for member in islice(self.rows, len(self._prefixes), None)]
        return self._prefixes

    def pane(self, advance: int, start: int) -> Pane:
        """The pane that starts there, to be changed: made if need be, with room for every row."""
        self.touched.add((advance, start))
        pane = self.panes.get((advance, start))
        if pane is None:
            pane = self.panes[advance, start] = Pane(len(self.rows), self.width + (start == OPENING), self._kind)
        pane.reach(len(self.rows))
        return pane

    def floor(self, advance: int, stream_time: int) -> int:
        """Start of the oldest pane that is kept."""
        return (stream_time - self.scheme.sizes[advance] - self.scheme.slack) // advance * advance

    def oldest(self, stream_time: int) -> int:
        """The earliest time that counts in any pane; levels hold on, however late they come."""
        return OPENING if self.levels else min(self.floor(advance, stream_time) for advance in self.scheme.sizes)

    def add(self, seconds: Ints, rows: Ints, vectors: Ints, offsets: Ints, through: int, stream_time: int) -> None:
        """Count events: their times, the rows of each (events × groups), what each adds, and their offsets."""
        if not self.levels and offsets[0] > self._newest and self._nested:
            panes, place = np.unique(seconds // self._nested[0] * self._nested[0], return_inverse=True)
            if len(panes) * len(self.rows) * self.width < _MAX_CELLS:
                self._add_fresh(panes, place, rows, vectors, through, stream_time)
                self._newest = max(self._newest, through)
                return
        self._newest = max(self._newest, through)
        groups = rows.shape[1]
        for advance in self.scheme.sizes:
            starts = seconds // advance * advance
            floor = self.floor(advance, stream_time)
            order = np.argsort(starts, kind="stable")
            ordered = starts[order]
            cuts = np.flatnonzero(np.diff(ordered)) + 1
            for part in np.split(order, cuts):
                start = int(starts[part[0]])
                if start < floor and not self.levels:
                    continue
                each, added = rows[part].reshape(-1), np.repeat(vectors[part], groups, axis=0)
                numbers = np.repeat(offsets[part], groups)
                if self.levels:
                    new = self._not_folded(advance, start, each, numbers)
                    if start < floor:  # a level holds on, however late: `expire` folds it into the opening
                        new &= added[:, self.levels].any(axis=1)
                    each, added, numbers = each[new], added[new], numbers[new]
                if len(each):
                    new_rows, new_vectors = self.pane(advance, start).add(each, added, numbers, through)
                    self.sums.add_to(advance, start, new_rows, new_vectors)

    def _add_fresh(self, panes: Ints, place: Ints, rows: Ints, vectors: Ints, through: int, stream_time: int) -> None:
        """Count events that no row holds: summed up once by narrowest pane, whose sums the wider ones take over."""
        members, width, groups = len(self.rows), self.width, rows.shape[1]
        cells = (place[:, None] * members + rows).reshape(-1)
        size = len(panes) * members
        flat: Ints = np.zeros(size * width, np.int64)
        np.add.at(
            flat, (cells[:, None] * width + np.arange(width)).reshape(-1), np.repeat(vectors, groups, 0).reshape(-1)
        )
        sums = flat.reshape(len(panes), members, width)
        touched = (np.bincount(cells, minlength=size) > 0).reshape(len(panes), members)
        for advance in self._nested:
            starts = panes // advance * advance
            firsts = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
            if len(firsts) < len(starts):
                sums, touched = np.add.reduceat(sums, firsts), np.logical_or.reduceat(touched, firsts)
            panes = starts[firsts]
            floor = self.floor(advance, stream_time)
            for start, added, concerned in zip(panes.tolist(), sums, touched, strict=True):
                if start >= floor:
                    self.pane(advance, start).merge(added, concerned, through)
                    self.sums.add(advance, start, added)

    def rest(self) -> None:
        """Called now and then: pack what is at rest."""
        for (_, start), pane in self.panes.items():
            if start > OPENING:
                pane.rest()

    def without_gone(self) -> "Grid":
        """This grid, or where members near their bound, one that has forgotten those who are in no pane any more."""
        if max(self._sizes.values()) < _CROWDED * self.scheme.max_members:
            return self
        kept_longest = max(self.scheme.sizes, key=lambda advance: self.scheme.sizes[advance])
        starts = (start for advance, start in self.panes if advance == kept_longest and start > OPENING)
        oldest = min(starts, default=OPENING)
        if oldest == self._oldest:  # nobody has gone since: whoever is in a pane is in one of these, too
            return self
        self._oldest = oldest
        held = np.zeros(len(self.rows), np.bool_)
        for pane in self.panes.values():
            held[pane.held] = True
        return self if held.all() else self._only(held)

    def _only(self, held: NDArray[np.bool_]) -> "Grid":
        """Another one with these rows alone, for whom the old ones' sums and places are of no use."""
        grid, rows = Grid(self.scheme, self.width, self.levels, self._kind), np.flatnonzero(held)
        for scope, member in compress(self.rows, held):
            grid.row(scope, member, bounded=False)
        grid.panes = {key: pane.only(rows) for key, pane in self.panes.items()}
        grid.touched, grid._floors, grid._newest, grid._oldest = self.touched, self._floors, self._newest, self._oldest
        return grid

    def expire(self, stream_time: int, through: int) -> list[tuple[tuple[int, int], Pane]]:
        """Drop panes that no window can reach, fold their levels into the opening; returns what was dropped."""
        floors = {advance: self.floor(advance, stream_time) for advance in self.scheme.sizes}
        if floors == self._floors and not self.levels:
            return []
        self._floors = floors
        gone = [key for key in self.panes if OPENING < key[1] < floors[key[0]]]
        dropped = [(key, self.panes.pop(key)) for key in gone]
        for key in gone:
            self.sums.forget(*key)
            self.touched.discard(key)
        if self.levels:
            for (advance, _), pane in dropped:
                self._fold(self.pane(advance, OPENING), pane, floors[advance], through)
        return dropped

    def _fold(self, opening: Pane, pane: Pane, floor: int, through: int) -> None:
        pane.reach(0)
        rows = pane.held  # those that come to nothing as well: what was saved of them may not
        cells = np.ix_(rows, np.array(self.levels))
        opening.fields[cells] += pane.fields[cells]
        opening.fields[rows, -1], opening.offsets[rows], opening.dirty[rows] = floor, through, True

    def _not_folded(self, advance: int, start: int, rows: Ints, offsets: Ints) -> NDArray[np.bool_]:
        """Which are not in the opening: after a flush that was cut short, it can be ahead of the panes."""
        opening = self.panes.get((advance, OPENING))
        if opening is None:
            return np.ones(len(rows), np.bool_)
        opening.reach(len(self.rows))
        new: NDArray[np.bool_] = (start >= opening.fields[rows, -1]) | (offsets > opening.offsets[rows])
        return new

    def restore(self, advance: int, start: int, saved: Sequence[Saved]) -> bool:
        """Take in what was saved of rows of a pane; of two states of a row the later one stays.

        Answers whether one that stays was there before: then it must be saved again, or compaction will drop it.
        """
        rows = [self.row(*member, bounded=False) for member, _ in saved]
        values = [value for _, value in saved if value is not None]
        if self.levels or len(values) < len(rows) or len(set(rows)) < len(rows):
            return (
                sum(self._restore(row, advance, start, value) for row, (_, value) in zip(rows, saved, strict=True)) > 0
            )
        places, found, pane = np.array(rows), np.array(values, np.int64), self.pane(advance, start)
        offsets, fields = found[:, 0], found[:, 1:]
        self._newest = max(self._newest, int(offsets.max()))
        newer = offsets >= pane.offsets[places]
        pane.dirty[places[~newer]] = True
        places, offsets, fields = places[newer], offsets[newer], fields[newer]
        self.sums.add_to(advance, start, places, fields - pane.fields[places])
        pane.offsets[places], pane.fields[places] = offsets, fields
        return not newer.all()

    def _restore(self, row: int, advance: int, start: int, saved: list[int] | None) -> bool:
        """Likewise of one row: its offset and fields, or nothing."""
        if saved is not None:
            self._newest = max(self._newest, saved[0])
        self.sums.forget(advance, start)
        pane, opening = self.pane(advance, start), self.panes.get((advance, OPENING))
        if saved is None:
            pane.clear(row)
        elif start > OPENING and opening is not None and row < len(opening.dirty) and start < opening.fields[row, -1]:
            pane.clear(row)  # it has been folded since
        elif saved[0] >= pane.offsets[row]:
            pane.offsets[row], pane.fields[row] = saved[0], saved[1:]
            if start == OPENING:
                for (other, before), older in self.panes.items():
                    if other == advance and OPENING < before < pane.fields[row, -1]:
                        older.clear(row)
        else:
            pane.dirty[row] = True
            return True
        if pane.offsets[row] < 0 and not (pane.offsets >= 0).any():
            del self.panes[advance, start]
            self.touched.discard((advance, start))
        return False
