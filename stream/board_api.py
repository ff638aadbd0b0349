"""What the board and `top` ask for beside the scores: the catalogue, the past, what moved, and how the feed does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from stream.catalogue import catalogue
from stream.clock import Clock
from stream.events.times import isoformat
from stream.history import Key, Move, Moves, moves, slice_size, trend
from stream.kpi import SCORES
from stream.panes import Member
from stream.service_metrics import Feed
from stream.settings import Settings
from stream.view import Score, View
from stream.windows import Window

#: Lines are drawn for so many members of a scope, those with the most answers; moves are listed up to as many.
MAX_MEMBERS = 50
#: What was worked out of the past serves all who ask within this time, and so many different questions.
_KEEP_S = 5.0
_QUESTIONS = 32
_WORTH_PACKING = 1_000
#: Compressing so many bytes would keep others waiting.
_LONG = 65_536

Latest = Callable[[], Awaitable[tuple[float, list[Score]]]]


class BoardApi:
    """Answers from the view; what is costly is worked out once for all who ask, one question after another."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        latest: Latest,
        complete: Callable[[], View | None],
        ready: Callable[[], str],
        feed: Callable[[], Feed],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._latest = latest
        self._complete = complete
        self._ready = ready
        self._feed = feed
        self._known: dict[tuple[str, ...], tuple[float, dict[str, Any]]] = {}
        self._working = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """Where it answers."""
        return [
            web.get("/api/catalogue", self._catalogue),
            web.get("/api/status", self._status),
            web.get("/api/trend", self._trend),
            web.get("/api/moves", self._moves),
        ]

    async def _catalogue(self, request: web.Request) -> web.Response:
        """What can be shown: scores, windows and scopes, so that a page needs no list of its own.

        Answer:
            version: The version of the service.
            min_samples: By scope: scores on fewer answers are withheld.
            windows: A list of `name`, `size` and `advance`, both in seconds.
            scopes: `all` and the dimensions that are counted.
            scores: A list in display order; the first of a KPI is its `headline`. `source` is the topic of the events
                behind it, `range` has null where a score has no bound, `target` is null without one, and `label` names
                the field that tells rows of one member apart.

        Example:
            /api/catalogue
        """
        return answer(request, catalogue(self._settings))

    async def _status(self, request: web.Request) -> web.Response:
        """How the service and its feed do. All but the first three is of the worker that answers.

        Answer:
            as_of: The time of the answer.
            ready: Whether the scores are complete.
            problem: Why not, or an empty text.
            last_event: Time of the newest event, by topic.
            lag: Records that wait to be counted; null where it is not known.
            outcomes: Records since the start, by what became of them.
            dead_letters: Records that could not be read since the start, by reason.

        Example:
            /api/status
        """
        feed, problem = self._feed(), self._ready()
        said = {
            "as_of": isoformat(self._clock.now()),
            "ready": not problem,
            "problem": problem,
            "last_event": {topic: isoformat(at) for topic, at in feed.last_event.items()},
            "lag": feed.lag,
            "outcomes": feed.outcomes,
            "dead_letters": feed.dead_letters,
        }
        return answer(request, said)

    async def _trend(self, request: web.Request) -> web.Response:
        """The lines of the board: each score in equal slices of a window ([what is exact](board.md#what-is-exact)).

        Worked out once in five seconds, for the 50 members with the most answers.

        Asked for:
            window: One window; left out, the first of the settings.
            scope: One scope; left out, all.
            kpi: Scores by name.
            member: Members, by repeating it.

        Answer:
            window: The window.
            start: When the first slice begins.
            step: The length of a slice in seconds.
            series: A list of `kpi`, `scope`, `member`, the label if there is one, and `values`, oldest first, with null
                where a slice has too few answers.

        Example:
            /api/trend?window=24h&scope=channel&kpi=nps
        """
        window, scope = self._window(request), self._scope(request)
        kpis, members = asked(request, "kpi"), set(request.query.getall("member", []))
        found = await self._once(("trend", window.name, scope), lambda: self._work_out_trend(window, scope))
        series = [
            row for row in found["series"]
            if (not kpis or row["kpi"] in kpis) and (not members or row["member"] in members)
        ]  # fmt: skip
        return answer(request, {**found, "series": series})

    async def _work_out_trend(self, window: Window, scope: str) -> dict[str, Any]:
        view = self._complete()
        at, scores = await self._latest()
        lines = await trend(view, window, at, _largest(scores, window, scope)) if view is not None else {}
        return {
            "window": window.name,
            "start": isoformat(window.bounds(at)[0]),
            "step": slice_size(window),
            "series": [{**_named(key), "values": values} for key, values in lines.items()],
        }

    async def _moves(self, request: web.Request) -> web.Response:
        """What differs from the window before by more than chance, clearest first ([how](board.md#what-is-exact)).

        Asked for:
            window: One window; left out, the first of the settings.
            scope: One scope; left out or `all`, every scope.

        Answer:
            window: The window.
            before: Begin and end of the window before; null where none is kept.
            moves: A list of `kpi`, `scope`, `member`, the label if there is one, `value`, `before`, their `change` with
                its interval from `lower` to `upper`, and the samples `n` and `n_before`; 50 at most.

        Example:
            /api/moves?window=1h
        """
        window, scope = self._window(request), self._scope(request)
        return answer(
            request, await self._once(("moves", window.name, scope), lambda: self._work_out_moves(window, scope))
        )

    async def _work_out_moves(self, window: Window, scope: str) -> dict[str, Any]:
        view = self._complete()
        at, scores = await self._latest()
        windows = self._settings.windows
        every = {"all", *self._settings.groups}  # single people only where somebody asks for them
        asked_for = every if scope == "all" else {scope}
        now = [score for score in scores if score.window == window.name and score.scope in asked_for]
        found = await moves(view, now, window, windows, at) if view is not None else Moves(None, [])
        return {
            "window": window.name,
            "before": found.before and [isoformat(bound) for bound in found.before],
            "moves": [_as_json(move) for move in found.found[:MAX_MEMBERS]],
        }

    async def _once(
        self, question: tuple[str, ...], work_out: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        """What was found out not long ago, or is now; nothing is kept of what is not whole yet."""
        async with self._working:
            now = self._clock.now()
            at, found = self._known.pop(question, (0.0, {}))
            if not found or abs(now - at) > _KEEP_S:  # a clock can be set back
                at, found = now, await work_out()
            if self._complete() is not None:
                while len(self._known) >= _QUESTIONS:
                    self._known.pop(next(iter(self._known)))
                self._known[question] = at, found
            return found

    def _window(self, request: web.Request) -> Window:
        windows = {window.name: window for window in self._settings.windows}
        return windows[_one_of("window", request.query.get("window", next(iter(windows))), list(windows))]

    def _scope(self, request: web.Request) -> str:
        return _one_of("scope", request.query.get("scope", "all"), ["all", *self._settings.scopes])


def asked(request: web.Request, name: str) -> set[str]:
    """What a query names, once or several times, with commas between them or not."""
    return {item for text in request.query.getall(name, []) for item in text.split(",") if item}


def answer(request: web.Request, said: Any) -> web.Response:
    """JSON, compressed where it is worth it."""
    return packed(request, orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))


def packed(request: web.Request, body: bytes) -> web.Response:
    """JSON as bytes, compressed where it is worth it, and in a thread where it is long."""
    response = web.Response(
        body=body, content_type="application/json", headers={"Cache-Control": "no-store"}, zlib_executor_size=_LONG
    )
    if len(body) > _WORTH_PACKING and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.enable_compression(web.ContentCoding.gzip)
    return response


def _one_of(name: str, value: str, allowed: list[str]) -> str:
    if value not in allowed:
        said = orjson.dumps({"error": f"{name} must be one of {', '.join(allowed)}; got {value!r}"})
        raise web.HTTPBadRequest(text=said.decode(), content_type="application/json")
    return value


def _largest(scores: list[Score], window: Window, scope: str) -> set[Member]:
    """The members with the most answers in a window."""
    answers: dict[Member, int] = {}
    for score in scores:
        if score.window == window.name and score.scope == scope:
            member = score.scope, score.member
            answers[member] = max(score.n, answers.get(member, 0))
    return set(sorted(answers, key=lambda member: -answers[member])[:MAX_MEMBERS])


def _named(key: Key) -> dict[str, str]:
    """The fields of `/api/scores` that tell a score from the others."""
    score, scope, member, label = key
    name = SCORES[score][0].label
    return {"kpi": score, "scope": scope, "member": member, **({name: label} if name else {})}


def _as_json(move: Move) -> dict[str, Any]:
    now, before = move.now, move.before
    assert now.estimate is not None  # noqa: S101  only scores that are shown are compared
    assert before.estimate is not None  # noqa: S101
    return {
        "kpi": now.score,
        "scope": now.scope,
        "member": now.member,
        **now.labels,
        "value": now.estimate.value,
        "before": before.estimate.value,
        "change": move.change.value,
        "lower": move.change.lower,
        "upper": move.change.upper,
        "n": now.n,
        "n_before": before.n,
    }
