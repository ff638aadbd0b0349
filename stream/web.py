"""The service's HTTP: board, metrics, scores as JSON, health."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

import orjson
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from stream.access import guard, is_exposed, tls
from stream.assets import board
from stream.board_api import BoardApi, answer, asked, packed
from stream.clock import Clock
from stream.drops.live import Lookout
from stream.drops.say import sentence
from stream.errors import FeedbackError
from stream.exposition import EOF, Encoder, write
from stream.kpi import SCORES
from stream.render import as_json
from stream.score_metrics import DropMetrics, ScoreMetrics, TargetMetrics
from stream.service_metrics import Feed
from stream.settings import Settings
from stream.view import Score, Slice, View, chosen

logger = logging.getLogger(__name__)

#: Where the files of the board are.
_SHELL = "/board/"
#: What a worker without a view says to who looks at its board.
NO_VIEW = "this role shows no scores; look at a worker of the role all or view"
#: A snapshot serves all who look within this time.
FRESH_S = 0.1


class Metrics(Protocol):
    """What is on `/metrics` beside the scores."""

    def refresh(self, now: float) -> None:
        """Read what only the event loop may read, in seconds since the epoch."""


class Web:
    """Answers from snapshots: sums are taken between two batches, all else is worked out in a thread."""

    def __init__(
        self,
        settings: Settings,
        view: View | None,
        metrics: Metrics,
        clock: Clock,
        ready: Callable[[], str],
        alive: Callable[[], str],
        lookout: Lookout | None = None,
        feed: Callable[[], Feed] = Feed,
    ) -> None:
        self._settings = settings
        self._view = view
        self._metrics = metrics
        self._clock = clock
        self._ready = ready
        self._alive = alive
        self._beside = CollectorRegistry()
        self._shown: tuple[list[Score], list[Slice]] = ([], [])
        self._latest: tuple[float, list[Score]] = (0.0, [])
        self._looking = asyncio.Lock()
        self._was_ready = False
        self._lookout = lookout
        self._scores = ScoreMetrics(lambda: self._shown, list(settings.cross))
        kept = {name: aim for name, aim in settings.targets.items() if SCORES[name][0].name in settings.kept}
        self._beside.register(TargetMetrics(kept))
        if lookout is not None:
            self._beside.register(DropMetrics(lambda: lookout.standings, lookout.open))
        self._registry = CollectorRegistry()
        self._files = board()
        shows = ready if view is not None else lambda: NO_VIEW
        self._board_api = BoardApi(settings, clock, self.latest, self._complete, shows, feed)
        self._runner: web.AppRunner | None = None

    async def start(self, registry: CollectorRegistry) -> str:
        """Listen; the address that was bound.

        Raises:
            FeedbackError: if the address cannot be had.
            SettingsError: if the login or the certificate of the settings cannot be used.
        """
        self._registry = registry
        app = web.Application(middlewares=[guard(self._settings, _SHELL)])
        app.router.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None)
        context, address = tls(self._settings), self._settings.http
        await self._runner.setup()
        host, _, port = address.rpartition(":")
        try:
            await web.TCPSite(self._runner, host.strip("[]"), int(port), ssl_context=context).start()
        except (OSError, ValueError) as error:
            await self._runner.cleanup()
            msg = f"cannot listen at {address} (setting http, a free host:port): {error}"
            raise FeedbackError(msg) from None
        bound = self._runner.addresses[0]
        if is_exposed(self._settings, bound[0]):
            logger.warning("board, API and metrics are open to all who reach %s: set http_user or http_token", address)
        return f"http{'s' if context else ''}://{_host(bound[0])}:{bound[1]}"

    def routes(self) -> list[web.RouteDef]:
        """Where it answers; docs/api.md is made of these and of what their handlers say."""
        return [
            web.get("/", self._board),
            web.get(_SHELL + "{name}", self._board_file),
            web.get("/metrics", self._metrics_page),
            web.get("/api/scores", self._api),
            web.get("/api/alerts", self._alerts),
            *self._board_api.routes(),
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
        ]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    def _complete(self) -> View | None:
        """The view, once it has been whole: before, it would show a part of the state as if it were all."""
        self._was_ready = self._was_ready or not self._ready()
        return self._view if self._was_ready else None

    async def latest(self) -> tuple[float, list[Score]]:
        """The scores of now, and the time they stand for."""
        async with self._looking:
            at, view = self._clock.now(), self._complete()
            if view is not None and abs(at - self._latest[0]) > FRESH_S:  # a clock can be set back
                snapshot = view.snapshot(at)
                self._latest = (at, await asyncio.to_thread(lambda: list(view.scores(snapshot))))
            return self._latest

    async def _metrics_page(self, request: web.Request) -> web.Response:
        """The scores and the state of the service, for Prometheus: [Metrics](metrics.md).

        Text, or OpenMetrics where the header `Accept` asks for it.

        Example:
            /metrics
        """
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        _, scores = await self.latest()
        view = self._complete()
        slices = view.slices(self._clock.now()) if view is not None else []
        self._metrics.refresh(self._clock.now())
        async with self._looking:
            body = await asyncio.to_thread(self._render, encode, scores, slices)
        return web.Response(body=body, headers={"Content-Type": content_type})

    def _render(self, encode: Encoder, scores: list[Score], slices: list[Any]) -> bytes:
        self._shown = (scores, list(View.split(slices)))
        service = encode(self._registry)
        if self._view is None:
            return service
        return service.removesuffix(EOF) + write(self._scores.gauges(), encode) + encode(self._beside)

    async def _api(self, request: web.Request) -> web.Response:
        """The scores of now, with their intervals and samples.

        What is left out of the query is not narrowed; several values are written with commas, or by repeating it.

        Asked for:
            kpi: Scores by name, such as nps or csat_mean.
            window: Windows by name, such as 24h.
            scope: Scopes, such as all or channel.
            member: Members, such as phone; only by repeating it, since members may hold commas.

        Answer:
            scores: A list of [scores](schemas/score.json). A score with a label, such as the
                currency of `clv`, has it as one more field.

        Example:
            /api/scores?kpi=nps,csat&scope=all
            /api/scores?scope=channel&member=phone&member=web&window=24h
        """
        at, scores = await self.latest()
        wanted = {name: asked(request, name) for name in ("kpi", "window", "scope")}
        wanted["member"] = {member for member in request.query.getall("member", []) if member}  # it may hold commas
        body = await asyncio.to_thread(_rows, scores, at, wanted)  # there can be a hundred thousand
        return packed(request, body)

    async def _alerts(self, request: web.Request) -> web.Response:
        """The drops that are open now ([Drops](drops.md)).

        Answer:
            alerts: A list of [alerts](schemas/alert.json), each with one more field, `sentence`: the same in English.

        Example:
            /api/alerts
        """
        alerts = self._lookout.open() if self._lookout else []
        rows = [{**alert.as_json(), "sentence": sentence(alert)} for alert in alerts]
        return answer(request, {"alerts": rows})

    async def _board(self, request: web.Request) -> web.Response:
        """The [board](board.md), a page for people."""
        return self._files["index.html"].answer(request)

    async def _board_file(self, request: web.Request) -> web.Response:
        """What the board is made of: scripts, styles, words, an icon."""
        asset = self._files.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        return asset.answer(request)

    async def _healthz(self, _: web.Request) -> web.Response:
        """Whether the process lives: `ok`, or 503 and what is wrong with it, in one line. It needs no login.

        Example:
            /healthz
        """
        return _health(self._alive())

    async def _readyz(self, _: web.Request) -> web.Response:
        """Whether the scores are complete: `ok`, or 503 and what is missing, in one line. It needs no login.

        Example:
            /readyz
        """
        return _health(self._ready())


def _rows(scores: list[Score], at: float, wanted: Mapping[str, Collection[str]]) -> bytes:
    """The scores that were asked for, as JSON."""
    rows = [
        as_json(score, at)
        for score in scores
        if chosen(score, "score", wanted["kpi"])
        and chosen(score, "window", wanted["window"])
        and chosen(score, "scope", wanted["scope"])
        and chosen(score, "member", wanted["member"])
    ]
    return orjson.dumps({"scores": rows}, option=orjson.OPT_APPEND_NEWLINE)


def _health(problem: str) -> web.Response:
    """200 and `ok`, or 503 and what is wrong."""
    return web.Response(text=(problem or "ok") + "\n", status=503 if problem else 200)


def _host(address: str) -> str:
    """An address as it stands in a URL.

    >>> _host("127.0.0.1"), _host("::1")
    ('127.0.0.1', '[::1]')
    """
    return f"[{address}]" if ":" in address else address
