"""The service beside other stream processors and the limit, over the same events: `python -m benchmarks.run`."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from benchmarks import machine, results
from benchmarks.contestants import CONTESTANTS, SERVICE
from benchmarks.environments import UnavailableError
from benchmarks.events import Backlog, load
from benchmarks.processes import FailedError, Run, run
from benchmarks.results import Result
from stream.brokers.kafka import KafkaBroker
from stream.brokers.process import BrokerMissingError
from stream.settings import Settings
from stream.topics import ensure_topics

_HERE = Path(__file__).parent
_KEYS = [contestant.key for contestant in CONTESTANTS]
#: What the service should not find in events that are all different and on time.
_NONE = ("duplicate", "corrected", "deleted", "late")
_Compression = Literal["none", "lz4"]
_EVENTS, _RUNS = 1_000_000, 3

console = Console()


def main(
    events: Annotated[int, typer.Option(help="Events in the topic.", min=1_000)] = _EVENTS,
    runs: Annotated[int, typer.Option(help="Runs of each.", min=1)] = _RUNS,
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(_KEYS)}; may be repeated.")] = None,
    compression: Annotated[_Compression, typer.Option(help="Of the events.")] = "lz4",
    to: Annotated[
        Path | None,
        typer.Option(
            help="Directory to write to; with --only, nothing is written without it.", exists=True, file_okay=False
        ),
    ] = None,
) -> None:
    """Measure, print a table, and write `results.md` with its chart. Exit status 1 if any failed or counted wrong."""
    unknown = set(only or ()) - set(_KEYS)
    if unknown:
        msg = f"no contestant is called {', '.join(sorted(unknown))}; there are {', '.join(_KEYS)}"
        raise typer.BadParameter(msg)
    measured = [Result(each, round(events * each.share)) for each in CONTESTANTS if not only or each.key in only]
    asyncio.run(_measure(measured, events, runs, compression))
    console.print(results.table(measured))
    if directory := to or (None if only else _HERE):
        results.write(measured, directory, _command(events, runs, only or [], compression), _setting(compression))
    if any(result.failed or result.wrong for result in measured):
        raise typer.Exit(1)


def _command(events: int, runs: int, only: Sequence[str], compression: str) -> str:
    """How to do the same again; what is the default is left out."""
    given = {"--events": events, "--runs": runs, "--compression": compression}
    usual = {"--events": _EVENTS, "--runs": _RUNS, "--compression": "lz4"}
    arguments = [f"{name} {value}" for name, value in given.items() if value != usual[name]]
    arguments += [f"--only {key}" for key in only]
    return f'make bench ARGS="{" ".join(arguments)}"' if arguments else "make bench"


def _setting(compression: str) -> list[str]:
    cores = machine.two_cores()
    pinned = f"the broker has core {cores[0]}, who is measured core {cores[1]}" if cores else "nothing is pinned"
    return [
        f"One broker on the same machine; {pinned}",
        f"Survey responses of 350 bytes on average, 139 a second of event time; one in 1,000 is bad; {compression}",
    ]


async def _measure(measured: Sequence[Result], events: int, runs: int, compression: str) -> None:
    """All contestants in turns, so often; who fails is left out from then on."""
    for result in measured:
        _prepare(result)
    broker_core, own_core = machine.two_cores() or (None, None)
    broker = KafkaBroker(heap_mb=1_024)
    with machine.pinned(broker_core):
        await broker.start()
    try:
        sizes = {result.events for result in measured}
        backlogs = await _load(broker.bootstrap, events, sizes, compression)
        with machine.pinned(broker_core):
            for number in range(runs):
                for result in measured:
                    if not result.failed:
                        with console.status(f"{result.contestant.name}, {number + 1} of {runs}"):
                            await _run(result, backlogs[result.events], broker.bootstrap, own_core)
    finally:
        await broker.close()


def _prepare(result: Result) -> None:
    with console.status(f"{result.contestant.name}: making its environment, once on a machine"):
        try:
            result.command = [*result.contestant.prepare(), *result.contestant.arguments]
        except (UnavailableError, BrokerMissingError) as error:
            result.failed = str(error)
            console.print(f"{result.contestant.name}: {error}", style="red", markup=False)


async def _load(bootstrap: str, events: int, sizes: set[int], compression: str) -> dict[int, Backlog]:
    settings = Settings(broker=bootstrap)
    await ensure_topics(settings)
    with console.status(f"writing {max(sizes):,} events"):
        return await load(settings, events, sizes, None if compression == "none" else compression)


async def _run(result: Result, backlog: Backlog, bootstrap: str, core: int | None) -> None:
    name = result.contestant.name
    try:
        done = await run(result.command, backlog, bootstrap, core, result.contestant.warm_up)
    except FailedError as error:
        result.failed = str(error)
        console.print(f"{name}: {error}", style="red", markup=False)
        return
    result.runs.append(done)
    result.wrong = result.wrong or difference(done, backlog, whole=result.contestant is SERVICE)
    said = f"{name}: {done.events / done.wall:,.0f} events/s, {done.events / done.cpu:,.0f} events/CPU-s {result.wrong}"
    console.print(said, style="red" if result.wrong else "dim", markup=False)


def difference(done: Run, backlog: Backlog, *, whole: bool) -> str:
    """What was counted wrong, in words; empty if nothing was."""
    counts = done.last.get("counts")
    if counts is None:
        return ""
    pairs = {cell: (counts.get(cell, 0), backlog.counts[cell]) for cell in {*counts, *backlog.counts}}
    if whole:
        found = done.last["found"]
        pairs |= {name: (found.get(name, 0), backlog.meaning[name]) for name in (*backlog.meaning, *_NONE)}
    wrong = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not wrong:
        return ""
    name, (counted, expected) = next(iter(wrong.items()))
    return f"wrong: {len(wrong)} counts, such as {name}: {counted} instead of {expected}"


if __name__ == "__main__":
    typer.run(main)
