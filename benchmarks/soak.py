"""Whether a worker's memory stays where it is, under load for long: `python -m benchmarks.soak`."""

import asyncio
import itertools
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Annotated, NamedTuple

import aiohttp
import typer
import uvloop
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.load import PAST, events, feed, past
from benchmarks.worker import Worker
from stream.brokers.kafka import KafkaBroker
from stream.settings import Settings
from stream.topics import ensure_topics

#: The broker keeps so much of a partition: the events are many gigabytes.
_RETENTION = 1 << 30


class Sample(NamedTuple):
    """Minutes since the start, the worker's resident memory in MB, events handled, records that wait."""

    minute: float
    rss: float
    handled: int
    lag: int


def main(
    minutes: Annotated[float, typer.Option(help="How long.")] = 20,
    rate: Annotated[int, typer.Option(help="Events a second: half of what the machine can do.")] = 40_000,
) -> None:
    """Feed a worker at a steady rate, scrape it as Prometheus would, and see whether its memory still grows."""
    samples = uvloop.run(_soak(minutes, rate))
    early = median(sample.rss for sample in samples if minutes * 0.25 <= sample.minute <= minutes * 0.35)
    late = median(sample.rss for sample in samples if sample.minute >= minutes * 0.9)
    print(f"{early:.0f} MB after a quarter, {late:.0f} MB at the end: {late / early - 1:+.1%}; {samples[-1]}")


async def _soak(minutes: float, rate: int) -> list[Sample]:
    samples: list[Sample] = []
    async with KafkaBroker(heap_mb=1_024, properties={"log.retention.bytes": str(_RETENTION)}) as bootstrap:
        await ensure_topics(Settings(broker=bootstrap))
        with tempfile.TemporaryDirectory() as directory:
            async with Worker(bootstrap, Path(directory)) as worker:
                begun = time.monotonic()
                load = asyncio.create_task(_feed(bootstrap, rate, minutes * 60))
                while not load.done():
                    await asyncio.sleep(5)
                    handled, lag = await _scrape(worker)
                    samples.append(Sample((time.monotonic() - begun) / 60, worker.rss, handled, lag))
                    if len(samples) % 12 == 0:
                        print(samples[-1], flush=True)
                await load
    return samples


async def _feed(bootstrap: str, rate: int, seconds: float) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type="snappy", acks=1) as producer:
        values = events(itertools.chain(past(time.time()), iter(time.time, None)))
        await feed(producer, values, rate, seconds, at_once=PAST)


async def _scrape(worker: Worker) -> tuple[int, int]:
    """Events handled, and records that wait."""
    try:
        text = (await worker.page("/metrics")).body.decode()
    except aiohttp.ClientConnectionError:  # not there yet
        return 0, 0
    found = {"feedback_events": 0.0, "feedback_consumer_lag_records": 0.0}
    for family in text_string_to_metric_families(text):
        if family.name in found:
            found[family.name] = sum(sample.value for sample in family.samples)
    return int(found["feedback_events"]), int(found["feedback_consumer_lag_records"])


if __name__ == "__main__":
    typer.run(main)
