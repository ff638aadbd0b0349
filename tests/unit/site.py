"""A service's pages over some answers, with everything around them under control."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from prometheus_client import CollectorRegistry

from stream.clock import FixedClock
from stream.drops.live import Lookout
from stream.engine import Engine
from stream.index import MemoryIndex
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.store import State
from stream.view import View
from stream.web import Web
from tests.unit.engines import NOW, SURVEYS, Line


class Site:
    """A service's pages over some answers, with everything around them under control."""

    def __init__(self, *, view: bool = True, **settings: Any) -> None:
        own: dict[str, Any] = {"http": "127.0.0.1:0", "windows": "1h/1m,24h/15m", "min_sample": 2}
        self.settings = Settings(**own | settings)
        self.clock = FixedClock(NOW)
        self.registry = CollectorRegistry()
        self.state = State(self.settings)
        self.metrics = ServiceMetrics(self.settings, self.state, self.registry)
        self.unready = ""
        self.unwell = ""
        self.web = Web(
            self.settings,
            View(self.settings, self.state) if view else None,
            self.metrics,
            self.clock,
            lambda: self.unready,
            lambda: self.unwell,
            Lookout(self.settings, self.state, self.clock, lambda: True, lambda: None) if view else None,
        )
        tables = self.state.of_source(SURVEYS, 0)
        self._engine = Engine(SURVEYS, tables, MemoryIndex(), self.settings)
        self.url = ""

    def answer(self, *values: bytes) -> None:
        """Count answers."""
        lines = [Line(offset, value) for offset, value in enumerate(values, self._engine.position)]
        self.metrics.count(SURVEYS, self._engine.process(lines, NOW))
        self._engine.settle()

    async def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        """Status, kind and text of a page."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path, headers=headers) as response:
            return response.status, response.content_type, await response.text()

    async def scores(self, query: str = "") -> list[dict[str, Any]]:
        status, kind, text = await self.get(f"/api/scores{query}")
        assert (status, kind) == (200, "application/json")
        rows: list[dict[str, Any]] = json.loads(text)["scores"]
        return rows


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[Site]:
    site.url = await site.web.start(site.registry)
    try:
        yield site
    finally:
        await site.web.stop()
