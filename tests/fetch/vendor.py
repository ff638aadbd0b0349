"""An API on loopback that answers as it is told, in the order of the requests, and notes what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import orjson
from aiohttp import web


class Reply(NamedTuple):
    """What is answered to one request."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012  never changed
    hangs: bool = False


class Asked(NamedTuple):
    """What was asked."""

    method: str
    path: str
    authorization: str
    token: str
    body: bytes


class Vendor:
    """Answers each path's replies one after another, the last one for ever; a path without any is not found."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.replies: dict[str, list[Reply]] = {}
        self.otherwise: Callable[[str], Reply] = lambda _: Reply(404, {"error": "not found"})
        self.closing = asyncio.Event()

    def says(self, path: str, *replies: Reply) -> None:
        """Answer a path so."""
        self.replies[path] = list(replies)

    def paths(self) -> list[str]:
        """Every path that was asked for, in order."""
        return [asked.path for asked in self.asked]

    async def answer(self, request: web.Request) -> web.Response:
        headers = request.headers
        given = (headers.get("Authorization", ""), headers.get("X-API-TOKEN", ""), await request.read())
        self.asked.append(Asked(request.method, request.path, *given))
        replies = self.replies.get(request.path) or [self.otherwise(request.path)]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply.hangs:
            await self.closing.wait()
        body = reply.body if isinstance(reply.body, bytes) else orjson.dumps(reply.body)
        return web.Response(status=reply.status, body=body, headers=reply.headers, content_type="application/json")


@asynccontextmanager
async def vendor() -> AsyncIterator[tuple[Vendor, aiohttp.ClientSession]]:
    """An API for a block, and a session to ask it."""
    api = Vendor()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.answer)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    api.url = f"http://{host}:{port}"
    try:
        async with aiohttp.ClientSession() as session:
            yield api, session
    finally:
        api.closing.set()
        await runner.cleanup()
