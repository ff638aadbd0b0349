"""A service's pages over a simulated contact centre, without a broker, with everything around them under control."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from faust.types import TP
from prometheus_client import CollectorRegistry

from stream.clock import FixedClock
from stream.drops.alerts import Alert
from stream.drops.explain import Part
from stream.drops.live import Lookout
from stream.engine import Engine
from stream.events import SOURCES
from stream.index import MemoryIndex
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.simulate import SCENARIOS, simulate
from stream.store import State
from stream.view import View
from stream.web import Web
from tests.unit.engines import Line

#: 2026-03-04T15:00:00Z, a Wednesday afternoon.
NOW = 1_772_636_400


class Stage:
    """One process's view; time stands still unless it is moved on."""

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(**({"http": "127.0.0.1:0"} | settings))
        self.clock = FixedClock(NOW)
        self.state = State(self.settings)
        self.registry = CollectorRegistry()
        self.metrics = ServiceMetrics(self.settings, self.state, self.registry)
        self.unready = ""
        self.alerts: list[Alert] = []
        lookout = Lookout(self.settings, self.state, self.clock, lambda: True, lambda: None)
        lookout.open = lambda: self.alerts  # type: ignore[method-assign]  # what the topic would tell
        self.web = Web(
            self.settings, View(self.settings, self.state), self.metrics, self.clock,
            lambda: self.unready, lambda: "", lookout, self.metrics.feed,
        )  # fmt: skip
        self._engines = {
            topic: Engine(topic, self.state.of_source(topic, 0), MemoryIndex(), self.settings) for topic in SOURCES
        }
        self.url = ""

    async def __aenter__(self) -> "Stage":
        self.url = await self.web.start(self.registry)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.web.stop()

    def count(self, topic: str, *values: bytes | None) -> None:
        """Let the engine of a topic count values."""
        engine = self._engines[topic]
        lines = [Line(offset, value) for offset, value in enumerate(values, engine.position)]
        self.metrics.count(topic, engine.process(lines, self.clock.at))
        self.metrics.seen(TP(topic, 0), int(self.clock.at), [], self.clock.at)
        engine.settle()

    def play(self, hours: float, rate: float = 0.5, scenario: str = "nps-drop") -> None:
        """Count what a contact centre sends in the last hours; what goes wrong begins at two thirds of them."""
        begin = self.clock.at - 3600 * hours
        start = datetime.fromtimestamp(begin, UTC)
        plan = replace(SCENARIOS[scenario], rhythm=False)
        records = simulate(
            plan, rate=rate, seed=1, start=start, onset=(datetime.fromtimestamp(begin + 2400 * hours, UTC) - start)
        )
        by_topic: dict[str, list[bytes | None]] = {}
        for record in takewhile(lambda record: record.at.timestamp() < self.clock.at, records):
            by_topic.setdefault(record.topic, []).append(record.value)
        for topic, values in by_topic.items():
            self.count(topic, *values)

    def raise_alert(self, **changes: Any) -> None:
        """An alert as the detector would raise it."""
        alert = Alert(
            "nps", "all", "all", "raised", NOW - 3000, NOW - 3600, None, 21.3, 14, 28.6, 30.2, 1985, 78, 374,
            explained_by=(Part("channel", "phone", 0.82, 17.1, 0.4), Part("touchpoint", "billing", 0.31, 6.1, 0.3)),
        )  # fmt: skip
        self.alerts.append(replace(alert, **changes))
