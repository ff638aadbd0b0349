"""What `fetch` says of itself: notifications by what became of them, requests by their status, what waits."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge

from stream import __version__
from stream.topics import NOTIFICATIONS, NOTIFICATIONS_LATER

Outcome = Literal["fetched", "later", "given_up", "rejected"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class FetchMetrics:
    """Counters and gauges."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._notices = Counter(
            "feedback_fetch_notifications", "Notifications by what became of them.", ["source", "outcome"],
            registry=registry,
        )  # fmt: skip
        self._requests = Counter(
            "feedback_fetch_requests", "Requests to APIs by HTTP status; `none` is no answer.", ["source", "status"],
            registry=registry,
        )  # fmt: skip
        self._oldest = Gauge(
            "feedback_fetch_oldest_timestamp_seconds",
            "Since when the oldest of what cannot be fetched waits; nothing where all can.",
            ["source"],
            registry=registry,
        )
        self._waiting = Gauge(
            "feedback_fetch_lag_records", "Notifications that wait to be fetched.", ["topic"], registry=registry
        )
        build = Gauge("feedback_build_info", "The version that runs.", ["version"], registry=registry)
        build.labels(__version__).set(1)
        self.show_waiting({})

    def announce(self, sources: Iterable[str]) -> None:
        """Show every outcome of these sources from the start, as zero."""
        for source in sources:
            for outcome in OUTCOMES:
                self._notices.labels(source, outcome)

    def count(self, source: str, outcome: Outcome) -> None:
        """Count a notification."""
        self._notices.labels(source, outcome).inc()

    def count_request(self, source: str, status: str) -> None:
        """Count a request."""
        self._requests.labels(source, status).inc()

    def show_oldest(self, since: Mapping[str, float]) -> None:
        """Show since when the oldest notification of each source waits, of those where one does."""
        self._oldest.clear()
        for source, first in since.items():
            self._oldest.labels(source).set(first)

    def show_waiting(self, waiting: Mapping[str, int]) -> None:
        """Show what waits in the topics, of the partitions that are held here."""
        for topic in (NOTIFICATIONS, NOTIFICATIONS_LATER):
            self._waiting.labels(topic).set(waiting.get(topic, 0))
