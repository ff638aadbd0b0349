"""Live scores as Prometheus metrics, collected anew at each look, so that nothing stale stays."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stream.drops.alerts import Alert
from stream.drops.detector import WATCHED_KPIS, Standing
from stream.drops.names import DropNames
from stream.exposition import Gauges
from stream.kpi import KPIS, SCORES, Accumulator, ScoreInfo
from stream.view import Score, Slice

_PLACE = ["scope", "member"]
_LABELS = ["window", *_PLACE]
#: Scores with the values of the labels that every score has.
_Placed = list[tuple[tuple[str, ...], Score]]


class ScoreMetrics(Collector):
    """Gauges of the scores, their bounds and samples, and the fields of the cross.

    `look` returns what is to be shown: scores and slices of one moment.
    """

    def __init__(self, look: Callable[[], tuple[list[Score], list[Slice]]], cross: list[str]) -> None:
        self._look = look
        self._cross = cross

    def describe(self) -> Iterable[Metric]:
        """Names are known only when collected."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every score that there is, as the client library has it."""
        return (gauges.metric() for gauges in self.gauges())

    def gauges(self) -> Iterator[Gauges]:
        """Every score that there is."""
        scores, slices = self._look()
        by_kpi: dict[type[Accumulator], list[Score]] = {kpi: [] for kpi in KPIS.values()}
        for score in scores:
            by_kpi[type(score.accumulator)].append(score)
        for kpi, own in by_kpi.items():
            placed = [(_of(score), score) for score in own]
            for metric, infos in groupby(kpi.scores(), key=attrgetter("metric")):
                yield from self._scores(kpi, metric, list(infos), placed)
            yield self._samples(kpi, placed)
            yield from self._fields(kpi, [part for part in slices if part.kpi is kpi])

    @staticmethod
    def _scores(kpi: type[Accumulator], metric: str, infos: list[ScoreInfo], placed: _Placed) -> Iterator[Gauges]:
        """A metric and its bounds; of several scores if labels tell them apart."""
        labels = (*_LABELS, *([kpi.label] if kpi.label else []), *infos[0].labels)
        told = {info.name: tuple(info.labels.values()) for info in infos}
        shown = [
            (place + told[score.score], score.estimate)
            for place, score in placed
            if score.estimate is not None and score.score in told
        ]
        title = _title(infos[0])
        yield Gauges(metric, f"{title}.", labels, [(place, each.value) for place, each in shown])
        if infos[0].interval:
            lower = [(place, each.lower) for place, each in shown if each.lower is not None]
            upper = [(place, each.upper) for place, each in shown if each.upper is not None]
            yield Gauges(f"{metric}_lower", f"{title}, lower bound (95 %).", labels, lower)
            yield Gauges(f"{metric}_upper", f"{title}, upper bound (95 %).", labels, upper)

    @staticmethod
    def _samples(kpi: type[Accumulator], placed: _Placed) -> Gauges:
        name = f"feedback_{kpi.name}_sample_size"
        labels = (*_LABELS, *([kpi.label] if kpi.label else []))
        sizes = {place: float(score.accumulator.n) for place, score in placed}
        samples = [(place, n) for place, n in sizes.items() if n > 0]
        return Gauges(name, "How many are behind the score, also where it is withheld.", labels, samples)

    def _fields(self, kpi: type[Accumulator], slices: list[Slice]) -> Iterator[Gauges]:
        if not kpi.crossed:
            return
        labels = ("window", *self._cross, *([kpi.label] if kpi.label else []))
        placed = [((part.window, *part.members), part.accumulator) for part in slices]
        for field in kpi.field_names():
            samples = [(place, float(getattr(accumulator, field))) for place, accumulator in placed]
            yield Gauges(f"feedback_{kpi.name}_{field}", f"{field} in the window.", labels, samples)


def _title(info: ScoreInfo) -> str:
    """Of all the scores that share its metric."""
    return info.title.split(",")[0] if info.labels else info.title


def _of(score: Score) -> tuple[str, ...]:
    """The values of the labels that every score has."""
    return (score.window, score.scope, score.member, *score.labels.values())


class TargetMetrics(Collector):
    """A gauge for each score that has a target."""

    def __init__(self, targets: Mapping[str, float]) -> None:
        self._targets = targets

    def collect(self) -> Iterator[Metric]:
        """The targets, which stay as they are while the program runs."""
        infos = [info for name, (_, info) in SCORES.items() if name in self._targets]
        for metric, alike in groupby(infos, key=attrgetter("metric")):
            told = list(alike)
            labels, title = [*told[0].labels], _title(told[0])
            family = GaugeMetricFamily(f"{metric}_target", f"{title}, what it should reach.", labels=labels)
            for info in told:
                family.add_metric([*info.labels.values()], self._targets[info.name])
            yield family


class DropMetrics(Collector):
    """Gauges of the charts that look for drops, by scope and member, and of the alerts that are raised.

    `look` returns every chart's standing, `raised` the open alerts; members without a chart have no series.
    """

    def __init__(self, look: Callable[[], Sequence[Standing]], raised: Callable[[], Sequence[Alert]]) -> None:
        self._look = look
        self._raised = raised

    def describe(self) -> Iterable[Metric]:
        """Names are known only when collected."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The gauges of each KPI that is watched."""
        standings, alerts = self._look(), self._raised()
        for kpi in WATCHED_KPIS:
            raised = [each for each in alerts if each.kpi == kpi.name]
            yield from self._charts(kpi, [each for each in standings if each.chart.kpi == kpi.name], raised)
            yield from self._alerts(kpi, raised)

    @staticmethod
    def _charts(kpi: type[Accumulator], standings: list[Standing], alerts: list[Alert]) -> Iterator[Metric]:
        names, raised = DropNames.of(kpi), {alert.chart for alert in alerts}
        gauges: dict[str, tuple[str, Callable[[Standing], float]]] = {
            names.usual: ("What is usual, with which answers are compared.", lambda each: each.usual),
            names.size: ("How much worse than usual.", lambda each: each.drop),
            names.statistic: ("What has added up of it.", lambda each: each.statistic),
            names.threshold: ("What it has to come to for an alert.", lambda each: each.threshold),
            names.raised: ("Whether an alert is raised: 1 or 0.", lambda each: float(each.chart in raised)),
        }
        for metric, (meaning, figure) in gauges.items():
            family = GaugeMetricFamily(metric, meaning, labels=_PLACE)
            for standing in standings:
                family.add_metric([standing.chart.scope, standing.chart.member], figure(standing))
            yield family

    @staticmethod
    def _alerts(kpi: type[Accumulator], alerts: list[Alert]) -> Iterator[Metric]:
        names = DropNames.of(kpi)
        begin = GaugeMetricFamily(names.begin, "When what a raised alert tells of began.", labels=_PLACE)
        parts = GaugeMetricFamily(
            names.explained, "Which part of it lies with a member of another scope.",
            labels=[*_PLACE, "by_scope", "by_member"],
        )  # fmt: skip
        for alert in alerts:
            begin.add_metric([alert.scope, alert.member], alert.begin)
            for part in alert.explained_by:
                parts.add_metric([alert.scope, alert.member, part.scope, part.member], part.share)
        yield begin
        yield parts
