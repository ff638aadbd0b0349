"""`fetch` as a process: its APIs, its connection to Kafka, its pages."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from stream.changelog import new_producer
from stream.clock import WallClock
from stream.errors import FeedbackError, SettingsError
from stream.fetch.api import Api
from stream.fetch.handler import Handler
from stream.fetch.metrics import FetchMetrics
from stream.fetch.stage import Stage
from stream.gateway.inlets import known_source, sources, tokens
from stream.kafka import told
from stream.settings import Settings
from stream.sources import Source
from stream.sources.fetching import FetchedSource
from stream.topics import NOTIFICATIONS, NOTIFICATIONS_LATER, ensure_topics

logger = logging.getLogger(__name__)


async def serve(settings: Settings, stopped: asyncio.Event) -> None:
    """Run until `stopped` is set; what goes wrong ends the process without a commit, and is fetched again.

    Raises:
        BrokerError: if the broker is away, or refuses.
        SettingsError: if settings, sources or tokens cannot be used.
    """
    known, clock, registry = sources(settings), WallClock(), CollectorRegistry()
    given = fetched_of(known, tokens(settings))
    metrics = FetchMetrics(registry)
    await ensure_topics(settings, [NOTIFICATIONS, NOTIFICATIONS_LATER])
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        apis = {name: _api(source, token, session, metrics) for name, (source, token) in given.items()}
        stage = Stage(settings, Handler(settings, known, apis, metrics, clock), metrics, clock)

        def problem() -> str:
            silent = clock.now() - stage.moved_at
            return f"nothing has moved for {silent:.0f} s" if silent > settings.stall_timeout else ""

        await _listen(stack, settings.fetch_http, registry, problem)
        with told():
            producer = new_producer(settings, linger_ms=5)
            await producer.start()
            stack.push_async_callback(producer.stop)
            logger.info("fetching for %s", ", ".join(sorted(apis)))
            await _until(stopped, stage.run(producer))


def fetched_of(known: Mapping[str, Source], given: Mapping[str, str]) -> dict[str, tuple[FetchedSource, str]]:
    """The sources that there are tokens for, with these.

    Raises:
        SettingsError: if there is none, or a token is for something else.
    """
    found = {}
    for name, token in given.items():
        source = known_source(known, name)
        if not isinstance(source, FetchedSource):
            names = ", ".join(name for name, source in known.items() if isinstance(source, FetchedSource))
            msg = f"fetch_secrets: {name} is no source whose answers are fetched; there are {names or 'none'}"
            raise SettingsError(msg)
        found[name] = (source, token)
    if not found:
        msg = "there is no token: give one, such as FEEDBACK_FETCH_SURVEYMONKEY_TOKEN (docs/gateway.md)"
        raise SettingsError(msg)
    return found


def _api(source: FetchedSource, token: str, session: aiohttp.ClientSession, metrics: FetchMetrics) -> Api:
    return Api(source, token, session, lambda status: metrics.count_request(source.name, status))


async def _until(stopped: asyncio.Event, runs: Coroutine[Any, Any, None]) -> None:
    """Run until told to stop; raises what has ended it before."""
    tasks = [asyncio.create_task(runs), asyncio.create_task(stopped.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        tasks[1].cancel()
        if not tasks[0].done():
            tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if not tasks[0].cancelled():
        tasks[0].result()


async def _listen(stack: AsyncExitStack, address: str, registry: CollectorRegistry, problem: Callable[[], str]) -> None:
    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    async def health(_: web.Request) -> web.Response:
        found = problem()
        return web.Response(text=(found or "ok") + "\n", status=503 if found else 200)

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics), web.get("/healthz", health), web.get("/readyz", health)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    host, _, port = address.rpartition(":")
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
    except (OSError, ValueError) as error:
        msg = f"cannot listen at {address} (setting fetch_http, a free host:port): {error}"
        raise FeedbackError(msg) from None
