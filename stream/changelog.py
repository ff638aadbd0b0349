"""Writing state: record batches to a changelog partition, acknowledged before anything relies on them."""

import asyncio
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from stream.kafka import client_options
from stream.settings import Settings

Change = tuple[bytes, bytes | None]


def new_producer(settings: Settings, linger_ms: int = 0) -> AIOKafkaProducer:
    """A producer that waits for all replicas; idempotent where the broker can."""
    return AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=settings.broker_kind == "kafka",
        max_batch_size=settings.changelog_batch_bytes,
        max_request_size=16 << 20,
        compression_type="snappy",  # in this client forty times as quick as lz4, and nearly as small
        linger_ms=linger_ms,
    )


def pack(producer: AIOKafkaProducer, changes: Iterable[Change], time_ms: int) -> list[BatchBuilder]:
    """Changes as few record batches, in their order."""
    batches = [producer.create_batch()]
    for key, value in changes:
        if batches[-1].append(key=key, value=value, timestamp=time_ms) is None:  # full, and closed by that
            batches.append(producer.create_batch())
            batches[-1].append(key=key, value=value, timestamp=time_ms)
    batches[-1].close()
    return batches


async def write(producer: AIOKafkaProducer, target: TopicPartition, batches: Sequence[BatchBuilder]) -> int:
    """Append record batches; returns the offset of the last record, once the broker has them all.

    A record batch is appended whole or not at all. The last one holds the position, and is sent when the others are
    acknowledged, so that the position is never there without what it stands for.
    """
    *first, last = batches
    count = last.record_count()
    sent = [await producer.send_batch(batch, target.topic, partition=target.partition) for batch in first]
    await asyncio.gather(*sent)
    acknowledged = await (await producer.send_batch(last, target.topic, partition=target.partition))
    end: int = acknowledged.offset + count - 1
    return end
