"""One KPI's table on one partition: what it holds, and its changelog records."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import orjson

from stream.kpi import Accumulator
from stream.panes import OPENING, Grid, Saved, Scheme
from stream.saved import format_of, read_format, whole_row
from stream.sums import Ints
from stream.vocabulary import Batch, Vocabulary

POSITION_KEY = b'["position"]'
_POSITION = orjson.loads(POSITION_KEY)

#: Of a member that has no row yet.
_NO_ROW = -1


class Table:
    """A KPI's accumulators on one partition of its source topic.

    `position` is the next source offset to be counted, `last_ms` the timestamp of the record before it, if known;
    `stream_time` is the greatest time seen, in seconds. All changelog records up to `changelog_offset` are in it; the
    last one that is known of is at `changelog_end`. Between them are another writer's, for the next recovery to read.
    `overtaken` says that it has read an older value behind a newer one: a paused worker's, to be repaired.
    `adapted` says what is read differently from how another version, or other settings, have saved it.
    """

    def __init__(self, kpi: type[Accumulator], schemes: tuple[Scheme, ...]) -> None:
        self.kpi = kpi
        names = kpi.field_names()
        levels = [names.index(name) for name in sorted(kpi.levels)]
        kind = np.int32 if kpi.narrow else np.int64
        self.grids = tuple(Grid(scheme, len(names), levels, kind) for scheme in schemes)
        self.position = 0
        self.stream_time = 0
        self.last_ms: int | None = None
        self.changelog_offset: int | None = None
        self.changelog_end: int | None = None
        self.overtaken = False
        self.adapted: list[str] = []
        self._tombstones: list[bytes] = []
        self._vocabulary: Vocabulary | None = None

    def add(self, batch: Batch, vocabulary: Vocabulary) -> None:
        """Count the contributions that are not in it yet."""
        self._learn(vocabulary)
        self.stream_time = max(self.stream_time, batch.stream_time)
        concerned = self._concerned[batch.measures] & (batch.offsets >= self.position)
        chosen = np.flatnonzero(concerned)
        if len(chosen):
            seconds, offsets = batch.seconds[chosen], batch.offsets[chosen]
            vectors = self._vectors[batch.measures[chosen]] * batch.signs[chosen, None]
            members = batch.members[chosen]
            for grid, columns in zip(self.grids, self._columns, strict=True):
                young = seconds >= grid.oldest(self.stream_time)  # who is too old for any pane needs no row
                if young.any():
                    own = slice(None) if young.all() else young
                    named = zip(grid.scheme.names, columns, strict=True)
                    rows = [self._rows_of(grid, scope, each, members[own, each]) for scope, each in named]
                    added = seconds[own], np.column_stack(rows), vectors[own], offsets[own]
                    grid.add(*added, batch.through, self.stream_time)
        self.position = max(self.position, batch.through + 1)
        if sum(self._expire(grid, batch.through) for grid in self.grids):
            self._make_room()

    def _learn(self, vocabulary: Vocabulary) -> None:
        """Work out vectors of the measures that are new; members that are have no rows before they count."""
        if vocabulary is not self._vocabulary:
            self._vocabulary = vocabulary
            self._concerned = np.empty(0, np.bool_)
            self._vectors = np.empty((0, len(self.kpi.field_names())), np.int64)
            self._columns = [vocabulary.columns(grid.scheme) for grid in self.grids]
            self._rows = {column: np.empty(0, np.int64) for columns in self._columns for column in columns}
        measures = list(islice(vocabulary.measures, len(self._concerned), None))
        if measures:
            parts = [self.kpi.of(measure) for measure in measures]
            width = self._vectors.shape[1]  # what is derived comes last, and is not kept
            vectors = [[*vars(part or self.kpi()).values()][:width] for part in parts]
            self._concerned = np.append(self._concerned, [part is not None for part in parts])
            self._vectors = np.concatenate([self._vectors, np.array(vectors, np.int64)])
        for column, known in self._rows.items():
            missing = len(vocabulary.members[column]) - len(known)
            if missing:
                self._rows[column] = np.append(known, np.full(missing, _NO_ROW))

    def _rows_of(self, grid: Grid, scope: str, column: int, members: Ints) -> Ints:
        """The rows of members, by number; whoever has none gets one."""
        known = self._rows[column]
        rows: Ints = known[members]
        if rows.min() == _NO_ROW:
            assert self._vocabulary is not None  # noqa: S101  the members' numbers are its own
            names = list(self._vocabulary.members[column])
            for number in np.unique(members[rows == _NO_ROW]).tolist():
                known[number] = grid.row(scope, names[number])
            rows = known[members]
        return rows

    def _expire(self, grid: Grid, through: int) -> int:
        """How many panes are no more."""
        dropped = grid.expire(self.stream_time, through)
        for (advance, start), pane in dropped:
            self._tombstones += _keys(grid, pane.held, advance, start)
        return len(dropped)

    def _make_room(self) -> None:
        """Forget members that have left all windows, where there are many, for those that are to come."""
        roomier = tuple(grid.without_gone() for grid in self.grids)
        if roomier != self.grids:
            self.grids = roomier
            self._vocabulary = None  # its members have other rows now

    def write_anew(self) -> None:
        """Hold everything for unsaved: what another writer has appended must not be the last word on any row."""
        for grid in self.grids:
            grid.touched.update(grid.panes)
            for pane in grid.panes.values():
                pane.reach(0)
                pane.dirty |= pane.offsets >= 0

    def rest(self) -> None:
        """Called now and then: take less memory for what is at rest, also where others count and let panes expire."""
        for grid in self.grids:
            grid.rest()
        self._make_room()

    def forget_tombstones(self) -> None:
        """Let go of what would be told to a changelog, where there is none."""
        self._tombstones = []

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Changelog records since the last call, the position last; they count as saved from here on."""
        for grid in self.grids:
            for advance, start in [key for key in grid.panes if key in grid.touched]:
                grid.touched.discard((advance, start))
                pane = grid.panes[advance, start]
                rows = np.flatnonzero(pane.dirty)
                if len(rows):
                    pane.dirty[rows] = False
                    values = np.column_stack([pane.offsets[rows], pane.fields[rows]])
                    # All in one go, and cut up then: a call for each would take many times as long.
                    text = orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
                    texts = text.replace(b"],[", b"]\n[").split(b"\n")
                    yield from zip(_keys(grid, rows, advance, start), texts, strict=True)
        tombstones, self._tombstones = self._tombstones, []
        for key in tombstones:  # after what was folded: a write may end anywhere
            yield key, None
        position = {"offset": self.position, "time": self.stream_time, "last_ms": self.last_ms}
        position |= format_of(self.kpi, self._sizes(), self._made_with)
        yield POSITION_KEY, orjson.dumps(position, option=orjson.OPT_NON_STR_KEYS)

    def restore(self, records: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Take in changelog records, keys and values; of two for one key the one with the greater source offset stays.

        It is quick where many come together: they are parsed in one go, and taken in pane by pane.

        Raises:
            BrokerError: if they were saved in a way that this program cannot read.
        """
        keys = orjson.loads(b"[%b]" % b",".join([key for key, _ in records]))
        values = orjson.loads(b"[%b]" % b",".join([b"null" if value is None else value for _, value in records]))
        grids = {
            (name, advance): grid for grid in self.grids for name in grid.scheme.names for advance in grid.scheme.sizes
        }
        panes: dict[tuple[Grid, int, int], list[Saved]] = {}
        for key, value in zip(keys, values, strict=True):
            if key == _POSITION:
                if value is not None:
                    self._restore_position(value)
                continue
            scope, member, advance, start = key
            grid = grids.get((scope, advance))
            if grid is not None:  # or else a window or scope that the settings no longer name
                pane = grid, advance, OPENING if start is None else start
                panes.setdefault(pane, []).append(((scope, member), self._saved(value, opening=start is None)))
        for (grid, advance, start), saved in panes.items():
            before = grid.restore(advance, start, saved)
            self.overtaken = self.overtaken or before

    def _saved(self, value: list[int] | None, *, opening: bool) -> list[int] | None:
        """An offset and fields; zero for fields that were appended since."""
        if value is None or len(value) == self.grids[0].width + 1 + opening:
            return value
        return [value[0], *whole_row(self.kpi, value[1:], opening=opening)]

    @property
    def _made_with(self) -> str:
        return self.grids[0].scheme.made_with

    def _sizes(self) -> dict[str, dict[int, int]]:
        return {name: grid.scheme.sizes for grid in self.grids for name in grid.scheme.names}

    def _restore_position(self, position: dict[str, Any]) -> None:
        self.adapted = read_format(self.kpi, self._sizes(), position, self._made_with)
        if position["offset"] >= self.position:
            self.position, self.last_ms = position["offset"], position.get("last_ms")
        else:
            self.overtaken = True
        self.stream_time = max(self.stream_time, position["time"])

    @property
    def keys(self) -> int:
        """How many state keys it holds."""
        return sum(len(pane.held) for grid in self.grids for pane in grid.panes.values())


def _keys(grid: Grid, rows: Ints, advance: int, start: int) -> list[bytes]:
    """The changelog keys of some rows of a pane: `[scope, member, advance, start]`, start null for the opening."""
    end = b",%d,null]" % advance if start == OPENING else b",%d,%d]" % (advance, start)
    prefixes = grid.prefixes()
    return [prefixes[row] + end for row in rows.tolist()]
