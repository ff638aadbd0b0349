"""A notification as it waits in its topic: the delivery as it came, and how often it was fetched already."""

from collections.abc import Container, Iterable
from typing import Any, NamedTuple

from multidict import CIMultiDict

from stream.events.times import isoformat, parse_time
from stream.gateway.records import Headers, Record
from stream.sources import Source
from stream.sources.schemes import Request
from stream.topics import NOTIFICATIONS, NOTIFICATIONS_LATER

_SOURCE, _DELIVERY = "feedback-source", "feedback-delivery"
_FIRST, _DUE, _ATTEMPT, _STATUS = "feedback-first", "feedback-due", "feedback-attempt", "feedback-status"


def notification(source: Source, delivery: str, request: Request) -> Record:
    """The record of a delivery whose answer is to be fetched."""
    kept = [(name.lower(), request.headers.get(name)) for name in ("Content-Type", *source.keeps)]
    own = [(_SOURCE, source.name), (_DELIVERY, delivery), *kept]
    headers = tuple((name, value.encode(errors="replace")) for name, value in own if value)
    return Record(NOTIFICATIONS, delivery.encode(errors="replace") or None, request.body, headers)


class Notice(NamedTuple):
    """A notification that was read; times in seconds since 1970. `first` is when it was looked at first,
    `status` what it has failed with, if it has.
    """

    source: str
    delivery: str
    request: Request
    first: float
    due: float
    attempt: int
    status: str
    record: Any

    @classmethod
    def read(cls, record: Any, now: float) -> "Notice":
        """The notification that a record holds; headers that are missing or wrong are as at the first attempt, now."""
        headers = CIMultiDict((name, (value or b"").decode(errors="replace")) for name, value in record.headers)
        request = Request("", headers, record.value or b"")
        attempt = headers.get(_ATTEMPT, "")
        return cls(
            headers.get(_SOURCE, ""), headers.get(_DELIVERY, ""), request,
            _time(headers.get(_FIRST), now), _time(headers.get(_DUE), now),
            int(attempt) if attempt.isascii() and attempt.isdigit() and len(attempt) < 4 else 0,
            headers.get(_STATUS, ""), record,
        )  # fmt: skip

    def later(self, due: float, attempt: int, status: str = "") -> Record:
        """The record that has it fetched once more, not before `due`; `status` says why, where it has failed."""
        told = {_FIRST: isoformat(self.first), _DUE: isoformat(due), _ATTEMPT: str(attempt), _STATUS: status}
        own = ((name, value.encode()) for name, value in told.items() if value)
        headers = (*_without(self.record.headers, told), *own)
        return Record(NOTIFICATIONS_LATER, self.record.key, self.record.value or b"", headers)


def _without(headers: Iterable[tuple[str, bytes]], names: Container[str]) -> Headers:
    return tuple((name, value) for name, value in headers if name not in names)


def _time(text: str | None, otherwise: float) -> float:
    try:
        return parse_time(text).timestamp() if text else otherwise
    except ValueError:
        return otherwise
