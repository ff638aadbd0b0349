"""What an API's answer means: what was asked for, or why it cannot be had, and whether that may change."""

import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from stream.events.shown import shown

#: The status where nothing was asked.
HELD = "held"
#: What may be mended, or come about by itself.
_LATER = {401, 403, 404, 408, 425, 429}
#: What says nothing of other requests, and the same if it is asked again at once.
_OF_THIS_ONE = {"403", "404"}


class ApiError(Exception):
    """What was asked for cannot be had: not now; or, with `for_good`, never.

    `status` is that of HTTP, or a word for what is wrong with the answer (`none`, `not_json`, `too_large`, `no_token`),
    or `held`; `wait` is how many seconds the API wants to be left alone.
    """

    def __init__(self, status: str, message: str, wait: float = 0.0, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.wait = wait
        self.for_good = for_good

    @property
    def redirects(self) -> bool:
        """Whether the API is elsewhere, which is for the operator to say."""
        return self.status.startswith("3")

    @property
    def at_once(self) -> bool:
        """Whether it may be another answer when it is asked again at once."""
        return not (self.for_good or self.redirects or self.status in _OF_THIS_ONE)


class Answer(NamedTuple):
    """Status, body where that is 200, and the headers `Retry-After` and `Location`."""

    status: int
    body: bytes = b""
    retry_after: str = ""
    location: str = ""


def judged(answer: Answer) -> Any:
    """The JSON of an answer.

    Raises:
        ApiError: if it is none.
    """
    status = answer.status
    if status == 200:
        try:
            return orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            msg = "the API's answer is not JSON"
            raise ApiError("not_json", msg) from None
    if 300 <= status < 400:  # it is not followed: the token would go along
        msg = (
            f"the API has answered {status}: it is at {_elsewhere(answer.location)}; say so in gateway_sources (`api`)"
        )
        raise ApiError(str(status), msg)
    wait = retry_after(answer.retry_after, time.time()) if status in {429, 503} else 0.0
    later = status >= 500 or status in _LATER
    raise ApiError(str(status), f"the API has answered {status}", wait, for_good=not later)


def _elsewhere(location: str) -> str:
    """Where a redirection leads to, without what may be secret in it.

    >>> _elsewhere("https://eu.example.org/login?token=1"), _elsewhere("/v4/surveys"), _elsewhere("https://[")
    ("'eu.example.org'", 'another path', 'another path')
    """
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return shown(host) if host else "another path"


def retry_after(value: str, now: float) -> float:
    """The seconds that `Retry-After` asks for, which may be a date; 0 where it says nothing.

    >>> retry_after("120", now=0.0), retry_after("Thu, 01 Jan 1970 00:01:00 GMT", now=0.0), retry_after("soon", now=0.0)
    (120.0, 60.0, 0.0)
    """
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now)
