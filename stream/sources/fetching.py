"""What is common to senders that push ids alone: what is asked of their API, and how one proves who one is there."""

import re
from typing import Annotated, Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from stream.errors import Rejected
from stream.events.shown import shown
from stream.sources.reading import text
from stream.sources.source import Headers, Options, Source

#: Where a delivery has what was fetched for it, one answer for each call.
FETCHED = "fetched"

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Call(NamedTuple):
    """What is to be fetched: a path below the API's address; `keep` where the answer hardly ever changes."""

    path: str
    keep: bool = False


class Credentials(NamedTuple):
    """How a request proves who it is: a header with the token; or, with `login`, with one that is asked for there.

    With `login` the token is `client id:client secret`, for OAuth's client credentials.
    """

    header: str = "Authorization"
    prefix: str = "Bearer "
    login: str = ""


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        msg = f"an API's address begins with https://, since a token goes there; got {url}"
        raise ValueError(msg)
    return url.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


class FetchOptions(Options):
    """What can be said of a sender whose answers are fetched."""

    api_rate: float = Field(2.0, ge=0.001, le=1_000, description="Requests a second to its API, on average.")


class FetchedSource(Source):
    """A sender that pushes ids: the answer is fetched by them, and put into the delivery as `fetched`.

    `events` is asked twice: with the delivery as it came, for what needs nothing fetched, and with what was fetched.
    """

    takes: ClassVar[type[Options]] = FetchOptions

    @property
    def api(self) -> str:
        """The API's address."""
        raise NotImplementedError

    @property
    def credentials(self) -> Credentials:
        """How its requests prove who they are."""
        return Credentials()

    def calls(self, payload: Any, headers: Headers) -> list[Call]:
        """What is to be fetched for a delivery; none where nothing is.

        Raises:
            Rejected: if the delivery does not say.
        """
        raise NotImplementedError

    def unfinished(self, payload: Any) -> bool:
        """Whether what was fetched may still become more: then it is fetched once more, later."""
        return False


def part(value: Any) -> str:
    """An id as a part of an address, into which it must not smuggle anything.

    Raises:
        Rejected: `unexpected_form`.

    >>> part("R_0B7IcnXszjEUHLP"), part(987654321)
    ('R_0B7IcnXszjEUHLP', '987654321')
    """
    found = text(value)
    if found is None or _ID.fullmatch(found) is None:
        msg = f"an id to fetch by has letters, digits, _ and - only; got {shown(value)}"
        raise Rejected("unexpected_form", "", msg)
    return found
