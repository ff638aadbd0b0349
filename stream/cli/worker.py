"""`worker`: the service."""

import asyncio
import signal
from typing import Annotated, Literal

import typer

from stream import logs
from stream.loop import run
from stream.settings import Settings


def worker(
    role: Annotated[
        Literal["all", "agents", "view"], typer.Option(help="agents count; view shows the scores; all does both.")
    ] = "all",
) -> None:
    """Run the service against the broker in FEEDBACK_BROKER, until it is stopped.

    Example:

        FEEDBACK_BROKER=kafka-1:9092,kafka-2:9092 feedback-stream worker
    """
    settings = Settings.load()
    logs.configure(settings.log_level)
    run(_serve(settings, role))


async def _serve(settings: Settings, role: Literal["all", "agents", "view"]) -> None:
    from stream.worker import Worker  # noqa: PLC0415  Faust takes a second to import

    stopped = stop_event()
    service = Worker(settings, role)
    await service.start()
    try:
        await stopped.wait()
    finally:
        await service.stop()


def stop_event() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped
