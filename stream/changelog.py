"""Writing state: record batches to a changelog partition, acknowledged before anything relies on them."""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer, TopicPartition

from stream.settings import Settings

Change = tuple[bytes, bytes | None]


def new_producer(settings: Settings, linger_ms: int = 0) -> AIOKafkaProducer:
    """A producer that waits for all replicas; idempotent where the broker can."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.broker,
        acks="all",
        enable_idempotence=settings.broker_kind == "kafka",
        max_batch_size=settings.changelog_batch_bytes,
        max_request_size=16 << 20,
        compression_type="lz4",
        linger_ms=linger_ms,
    )


async def write(producer: AIOKafkaProducer, target: TopicPartition, changes: Iterable[Change], time_ms: int) -> int:
    """Append changes as few record batches; returns the offset of the last one, once the broker has them all.

    A record batch is appended whole or not at all, so the position, which comes last, is never there without what it
    stands for.
    """
    batch = producer.create_batch()
    sent = []
    for key, value in changes:
        if batch.append(key=key, value=value, timestamp=time_ms) is None:  # full, and closed by that
            sent.append(await producer.send_batch(batch, target.topic, partition=target.partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=time_ms)
    batch.close()
    count = batch.record_count()
    sent.append(await producer.send_batch(batch, target.topic, partition=target.partition))
    acknowledged = await asyncio.gather(*sent)
    last: int = acknowledged[-1].offset + count - 1
    return last
