"""A load of webhooks for the gateway: so many a second whatever it answers, each measured from when it was due."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

#: Connections that are kept open; a request waits for a free one, and that counts as its latency.
_CONNECTIONS = 64
_RECONNECT_S = 0.1


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


class Load:
    """Sends `requests` to an address: `rate` a second, or as fast as they are answered with rate 0."""

    def __init__(self, address: tuple[str, int], requests: Iterator[Request], rate: float) -> None:
        self._address = address
        self._requests = requests
        self._rate = rate
        self.outcome = Outcome()

    async def run(self, seconds: float) -> Outcome:
        """Send for so many seconds."""
        due: asyncio.Queue[tuple[float, Request] | None] = asyncio.Queue(0 if self._rate else _CONNECTIONS)
        began = time.perf_counter()
        connections = [asyncio.create_task(self._connection(due)) for _ in range(_CONNECTIONS)]
        await self._fill(due, began, seconds)
        for _ in connections:
            await due.put(None)
        await asyncio.gather(*connections)
        self.outcome.seconds = time.perf_counter() - began
        return self.outcome

    async def _fill(self, due: "asyncio.Queue[tuple[float, Request] | None]", began: float, seconds: float) -> None:
        for number, request in enumerate(self._requests):
            now = time.perf_counter()
            if now - began >= seconds:
                return
            at = began + number / self._rate if self._rate else now
            if at > now:
                await asyncio.sleep(at - now)
            await due.put((at if self._rate else time.perf_counter(), request))

    async def _connection(self, due: "asyncio.Queue[tuple[float, Request] | None]") -> None:
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while (item := await due.get()) is not None:
            at, request = item
            try:
                streams = streams or await asyncio.open_connection(*self._address)
                status = await _ask(*streams, request.raw)
            except (OSError, asyncio.IncompleteReadError):
                status, streams = 0, None
                await asyncio.sleep(_RECONNECT_S)
            self._note(status, request, time.perf_counter() - at)
        if streams is not None:
            streams[1].close()

    def _note(self, status: int, request: Request, latency: float) -> None:
        self.outcome.statuses[status] += 1
        if status == 200:
            self.outcome.latencies.append(latency)
            self.outcome.acknowledged.append(request.id)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> int:
    writer.write(raw)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
    return int(head[9:12])


def requests(path: str, body: Callable[[int], bytes], headers: Callable[[bytes], str], run: str) -> Iterator[Request]:
    """Deliveries without end, each with another body, made in advance as they are needed."""
    number = 0
    while True:
        content = body(number)
        head = f"POST {path} HTTP/1.1\r\nHost: gateway\r\n{headers(content)}Content-Length: {len(content)}\r\n\r\n"
        yield Request(f"{run}-{number}", head.encode() + content)
        number += 1
