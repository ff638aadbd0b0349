"""Live scores as Prometheus metrics, collected anew at each look, so that nothing stale stays."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stream.drops.detector import WATCHED_KPIS, Standing
from stream.kpi import KPIS, Accumulator, ScoreInfo
from stream.view import Score, Slice

_LABELS = ["window", "scope", "member"]


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
        for suffix, bound in (("", ""), ("_lower", ", lower bound (95 %)"), ("_upper", ", upper bound (95 %)")):
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


class DropMetrics(Collector):
    """Gauges of the charts that look for drops, by scope and member.

    `look` returns every chart's standing; members without one have no series.
    """

    def __init__(self, look: Callable[[], Sequence[Standing]]) -> None:
        self._look = look

    def describe(self) -> Iterable[Metric]:
        """Names are known only when collected."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Four gauges for each KPI that is watched."""
        standings = self._look()
        for kpi in WATCHED_KPIS:
            assert kpi.watch is not None  # noqa: S101
            word, name, unit = kpi.watch.word, f"feedback_{kpi.name}", kpi.scores()[0].unit
            past = "risen" if kpi.watch.rises else "dropped"
            gauges: dict[str, tuple[str, Callable[[Standing], float]]] = {
                f"{name}_{word}_{unit}": ("How much worse than usual.", lambda each: each.drop),
                f"{name}_{word}_statistic": ("What has added up of it.", lambda each: each.statistic),
                f"{name}_{word}_threshold": ("What it has to come to for an alert.", lambda each: each.threshold),
                f"{name}_{past}": ("Whether an alert is raised: 1 or 0.", lambda each: float(each.raised)),
            }
            own = [standing for standing in standings if standing.chart.kpi == kpi.name]
            for metric, (meaning, figure) in gauges.items():
                family = GaugeMetricFamily(metric, meaning, labels=["scope", "member"])
                for standing in own:
                    family.add_metric([standing.chart.scope, standing.chart.member], figure(standing))
                yield family
