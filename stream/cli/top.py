"""`top`: the scores of a running service in the terminal, as they move."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console
from rich.live import Live

from stream.access import credentials
from stream.cli import completion
from stream.cli.top_page import Shown, page
from stream.cli.worker import stop_event
from stream.errors import FeedbackError, SettingsError
from stream.loop import run
from stream.settings import Settings

_INTERVAL_S = 1.0
_ANSWER = aiohttp.ClientTimeout(total=10)


def top(
    url: Annotated[
        str | None, typer.Option(help="Where the service is (left out: at FEEDBACK_HTTP, or 127.0.0.1:8420).")
    ] = None,
    scope: Annotated[
        str, typer.Option(autocompletion=completion.scopes, help="Whose scores: all, channel, team, …")
    ] = "all",
) -> None:
    """Show the scores, alerts and feed of a running service, until Ctrl-C; into a pipe, print them once.

    Example:

        feedback-stream top --url http://127.0.0.1:8420
    """
    settings = Settings.load()
    run(_top(settings, url or _own(settings), scope))


def _own(settings: Settings) -> str:
    """Where a worker with these settings is.

    >>> _own(Settings(http="0.0.0.0:8420"))
    'http://127.0.0.1:8420'
    """
    host, _, port = settings.http.rpartition(":")
    reached = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104  compared only
    return f"http{'s' if settings.http_tls_cert else ''}://{reached}:{port}"


async def _top(settings: Settings, url: str, scope: str) -> None:
    async with service(settings, url) as asked:
        await watch(console(), asked, scope, stop_event())


class Service:
    """A running service, by its API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self._session = session

    async def look(self, scope: str) -> Shown:
        """All that is shown, of one moment.

        Raises:
            FeedbackError: if the service does not answer, or not so.
            SettingsError: if it has no such scope.
        """
        catalogue = await self._ask("catalogue")  # each time: another version may run by now
        if scope not in catalogue["scopes"]:
            msg = f"scope must be one of {', '.join(catalogue['scopes'])}; got {scope!r}"
            raise SettingsError(msg)
        names = [window["name"] for window in catalogue["windows"]]
        scores, alerts, status = [await self._ask(path) for path in (f"scores?scope={scope}", "alerts", "status")]
        moves = [await self._ask(f"moves?window={name}&scope={scope}") for name in names]
        return Shown(self.url, catalogue, scores["scores"], alerts["alerts"], moves, status)

    async def _ask(self, path: str) -> Any:
        try:
            async with self._session.get(f"{self.url}/api/{path}") as answer:
                if answer.status == 401:
                    msg = (
                        f"{self.url} asks for a login: set FEEDBACK_HTTP_USER and its password, or FEEDBACK_HTTP_TOKEN"
                    )
                    raise FeedbackError(msg)
                answer.raise_for_status()
                return await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = error or "it takes too long"
            msg = f"no service answers at {self.url} ({why}); start one with `worker`, or give its address with --url"
            raise FeedbackError(msg) from None


@asynccontextmanager
async def service(settings: Settings, url: str) -> AsyncIterator[Service]:
    """The service at an address, with the login and the certificate of the settings."""
    login = credentials(settings)
    context: ssl.SSLContext | bool = True
    if settings.http_tls_cert is not None and url.startswith("https:"):
        context = ssl.create_default_context()
        context.load_verify_locations(settings.http_tls_cert)
    async with aiohttp.ClientSession(
        headers={"Authorization": login} if login else {},
        connector=aiohttp.TCPConnector(ssl=context),
        timeout=_ANSWER,
    ) as session:
        yield Service(session, url.rstrip("/"))


def console() -> Console:
    """The terminal, or a pipe, which has room for every window."""
    return Console() if sys.stdout.isatty() or "COLUMNS" in os.environ else Console(width=160)


async def watch(on: Console, asked: Service, scope: str, stopped: asyncio.Event, *, again: bool = False) -> None:
    """Redraw until it is stopped; without a terminal, print it once, or `again` whenever there are others.

    Raises:
        FeedbackError: if the service does not answer at the first time; later it is waited for.
    """
    shown = await asked.look(scope)
    if on.is_terminal:
        with Live(page(shown, on.width, on.height), console=on, auto_refresh=False, screen=True) as live:
            while not await _is_set(stopped, _INTERVAL_S):
                shown = await _look_again(asked, scope, shown)
                live.update(page(shown, on.width, on.height), refresh=True)
    while again and not await _is_set(stopped, _INTERVAL_S):
        before, shown = shown, await _look_again(asked, scope, shown)
        if shown.keys() != before.keys():
            on.print(page(shown, on.width))
    on.print(page(shown, on.width))


async def _look_again(asked: Service, scope: str, shown: Shown) -> Shown:
    """What is to be seen now; where nobody answers, what was seen last, and that nobody answers."""
    try:
        return await asked.look(scope)
    except FeedbackError as error:
        return shown._replace(problem=f"{error}; trying again")


async def _is_set(event: asyncio.Event, within: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within)
    return event.is_set()
