"""What the service says of itself: events, dead letters, lag, watermarks, flushes, recovery."""

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import perf_counter
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from faust.types import TP
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from stream import __version__
from stream.engine import Processed
from stream.identity import OUTCOMES
from stream.settings import Settings
from stream.store import State
from stream.watch.progress import JOBS

# When a counter began is of no use here, and doubles the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it so

_LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)


class Feed(NamedTuple):
    """How the feed of events does, for people: records by what became of them, and what waits.

    `last_event` has the time of the newest event of each topic that is read here, in seconds since the epoch; `lag` is
    None where it is not known.
    """

    outcomes: Mapping[str, int] = MappingProxyType({})
    dead_letters: Mapping[str, int] = MappingProxyType({})
    last_event: Mapping[str, int] = MappingProxyType({})
    lag: int | None = None


class ServiceMetrics(Collector):
    """Counters that agents increase, and gauges that are read off when somebody looks."""

    def __init__(self, settings: Settings, state: State, registry: CollectorRegistry) -> None:
        self._settings = settings
        self._state = state
        self._watermarks: dict[TP, int] = {}
        self._last_event: dict[str, int] = {}
        self._latency = np.zeros(len(_LATENCY_BUCKETS) + 1, np.int64)
        self._latency_sum = 0.0
        self._outcomes = Counts[str]()
        self._reasons = Counts[str]()
        self.lag: Callable[[], Mapping[TP, int]] = dict
        self._lags: Mapping[TP, int] = {}
        self._keys: dict[str, int] = {}
        self._keys_counted = 0.0
        self.events = Counter(
            "feedback_events", "Records by what became of them.", ["topic", "outcome"], registry=registry
        )
        self.dead_letters = Counter(
            "feedback_dead_letters", "Records sent to the dead letters.", ["topic", "reason"], registry=registry
        )
        self.flush_seconds = Histogram(
            "feedback_flush_seconds", "Time to make counted events durable.", registry=registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
        )  # fmt: skip
        self.recovery_seconds = Gauge(
            "feedback_recovery_seconds", "Time that the last recovery of the tables took.", registry=registry
        )
        self.stalled = Gauge(
            "feedback_stalled_seconds", "For how long work that waits has not moved, by kind.", ["kind"],
            registry=registry,
        )  # fmt: skip
        self.foreign_writes = Counter(
            "feedback_foreign_writes", "Times that another writer was found in a changelog, which was then repaired.",
            ["table"], registry=registry,
        )  # fmt: skip
        build = Gauge("feedback_build_info", "The version that runs.", ["version"], registry=registry)
        build.labels(__version__).set(1)
        self._recovery_started = 0.0
        registry.register(self)

    def count(self, topic: str, processed: Processed) -> None:
        """Count the outcomes of a batch."""
        for outcome, count in processed.outcomes.items():
            self._outcomes[outcome] += count
            self.events.labels(topic, outcome).inc(count)
        for rejection in processed.rejections:
            self._reasons[rejection.error.reason] += 1
            self.dead_letters.labels(topic, rejection.error.reason).inc()

    def seen(self, tp: TP, stream_time: int, appended_ms: Sequence[int], now: float) -> None:
        """Note that records, appended at these times, are visible now."""
        self._watermarks[tp] = stream_time
        self._last_event[tp.topic] = max(stream_time, self._last_event.get(tp.topic, 0))
        waited = np.maximum(now - np.array(appended_ms) / 1000, 0.0)
        self._latency += np.bincount(
            np.searchsorted(_LATENCY_BUCKETS, waited, side="left"), minlength=len(self._latency)
        )
        self._latency_sum += float(waited.sum())

    def refresh(self, now: float) -> None:
        """Read what only the event loop may read; state keys are counted every ten seconds at most."""
        self._lags = self.lag()
        if now - self._keys_counted >= 10:
            self._keys_counted = now
            kept = self._settings.kept.items()
            self._keys = {name: sum(table.keys for table in self._state.tables(kpi)) for name, kpi in kept}

    def feed(self) -> Feed:
        """How the feed does now; only the event loop may ask."""
        lag = self.lag()
        return Feed(
            dict(self._outcomes), dict(self._reasons), dict(self._last_event), sum(lag.values()) if lag else None
        )

    def announce(self, topics: Iterable[str]) -> None:
        """Show every outcome of these topics, and every trouble, from the start, as zero."""
        for topic in topics:
            for outcome in OUTCOMES:
                self.events.labels(topic, outcome)
        for kpi in self._settings.kept:
            self.foreign_writes.labels(kpi)
        for job in JOBS:
            self.stalled.labels(job)

    def released(self, tps: Iterable[TP]) -> None:
        """Forget partitions that are no longer held, so that nothing stale is shown."""
        for tp in tps:
            self._watermarks.pop(tp, None)

    def recovery_begins(self) -> None:
        """Start the stopwatch of recovery."""
        self._recovery_started = perf_counter()

    def recovery_ends(self) -> None:
        """Stop the stopwatch of recovery."""
        if self._recovery_started:
            self.recovery_seconds.set(perf_counter() - self._recovery_started)
            self._recovery_started = 0.0

    def describe(self) -> Iterable[Metric]:
        """Names are known only when collected."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The gauges that are read off."""
        by_partition = ["topic", "partition"]
        watermark = GaugeMetricFamily(
            "feedback_watermark_timestamp_seconds", "Stream time less grace, by partition.", labels=by_partition
        )
        for tp, stream_time in list(self._watermarks.items()):
            watermark.add_metric([tp.topic, str(tp.partition)], stream_time - self._settings.grace)
        yield watermark
        last = GaugeMetricFamily(
            "feedback_last_event_timestamp_seconds", "Time of the newest event seen, by topic.", labels=["topic"]
        )
        for topic, stream_time in list(self._last_event.items()):
            last.add_metric([topic], stream_time)
        yield last
        lag = GaugeMetricFamily(
            "feedback_consumer_lag_records", "Records that wait to be counted.", labels=by_partition
        )
        for tp, records in self._lags.items():
            lag.add_metric([tp.topic, str(tp.partition)], records)
        yield lag
        keys = GaugeMetricFamily("feedback_state_keys", "State keys held in memory, by table.", labels=["table"])
        for name, count in self._keys.items():
            keys.add_metric([name], count)
        yield keys
        yield self._latency_metric()

    def _latency_metric(self) -> Metric:
        metric = HistogramMetricFamily(
            "feedback_end_to_end_seconds", "Time from a record's append to its effect in the scores."
        )
        counts = np.cumsum(self._latency).tolist()
        bounds = [*(str(bound) for bound in _LATENCY_BUCKETS), "+Inf"]
        metric.add_metric([], list(zip(bounds, counts, strict=True)), self._latency_sum)
        return metric
