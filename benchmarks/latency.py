"""How long it takes from a record to its effect in `/metrics`, under load: `python -m benchmarks.latency`."""

import asyncio
import itertools
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Annotated, NamedTuple

import orjson
import typer
import uvloop
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from benchmarks import latency_report, machine
from benchmarks.load import PAST, events, feed, past
from benchmarks.seen import Bounds, buckets, shown, since
from benchmarks.worker import Page, Worker
from stream.brokers.kafka import KafkaBroker
from stream.events.times import isoformat
from stream.settings import Settings
from stream.topics import ensure_topics
from stream.web import FRESH_S

FILE = Path(__file__).with_name("latency.md")
_PARTITIONS = 4
_PATIENCE_S = 120
#: Of a batch of events: a hundredth of a second of them is much smaller.
_BATCH_BYTES = 1 << 20
_MARKED = re.compile(rb'^feedback_nps_sample_size\{member="mark-(\d)",scope="team",window="24h"\} (\S+)$', re.MULTILINE)
#: Of a page of a megabyte, the lines that are looked at.
_NEEDED = re.compile(
    rb'^feedback_(?:nps_sample_size\{member="mark-|end_to_end_seconds_bucket|flush_seconds_count).*$', re.MULTILINE
)
_FLUSHES = re.compile(rb"^feedback_flush_seconds_count (\S+)$", re.MULTILINE)
#: RocksDB's own log says when a compaction has ended.
_COMPACTED = re.compile(r'"time_micros": (\d+), .*"event": "compaction_finished"')


class Stretch(NamedTuple):
    """What was measured while pages were asked for so often: seconds, from inside and from outside."""

    every: float
    seconds: float
    own: dict[float, float]
    outside: list[Bounds]
    pages: list[float]
    size: int
    cpu: float
    flushes: int
    compactions: int


class Marks:
    """An answer in each batch of events, from a team of its own for each partition: pages show how many there are."""

    def __init__(self) -> None:
        self.sent: list[list[float]] = [[] for _ in range(_PARTITIONS)]

    def add(self, batch: BatchBuilder, partition: int) -> None:
        """Add a mark to a batch."""
        sent, now = self.sent[partition], time.time()
        answer = {"kpi": "nps", "score": 9, "occurred_at": isoformat(round(now, 3)), "team": f"mark-{partition}"}
        value = orjson.dumps(answer | {"response_id": f"mark-{partition}-{len(sent)}"})
        if batch.append(key=None, value=value, timestamp=int(now * 1000)) is not None:
            sent.append(now)

    def seen(self, pages: list[Page]) -> list[Bounds]:
        """How long the marks took that came while the pages were asked for."""
        counts = [{int(team): int(float(count)) for team, count in _MARKED.findall(page.body)} for page in pages]
        found = []
        for partition, sent in enumerate(self.sent):
            looks = [(page, count.get(partition, 0)) for page, count in zip(pages, counts, strict=True)]
            found += shown(sent, looks, FRESH_S)
        return found


def main(
    rate: Annotated[int, typer.Option(help="Events a second.")] = 20_000,
    seconds: Annotated[float, typer.Option(help="Of each measurement.")] = 50,
    warm_up: Annotated[float, typer.Option(help="Seconds of load before.")] = 20,
    to: Annotated[Path, typer.Option(help="The page to write.", dir_okay=False)] = FILE,
) -> None:
    """Measure, print a table, and write it to `benchmarks/latency.md`."""
    broker_core, own_core = machine.two_cores() or (None, None)
    with machine.pinned(broker_core):
        stretches = uvloop.run(_measure(rate, seconds, warm_up, own_core))
    print(latency_report.table(stretches))
    command = " ".join(["python -m benchmarks.latency", *sys.argv[1:]])
    to.write_text(latency_report.page(stretches, command, rate), encoding="utf-8")


async def _measure(rate: int, seconds: float, warm_up: float, core: int | None) -> list[Stretch]:
    with tempfile.TemporaryDirectory() as directory:
        async with KafkaBroker(heap_mb=1_024) as bootstrap:
            await ensure_topics(Settings(broker=bootstrap))
            async with Worker(bootstrap, Path(directory), core) as worker:
                await worker.ready()
                marks = Marks()
                load = asyncio.create_task(_feed(bootstrap, rate, marks.add))
                await _catch_up(worker, warm_up)
                try:
                    return [await _stretch(worker, marks, every, seconds) for every in (1.0, 0.1)]
                finally:
                    load.cancel()
                    await asyncio.wait([load])


async def _feed(bootstrap: str, rate: int, mark: Callable[[BatchBuilder, int], None]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type="snappy", max_batch_size=_BATCH_BYTES)
    async with producer:
        values = events(itertools.chain(past(time.time()), iter(time.time, None)))
        await feed(producer, values, rate, float("inf"), at_once=PAST, mark=mark)


async def _catch_up(worker: Worker, warm_up: float) -> None:
    """Wait so long, and until there are no records that have come more than a second ago.

    Raises:
        RuntimeError: if the worker does not keep up.
    """
    await asyncio.sleep(warm_up)
    for _ in range(_PATIENCE_S):
        before = buckets((await worker.page("/metrics")).body)
        await asyncio.sleep(1)
        late = since(before, buckets((await worker.page("/metrics")).body))
        if late.get(1.0) and late[1.0] == max(late.values()):
            return
    msg = f"the worker has not caught up after {_PATIENCE_S} s: a lower --rate may be what this machine can do"
    raise RuntimeError(msg)


async def _stretch(worker: Worker, marks: Marks, every: float, seconds: float) -> Stretch:
    """Ask for pages so often, and see which marks they show."""
    begun, cpu = time.time(), worker.cpu
    pages: list[Page] = []
    sizes = []
    while not pages or pages[-1].asked < begun + seconds:
        page = await worker.page("/metrics")
        sizes.append(len(page.body))
        pages.append(page._replace(body=b"\n".join(_NEEDED.findall(page.body))))
        await asyncio.sleep(max(0.0, page.asked + every - time.time()))
    took, cpu = time.time() - begun, worker.cpu - cpu
    return Stretch(
        every,
        took,
        since(buckets(pages[0].body), buckets(pages[-1].body)),
        marks.seen(pages),
        [page.seconds for page in pages],
        round(median(sizes)),
        cpu,
        _flushes(pages[-1]) - _flushes(pages[0]),
        _compactions(worker.data, begun),
    )


def _flushes(page: Page) -> int:
    found = _FLUSHES.search(page.body)
    return int(float(found[1])) if found else 0


def _compactions(data: Path, begun: float) -> int:
    """Compactions of the indexes since then."""
    logs = (log.read_text(encoding="utf-8", errors="replace") for log in data.rglob("LOG*"))
    return sum(int(micros) > begun * 1e6 for log in logs for micros in _COMPACTED.findall(log))


if __name__ == "__main__":
    typer.run(main)
