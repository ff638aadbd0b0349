"""What becomes of a delivery: who sent it, what it holds, whether Kafka has it, and what the sender is told."""

import logging
import time
import traceback
from typing import Any, NamedTuple

from stream.clock import Clock
from stream.dead_letters import headers_of
from stream.engine import Rejection
from stream.errors import Rejected
from stream.fetch.notice import notification
from stream.gateway.inlets import Inlet
from stream.gateway.limits import Recent
from stream.gateway.metrics import Outcome
from stream.gateway.outbox import AwayError, Outbox
from stream.gateway.records import Prepared, Preparer, Problem, Record
from stream.settings import Settings
from stream.sources import Event, Source
from stream.sources.fetching import FETCHED, FetchedSource
from stream.sources.schemes import Request
from stream.topics import DEAD_LETTERS

logger = logging.getLogger(__name__)

#: Before a source's name: where its deliveries are posted to.
PLACE = "/in/"
#: Deliveries that are remembered to be known again.
_REMEMBERED = 20_000
#: Problems that a sender is told of at once.
_TOLD = 100
#: Seconds after which a sender may try again when Kafka is away.
AWAY_S = 5


class Answer(NamedTuple):
    """What a sender is told, and what is counted."""

    outcome: Outcome
    status: int
    body: dict[str, Any]
    retry_after: int = 0
    events: int = 0


def refused(outcome: Outcome, status: int, retry_after: int = 0) -> Answer:
    """An answer that gives nothing away but the kind of refusal."""
    return Answer(outcome, status, {"error": outcome}, retry_after)


class Letter(NamedTuple):
    """A delivery as the dead letters know records: its place is where it was posted to."""

    topic: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    key: bytes | None = None
    partition: str = ""
    offset: Any = ""


class Intake:
    """Takes deliveries whose bodies are there."""

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        self._preparer = Preparer(settings)
        self._outbox = outbox
        self._clock = clock
        self._recent = Recent(_REMEMBERED)

    async def take(self, inlet: Inlet, request: Request, within: float) -> Answer:
        """Check, understand and store a delivery; the answer comes within so many seconds."""
        verdict = inlet.check(request, self._clock.now())
        if verdict:
            return refused(verdict, 401)
        wait = inlet.bucket.take(time.monotonic())
        if wait:
            return refused("limited", 429, wait)
        try:
            return await self._taken(inlet.source, request, within)
        except AwayError:
            return refused("unavailable", 503, AWAY_S)

    async def _taken(self, source: Source, request: Request, within: float) -> Answer:
        delivery, prepared = understood(source, request, self._preparer, self._clock.now())
        key = self._recent.key(source.name, delivery, request.body)
        if delivery and key in self._recent:
            return Answer("duplicate", 200, {"duplicate": True})
        if prepared.problems and source.tells:
            return _told(prepared.problems)
        await self._outbox.put(prepared.records, within)
        if delivery:
            self._recent.add(key)
        return _answer(prepared)


def understood(
    source: Source, request: Request, preparer: Preparer, now: float, fetched: list[Any] | None = None
) -> tuple[str, Prepared]:
    """The delivery's id, and what is to be written: its events' records, and a dead letter where it has problems.

    Where its answer is yet to be fetched, it waits in a topic of its own; `fetched` is what was.
    """
    try:
        delivery, events, waits = _read(source, request, fetched)
        own = (("feedback-source", source.name), ("feedback-delivery", delivery))
        headers = tuple((name, value.encode(errors="replace")[:256]) for name, value in own if value)
        prepared = preparer.prepare(events, headers, now)
        if waits:
            prepared.records.append(notification(source, delivery, request))
    except Rejected as error:
        delivery, prepared = "", Prepared([], 0, [Problem(0, error)])
    if prepared.problems:
        prepared.records.append(dead_letter(source, request, prepared, now))
    return delivery, prepared


def _read(source: Source, request: Request, fetched: list[Any] | None) -> tuple[str, list[Event], bool]:
    """The delivery's id, its events, and whether something is to be fetched for it.

    Raises:
        Rejected: whatever is wrong with it.
    """
    try:
        payload, headers = source.parse(request.body, request.headers), request.headers
        waits = fetched is None and isinstance(source, FetchedSource) and bool(source.calls(payload, headers))
        delivery = source.delivery_id(payload, headers)
        return delivery, source.events(payload if fetched is None else payload | {FETCHED: fetched}, headers), waits
    except Rejected:
        raise
    except Exception as error:  # a form that its file does not foresee is no reason to fail the sender
        logger.warning("%s: a delivery cannot be read: %s", source.name, place_of(error))
        msg = f"the source {source.name} cannot read it: {place_of(error)}"
        raise Rejected("unexpected_form", "", msg) from None


def place_of(error: Exception) -> str:
    """The kind of an error and where it was raised, without its words, which may hold what a customer wrote."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {at.filename.rpartition('/')[2]}:{at.lineno}"


def dead_letter(source: Source, request: Request, prepared: Prepared, now: float) -> Record:
    """The whole delivery, untouched, with its first problem."""
    first = prepared.problems[0].error
    several = len(prepared.problems) + prepared.accepted > 1
    message = (
        f"event {prepared.problems[0].position}, of {len(prepared.problems)} rejected: {first}"
        if several
        else str(first)
    )
    kept = [(name.lower(), request.headers.get(name)) for name in ("Content-Type", *source.keeps)]
    own = (("source", source.name), *kept)
    headers = tuple((name, value.encode(errors="replace")) for name, value in own if value is not None)
    letter = Letter(f"{PLACE}{source.name}", request.body, headers)
    rejection = Rejection(letter, Rejected(first.reason, first.field, message))
    return Record(DEAD_LETTERS, None, request.body, tuple(headers_of(rejection, now)))


_STATUS = {"invalid_json": 400, "invalid_cloudevent": 400, "unsupported_type": 415, "too_many_events": 413}


def _told(problems: list[Problem]) -> Answer:
    """What is wrong, for a sender who can mend it."""
    told = [
        {"index": position, "reason": error.reason, "field": error.field, "message": str(error)}
        for position, error in problems[:_TOLD]
    ]
    return Answer("invalid", _STATUS.get(problems[0].error.reason, 422), {"error": "invalid", "problems": told})


def _answer(prepared: Prepared) -> Answer:
    body: dict[str, Any] = {"accepted": prepared.accepted}
    if prepared.problems:
        return Answer("rejected", 200, body | {"rejected": len(prepared.problems)}, events=prepared.accepted)
    # What is yet to be fetched is accepted too, and has no events so far.
    return Answer("accepted" if prepared.records else "ignored", 200, body, events=prepared.accepted)
