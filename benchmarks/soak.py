"""Whether a worker's memory stays where it is, under load for long: `python -m benchmarks.soak`."""

import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Annotated, NamedTuple

import aiohttp
import typer
import uvloop
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from stream.bench import TOPIC, responses
from stream.brokers.kafka import KafkaBroker
from stream.brokers.ports import free_ports
from stream.events.times import isoformat
from stream.settings import Settings
from stream.topics import ensure_topics

_TICK_S = 0.05
_TEMPLATES = 20_000
#: Events of the past that fill the windows, twice.
_PAST = 60_000
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
        async with _worker(bootstrap) as (pid, url):
            begun = time.monotonic()
            feed = asyncio.create_task(_feed(bootstrap, rate, minutes * 60))
            while not feed.done():
                await asyncio.sleep(5)
                handled, lag = await _scrape(url)
                samples.append(Sample((time.monotonic() - begun) / 60, _rss(pid), handled, lag))
                if len(samples) % 12 == 0:
                    print(samples[-1], flush=True)
            await feed
    return samples


@asynccontextmanager
async def _worker(bootstrap: str) -> AsyncIterator[tuple[int, str]]:
    with tempfile.TemporaryDirectory() as directory:
        http = f"127.0.0.1:{free_ports(1)[0]}"
        environment = {"FEEDBACK_BROKER": bootstrap, "FEEDBACK_HTTP": http, "FEEDBACK_DATA_DIR": directory}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "stream", "worker", env=os.environ | environment, stderr=subprocess.DEVNULL
        )
        try:
            yield process.pid, f"http://{http}/metrics"
        finally:
            process.terminate()
            await process.wait()


async def _feed(bootstrap: str, rate: int, seconds: float) -> None:
    """Send events of now, each with an identity of its own, at a steady rate."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type="snappy", acks=1) as producer:
        now = time.time()
        events = _events(itertools.chain(_past(now), iter(time.time, None)))
        begun = time.monotonic()
        sent = -2 * _PAST  # at once
        for turn in itertools.count():
            elapsed = time.monotonic() - begun
            if elapsed > seconds:
                return
            batch = producer.create_batch()
            for value in itertools.islice(events, max(0, int(elapsed * rate) - sent)):
                if batch.append(key=None, value=value, timestamp=None) is None:
                    break
                sent += 1
            if batch.record_count():
                batch.close()
                await producer.send_batch(batch, TOPIC, partition=turn % 4)
            if int(elapsed * rate) - sent < rate * _TICK_S:
                await asyncio.sleep(_TICK_S / 4)


def _past(now: float) -> Iterator[float]:
    """Times over all windows, dense where panes are short: memory has all its panes from the start."""
    for span in (31 * 86_400, 3 * 3_600):
        yield from (now - span * (1 - number / _PAST) for number in range(_PAST))


def _events(times: Iterator[float]) -> Iterator[bytes]:
    templates = [(response.value, response.id.encode()) for response in responses(_TEMPLATES, 0.0, 1.0)]
    for number, (at, (value, identity)) in enumerate(zip(times, itertools.cycle(templates), strict=False)):
        begin = value.find(b'"occurred_at":"1970') + len('"occurred_at":"')
        timed = value[:begin] + isoformat(round(at, 3)).encode() + value[value.find(b'"', begin) :]
        yield timed.replace(identity, b"s-%014d" % number)


async def _scrape(url: str) -> tuple[int, int]:
    """Events handled, and records that wait."""
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            text = await response.text()
    except aiohttp.ClientConnectionError:  # not there yet
        return 0, 0
    found = {"feedback_events": 0.0, "feedback_consumer_lag_records": 0.0}
    for family in text_string_to_metric_families(text):
        if family.name in found:
            found[family.name] = sum(sample.value for sample in family.samples)
    return int(found["feedback_events"]), int(found["feedback_consumer_lag_records"])


def _rss(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    typer.run(main)
