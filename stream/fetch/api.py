"""One sender's API: authenticated, at its pace, tried again a few times, and bounded in time and size."""

import asyncio
import base64
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import aiohttp

from stream.fetch.answer import HELD, Answer, ApiError, judged
from stream.fetch.pace import Pace, backoff
from stream.sources.fetching import Call, FetchedSource
from stream.sources.reading import find

#: Requests for one answer before it is left for later, and how long to wait between them, in seconds.
_ATTEMPTS = 3
_BASE_S = 0.5
#: Where an API wants to be left alone for longer, its deliveries are left for later.
_PATIENCE_S = 20.0
#: For how long an API that does not answer is left alone.
_REST_S = 60.0
#: Of one request, from its first byte to its last.
_TIMEOUT = aiohttp.ClientTimeout(total=30.0)
_MAX_BYTES = 4_000_000
#: For how long an answer that hardly ever changes is kept, and how many of these.
_KEPT_S = 300.0
_KEPT = 200
#: A token that is asked for is thrown away so many seconds before its end.
_EARLY_S = 60.0


class Api:
    """Asks one sender's API. `count` is told the status of every request."""

    def __init__(
        self,
        source: FetchedSource,
        token: str,
        session: aiohttp.ClientSession,
        count: Callable[[str], None] = lambda _: None,
        chance: random.Random | None = None,
    ) -> None:
        self._source = source
        self._token = token
        self._session = session
        self._count = count
        self._chance = chance or random.Random()
        self._pace = Pace(source.options.api_rate)
        self._kept: OrderedDict[str, tuple[float, Any]] = OrderedDict()
        self._login: tuple[float, str] = (0.0, "")
        self._logging_in = asyncio.Lock()

    async def get(self, call: Call) -> Any:
        """What the API answers.

        Raises:
            ApiError: if it cannot be had now, or ever.
        """
        kept = self._kept.get(call.path)
        if call.keep and kept is not None and kept[0] > time.monotonic():
            return kept[1]
        answer = await self._tried(call.path)
        if call.keep:
            self._kept[call.path] = (time.monotonic() + _KEPT_S, answer)
            self._kept.move_to_end(call.path)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return answer

    async def _tried(self, path: str) -> Any:
        for attempt in range(_ATTEMPTS):
            held = self._pace.held(time.monotonic())
            if held > _PATIENCE_S:
                raise ApiError(HELD, "the API wants to be left alone", held)
            await asyncio.sleep(self._pace.wait(time.monotonic()))
            while held := self._pace.held(time.monotonic()):  # another one was told to wait meanwhile
                if held > _PATIENCE_S:
                    raise ApiError(HELD, "the API wants to be left alone", held)
                await asyncio.sleep(held)
            try:
                return await self._asked(path)
            except ApiError as error:
                last = attempt == _ATTEMPTS - 1
                if not error.at_once:
                    raise
                wait = error.wait or backoff(attempt, _BASE_S, _PATIENCE_S, self._chance)
                # All deliveries wait for an API that is not well, and after some attempts for longer.
                self._pace.hold(time.monotonic() + (max(wait, _REST_S) if last else wait))
                if last:
                    raise
        raise AssertionError

    async def _asked(self, path: str) -> Any:
        headers = {"Accept": "application/json", **await self._authorization()}
        answer = await self._request("GET", self._source.api + path, headers=headers)
        if answer.status == 401 and self._source.credentials.login:
            self._login = (0.0, "")  # revoked before its end: another one is asked for
        return judged(answer)

    async def _request(self, method: str, url: str, **options: Any) -> Answer:
        try:
            async with self._session.request(
                method, url, timeout=_TIMEOUT, allow_redirects=False, **options
            ) as response:
                self._count(str(response.status))
                again, elsewhere = (response.headers.get(name, "") for name in ("Retry-After", "Location"))
                body = await _read(response.content) if response.status == 200 else b""
                return Answer(response.status, body, again, elsewhere)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._count("none")
            msg = f"the API has not answered: {type(error).__name__}"
            raise ApiError("none", msg) from None

    async def _authorization(self) -> dict[str, str]:
        credentials = self._source.credentials
        token = self._token if not credentials.login else await self._logged_in(credentials.login)
        return {credentials.header: credentials.prefix + token}

    async def _logged_in(self, login: str) -> str:
        """A token by OAuth's client credentials, which is kept until shortly before its end."""
        async with self._logging_in:
            until, token = self._login
            if until > time.monotonic():
                return token
            basic = base64.b64encode(self._token.encode()).decode()
            answer = await self._request(
                "POST", login, data={"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {basic}"}
            )
            try:
                said = judged(answer)
            except ApiError as error:  # whatever is wrong with it can be mended
                raise ApiError(error.status, f"{error}, when asked for a token", error.wait) from None
            token, lasts = find(said, "access_token"), find(said, "expires_in")
            if not isinstance(token, str) or not isinstance(lasts, int | float):
                msg = "the API has given no token"
                raise ApiError("no_token", msg)
            self._login = (time.monotonic() + max(0.0, lasts - _EARLY_S), token)
            return token


async def _read(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > _MAX_BYTES:
            msg = f"the API's answer is larger than {_MAX_BYTES} bytes"
            raise ApiError("too_large", msg, for_good=True)
    return bytes(body)
