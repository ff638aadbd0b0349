"""The gateway's HTTP: deliveries at /in/SOURCE, and pages about itself."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import orjson
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from stream.errors import FeedbackError
from stream.gateway.inlets import Inlet, Network, is_in
from stream.gateway.intake import AWAY_S, Answer, Intake, place_of, refused
from stream.gateway.limits import Budget, FullError
from stream.gateway.metrics import NO_SOURCE, GatewayMetrics
from stream.gateway.openapi import document
from stream.settings import Settings
from stream.sources.schemes import Request

logger = logging.getLogger(__name__)

#: Seconds that a stopping gateway gives the deliveries that it has begun with.
_STOP_S = 10.0
#: Before an answer must be there, so much is kept for its way.
_ON_THE_WAY_S = 0.5


class RefusedError(Exception):
    """A delivery is refused before anything of it is looked at."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.outcome)
        self.answer = answer


class Server:
    """Listens, reads bodies within bounds, and answers what the intake says."""

    def __init__(
        self,
        settings: Settings,
        inlets: Mapping[str, Inlet],
        intake: Intake,
        problem: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._inlets = inlets
        self._intake = intake
        self._problem = problem
        self._budget = Budget(settings.gateway_pending_bytes)
        self._registry = CollectorRegistry()
        self.metrics = GatewayMetrics(self._registry, lambda: self._budget.held, lambda: float(bool(problem())))
        self.metrics.announce(inlets)
        self._document = orjson.dumps(document(inlets.values(), settings))
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen; the address that was bound.

        Raises:
            FeedbackError: if the address cannot be had.
        """
        app = web.Application()
        for method, path, handler in (
            ("POST", "/in/{source}", self._deliver),
            ("HEAD", "/in/{source}", self._hello),
            ("GET", "/in/{source}", self._hello),
            ("OPTIONS", "/in/{source}", self._handshake),
            ("GET", "/metrics", self._metrics_page),
            ("GET", "/openapi.json", self._openapi),
            ("GET", "/healthz", self._healthz),
            ("GET", "/readyz", self._readyz),
            ("*", "/{path:.*}", self._nothing),
        ):
            app.router.add_route(method, path, handler, expect_handler=_expected)
        # Signatures are over the bytes as they were sent: nothing is decompressed.
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=_STOP_S)
        await self._runner.setup()
        host, _, port = self._settings.gateway_http.rpartition(":")
        try:
            await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
        except (OSError, ValueError) as error:
            await self._runner.cleanup()
            msg = f"cannot listen at {self._settings.gateway_http} (setting gateway_http, a free host:port): {error}"
            raise FeedbackError(msg) from None
        bound = self._runner.addresses[0]
        return f"http://{bound[0]}:{bound[1]}"

    async def stop(self) -> None:
        """Stop listening, once the deliveries that were begun are answered."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _deliver(self, request: web.Request) -> web.Response:
        began = time.monotonic()
        name = request.match_info["source"]
        inlet = self._inlets.get(name)
        if inlet is None:
            self.metrics.count(NO_SOURCE, "invalid", time.monotonic() - began)
            return await self._nothing(request)
        try:
            answer = await self._answer(request, inlet, began)
        except Exception as error:  # whatever it is, a sender is told, and no more than that
            logger.error("%s: a delivery has failed: %s", name, place_of(error))  # its words may be a customer's
            answer = refused("failed", 500)
        self.metrics.count(name, answer.outcome, time.monotonic() - began, answer.events)
        return _response(answer)

    async def _answer(self, request: web.Request, inlet: Inlet, began: float) -> Answer:
        ends = began + inlet.source.patience - _ON_THE_WAY_S
        try:
            self._let_in(request, inlet)
            with self._budget.hold() as hold:
                async with asyncio.timeout(ends - time.monotonic()):
                    body = await self._body(request, hold)
                given = Request(self._url(request), request.headers, body)
                return await self._intake.take(inlet, given, ends - time.monotonic())
        except RefusedError as error:
            return error.answer
        except FullError:
            return refused("unavailable", 503, 1)
        except TimeoutError:
            return refused("slow", 408)
        except (web.RequestPayloadError, ConnectionError):
            return refused("invalid", 400)

    def _let_in(self, request: web.Request, inlet: Inlet) -> None:
        """Refuse what can be refused by its headers."""
        if not inlet.lets_in(self._sender(request)):
            raise RefusedError(refused("forbidden", 403))
        if "Content-Encoding" in request.headers:
            raise RefusedError(refused("invalid", 415))
        if (request.content_length or 0) > self._settings.gateway_max_bytes:
            raise RefusedError(refused("too_large", 413))
        if self._problem():
            raise RefusedError(refused("unavailable", 503, AWAY_S))

    def _url(self, request: web.Request) -> str:
        """The address as the sender knows it, letter by letter."""
        public = self._settings.gateway_url.rstrip("/") or f"{request.scheme}://{request.host}"
        return public + request.raw_path

    async def _body(self, request: web.Request, hold: Callable[[int], None]) -> bytes:
        body = bytearray()
        async for chunk in request.content.iter_any():
            hold(len(chunk))
            body += chunk
            if len(body) > self._settings.gateway_max_bytes:
                raise RefusedError(refused("too_large", 413))
        return bytes(body)

    def _sender(self, request: web.Request) -> str:
        """The sender's address: the last one that no proxy of ours has."""
        peer = request.remote or ""
        hops = [hop.strip() for value in request.headers.getall("X-Forwarded-For", []) for hop in value.split(",")]
        return last_foreign(peer, hops, self._settings.gateway_proxies)

    async def _hello(self, request: web.Request) -> web.Response:
        """Some senders ask, before they send, whether somebody is there."""
        if request.match_info["source"] not in self._inlets:
            return await self._nothing(request)
        return _response(Answer("ignored", 200, {}))

    async def _handshake(self, request: web.Request) -> web.Response:
        """The permission that senders of CloudEvents ask for."""
        inlet = self._inlets.get(request.match_info["source"])
        if inlet is None:
            return await self._nothing(request)
        headers = {"Allow": "GET, HEAD, OPTIONS, POST"}
        origin = request.headers.get("WebHook-Request-Origin")
        allowed = inlet.source.options.origins
        if origin and origin.isascii() and (not allowed or origin in allowed):
            rate = inlet.source.options.rate or self._settings.gateway_rate
            headers |= {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": str(max(1, int(rate * 60)))}
        return web.Response(status=200, headers=headers)

    async def _nothing(self, _: web.Request) -> web.Response:
        return _response(Answer("invalid", 404, {"error": "not_found"}))

    async def _metrics_page(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})

    async def _openapi(self, _: web.Request) -> web.Response:
        return web.Response(body=self._document, content_type="application/json")

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        problem = self._problem()
        return web.Response(text=(problem or "ok") + "\n", status=503 if problem else 200)


def last_foreign(peer: str, hops: Sequence[str], proxies: Sequence[Network]) -> str:
    """The address that a request came from, by the addresses that proxies have noted, the nearest last.

    >>> from ipaddress import ip_network
    >>> ours = [ip_network("10.0.0.0/8")]
    >>> last_foreign("10.0.0.1", ["6.6.6.6", "1.2.3.4", "10.0.0.2"], ours), last_foreign("1.2.3.4", ["6.6.6.6"], ours)
    ('1.2.3.4', '1.2.3.4')
    """
    for hop in reversed(hops):
        if not is_in(peer, proxies):
            break
        peer = hop
    return peer


async def _expected(request: web.Request) -> None:
    """Ask for the body where the sender waits for that; aiohttp's own fails on an `Expect` that is no text."""
    if request.headers["Expect"].lower() != "100-continue":
        raise web.HTTPExpectationFailed
    with suppress(ConnectionError):  # the sender may have left; who reads the body finds out
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # the answer's own bytes are yet to come


def _response(answer: Answer) -> web.Response:
    headers = {"Retry-After": str(answer.retry_after)} if answer.retry_after else None
    return web.Response(
        status=answer.status, body=orjson.dumps(answer.body), headers=headers, content_type="application/json"
    )
