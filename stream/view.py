"""The view: all partitions' tables as live scores."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from math import inf
from typing import NamedTuple

from stream.kpi import KPIS, Accumulator, Around, Estimate
from stream.panes import OPENING, SEPARATOR, Member
from stream.rolling import Total, Union
from stream.settings import AGENT, Settings
from stream.store import State
from stream.windows import Window

_NAMES = {name: tuple(info.name for info in kpi.scores()) for name, kpi in KPIS.items()}


@dataclass(frozen=True, slots=True)
class Score:
    """One score of one member of a scope in one window.

    `estimate` is None where the score is withheld because `n` is below the minimum sample.
    """

    score: str
    window: str
    scope: str
    member: str
    n: int
    estimate: Estimate | None
    accumulator: Accumulator
    label: str = ""

    @property
    def labels(self) -> dict[str, str]:
        """What tells it from other scores of the same name and member, such as its currency."""
        name = self.accumulator.label
        return {name: self.label} if name else {}

    @property
    def fields(self) -> dict[str, int]:
        """The sums that it was extracted from; none where they would tell what is withheld of a single person."""
        return {} if self.suppressed and self.scope == AGENT else asdict(self.accumulator)

    @property
    def suppressed(self) -> bool:
        """Whether the sample is too small to show the score."""
        return self.estimate is None


class Slice(NamedTuple):
    """The additive fields of one combination of the cross, for slices in PromQL."""

    kpi: type[Accumulator]
    window: str
    members: tuple[str, ...]
    accumulator: Accumulator


#: What every KPI and window comes to at one moment.
Snapshot = list[tuple[type[Accumulator], Window, Total]]


class View:
    """Rolls windows over the tables of all partitions, and extracts scores with their uncertainty."""

    def __init__(self, settings: Settings, state: State, settle: Callable[[], None] = lambda: None) -> None:
        self._settings = settings
        self._state = state
        self._settle = settle  # brings what was judged into the tables
        self._unions: dict[tuple[str, int], Union] = {}

    def roll(self, kpi: type[Accumulator], window: Window, at: float) -> Total:
        """What a KPI's scopes come to in any window, such as one of the past."""
        return self._union(kpi, 0).roll(window, at, _fades(kpi))

    def snapshot(self, at: float) -> Snapshot:
        """The sums of every KPI and window at one moment; quick, so that it can be taken between two batches."""
        self._settle()
        return self._look(self._settings.windows, at, 0)

    def _look(self, windows: Collection[Window], at: float, grid: int) -> Snapshot:
        return [
            (kpi, window, self._union(kpi, grid).look(window, at, _fades(kpi)))
            for kpi in self._settings.kept.values()
            for window in windows
        ]

    def _union(self, kpi: type[Accumulator], grid: int) -> Union:
        """A KPI's grids of all partitions: its scopes (0) or its cross (1)."""
        grids = [table.grids[grid] for table in self._state.tables(kpi) if len(table.grids) > grid]
        union = self._unions.get((kpi.name, grid))
        if union is None or union.grids != grids:  # a partition has come
            union = self._unions[kpi.name, grid] = Union(grids)
        return union

    def since(self, advance: int) -> float:
        """When the oldest pane of a width begins that is still there, of any KPI; never where there is none."""
        tables = (table for kpi in self._settings.kept.values() for table in self._state.tables(kpi))
        starts = (key[1] for table in tables for key in table.grids[0].panes if key[0] == advance and key[1] > OPENING)
        return min(starts, default=inf)

    def slices(self, at: float) -> Snapshot:
        """Likewise for the cross, in the windows that keep it."""
        if not self._settings.cross:
            return []
        windows = [window for window in self._settings.windows if window.size >= self._settings.cross_from]
        return self._look(windows, at, 1)

    def scores(self, snapshot: Snapshot) -> Iterator[Score]:
        """The scores that a snapshot holds; nothing for members without answers."""
        rows = {(kpi.name, window.name): total.rolled() for kpi, window, total in snapshot}
        for kpi, window, _ in snapshot:
            for (scope, name), fields in rows[kpi.name, window.name].items():
                member, _, label = name.rpartition(SEPARATOR) if kpi.label else (name, "", "")
                others = {
                    other: KPIS[other](*values)
                    for other in kpi.needs
                    if (values := rows.get((other, window.name), {}).get((scope, member)))
                }
                accumulator = kpi.seen(fields, Around(label, window.size, others))
                yield from scores_of(accumulator, window.name, (scope, member), self._settings.least(scope), label)

    @staticmethod
    def split(slices: Snapshot) -> Iterator[Slice]:
        """The combinations that the cross holds; a label comes after the members."""
        for kpi, window, total in slices:
            for (_, member), fields in total.rolled().items():
                yield Slice(kpi, window.name, tuple(member.split(SEPARATOR)), kpi(*fields))


def _fades(kpi: type[Accumulator]) -> dict[int, int]:
    return {kpi.field_names().index(name): age for name, age in kpi.fades.items()}


def scores_of(
    accumulator: Accumulator, window: str, member: Member, min_sample: int, label: str = ""
) -> Iterator[Score]:
    """Every score of an accumulator; none where nobody answered.

    >>> from stream.kpi.nps import Nps
    >>> [(score.score, score.n, score.suppressed) for score in scores_of(Nps(1, 1, 1), "1h", ("all", "all"), 5)]
    [('nps', 3, True)]
    """
    for name in _NAMES[accumulator.name]:
        n, estimate = accumulator.sample(name), accumulator.estimate(name)
        if estimate is not None:
            yield Score(name, window, *member, n, estimate if n >= min_sample else None, accumulator, label)


def chosen(score: Score, name: str, wanted: Collection[str]) -> bool:
    """Whether a score's attribute is among the wanted ones; nothing wanted means all."""
    return not wanted or getattr(score, name) in wanted
