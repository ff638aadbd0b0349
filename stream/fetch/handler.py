"""What becomes of one notification: the events that it tells of, a dead letter, or itself for later."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from stream.clock import Clock
from stream.errors import Rejected
from stream.fetch.answer import HELD, ApiError
from stream.fetch.api import Api
from stream.fetch.metrics import FetchMetrics, Outcome
from stream.fetch.notice import Notice
from stream.fetch.oldest import Oldest
from stream.fetch.pace import backoff
from stream.gateway.intake import dead_letter, place_of, understood
from stream.gateway.records import Prepared, Preparer, Problem, Record
from stream.settings import Settings
from stream.sources import Source
from stream.sources.fetching import FETCHED, FetchedSource

logger = logging.getLogger(__name__)

#: Notifications of one source that are fetched at the same time.
_AT_ONCE = 4
#: And those that wait for that, which are in memory: at least, and at most.
_LEAST, _MOST = 8, 500
#: The longest time between two attempts.
_MOST_S = 12 * 3_600.0
#: A source that is there no more, for its dead letters.
_NOBODY = "unknown"
#: A status that says nothing of the API: the answer is not there yet, or was deleted.
_NOT_THERE = "404"


class Handler:
    """Fetches by the APIs of `apis`, one for each source that has a token.

    Of each source so many notifications wait here as its API answers within `fetch_again`; the next ones wait in their
    topic, which brings them back after that time. So an API is never idle while something waits for it, and one that
    is slow has no more of the memory, and no more of the others' progress, than that. `room` is how many that are, of
    all sources together.
    """

    def __init__(
        self,
        settings: Settings,
        sources: Mapping[str, Source],
        apis: Mapping[str, Api],
        metrics: FetchMetrics,
        clock: Clock,
        chance: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._sources = sources
        self._apis = apis
        self._metrics = metrics
        self._clock = clock
        self._preparer = Preparer(settings)
        self._turns = {name: asyncio.Semaphore(_AT_ONCE) for name in apis}
        self._rooms = {
            name: min(_MOST, max(_LEAST, int(sources[name].options.api_rate * settings.fetch_again))) for name in apis
        }
        self._inside: Counter[str] = Counter()
        self._oldest = Oldest(2 * settings.fetch_again)
        self._chance = chance or random.Random()
        self.room = sum(self._rooms.values())
        metrics.announce(apis)

    def oldest(self) -> dict[str, float]:
        """Since when the oldest of what cannot be fetched waits, by source; in seconds since 1970."""
        return self._oldest.at(self._clock.now())

    async def handle(self, record: Any) -> list[Record]:
        """The records that a notification leads to; there is always one, unless nothing in it is of interest."""
        now = self._clock.now()
        notice = Notice.read(record, now)
        source = self._sources.get(notice.source) or Source(name=notice.source or _NOBODY)
        if not isinstance(source, FetchedSource) or source.name not in self._apis:
            msg = f"nothing can be fetched for {source.name}: it has no token (setting fetch_secrets), or is no source"
            return [self._given_up(source, notice, Rejected("not_fetched", "", msg))]
        if notice.due > now:
            return [self._later(notice, notice.due, notice.attempt, notice.status)]
        if self._inside[source.name] >= self._rooms[source.name]:  # its API is slower than they come
            self._metrics.count(source.name, "later")
            return [self._later(notice, now, notice.attempt, notice.status or HELD)]
        try:
            with self._place(source.name):
                async with self._turns[source.name]:
                    fetched = await self._fetched(source, notice)
        except ApiError as error:
            return [self._again(source, notice, error)]
        except Rejected as error:
            return [self._given_up(source, notice, error, "rejected")]
        return self._made(source, notice, fetched)

    @contextmanager
    def _place(self, name: str) -> Iterator[None]:
        """A place among those that wait for an API."""
        self._inside[name] += 1
        try:
            yield
        finally:
            self._inside[name] -= 1

    async def _fetched(self, source: FetchedSource, notice: Notice) -> list[Any]:
        request = notice.request
        try:
            payload = source.parse(request.body, request.headers)
            calls = source.calls(payload, request.headers)
        except Rejected:
            raise
        except Exception as error:  # whatever the topic holds, it must not end the stage
            msg = f"the source {source.name} cannot read it: {place_of(error)}"
            raise Rejected("unexpected_form", "", msg) from None
        return [await self._apis[source.name].get(call) for call in calls]

    def _made(self, source: FetchedSource, notice: Notice, fetched: list[Any]) -> list[Record]:
        """The records of what was fetched, and the notification once more where it may still become more."""
        _, prepared = understood(source, notice.request, self._preparer, self._clock.now(), fetched)
        records = prepared.records
        self._metrics.count(source.name, "rejected" if prepared.problems else "fetched")
        if not prepared.problems and source.unfinished({FETCHED: fetched}):
            due = self._next(notice)
            if due <= notice.first + self._settings.fetch_patience:  # else it is taken never to become more
                records.append(notice.later(due, notice.attempt + 1))
                self._metrics.count(source.name, "later")
        return records

    def _again(self, source: FetchedSource, notice: Notice, error: ApiError) -> Record:
        """The notification for later, or a dead letter; where nothing was asked, it was no attempt."""
        now, held = self._clock.now(), error.status == HELD
        attempts, status = (notice.attempt, notice.status or HELD) if held else (notice.attempt + 1, error.status)
        due = now + error.wait if held else max(self._next(notice), now + error.wait)
        if error.for_good or due > notice.first + self._settings.fetch_patience:
            msg = f"{error}, after {attempts} attempts; the last status was {status}"
            return self._given_up(source, notice, Rejected("not_fetched", "", msg))
        level = logging.WARNING if error.redirects else logging.INFO
        logger.log(level, "%s: to be fetched later: %s", source.name, error)
        self._metrics.count(source.name, "later")
        return self._later(notice, due, attempts, status)

    def _later(self, notice: Notice, due: float, attempts: int, status: str) -> Record:
        """The notification once more; `status` is what it has failed with, if it has."""
        if status not in {"", _NOT_THERE}:
            self._oldest.see(notice.source, notice.first, self._clock.now())
        return notice.later(due, attempts, status)

    def _next(self, notice: Notice) -> float:
        return self._clock.now() + backoff(notice.attempt, self._settings.fetch_again, _MOST_S, self._chance)

    def _given_up(self, source: Source, notice: Notice, error: Rejected, outcome: Outcome = "given_up") -> Record:
        """A dead letter that `dead-letters replay` has fetched once more."""
        logger.warning("%s: given up: %s", source.name, error.reason)  # its words may be a customer's
        self._metrics.count(source.name, outcome)
        return dead_letter(source, notice.request, Prepared([], 0, [Problem(0, error)]), self._clock.now())
