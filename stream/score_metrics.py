"""Live scores as Prometheus metrics, collected anew at each look, so that nothing stale stays."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stream.drops.alerts import Alert
from stream.drops.detector import WATCHED_KPIS, Standing
from stream.drops.names import DropNames
from stream.kpi import KPIS, SCORES, Accumulator, ScoreInfo
from stream.view import Score, Slice

_PLACE = ["scope", "member"]
_LABELS = ["window", *_PLACE]


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
        """Every score that there is."""
        scores, slices = self._look()
        for kpi in KPIS.values():
            own = [score for score in scores if type(score.accumulator) is kpi]
            for metric, infos in groupby(kpi.scores(), key=attrgetter("metric")):
                yield from self._scores(kpi, metric, list(infos), own)
            yield self._samples(kpi, own)
            yield from self._fields(kpi, [part for part in slices if part.kpi is kpi])

    @staticmethod
    def _scores(kpi: type[Accumulator], metric: str, infos: list[ScoreInfo], scores: list[Score]) -> Iterator[Metric]:
        """A metric and its bounds; of several scores if labels tell them apart."""
        labels = [*_LABELS, *([kpi.label] if kpi.label else []), *infos[0].labels]
        told = {info.name: [*info.labels.values()] for info in infos}
        title = infos[0].title.split(",")[0]
        bounds = (("_lower", ", lower bound (95 %)"), ("_upper", ", upper bound (95 %)")) if infos[0].interval else ()
        for suffix, bound in (("", ""), *bounds):
            family = GaugeMetricFamily(metric + suffix, f"{title}{bound}.", labels=labels)
            attribute = suffix.removeprefix("_") or "value"
            for score in scores:
                value = getattr(score.estimate, attribute) if score.estimate else None
                if value is not None and score.score in told:
                    family.add_metric([*_of(score), *told[score.score]], value)
            yield family

    @staticmethod
    def _samples(kpi: type[Accumulator], scores: list[Score]) -> Metric:
        name = f"feedback_{kpi.name}_sample_size"
        labels = [*_LABELS, *([kpi.label] if kpi.label else [])]
        metric = GaugeMetricFamily(name, "How many are behind the score, also where it is withheld.", labels=labels)
        for place, n in {tuple(_of(score)): score.accumulator.n for score in scores}.items():
            if n > 0:
                metric.add_metric(place, n)
        return metric

    def _fields(self, kpi: type[Accumulator], slices: list[Slice]) -> Iterator[Metric]:
        if not kpi.crossed:
            return
        labels = ["window", *self._cross, *([kpi.label] if kpi.label else [])]
        for field in kpi.field_names():
            metric = GaugeMetricFamily(f"feedback_{kpi.name}_{field}", f"{field} in the window.", labels=labels)
            for part in slices:
                metric.add_metric([part.window, *part.members], getattr(part.accumulator, field))
            yield metric


def _of(score: Score) -> list[str]:
    """The values of the labels that every score has."""
    return [score.window, score.scope, score.member, *score.labels.values()]


class TargetMetrics(Collector):
    """A gauge for each score that has a target."""

    def __init__(self, targets: Mapping[str, float]) -> None:
        self._targets = targets

    def collect(self) -> Iterator[Metric]:
        """The targets, which stay as they are while the program runs."""
        for name, target in self._targets.items():
            info = SCORES[name][1]
            yield GaugeMetricFamily(f"{info.metric}_target", f"{info.title}, what it should reach.", value=target)


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
