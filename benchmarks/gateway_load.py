"""A load of webhooks for the gateway: so many a second whatever it answers, each measured from when it was due."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import NamedTuple, cast

#: Connections that are kept open; a request waits for a free one, and that counts as its latency.
_CONNECTIONS = 64
_TICK_S = 0.001
_RECONNECT_S = 0.1
#: What is not answered so long after the last one was due is given up.
_PATIENCE_S = 15.0


class Request(NamedTuple):
    """A delivery's id and its bytes, headers and body."""

    id: str
    raw: bytes


class Outcome:
    """What came of a load: statuses (0: the connection broke), latencies in seconds, and what was acknowledged."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.acknowledged: list[str] = []
        self.seconds = 0.0

    def quantile(self, q: float) -> float:
        """The latency below which the share `q` of all answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))]

    def note(self, status: int, request: Request, due: float) -> None:
        """Count an answer."""
        self.statuses[status] += 1
        if status == 200:
            self.latencies.append(time.perf_counter() - due)
            self.acknowledged.append(request.id)


class Load:
    """Sends requests, made in advance, to an address: `rate` a second, or as fast as they are answered with rate 0."""

    def __init__(self, address: tuple[str, int], requests: Sequence[Request], rate: float) -> None:
        self.address = address
        self.outcome = Outcome()
        self.idle: deque[_Connection] = deque()
        self._requests = requests
        self._rate = rate
        self._sent = 0
        self._began = 0.0

    async def run(self, seconds: float) -> Outcome:
        """Send for so many seconds, and wait for the answers."""
        connections = [_Connection(self) for _ in range(_CONNECTIONS)]
        await asyncio.gather(*(connection.open() for connection in connections))
        self._began = time.perf_counter()
        while (now := time.perf_counter()) < self._began + seconds and self._sent < len(self._requests):
            self.dispatch(now)
            await asyncio.sleep(_TICK_S)
        self._requests = self._requests[: self._due(self._began + seconds)]
        given_up = time.perf_counter() + _PATIENCE_S
        while (self._sent < len(self._requests) or len(self.idle) < _CONNECTIONS) and time.perf_counter() < given_up:
            self.dispatch(time.perf_counter())
            await asyncio.sleep(_TICK_S)
        self.outcome.seconds = time.perf_counter() - self._began
        for connection in connections:
            connection.close()
        return self.outcome

    def _due(self, now: float) -> int:
        """How many should have been sent by now."""
        return int((now - self._began) * self._rate) if self._rate else self._sent

    def dispatch(self, now: float) -> None:
        """Give what is due to idle connections."""
        until = min(self._due(now) if self._rate else len(self._requests), len(self._requests))
        while self.idle and self._sent < until:
            due = self._began + self._sent / self._rate if self._rate else now
            self.idle.popleft().send(self._requests[self._sent], due)
            self._sent += 1


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._asked: tuple[Request, float] | None = None
        self._received = b""
        self._closed = False

    async def open(self) -> None:
        """Connect, again and again until it works."""
        loop = asyncio.get_running_loop()
        while not self._closed:
            try:
                await loop.create_connection(lambda: self, *self._load.address)
            except OSError:
                await asyncio.sleep(_RECONNECT_S)
            else:
                return

    def close(self) -> None:
        """Close, for good."""
        self._closed = True
        if self._transport is not None:
            self._transport.close()

    def send(self, request: Request, due: float) -> None:
        """Send a request that was due then."""
        assert self._transport is not None
        self._asked = (request, due)
        self._transport.write(request.raw)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._received = b""
        self._load.idle.append(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, _, body = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if not body or len(body) < int(length) or self._asked is None:
            return
        self._load.outcome.note(int(head[9:12]), *self._asked)
        self._asked, self._received = None, b""
        self._load.idle.append(self)
        self._load.dispatch(time.perf_counter())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._asked is not None:
            self._load.outcome.note(0, *self._asked)
            self._asked = None
        elif self in self._load.idle:
            self._load.idle.remove(self)
        if not self._closed:
            self._reopening = asyncio.create_task(self.open())
