"""How many rows, panes, state keys and series there are: counted from the layout and from what is really shown."""

from collections.abc import Iterable
from math import expm1
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Metric

from stream.drops.detector import WATCHED_KPIS
from stream.drops.names import DropNames
from stream.events import SOURCES
from stream.kpi import KPIS, Accumulator, Around
from stream.layout import schemes
from stream.panes import ALL, Scheme
from stream.score_metrics import ScoreMetrics, TargetMetrics
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.sizing.load import Load
from stream.store import State
from stream.view import Slice, scores_of

#: Of each field of a member that everything is known of.
_MANY = 10_000
#: Gauges of a chart that are always there; the others only while an alert is raised.
_CHART = DropNames._fields[:5]


class Layout(NamedTuple):
    """The panes of a KPI on one partition: `groups` are the rows of each thing that an event counts in.

    Sums over its windows may be `kept` from look to look.
    """

    scheme: Scheme
    groups: tuple[int, ...]
    row_bytes: int
    fields: int
    kept: bool

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.groups)

    @property
    def panes(self) -> dict[int, int]:
        """How many are kept of each advance, at most."""
        return {advance: -(-(size + self.scheme.slack) // advance) + 1 for advance, size in self.scheme.sizes.items()}

    @property
    def state_bytes(self) -> int:
        """The arrays of all panes, where every row holds something; else they are packed."""
        return sum(self.panes.values()) * self.rows * self.row_bytes

    def touched(self, events: float) -> float:
        """Rows that so many events count in, if all members are alike.

        Members that are not alike share fewer rows out among the same events, so that this is the most there can be.
        """
        return sum(-rows * expm1(-events / rows) for rows in self.groups if rows)

    def keys(self, rate: float) -> float:
        """State keys at a rate of events a second."""
        return sum(panes * self.touched(rate * advance) for advance, panes in self.panes.items())

    def cells(self, settings: Settings) -> int:
        """Fields that are added up to show every window."""
        windows = [window for window in settings.windows if window.advance in self.panes]
        sums = sum(1 if self.kept else window.size // window.advance for window in windows)
        return sums * self.rows * self.fields


def layouts(settings: Settings, load: Load, kpi: type[Accumulator]) -> list[Layout]:
    """The layout of a KPI's scopes, and of its cross where there is one."""
    labels, fields = load.labels_of(kpi), len(kpi.field_names())
    row_bytes = fields * (4 if kpi.narrow else 8) + 8 + 1  # its offset, and whether it is to be saved
    scopes, *cross = schemes(settings, kpi=kpi)
    share, rest = divmod(load.members, len(scopes.names) - 1 or 1)
    members = [share + (number < rest) for number in range(len(scopes.names) - 1)]
    groups = [(1, *members), *((load.crosses,) for _ in cross)]
    return [
        Layout(scheme, tuple(labels * rows for rows in each), row_bytes, fields, not (kpi.levels or kpi.fades))
        for scheme, each in zip((scopes, *cross), groups, strict=True)
    ]


class Series(NamedTuple):
    """Series on the `/metrics` of one view: of scores and samples, of the cross, of charts, of targets."""

    scores: int
    crosses: int
    charts: int
    targets: int

    @property
    def all(self) -> int:
        """Together."""
        return sum(self)


def series(settings: Settings, load: Load) -> Series:
    """What a view shows once every member has answers enough in every window; so many at most.

    What one member and one combination have is not worked out here: they are shown, and counted.

    >>> from stream.sizing.load import load_of
    >>> plain = Settings(windows="1h/1m", cross="", drop_interval=0, targets="")
    >>> series(plain, load_of(["5"], ["nps"], 4, 0, plain))  # score, bounds and sample: of four members, and of all
    Series(scores=20, crosses=0, charts=0, targets=0)
    """
    rows = (1 + load.members, load.crosses)
    of_scores = of_crosses = 0
    for kpi in load.kpis:
        labels = load.labels_of(kpi)
        of_scores += rows[0] * labels * _samples(_shown(settings, kpi, crossed=False).collect())
        of_crosses += rows[1] * labels * _samples(_shown(settings, kpi, crossed=True).collect())
    charts = len(_CHART) * rows[0] * sum(kpi in WATCHED_KPIS for kpi in load.kpis) if settings.drop_interval else 0
    return Series(of_scores, of_crosses, charts, _samples(TargetMetrics(settings.targets).collect()))


def service_series(settings: Settings) -> int:
    """Series that each process has of itself; two more for each partition of a topic that it reads."""
    registry = CollectorRegistry()
    metrics = ServiceMetrics(settings, State(settings), registry)
    metrics.announce(SOURCES)
    metrics.refresh(float("inf"))
    return _samples(registry.collect())


def _shown(settings: Settings, kpi: type[Accumulator], *, crossed: bool) -> ScoreMetrics:
    """What is shown of one member in all windows, or of one combination in those that keep it."""
    if not crossed:
        scores = [
            score
            for window in settings.windows
            for score in scores_of(_full(kpi, window.size), window.name, ALL, settings.min_sample, "EUR")
        ]
        return ScoreMetrics(lambda: (scores, []), [])
    _, *cross = schemes(settings, kpi=kpi)
    windows = [window for window in settings.windows if cross and window.size >= settings.cross_from]
    slices = [Slice(kpi, window.name, (), _full(kpi, window.size)) for window in windows]
    return ScoreMetrics(lambda: ([], slices), [])


def _full(kpi: type[Accumulator], seconds: int) -> Accumulator:
    """An accumulator that everything is known of: each field has a little less than the one before."""
    others = {name: KPIS[name](*_fields(KPIS[name])) for name in kpi.needs}
    return kpi.seen(_fields(kpi), Around("EUR", seconds, others))


def _fields(kpi: type[Accumulator]) -> list[int]:
    return [_MANY - place for place in range(len(kpi.field_names()))]


def _samples(metrics: Iterable[Metric]) -> int:
    return sum(len(metric.samples) for metric in metrics)
