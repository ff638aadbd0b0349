"""The detector: every chart at a moment, and what is to be said of alerts that begin or are over."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from stream.drops.alerts import Alert, Book, Chart
from stream.drops.charts import Charts, Past, Rule, charts
from stream.drops.explain import Part, Sums, main_parts, parts
from stream.drops.series import Series, series
from stream.events.base import UNKNOWN
from stream.kpi import KPIS, Accumulator
from stream.panes import SEPARATOR
from stream.settings import Settings
from stream.store import State

WATCHED_KPIS = [kpi for kpi in KPIS.values() if kpi.watch is not None]


class Standing(NamedTuple):
    """A chart in figures, for metrics: what is usual, how much worse it is, and how far that is from an alert."""

    chart: Chart
    usual: float
    drop: float
    statistic: float
    threshold: float


@dataclass(frozen=True)
class Judged:
    """The charts of a KPI at a time."""

    kpi: type[Accumulator]
    at: float
    series: Series
    charts: Charts

    def standings(self) -> Iterator[Standing]:
        """Every chart that there is."""
        found = self.charts
        n = np.where(found.watched, found.series.n, 0.0)
        count = np.maximum(n.sum(1), 1e-9)
        now = np.where(found.watched, found.series.total, 0.0).sum(1) / count
        usual = (n * found.baseline.expected).sum(1) / count
        sign = 1 if found.watch.rises else -1
        for row in np.flatnonzero(found.known).tolist():
            chart = Chart(self.kpi.name, *found.series.members[row])
            statistic, bound = float(found.fall.statistic[row]), float(found.threshold[row])
            unit, level = found.unit(row), float(usual[row])
            worse = unit * sign * (float(now[row]) - level)
            yield Standing(chart, found.watch.base + unit * level, worse, statistic, bound)


class Detector:
    """Watches the tables of a state, and knows of past alerts by its book.

    What it finds is a function of the panes, the book and the time, so it finds the same after a restart.
    """

    def __init__(self, settings: Settings, state: State, book: Book) -> None:
        self._settings = settings
        self._state = state
        self.book = book
        self._rule = Rule(
            settings.drop_shift, settings.drop_false_alarms, settings.drop_quiet, settings.drop_min_sample
        )
        longest = max(window.size for window in settings.windows)
        self._kept = longest
        self._accept = min(settings.drop_accept, longest / 2)

    def evaluate(self, at: float) -> list[Alert]:
        """Everything at a time, in one go: the alerts that begin or are over."""
        found: list[Alert] = []
        for kpi in WATCHED_KPIS:
            gathered = self.gather(kpi, at)
            judged = None if gathered is None else self.judge(kpi, gathered, at)
            found += self.changes(kpi, judged, at)
        return found

    def gather(self, kpi: type[Accumulator], at: float) -> Series | None:
        """The panes of a KPI at a time, summed up over partitions; quick, so that it fits between two batches."""
        tables = self._state.tables(kpi)
        return series(kpi, [table.grids[0] for table in tables], self._settings.windows, at) if tables else None

    def judge(self, kpi: type[Accumulator], gathered: Series, at: float) -> Judged:
        """The charts of the members with enough answers; this takes some milliseconds, and touches no state."""
        assert kpi.watch is not None  # noqa: S101
        watched = {"all", *self._settings.groups}  # no alarm is about a single person
        enough = gathered.n.sum(1) >= self._rule.min_sample
        # Answers without a team, say, are no group: where there are no teams, they are all answers once more.
        enough &= [member != UNKNOWN for _, member in gathered.members]
        enough &= [scope in watched for scope, _ in gathered.members]
        enough |= [self._open(kpi, member) is not None for member in gathered.members]
        some = gathered.of(np.flatnonzero(enough))
        return Judged(kpi, at, gathered, charts(kpi.watch, some, self._rule, self._past(kpi, some)))

    def changes(self, kpi: type[Accumulator], judged: Judged | None, at: float) -> list[Alert]:
        """Alerts of a KPI that begin or are over."""
        self.book.forget(at - self._kept)
        rows = {} if judged is None else {member: row for row, member in enumerate(judged.charts.series.members)}
        over = [
            self._over(alert, judged, rows.get((alert.scope, alert.member)), at)
            for alert in self.book.open()
            if alert.kpi == kpi.name
        ]
        found = [alert for alert in over if alert is not None]
        if judged is not None:
            known = judged.charts
            begun = known.known & ~known.opened & (known.fall.statistic > known.threshold)
            found += [self._raised(judged, row) for row in np.flatnonzero(begun).tolist()]
        return found

    def explanations(self, judged: Judged) -> list[Alert]:
        """Open alerts that too few answers could explain when they were raised, with what explains them by now."""
        rows = {member: row for row, member in enumerate(judged.charts.series.members)}
        found = []
        for alert in self.book.open():
            row = rows.get((alert.scope, alert.member))
            if alert.kpi == judged.kpi.name and not alert.explained_by and row is not None and judged.charts.known[row]:
                found.append(replace(alert, explained_by=tuple(self._explain(judged, row, alert.begin))))
        return [alert for alert in found if alert.explained_by]

    def _open(self, kpi: type[Accumulator], member: tuple[str, str]) -> Alert | None:
        return self.book.of(Chart(kpi.name, *member)).open

    def _past(self, kpi: type[Accumulator], found: Series) -> Past:
        assert kpi.watch is not None  # noqa: S101
        past = Past.none(len(found.members), len(found.starts))
        for row, member in enumerate(found.members):
            history = self.book.of(Chart(kpi.name, *member))
            past.resumed[row], past.since[row] = history.resumed, history.since
            if history.open is not None:
                past.open[row], past.drop[row] = history.open.begin, history.open.drop
                past.frozen.n[row] = history.open.compared if kpi.watch.level is None else 0
                past.frozen.mean[row] = (history.open.baseline - kpi.watch.base) / kpi.watch.unit
                past.frozen.variance[row] = (history.open.deviation / kpi.watch.unit) ** 2
            for begin, end in history.spans:
                past.excluded[row] |= (found.ends > begin) & (found.starts < end)
        return past

    def _raised(self, judged: Judged, row: int) -> Alert:
        known = judged.charts
        begin = known.begin(row)
        passed = known.fall.passed(row, float(known.threshold[row]))
        alert = Alert(
            judged.kpi.name, *known.series.members[row], "raised", float(known.series.ends[passed]), begin, None,
            0.0, 0.0, 0.0, 0.0, round(known.baseline.n[row]),
            abs(known.unit(row)) * float(np.sqrt(known.baseline.variance[row])), 0,
        )  # fmt: skip
        return replace(_sized(alert, known, row), explained_by=tuple(self._explain(judged, row, begin)))

    def _over(self, alert: Alert, judged: Judged | None, row: int | None, at: float) -> Alert | None:
        """The end of an open alert, if it has come: answers recovered, or one has to live with it."""
        if judged is not None and row is not None and judged.charts.known[row]:
            known = judged.charts
            relief = float(known.relief[row])
            if known.recovery.statistic[row] > relief:
                end = float(known.series.starts[known.recovery.begin[row]])
                at = float(known.series.ends[known.recovery.passed(row, relief)])
                # A recovery that begins with the drop itself was none: then there was nothing.
                return _sized(alert.closed(at, max(end, alert.begin), accepted=False), known, row)
        if at - alert.begin > self._accept:
            return alert.closed(at, at, accepted=True)
        return None

    def _explain(self, judged: Judged, row: int, begin: float) -> list[Part]:
        """The parts of a drop: for all by the scopes, for a member by what it is crossed with."""
        known, whole = judged.charts, judged.series
        usual, since = known.usual[row], known.since(row, begin)
        scope, member = known.series.members[row]
        unit = known.watch.unit * (-1 if known.watch.rises else 1)
        if scope == "all":
            found = []
            for name in self._settings.groups:
                rows = whole.rows(name)
                members = [whole.members[each][1] for each in rows]
                found += parts(name, members, _sums(whole, rows, usual), _sums(whole, rows, since), unit)
            return main_parts(found)
        return main_parts(self._crossed(judged, scope, member, (float(known.series.starts[usual][0]), begin), unit))

    def _crossed(
        self, judged: Judged, scope: str, member: str, usual: tuple[float, float], unit: float
    ) -> list[tuple[float, Part]]:
        """The parts of a member's drop, from the panes of the cross, which are coarser."""
        names: list[str] = list(self._settings.cross)
        grids = [table.grids[1] for table in self._state.tables(judged.kpi) if len(table.grids) > 1]
        crossed = series(judged.kpi, grids, self._settings.windows, judged.at) if scope in names and grids else None
        if crossed is None:
            return []
        combinations = [name.split(SEPARATOR) for _, name in crossed.members]
        own = [row for row, each in enumerate(combinations) if each[names.index(scope)] == member]
        before, since = (crossed.starts >= usual[0]) & (crossed.ends <= usual[1]), crossed.ends > usual[1]
        found = []
        for position, name in enumerate(names):
            if name != scope:
                groups = sorted({combinations[row][position] for row in own})
                chosen = [[row for row in own if combinations[row][position] == group] for group in groups]
                sums = [[_sums(crossed, rows, span).together() for rows in chosen] for span in (before, since)]
                found += parts(name, groups, Sums.of(sums[0]), Sums.of(sums[1]), unit)
        return found


def _sums(found: Series, rows: list[int], chosen: np.ndarray) -> Sums:
    """Answers of some rows in some panes; where there are none but losses, the level · seconds of each."""
    cells = np.ix_(np.array(rows, np.int64), np.flatnonzero(chosen))
    n = (found.n[cells] * found.worth[rows, None]).sum(1)
    return Sums(n, found.total[cells].sum(1), found.squares[cells].sum(1))


def _sized(alert: Alert, known: Charts, row: int) -> Alert:
    """The alert with the figures of what lies between its begin and its end."""
    chosen = known.since(row, alert.begin)
    if alert.end is not None and alert.end > alert.begin:
        chosen &= known.series.starts < alert.end
    size = known.size(row, chosen)
    n = known.series.n[row][chosen]
    usual = float((n * known.baseline.expected[row][chosen]).sum() / max(float(n.sum()), 1e-9))
    baseline = known.watch.base + known.unit(row) * usual
    return replace(
        alert, drop=size.drop, lower=size.lower, upper=size.upper, baseline=baseline, answers=round(size.answers)
    )
