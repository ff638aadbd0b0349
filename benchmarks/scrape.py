"""What a look at `/metrics` costs, in time, memory and throughput: `python -m benchmarks.scrape`."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, NamedTuple

import orjson
import typer
import uvloop
from aiokafka import AIOKafkaProducer

from benchmarks import machine, scrape_report
from benchmarks.crowds import LARGE, SERIES, Crowd
from benchmarks.worker import Worker
from stream.bench import TOPIC
from stream.brokers.kafka import KafkaBroker
from stream.settings import Settings
from stream.topics import ensure_topics

FILE = Path(__file__).with_name("scrape.md")
_PARTITIONS = 4
_SCRAPE_S = 1.0
_PATIENCE_S = 300
#: After which what is at rest has been packed.
_REST_S = 65
#: The first part of a backlog is not measured: the worker has just started.
_WARM_UP = 0.1
#: So many answers of the large crowd for one of a backlog: by default all its members and crosses have some.
_LARGE_SHARE = 0.1


class Shown(NamedTuple):
    """Pages of a worker that holds a crowd: series on each, seconds that each took; MB of memory at most, at rest."""

    crowd: Crowd
    events: int
    series: int
    size: int
    seconds: list[float]
    peak: float
    rss: float


class Pair(NamedTuple):
    """Events a second of a worker that catches up, alone and with a page every second."""

    alone: float
    scraped: float


def main(
    events: Annotated[int, typer.Option(help="Events of each backlog.")] = 1_000_000,
    pairs: Annotated[int, typer.Option(help="Runs without and with scrapes.")] = 3,
    pages: Annotated[int, typer.Option(help="Pages that are timed of each crowd.")] = 100,
    to: Annotated[Path, typer.Option(help="The page to write.", dir_okay=False)] = FILE,
) -> None:
    """Measure, print a table, and write it to `benchmarks/scrape.md`."""
    broker_core, own_core = machine.two_cores() or (None, None)
    with machine.pinned(broker_core):
        shown, rates = uvloop.run(_measure(events, pairs, pages, own_core))
    command = " ".join(["python -m benchmarks.scrape", *sys.argv[1:]])
    text = scrape_report.page(shown, rates, command)
    print(text)
    to.write_text(text, encoding="utf-8")


async def _measure(events: int, pairs: int, pages: int, core: int | None) -> tuple[list[Shown], list[Pair]]:
    async with _backlog(SERIES, events) as bootstrap:
        rates = [await _pair(bootstrap, events, number, core) for number in range(pairs)]
        shown = [await _shown(bootstrap, SERIES, events, pages, core)]
    fewer = max(1, round(events * _LARGE_SHARE))
    async with _backlog(LARGE, fewer) as bootstrap:
        shown.append(await _shown(bootstrap, LARGE, fewer, pages // 4 + 1, core))
    return shown, rates


@asynccontextmanager
async def _backlog(crowd: Crowd, events: int) -> AsyncIterator[str]:
    """A broker with answers of a crowd."""
    async with KafkaBroker(heap_mb=1_024) as bootstrap:
        await ensure_topics(Settings(broker=bootstrap))
        async with AIOKafkaProducer(
            bootstrap_servers=bootstrap, compression_type="lz4", linger_ms=20, max_batch_size=128 << 10
        ) as producer:
            for number, value in enumerate(crowd.answers(events, time.time())):
                await producer.send(TOPIC, value, partition=number % _PARTITIONS)
        yield bootstrap


@asynccontextmanager
async def _worker(bootstrap: str, name: str, core: int | None) -> AsyncIterator[Worker]:
    """A worker that has nothing yet."""
    with tempfile.TemporaryDirectory() as directory:
        async with Worker(bootstrap, Path(directory), core, app_id=f"scrape-{name}") as worker:
            await worker.answers()
            yield worker


async def _pair(bootstrap: str, events: int, number: int, core: int | None) -> Pair:
    """In turns, so that a slow minute of the machine hits both."""
    rates = {}
    for scraped in (False, True) if number % 2 else (True, False):
        async with _worker(bootstrap, f"{number}-{scraped}", core) as worker:
            scrapes = asyncio.create_task(_scrape(worker)) if scraped else None
            rates[scraped] = await _caught_up(worker, events)
            if scrapes is not None:
                scrapes.cancel()
                with suppress(asyncio.CancelledError):
                    await scrapes
    return Pair(rates[False], rates[True])


async def _scrape(worker: Worker) -> None:
    """Ask for a page every second, until cancelled."""
    while True:
        page = await worker.page("/metrics")
        await asyncio.sleep(max(0.0, page.asked + _SCRAPE_S - time.time()))


async def _caught_up(worker: Worker, events: int) -> float:
    """Events a second, from the first tenth to the last one, as another page than the metrics tells."""
    begun = time.time(), 0
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            page = await worker.page("/api/status")
            done: int = sum(orjson.loads(page.body)["outcomes"].values())
            if done >= events:
                return (done - begun[1]) / (page.arrived - begun[0])
            if not begun[1] and done >= _WARM_UP * events:
                begun = page.arrived, done
            await asyncio.sleep(0.05)


async def _shown(bootstrap: str, crowd: Crowd, events: int, pages: int, core: int | None) -> Shown:
    """Time pages one by one, each made anew, when all events are counted, and ask on until it is at rest."""
    async with _worker(bootstrap, "shown", core) as worker:
        await _caught_up(worker, events)
        taken, rested = [], time.time() + _REST_S
        for _ in range(pages):
            taken.append(await worker.page("/metrics"))
            await asyncio.sleep(0.25)
        while time.time() < rested:
            await worker.page("/metrics")
            await asyncio.sleep(_SCRAPE_S)
        body = taken[-1].body
        series = sum(not line.startswith(b"#") for line in body.splitlines())
        seconds = [page.seconds for page in taken]
        return Shown(crowd, events, series, len(body), seconds, worker.peak, worker.rss)


if __name__ == "__main__":
    typer.run(main)
