"""How a sender proves who it is: signatures, passwords and tokens, each checked over the raw bytes of the request."""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field

from stream.events.times import EPOCH, parse_time
from stream.sources.reading import when

#: A signed time may differ from ours by so many seconds: whoever sends later sends a recording.
TOLERANCE_S = 300
#: Signatures in one header that are looked at; senders give two while they change their secret.
_MAX_SIGNATURES = 8

#: Nothing is wrong; nothing proves who it is; it was proved, but too long ago.
Verdict = Literal["", "unauthenticated", "replayed"]


class Request(NamedTuple):
    """What came in, before anything of it is understood; `url` is the public one, `headers` know no case."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Scheme(BaseModel):
    """A way to prove who one is; a class of one's own can stand in any source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def check(self, request: Request, secrets: Sequence[str], now: float) -> Verdict:
        """Whether one of the secrets stands behind the request, at `now` in seconds since 1970.

        Each secret is tried, in constant time.
        """
        raise NotImplementedError


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")  # headers may hold any bytes


def same(given: Sequence[str], expected: Sequence[bytes]) -> bool:
    """Whether one of the given texts is one of those expected; takes as long for a near miss as for any other."""
    found = [hmac.compare_digest(_bytes(one), other) for one in given for other in expected]
    return any(found)


class Signature(Scheme):
    """What signatures with a shared secret have in common."""

    header: str = Field(description="The header that holds the signature.")
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = Field("", description="What stands before a signature, such as `sha256=`.")
    separator: str = Field("", description="What stands between the parts of the header, where it has several.")
    signed: str = Field("{body}", description="What is signed, of `{body}`, `{timestamp}` and `{id}`.")
    timestamp: str = Field("", description="The header of the signed time.")
    timestamp_prefix: str = Field("", description="What stands before the signed time in the signature's own header.")
    id: str = Field("", description="The header of the signed id.")
    key: Literal["text", "base64"] = Field("text", description="`base64`: the secret, after `whsec_`, is encoded.")

    def check(self, request: Request, secrets: Sequence[str], now: float) -> Verdict:
        header = request.headers.get(self.header)
        if header is None:
            return "unauthenticated"
        parts = [part.strip() for part in header.split(self.separator)] if self.separator else [header.strip()]
        given = [part[len(self.prefix) :] for part in parts if part.startswith(self.prefix)][:_MAX_SIGNATURES]
        stamp = self._stamp(request.headers, parts)
        message = b"".join(self._signed(request, stamp))
        if not same(given, [self._signature(secret, message) for secret in secrets]):
            return "unauthenticated"
        return "replayed" if "{timestamp}" in self.signed and not _is_recent(stamp, now) else ""

    def _stamp(self, headers: Mapping[str, str], parts: Sequence[str]) -> str:
        if self.timestamp:
            return headers.get(self.timestamp, "")
        prefix = self.timestamp_prefix
        return next((part[len(prefix) :] for part in parts if prefix and part.startswith(prefix)), "")

    def _signed(self, request: Request, stamp: str) -> Iterator[bytes]:
        values = {"{body}": request.body, "{timestamp}": _bytes(stamp), "{id}": b""}
        if self.id:
            values["{id}"] = _bytes(request.headers.get(self.id, ""))
        for part in _pieces(self.signed):
            yield values[part] if part in values else _bytes(part)

    def _signature(self, secret: str, message: bytes) -> bytes:
        key = _decoded(secret) if self.key == "base64" else secret.encode()
        digest = hmac.digest(key, message, self.algorithm)
        return base64.b64encode(digest) if self.encoding == "base64" else digest.hex().encode()


class Hmac(Signature):
    """A signature with a shared secret.

    >>> scheme = Hmac(header="X-Signature", encoding="base64")
    >>> request = Request("", {"X-Signature": "FvAiG6wHAJ2cVqlKVpB4gZLH5AQ3KOO4siE/KWtsTHw="}, b'{"score":9}')
    >>> scheme.check(request, ["test-secret"], now=0.0), scheme.check(request, ["another"], now=0.0)
    ('', 'unauthenticated')
    """

    scheme: Literal["hmac"] = "hmac"


class StandardWebhooks(Signature):
    """The signatures of standardwebhooks.com: id, time and body, with a secret that begins with `whsec_`."""

    scheme: Literal["standard"] = "standard"
    header: str = "webhook-signature"
    encoding: Literal["hex", "base64"] = "base64"
    prefix: str = "v1,"
    separator: str = " "
    signed: str = "{id}.{timestamp}.{body}"
    timestamp: str = "webhook-timestamp"
    id: str = "webhook-id"
    key: Literal["text", "base64"] = "base64"


@lru_cache(maxsize=64)
def _pieces(signed: str) -> list[str]:
    return [part for part in re.split(r"(\{\w+\})", signed) if part]


@lru_cache(maxsize=64)
def _decoded(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return secret.encode()


def _is_recent(stamp: str, now: float) -> bool:
    """Whether a signed time, in any form, is of now.

    >>> _is_recent("1700000000", 1700000300.0), _is_recent("1700000000", 1700000301.0), _is_recent("now", 0.0)
    (True, False, False)
    """
    try:
        return abs((parse_time(when(stamp)) - EPOCH).total_seconds() - now) <= TOLERANCE_S
    except ValueError:  # what pydantic's own errors are as well
        return False


class Token(Scheme):
    """The secret itself, in a header or, where a sender can do no better, in the query of the address.

    >>> Token().check(Request("", {"Authorization": "Bearer abc"}, b""), ["abc"], now=0.0)
    ''
    """

    scheme: Literal["token"] = "token"
    header: str = "Authorization"
    prefix: str = "Bearer "
    parameter: str = Field("", description="Instead of a header: the parameter of the query.")

    def check(self, request: Request, secrets: Sequence[str], now: float) -> Verdict:
        if self.parameter:
            given = parameters(request.url).get(self.parameter, [])
        else:
            header = request.headers.get(self.header, "")
            fits = header[: len(self.prefix)].lower() == self.prefix.lower()
            given = [header[len(self.prefix) :].strip()] if fits else []
        return "" if same(given[:1], [secret.encode() for secret in secrets]) else "unauthenticated"


def parameters(url: str) -> dict[str, list[str]]:
    """The parameters in an address's query; none where there are too many to be meant."""
    try:
        return parse_qs(url.partition("?")[2], max_num_fields=100)
    except ValueError:  # there are more
        return {}


class Basic(Scheme):
    """A user and a password; the secret is `user:password`.

    >>> Basic().check(Request("", {"Authorization": "Basic dTpw"}, b""), ["u:p"], now=0.0)
    ''
    """

    scheme: Literal["basic"] = "basic"

    def check(self, request: Request, secrets: Sequence[str], now: float) -> Verdict:
        expected = [base64.b64encode(secret.encode()).decode() for secret in secrets]
        return Token(prefix="Basic ").check(request, expected, now)


class Open(Scheme):
    """Nothing is proved: only with an allow list of addresses, or on loopback."""

    scheme: Literal["open"] = "open"

    def check(self, request: Request, secrets: Sequence[str], now: float) -> Verdict:
        return ""


#: The schemes that a file can name.
AnyScheme = Annotated[Hmac | StandardWebhooks | Token | Basic | Open, Field(discriminator="scheme")]
