"""A member of a group that shares the partitions of its topics, and commits by itself what it has done."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalGenerationError, IllegalStateError, RebalanceInProgressError

from stream.kafka import member_options
from stream.settings import Settings

logger = logging.getLogger(__name__)

#: What a commit fails with where the group has changed meanwhile.
_MOVED = (CommitFailedError, IllegalGenerationError, IllegalStateError, RebalanceInProgressError)


@asynccontextmanager
async def member(settings: Settings, stage: str, *topics: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of the group `<app_id>-<stage>`, for a block."""
    consumer = AIOKafkaConsumer(*topics, **member_options(settings, stage))
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def commit(consumer: AIOKafkaConsumer, done: Mapping[TopicPartition, int]) -> None:
    """Commit up to where partitions are done; what others hold by now, they do once more."""
    if not done:
        return
    try:
        await consumer.commit(dict(done))
    except _MOVED as error:
        logger.info("partitions have moved to others, who read again", extra={"error": str(error)})
