"""What becomes of one notification: the events that it tells of, a dead letter, or itself for later."""

import asyncio
import logging
import random
from collections.abc import Mapping
from typing import Any

from stream.clock import Clock
from stream.errors import Rejected
from stream.fetch.api import Api, ApiError
from stream.fetch.metrics import FetchMetrics, Outcome
from stream.fetch.notice import Notice
from stream.fetch.pace import backoff
from stream.gateway.intake import dead_letter, place_of, understood
from stream.gateway.records import Prepared, Preparer, Problem, Record
from stream.settings import Settings
from stream.sources import Source
from stream.sources.fetching import FETCHED, FetchedSource

logger = logging.getLogger(__name__)

#: Notifications of one source that are fetched at the same time.
_AT_ONCE = 4
#: The longest time between two attempts.
_MOST_S = 12 * 3_600.0
#: A source that is there no more, for its dead letters.
_NOBODY = "unknown"


class Handler:
    """Fetches by the APIs of `apis`, one for each source that has a token."""

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
        self._chance = chance or random.Random()
        metrics.announce(apis)

    async def handle(self, record: Any) -> list[Record]:
        """The records that a notification leads to; there is always one, unless nothing in it is of interest."""
        notice, now = Notice.read(record), self._clock.now()
        source = self._sources.get(notice.source) or Source(name=notice.source or _NOBODY)
        if not isinstance(source, FetchedSource) or source.name not in self._apis:
            msg = f"nothing can be fetched for {source.name}: it has no token (setting fetch_secrets), or is no source"
            return [self._given_up(source, notice, Rejected("not_fetched", "", msg))]
        if notice.due > now:
            return [notice.later(notice.due, notice.attempt)]
        async with self._turns[source.name]:
            try:
                fetched = await self._fetched(source, notice)
            except ApiError as error:
                return [self._again(source, notice, error)]
            except Rejected as error:
                return [self._given_up(source, notice, error, "rejected")]
        return self._made(source, notice, fetched)

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
        due = max(self._next(notice), self._clock.now() + error.wait)
        if error.for_good or due > notice.first + self._settings.fetch_patience:
            msg = f"{error}, after {notice.attempt + 1} attempts; the last status was {error.status}"
            return self._given_up(source, notice, Rejected("not_fetched", "", msg))
        logger.info("%s: to be fetched later: %s", source.name, error)
        self._metrics.count(source.name, "later")
        return notice.later(due, notice.attempt + 1)

    def _next(self, notice: Notice) -> float:
        return self._clock.now() + backoff(notice.attempt, self._settings.fetch_again, _MOST_S, self._chance)

    def _given_up(self, source: Source, notice: Notice, error: Rejected, outcome: Outcome = "given_up") -> Record:
        """A dead letter that `dead-letters replay` has fetched once more."""
        logger.warning("%s: given up: %s", source.name, error.reason)  # its words may be a customer's
        self._metrics.count(source.name, outcome)
        return dead_letter(source, notice.request, Prepared([], 0, [Problem(0, error)]), self._clock.now())
