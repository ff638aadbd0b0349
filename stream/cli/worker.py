"""`worker`: the service."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from stream import logs
from stream.loop import run
from stream.settings import Settings
from stream.text import require

if TYPE_CHECKING:
    from stream.text.service import TextService
    from stream.worker import Worker


def worker(
    role: Annotated[
        Literal["all", "agents", "view", "text"],
        typer.Option(help="agents count; view shows the scores; all does both; text reads comments, beside them."),
    ] = "all",
) -> None:
    """Run the service against the broker in FEEDBACK_BROKER, until it is stopped.

    Example:

        FEEDBACK_BROKER=kafka-1:9092,kafka-2:9092 feedback-stream worker
    """
    settings = Settings.load()
    logs.configure(settings.log_level)
    run(_serve(settings, role))


async def _serve(settings: Settings, role: Literal["all", "agents", "view", "text"]) -> None:
    stopped = stop_event()
    service = await _service(settings, role)
    await service.start()
    try:
        await stopped.wait()
    finally:
        await service.stop()


async def _service(settings: Settings, role: Literal["all", "agents", "view", "text"]) -> "Worker | TextService":
    if role == "text":
        require("worker --role text")
        from stream.text.service import TextService  # noqa: PLC0415  its extra may not be installed

        return TextService(settings)
    from stream import generations  # noqa: PLC0415  aiokafka takes a while to import, Faust a second
    from stream.worker import Worker  # noqa: PLC0415

    return Worker(await generations.served(settings), role)


def stop_event() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def serve_until_stopped(serve: Callable[[Settings, asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run a server by the settings, until SIGINT or SIGTERM."""
    settings = Settings.load()
    logs.configure(settings.log_level)

    async def served() -> None:
        await serve(settings, stop_event())

    run(served())
