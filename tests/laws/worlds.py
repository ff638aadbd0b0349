"""Drawn settings and records, and the plainest computation of what windows over them must hold."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple
from unittest.mock import patch

from hypothesis import strategies as st

from stream import panes
from stream.events import Dimensions
from stream.kpi import Accumulator
from stream.layout import schemes
from stream.measures import Measure
from stream.panes import SEPARATOR, Grid, Member
from stream.rolling import roll
from stream.settings import DIMENSIONS, Settings
from stream.table import Table
from stream.vocabulary import Vocabulary
from stream.windows import Window
from tests.laws.measures import ANY

#: Where event times start; no window's border falls on all of them.
ORIGINS = (100_000, 86_400 * 20_000, 1_772_357_397)


class Seen(NamedTuple):
    """A measure that is counted, or taken back where `sign` is −1."""

    seconds: int
    dimensions: Dimensions
    measure: Measure
    sign: int = 1


#: What one record adds and takes back; its place in the list is its offset.
Contributed = Sequence[Seen]


@st.composite
def layouts(draw: st.DrawFn) -> Settings:
    """Settings with windows of all shapes, some scopes, and a cross or none."""
    shapes = st.builds(
        lambda advance, count: Window(f"{advance * count}s", advance * count, advance),
        st.sampled_from([1, 2, 3, 10, 25]),
        st.integers(1, 6),
    )
    windows = draw(st.lists(shapes, min_size=1, max_size=3, unique_by=lambda window: window.name))
    return Settings(
        windows=windows,
        scopes=draw(st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=3)),
        cross=draw(st.just([]) | st.lists(st.sampled_from(DIMENSIONS), unique=True, min_size=2, max_size=3)),
        cross_from=draw(st.sampled_from([window.size for window in windows])),
        fcr_window=draw(st.sampled_from([1, 7, 20, 10_000])),
    )


#: With a label at the end, for the KPIs that have one.
dimensions = st.tuples(
    *[st.sampled_from(["phone", "chat"])] * 3,
    st.sampled_from(["t1", "t2", "t3"]),
    st.just("s"),
    st.sampled_from(["EUR", "GBP"]),
)


@st.composite
def histories(draw: st.DrawFn, measures: st.SearchStrategy[Measure] = ANY, *, drift: int = 0) -> list[Contributed]:
    """Records of one partition: answers, corrections and repetitions, out of order; `drift` seconds pass at each."""
    origin = draw(st.sampled_from(ORIGINS))
    live: list[Seen] = []
    history: list[Contributed] = []
    for number, (kind, spread) in enumerate(draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 99))))):
        seen = Seen(origin + number * drift + spread, draw(dimensions), draw(measures))
        if kind == 0:
            history.append(())
        elif kind == 1 and live:
            old = live.pop(draw(st.integers(0, len(live) - 1)))
            new = seen._replace(seconds=old.seconds)
            live.append(new)
            history.append((new, old._replace(sign=-1)))
        else:
            live.append(seen)
            history.append((seen,))
    return history


def moments(histories_: Iterable[Contributed]) -> list[int]:
    """Every time at which something happens."""
    return [seen.seconds for record in histories_ for seen in record]


def count(
    table: Table,
    history: Sequence[Contributed],
    until: int,
    cuts: set[int],
    first: int | None = None,
    *,
    packed: bool = False,
) -> None:
    """Let a table count records, from its position on if not said otherwise, in batches that end where `cuts` says.

    If it is to be `packed`, all is saved after each batch, packed where that saves memory, and rid of who is gone.
    """
    vocabulary = Vocabulary(grid.scheme for grid in table.grids)
    first = table.position if first is None else first
    while first < until:
        last = next(number for number in range(first + 1, until + 1) if number in cuts or number == until)
        numbered = [(offset, seen) for offset in range(first, last) for seen in history[offset]]
        contributed: list[int] = []
        for offset, seen in numbered:
            kind, numbers = vocabulary.measures[seen.measure], vocabulary.numbers(seen.dimensions)
            contributed += (seen.seconds * 1_000_000, kind, seen.sign, offset, *numbers)
        stream_time = max([0, *moments(history[:last])])
        table.add(vocabulary.batch(contributed, last - 1, stream_time), vocabulary)
        if packed:
            assert list(table.changes())
            with patch.object(panes, "_CROWDED", 0.0):
                table.rest()
                table.rest()
        first = last


def tables(kpi: type[Accumulator], settings: Settings, count_: int, slack: int | None) -> list[Table]:
    """Empty tables of so many partitions."""
    kpi.configure(settings)
    return [Table(kpi, schemes(settings, slack, kpi)) for _ in range(count_)]


def rolled(tables_: Sequence[Table], settings: Settings, at: float) -> dict[tuple[str, Member], list[int]]:
    """What every window of the scopes and of the cross shows."""
    shown = {}
    fades = fades_of(tables_[0].kpi)
    for grids in zip(*(table.grids for table in tables_), strict=True):
        for window in windows_of(grids[0], settings):
            for member, fields in roll(grids, window, at, fades).items():
                shown[window.name, member] = fields
    return shown


def fades_of(kpi: type[Accumulator]) -> dict[int, int]:
    """Which fields, by place, count only for so many seconds."""
    return {kpi.field_names().index(name): age for name, age in kpi.fades.items()}


def windows_of(grid: Grid, settings: Settings) -> list[Window]:
    """The windows that a grid is kept for: the cross only has the large ones."""
    if "all" in grid.scheme.names:
        return settings.windows
    return [window for window in settings.windows if window.size >= settings.cross_from]


def brute_force(
    kpi: type[Accumulator], settings: Settings, history: Iterable[Contributed], at: float
) -> dict[tuple[str, Member], list[int]]:
    """The same, from the raw records: for each window, look at everything there ever was."""
    of_member: dict[tuple[str, Member], list[tuple[int, list[int]]]] = defaultdict(list)
    for seen in chain.from_iterable(history):
        part = kpi.of(seen.measure)
        if part is not None:
            values = [seen.sign * getattr(part, name) for name in kpi.field_names()]
            for window in settings.windows:
                crossed = kpi.crossed and window.size >= settings.cross_from
                for member in _members(kpi, seen.dimensions, settings, crossed=crossed):
                    of_member[window.name, member].append((seen.seconds, values))
    by_name = {window.name: window for window in settings.windows}
    shown = {(name, member): _fields(kpi, by_name[name], parts, at) for (name, member), parts in of_member.items()}
    return {key: fields for key, fields in shown.items() if any(fields)}


def _members(kpi: type[Accumulator], dimensions_: Dimensions, settings: Settings, *, crossed: bool) -> Iterable[Member]:
    *members, label = dimensions_
    named = dict(zip(DIMENSIONS, members, strict=True))
    labels = [label] if kpi.label else []
    yield ("all", SEPARATOR.join(["all", *labels]))
    for scope in settings.groups:
        yield (scope, SEPARATOR.join([named[scope], *labels]))
    if settings.cross and crossed:
        yield (",".join(settings.cross), SEPARATOR.join([*(named[name] for name in settings.cross), *labels]))


def _fields(kpi: type[Accumulator], window: Window, parts: list[tuple[int, list[int]]], at: float) -> list[int]:
    end = next(
        moment
        for moment in range(int(at) - window.advance, int(at) + 2 * window.advance)
        if moment >= at and moment % window.advance == 0
    )
    start = end - window.size
    # A field that fades counts from the pane on in which its time began.
    since = {name: (end - age) // window.advance * window.advance for name, age in kpi.fades.items()}
    fields = []
    for place, name in enumerate(kpi.field_names()):
        if name in kpi.levels:
            fields.append(sum(values[place] for seconds, values in parts if seconds < start))
        else:
            first = max(start, since.get(name, start))
            fields.append(sum(values[place] for seconds, values in parts if first <= seconds < end))
    return fields
