"""`demo`: everything in one process group, with a contact centre that feeds it."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from stream import logs
from stream.brokers.ports import LOOPBACK, is_taken
from stream.cli import completion
from stream.cli.common import duration
from stream.cli.simulate import play, traffic
from stream.cli.top import console, service, watch
from stream.cli.worker import stop_event
from stream.errors import SettingsError
from stream.kafka_settings import unsecured
from stream.loop import run
from stream.settings import Settings
from stream.simulate import SCENARIOS, Scenario
from stream.text import is_installed
from stream.windows import seconds

if TYPE_CHECKING:
    from stream.worker import Worker

#: So much of the past is simulated before the present, so that the windows hold something from the start.
_BACKFILL_S = 4 * 3600


def demo(
    for_: Annotated[str | None, typer.Option("--for", help="End by itself after so long, such as 60s.")] = None,
    scenario: Annotated[
        str, typer.Option(autocompletion=completion.scenarios, help=f"One of {', '.join(SCENARIOS)}.")
    ] = "steady",
    onset: Annotated[
        str, typer.Option(help="When the incident begins: so long after the start, or before it, such as -10m.")
    ] = "60s",
    rate: Annotated[float, typer.Option(min=0.1, help="Records a second.")] = 10.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same contact centre.")] = 1,
    broker: Annotated[Literal["embedded", "kafka"], typer.Option(help="kafka needs Java and Maven.")] = "embedded",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Where the broker listens, on loopback (left out: a free port)."),
    ] = None,
    http: Annotated[str | None, typer.Option(help="Where board and metrics listen (left out: 127.0.0.1:8420).")] = None,
) -> None:
    """Run broker, agents, view, board and a simulated contact centre, and show the scores as they move.

    Example:

        feedback-stream demo --scenario nps-drop --for 5m
    """
    if scenario not in SCENARIOS:
        msg = f"scenario must be one of {', '.join(SCENARIOS)}; got {scenario!r}"
        raise SettingsError(msg)
    if port is not None and is_taken(port):
        msg = f"the broker cannot listen at {LOOPBACK}:{port}: something does already; give another --port"
        raise SettingsError(msg)
    logs.configure("error")  # the page says what matters; a machine that is busy for a moment does not
    # By day and by night alike, so that the demo moves whenever it is started.
    plan = replace(SCENARIOS[scenario], rhythm=False, onset=timedelta(seconds=_BACKFILL_S + _offset(onset)))
    run(_demo(duration(for_), plan, rate, seed, broker, port, http))


def _offset(text: str) -> int:
    """Seconds from the start to a time before or after it, but not before what is simulated.

    >>> _offset("60s"), _offset("-10m")
    (60, -600)
    """
    found = -seconds(text[1:]) if text.startswith("-") else seconds(text)
    if found <= -_BACKFILL_S:
        msg = f"onset must be within the four hours that are simulated before the start; got {text!r}"
        raise SettingsError(msg)
    return found


async def _demo(
    lasting: int | None,
    plan: Scenario,
    rate: float,
    seed: int,
    kind: Literal["embedded", "kafka"],
    port: int | None,
    http: str | None,
) -> None:
    terminal = console()
    stopped = stop_event()
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="feedback-stream-")))
        terminal.print(f"starting the {kind} broker …")
        address = await stack.enter_async_context(_broker(kind, port))
        terminal.print(f"it listens at {address}, FEEDBACK_BROKER_KIND={kind}")
        settings = Settings.load(
            broker=address,
            broker_kind=kind,
            data_dir=directory,
            http=http,
            session_timeout=6,
            replication=1,
            **unsecured(),
        )
        worker = await stack.enter_async_context(_worker(settings))
        await _read_comments(stack, worker)
        feed = asyncio.create_task(_feed(worker, plan, rate, seed, stopped))
        feed.add_done_callback(lambda _: stopped.set())
        asked = await stack.enter_async_context(service(settings, worker.address))
        if lasting is not None:  # from here on: to start takes a busy machine long
            asyncio.get_running_loop().call_later(lasting, stopped.set)
        try:
            await watch(terminal, asked, "all", stopped, again=True)
        finally:
            stopped.set()
            await feed
    terminal.print("stopped; nothing is left running")


@asynccontextmanager
async def _broker(kind: str, port: int | None) -> AsyncIterator[str]:
    from stream.brokers.embedded import EmbeddedBroker  # noqa: PLC0415
    from stream.brokers.kafka import KafkaBroker  # noqa: PLC0415

    async with EmbeddedBroker(port=port) if kind == "embedded" else KafkaBroker(port=port) as address:
        yield address


@asynccontextmanager
async def _worker(settings: Settings) -> "AsyncIterator[Worker]":
    from stream.worker import Worker  # noqa: PLC0415  Faust takes a second to import

    worker = Worker(settings)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


async def _read_comments(stack: AsyncExitStack, worker: "Worker") -> None:
    """The text stage in this process, where its extra is installed; its metrics are among the worker's."""
    if not is_installed():
        return
    from stream.text.service import start_stage  # noqa: PLC0415
    from stream.text.stage import Stage, StageMetrics  # noqa: PLC0415
    from stream.text.taxonomy import Taxonomy  # noqa: PLC0415

    taxonomy = Taxonomy.load(worker.settings.taxonomy)
    stage = Stage(worker.settings, taxonomy, StageMetrics(worker.registry), worker.clock)
    await start_stage(stack, worker.settings, stage)


async def _feed(worker: "Worker", plan: Scenario, rate: float, seed: int, stopped: asyncio.Event) -> None:
    """The past at once, the present as it comes."""
    records = traffic(plan, rate, seed, time.time() - _BACKFILL_S, None)
    await play(worker.partitions.flusher.producer, records, stopped)
