"""`simulate`: a contact centre's traffic, to the broker, a file or standard output."""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from stream.cli import completion
from stream.cli.common import duration, moment, progress
from stream.cli.worker import stop_event
from stream.errors import SettingsError
from stream.loop import run
from stream.settings import Settings
from stream.simulate import SCENARIOS, Scenario, Simulated
from stream.simulate import simulate as traffic_of


def simulate(
    rate: Annotated[float, typer.Option(min=0.001, help="Records a second, on average over a week.")] = 5.0,
    scenario: Annotated[
        str, typer.Option(autocompletion=completion.scenarios, help=f"One of {', '.join(SCENARIOS)}.")
    ] = "steady",
    seed: Annotated[int, typer.Option(help="The same seed and start give the same traffic, byte for byte.")] = 1,
    for_: Annotated[
        str | None, typer.Option("--for", help="How long, such as 10m (left out: until stopped; 1h to files).")
    ] = None,
    to: Annotated[str, typer.Option(help="`broker`, a file, or - for standard output.")] = "broker",
    start: Annotated[str | None, typer.Option(help="First event's time, RFC 3339 (left out: to end now).")] = None,
) -> None:
    """Make up a contact centre's traffic: in real time to a broker, at once to files.

    Example:

        feedback-stream simulate --scenario nps-drop --rate 20 --for 2h --to events.jsonl
    """
    if scenario not in SCENARIOS:
        msg = f"scenario must be one of {', '.join(SCENARIOS)}; got {scenario!r}"
        raise SettingsError(msg)
    lasting = duration(for_)
    if to == "broker":
        begin = moment(start) if start else time.time()
        run(_to_broker(Settings.load(), traffic(scenario, rate, seed, begin, lasting)))
        return
    lasting = lasting or 3600
    begin = moment(start) if start else time.time() - lasting
    records = traffic(scenario, rate, seed, begin, lasting)
    if to == "-":
        _write(sys.stdout.buffer, records)
        return
    try:
        with Path(to).open("wb") as file, progress(to, lasting, bytes_=False) as advance:
            _write(file, _watched(records, begin, advance))
    except OSError as error:
        msg = f"{to} cannot be written: {error.strerror}"
        raise SettingsError(msg) from None


def traffic(
    scenario: str | Scenario, rate: float, seed: int, begin: float, lasting: float | None, onset: float | None = None
) -> Iterator[Simulated]:
    """A scenario's records from a moment on, for so many seconds or without end; the incident `onset` seconds later."""
    start = datetime.fromtimestamp(begin, UTC)
    after = None if onset is None else timedelta(seconds=onset)
    records = traffic_of(scenario, rate=rate, seed=seed, start=start, onset=after)
    if lasting is None:
        return records
    return takewhile(lambda record: record.at.timestamp() < begin + lasting, records)


def _watched(records: Iterator[Simulated], begin: float, advance: "object") -> Iterator[Simulated]:
    shown = 0
    for record in records:
        passed = int(record.at.timestamp() - begin)
        if passed > shown:
            advance(passed - shown)  # type: ignore[operator]
            shown = passed
        yield record


def _write(file: BinaryIO, records: Iterator[Simulated]) -> None:
    """One record a line; line breaks inside broken records become spaces."""
    for record in records:
        file.write((record.value or b"null").replace(b"\n", b" ") + b"\n")
    file.flush()


async def _to_broker(settings: Settings, records: Iterator[Simulated]) -> None:
    from stream.changelog import new_producer  # noqa: PLC0415
    from stream.kafka import told  # noqa: PLC0415
    from stream.topics import ensure_topics  # noqa: PLC0415

    await ensure_topics(settings)
    producer = new_producer(settings, linger_ms=20)
    stopped = stop_event()
    with told():
        try:
            await producer.start()
            await play(producer, records, stopped)
        finally:
            await producer.stop()


async def play(producer: object, records: Iterator[Simulated], stopped: asyncio.Event) -> None:
    """Send records when their time has come; those of the past at once."""
    for count, record in enumerate(records):
        ahead = record.at.timestamp() - time.time()
        if ahead > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), ahead)
        elif count % 500 == 0:
            await asyncio.sleep(0)
        if stopped.is_set():
            return
        key = record.key.encode() or (b"" if record.value is None else None)
        await producer.send(record.topic, key=key, value=record.value)  # type: ignore[attr-defined]
