"""What the gateway says of itself: deliveries by what became of them, how long they took, what is held."""

from collections.abc import Callable, Iterable
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from stream import __version__

# When a counter began is of no use here, and doubles the number of series.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it so

Outcome = Literal[
    "accepted", "ignored", "duplicate", "rejected", "invalid", "unauthenticated", "replayed", "forbidden", "too_large",
    "limited", "slow", "unavailable", "failed",
]  # fmt: skip

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

#: Deliveries to addresses that no source has.
NO_SOURCE = "unknown"


class GatewayMetrics:
    """Counters and a histogram of deliveries."""

    def __init__(self, registry: CollectorRegistry, pending: Callable[[], float], away: Callable[[], float]) -> None:
        self._requests = Counter(
            "feedback_gateway_requests", "Deliveries by what became of them.", ["source", "outcome"], registry=registry
        )
        self._seconds = Histogram(
            "feedback_gateway_seconds", "Time from a delivery's headers to its answer.", ["source"], registry=registry,
            buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
        )  # fmt: skip
        self._events = Counter(
            "feedback_gateway_events", "Events that Kafka has acknowledged.", ["source"], registry=registry
        )
        held = Gauge("feedback_gateway_pending_bytes", "Deliveries that are held in memory.", registry=registry)
        held.set_function(pending)
        unacknowledged = Gauge(
            "feedback_gateway_kafka_away", "Whether Kafka owes acknowledgements: 1 or 0.", registry=registry
        )
        unacknowledged.set_function(away)
        build = Gauge("feedback_build_info", "The version that runs.", ["version"], registry=registry)
        build.labels(__version__).set(1)

    def announce(self, sources: Iterable[str]) -> None:
        """Show every outcome of these sources from the start, as zero."""
        for source in sources:
            self._events.labels(source)
            for outcome in OUTCOMES:
                self._requests.labels(source, outcome)

    def count(self, source: str, outcome: Outcome, seconds: float, events: int = 0) -> None:
        """Count a delivery, how long it took, and its events."""
        self._requests.labels(source, outcome).inc()
        self._seconds.labels(source).observe(seconds)
        if events:
            self._events.labels(source).inc(events)
