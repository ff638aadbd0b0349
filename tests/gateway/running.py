"""A gateway in this process, on a free port of loopback, before a Kafka that does as it is told."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp

from stream.clock import FixedClock
from stream.gateway.inlets import inlets
from stream.gateway.intake import Intake
from stream.gateway.outbox import Outbox
from stream.gateway.server import Server
from stream.settings import Settings

#: Longer than anything takes on a busy machine.
DEADLINE_S = 60.0
NOW = 1_790_000_000.0
TOKEN = {"Authorization": "Bearer s3cret"}
SECRETS = {"FEEDBACK_GATEWAY_EVENTS_SECRETS": "s3cret", "FEEDBACK_GATEWAY_TYPEFORM_SECRETS": "test-secret"}
#: An event as a sender of ours posts it.
ANSWER = {"response_id": "r1", "kpi": "nps", "occurred_at": "2026-03-01T09:30:00Z", "score": 9}


class Sent(NamedTuple):
    """A record as the client was given it."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Mapping[str, bytes]


class FakeProducer:
    """Acknowledges at once, or not before it is told to, or fails."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.waiting: list[asyncio.Future[None]] = []
        self.has_some = asyncio.Event()
        self.holds = False
        self.fails: Exception | None = None

    async def send(
        self, topic: str, value: bytes, key: bytes | None, headers: list[tuple[str, bytes]]
    ) -> "asyncio.Future[None]":
        assert isinstance(headers, list), "the real one takes nothing else"
        self.sent.append(Sent(topic, key, value, dict(headers)))
        self.has_some.set()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.fails is not None:
            future.set_exception(self.fails)
        elif self.holds:
            self.waiting.append(future)
        else:
            future.set_result(None)
        return future

    def acknowledge(self) -> None:
        """Kafka is there again."""
        self.holds = False
        for future in self.waiting:
            future.set_result(None)
        self.waiting.clear()


class Gateway(NamedTuple):
    """What runs, and how it is asked."""

    url: str
    producer: FakeProducer
    session: aiohttp.ClientSession

    async def post(self, path: str, body: bytes, headers: Mapping[str, str] = TOKEN) -> "Answered":
        return await self.ask("POST", path, data=body, headers=headers)

    async def ask(self, method: str, path: str, **options: Any) -> "Answered":
        async with self.session.request(method, self.url + path, **options) as response:
            body = await response.read()
            return Answered(response.status, body, response.headers)

    async def metric(self, name: str, **labels: str) -> float:
        """The value of a metric."""
        page = (await self.ask("GET", "/metrics")).body.decode()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = [line for line in page.splitlines() if line.startswith(name) and all(one in line for one in wanted)]
        assert len(lines) == 1, lines
        return float(lines[0].rpartition(" ")[2])


class Answered(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@asynccontextmanager
async def running(secrets: Mapping[str, str] = SECRETS, **settings: Any) -> AsyncIterator[Gateway]:
    """A gateway for a block."""
    own = Settings(gateway_http="127.0.0.1:0", **settings)
    outbox, producer = Outbox(), FakeProducer()
    outbox.open(producer)
    server = Server(own, inlets(own, secrets), Intake(own, outbox, FixedClock(NOW)), outbox.problem)
    url = await server.start()
    try:
        # `Content-Type` is what a test says, or nothing.
        async with aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session:
            yield Gateway(url, producer, session)
    finally:
        await server.stop()
