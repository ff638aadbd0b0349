"""The events of the benchmark: a reproducible backlog of survey responses (a million are two hours), on real Kafka."""

import asyncio
import time
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.peers.job import WINDOW_S
from benchmarks.progress import cell_of
from stream.bench import TOPIC, Response, responses
from stream.events.times import parse_time
from stream.kafka import client_options
from stream.settings import Settings
from stream.topics import partitions_of

#: A broker takes a moment to show topics that were just made.
_SHOWN_S = 30

#: Seconds of event time between two events: a million in two hours.
APART_S = 0.0072


class Backlog(NamedTuple):
    """So many events in a topic, and what is in them, counted here and not by a contestant.

    `meaning` are accepted and rejected events, answers to each question, and NPS groups. `counts` is what the common
    job comes to: by the window's start and key, as `cell_of` names them.
    """

    topic: str
    events: int
    meaning: Counter[str]
    counts: Counter[str]


async def load(settings: Settings, events: int, sizes: Collection[int], compression: str | None) -> dict[int, Backlog]:
    """Write so many events, keyed by `response_id`, to the service's topic, and other numbers of them to others."""
    most = max(sizes)
    topics = {size: TOPIC if size == events else f"bench.first-{size}" for size in sizes}
    backlogs = {size: Backlog(topic, size, Counter(), Counter()) for size, topic in topics.items()}
    await _create(settings, [topic for topic in topics.values() if topic != TOPIC])
    producer = AIOKafkaProducer(
        **client_options(settings),
        compression_type=compression,
        linger_ms=20,
        max_batch_size=128 << 10,
    )
    await producer.start()
    try:
        now = time.time()
        for number, response in enumerate(responses(most, now - most * APART_S, now)):
            meaning, counted = _meaning(response)
            for size, backlog in backlogs.items():
                if number < size:
                    await producer.send(backlog.topic, key=response.id.encode(), value=response.value)
                    backlog.meaning.update(meaning)
                    backlog.counts.update(counted)
    finally:
        await producer.stop()
    return backlogs


async def _create(settings: Settings, topics: list[str]) -> None:
    admin = AIOKafkaAdminClient(**client_options(settings))
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, settings.partitions, settings.replication) for topic in topics])
        async with asyncio.timeout(_SHOWN_S):
            while set(topics) - (await partitions_of(admin)).keys():  # noqa: ASYNC110  nobody tells us
                await asyncio.sleep(0.1)
    finally:
        await admin.close()


def _meaning(response: Response) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if response.kpi is None:
        return ("rejected",), ()
    if response.kpi != "nps":
        return ("accepted", response.kpi), ()
    group = "promoters" if response.score >= 9 else "passives" if response.score >= 7 else "detractors"
    event = msgspec.json.decode(response.value)
    hour = int(parse_time(event["occurred_at"]).timestamp()) // WINDOW_S * WINDOW_S
    return ("accepted", "nps", group), (cell_of(hour, f"{event['channel']}:{group}"),)
