"""What a look at `/metrics` costs, in time, memory and throughput: `python -m benchmarks.scrape`."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
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
#: The first part of what is sent is not measured.
_WARM_UP = 0.1
#: One in so many answers is there when a worker starts: all members have some.
_FIRST = 10
#: Answers in a batch, and room for them.
_BATCH, _BATCH_BYTES = 2_000, 1 << 20
#: So many answers of the large crowd for one of the small one: by default all its members and crosses have some.
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
    """Events a second of a worker that has more to count than it can, alone and with a page every second."""

    alone: float
    scraped: float


def main(
    events: Annotated[int, typer.Option(help="Events of each run.")] = 1_000_000,
    pairs: Annotated[int, typer.Option(help="Runs without and with scrapes.")] = 3,
    pages: Annotated[int, typer.Option(help="Pages that are timed of each crowd.")] = 100,
    rest: Annotated[float, typer.Option(help="Seconds after which what nobody changes has been packed.")] = 65,
    to: Annotated[Path, typer.Option(help="The page to write.", dir_okay=False)] = FILE,
) -> None:
    """Measure, print a table, and write it to `benchmarks/scrape.md`."""
    broker_core, own_core = machine.two_cores() or (None, None)
    with machine.pinned(broker_core):
        shown, rates = uvloop.run(_measure(events, pairs, pages, rest, own_core))
    command = " ".join(["python -m benchmarks.scrape", *sys.argv[1:]])
    text = scrape_report.page(shown, rates, command)
    print(text)
    to.write_text(text, encoding="utf-8")


async def _measure(
    events: int, pairs: int, pages: int, rest: float, core: int | None
) -> tuple[list[Shown], list[Pair]]:
    rates = [await _pair(events, number, core) for number in range(pairs)]
    shown = []
    for crowd, share, looks in ((SERIES, 1.0, pages), (LARGE, _LARGE_SHARE, pages // 4 + 1)):
        values = list(crowd.answers(max(1, round(events * share)), time.time()))
        async with _worker(values, core) as (_, worker):
            shown.append(await _shown(worker, crowd, len(values), looks, rest))
    return shown, rates


@asynccontextmanager
async def _worker(values: list[bytes], core: int | None) -> AsyncIterator[tuple[str, Worker]]:
    """A broker with answers, and a worker that has counted them."""
    with tempfile.TemporaryDirectory() as directory:
        async with KafkaBroker(heap_mb=1_024) as bootstrap:
            await ensure_topics(Settings(broker=bootstrap))
            await _send(bootstrap, values)
            async with Worker(bootstrap, Path(directory), core) as worker:
                await worker.ready()
                yield bootstrap, worker


async def _send(bootstrap: str, values: Sequence[bytes]) -> None:
    """Send answers as quickly as can be, to each partition in turn."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type="lz4", max_batch_size=_BATCH_BYTES) as to:
        for number, first in enumerate(range(0, len(values), _BATCH)):
            batch = to.create_batch()
            for value in values[first : first + _BATCH]:
                assert batch.append(key=None, value=value, timestamp=None) is not None
            batch.close()
            await to.send_batch(batch, TOPIC, partition=number % _PARTITIONS)


async def _pair(events: int, number: int, core: int | None) -> Pair:
    """In turns, so that a slow minute of the machine hits both."""
    order = (False, True) if number % 2 else (True, False)
    rates = {scraped: await _rate(events, core, scraped=scraped) for scraped in order}
    return Pair(rates[False], rates[True])


async def _rate(events: int, core: int | None, *, scraped: bool) -> float:
    """Events a second of a worker that shows all series already, and is sent the rest of the answers at once."""
    values = list(SERIES.answers(events, time.time()))
    first = values[::_FIRST]
    del values[::_FIRST]
    async with _worker(first, core) as (bootstrap, worker), asyncio.TaskGroup() as group:
        scrapes = group.create_task(_scrape(worker)) if scraped else None
        group.create_task(_send(bootstrap, values))
        rate = await _caught_up(worker, len(first), events)
        if scrapes is not None:
            scrapes.cancel()
    return rate


async def _scrape(worker: Worker) -> None:
    """Ask for a page every second, until cancelled."""
    while True:
        page = await worker.page("/metrics")
        await asyncio.sleep(max(0.0, page.asked + _SCRAPE_S - time.time()))


async def _caught_up(worker: Worker, counted: int, events: int) -> float:
    """Events a second, from a tenth of those that are to come to the last, as another page than the metrics tells."""
    begun = time.time(), 0
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            page = await worker.page("/api/status")
            done: int = sum(orjson.loads(page.body)["outcomes"].values())
            if done >= events:
                return (done - begun[1]) / (page.arrived - begun[0])
            if not begun[1] and done >= counted + _WARM_UP * (events - counted):
                begun = page.arrived, done
            await asyncio.sleep(0.05)


async def _shown(worker: Worker, crowd: Crowd, events: int, pages: int, rest: float) -> Shown:
    """Time pages one by one, each made anew, and ask on until the worker is at rest."""
    taken, rested = [], time.time() + rest
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
