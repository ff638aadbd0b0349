"""The service beside stock Faust and the limit, over the same events: `python -m benchmarks.run`."""

import asyncio
import sys
from collections import Counter
from typing import Annotated, Literal

import typer
from rich.console import Console

from benchmarks import results
from benchmarks.contestants import Contestant, Run, run
from benchmarks.events import load
from benchmarks.results import Result
from stream.brokers.kafka import KafkaBroker
from stream.settings import Settings
from stream.topics import ensure_topics

_SERVICE, _STOCK = "feedback-stream", "stock Faust"


def main(
    events: Annotated[int, typer.Option(help="Events in the topic.")] = 1_000_000,
    stock_events: Annotated[int, typer.Option(help="How many of them stock Faust handles; it is slow.")] = 60_000,
    repeat: Annotated[int, typer.Option(help="Runs of each.")] = 5,
    compression: Annotated[Literal["none", "lz4"], typer.Option(help="Of the events.")] = "lz4",
    quick: Annotated[bool, typer.Option(help="A tenth of the events, one run, no results.md.")] = False,
) -> None:
    """Measure, print a table, and write `benchmarks/results.md`."""
    if quick:
        events, stock_events, repeat = events // 10, stock_events // 10, 1
    contestants = _contestants(events, min(events, stock_events))
    console = Console()
    measured = asyncio.run(_measure(contestants, events, repeat, compression, console))
    base = next(result for result in measured if result.contestant.name == _STOCK)
    console.print(results.table(measured, base))
    if not quick:
        command = " ".join(["python -m benchmarks.run", *sys.argv[1:]])
        results.write(measured, base, command, compression)


def _contestants(events: int, stock_events: int) -> list[Contestant]:
    return [
        Contestant(
            _SERVICE,
            ("-m", "benchmarks.peers.service", str(events)),
            events,
            "the view: rolling windows, scores and drops are worked out when somebody looks (`--role agents`).",
        ),
        Contestant(
            _STOCK,
            ("-m", "faust", "-A", "benchmarks.peers.stock_faust", "-l", "warn", "worker", "--without-web"),
            stock_events,
            "corrections, duplicates, deletions, dead letters, CSAT, CES, further dimensions and pane widths; after a "
            f"crash it counts events twice. It is measured on the first {stock_events:,} events.",
        ),
        Contestant(
            "the limit",
            ("-m", "benchmarks.peers.limit", str(events)),
            events,
            "anything but fetching and decoding: aiokafka's `getmany` and `stream.decode.decode`.",
        ),
    ]


async def _measure(
    contestants: list[Contestant], events: int, repeat: int, compression: str, console: Console
) -> list[Result]:
    runs: dict[Contestant, list[Run]] = {contestant: [] for contestant in contestants}
    async with KafkaBroker(heap_mb=1_024) as bootstrap:
        settings = Settings(broker=bootstrap)
        await ensure_topics(settings)
        with console.status(f"writing {events:,} events"):
            truth = await load(settings, events, None if compression == "none" else compression)
        for number in range(repeat):
            for contestant, done in runs.items():
                with console.status(f"{contestant.name}, {number + 1} of {repeat}"):
                    done.append(await run(contestant, bootstrap))
                if contestant.name == _SERVICE:
                    _check(done[-1], truth)
                console.print(f"{contestant.name}: {done[-1].events / done[-1].cpu:,.0f} events/CPU-s", style="dim")
    return [Result(contestant, done) for contestant, done in runs.items()]


def _check(done: Run, truth: Counter[str]) -> None:
    """Everything was counted, once, and as what it is."""
    found = {**done.last["outcomes"], **done.last["counted"]}
    wrong = {name: (found.get(name), count) for name, count in truth.items() if found.get(name) != count}
    others = {name: found[name] for name in ("duplicate", "corrected", "deleted", "late") if found[name]}
    if wrong or others:
        msg = f"{_SERVICE} counted wrong (found, expected): {wrong}; not expected at all: {others}"
        raise SystemExit(msg)


if __name__ == "__main__":
    typer.run(main)
