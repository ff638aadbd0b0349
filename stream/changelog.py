"""Writing state: record batches to a changelog partition, acknowledged before anything relies on them."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from stream.errors import BrokerError
from stream.kafka import client_options, patient
from stream.settings import Settings

Change = tuple[bytes, bytes | None]


def new_producer(settings: Settings, linger_ms: int = 0) -> AIOKafkaProducer:
    """A producer that waits for all replicas; idempotent where the broker can."""
    producer = AIOKafkaProducer(
        **client_options(settings),
        acks="all",
        enable_idempotence=settings.broker_kind == "kafka",
        max_batch_size=settings.changelog_batch_bytes,
        max_request_size=16 << 20,
        compression_type="snappy",  # in this client forty times as quick as lz4, and nearly as small
        linger_ms=linger_ms,
    )
    patient(producer.client)
    return producer


def pack(producer: AIOKafkaProducer, changes: Iterable[Change], time_ms: int) -> list[BatchBuilder]:
    """Changes as few record batches, in their order."""
    batches = [producer.create_batch()]
    for key, value in changes:
        if batches[-1].append(key=key, value=value, timestamp=time_ms) is None:  # full, and closed by that
            batches.append(producer.create_batch())
            batches[-1].append(key=key, value=value, timestamp=time_ms)
    batches[-1].close()
    return batches


class Written(NamedTuple):
    """Where a write ended: the offset of its last record, and how many records it has."""

    end: int
    records: int

    def follows(self, before: int | None) -> bool:
        """Whether nothing was written by others since the record at an offset (None: since the very beginning).

        >>> Written(12, 3).follows(9), Written(12, 3).follows(8), Written(2, 3).follows(None)
        (True, False, True)
        """
        return self.end - self.records == (-1 if before is None else before)


async def write(producer: AIOKafkaProducer, target: TopicPartition, batches: Sequence[BatchBuilder]) -> Written:
    """Append record batches; returns where they ended, once the broker has them all.

    A record batch is appended whole or not at all. The last one holds the position, and is sent when the others are
    acknowledged, so that the position is never there without what it stands for.
    """
    *first, last = batches
    counts = [batch.record_count() for batch in batches]
    sent = [await producer.send_batch(batch, target.topic, partition=target.partition) for batch in first]
    await asyncio.gather(*sent)
    acknowledged = await (await producer.send_batch(last, target.topic, partition=target.partition))
    if acknowledged.offset < 0:  # a batch that the broker had already, and no longer knows where
        msg = f"{target.topic}-{target.partition} acknowledged a write without saying where it is"
        raise BrokerError(msg)
    return Written(acknowledged.offset + counts[-1] - 1, sum(counts))
