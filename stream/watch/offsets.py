"""Questions to the broker about partitions: where they begin and end, what stands at an offset, what is committed."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from faust.types import TP

from stream.kafka import client_options
from stream.settings import Settings

Question = Callable[[Any], Awaitable[dict[TopicPartition, int]]]

#: How long a record may take to be fetched.
_FETCH_MS = 10_000


class Offsets:
    """Asks over connections of its own, so that answers do not wait for records that are being fetched."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer = None
        self._admin: AIOKafkaAdminClient = None
        self._fetching = asyncio.Lock()

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaError: if no broker answers.
        """
        options = client_options(self._settings)
        self._consumer = AIOKafkaConsumer(**options, max_partition_fetch_bytes=64 << 10)
        self._admin = AIOKafkaAdminClient(**options)
        await self._consumer.start()
        await self._admin.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._admin.close()
        await self._consumer.stop()

    async def begins(self, tps: Collection[TP]) -> dict[TP, int]:
        """The offset of the first record that is still there."""
        return await self._asked(self._consumer.beginning_offsets, tps)

    async def ends(self, tps: Collection[TP]) -> dict[TP, int]:
        """The offset that the next record will get."""
        return await self._asked(self._consumer.end_offsets, tps)

    async def committed(self) -> dict[TP, int]:
        """What this service's group has committed."""
        found = await self._admin.list_consumer_group_offsets(self._settings.app_id)
        return {TP(tp.topic, tp.partition): entry.offset for tp, entry in found.items() if entry.offset >= 0}

    async def partitions(self, topics: Collection[str]) -> dict[str, int]:
        """How many partitions each topic has; those that are not there are left out."""
        found = await self._admin.describe_topics(list(topics))
        return {each["topic"]: len(each["partitions"]) for each in found if each["partitions"]}

    async def time_of(self, tp: TP, offset: int) -> int | None:
        """The timestamp, in milliseconds, of the record at an offset; None where compaction took it out."""
        record = await self._next(tp, offset)
        return record.timestamp if record is not None and record.offset == offset else None

    async def any_from(self, tp: TP, offset: int) -> bool:
        """Whether there is a record at or behind an offset: the end of a partition may be a transaction's mark."""
        return await self._next(tp, offset) is not None

    async def _next(self, tp: TP, offset: int) -> Any:
        place = TopicPartition(tp.topic, tp.partition)
        async with self._fetching:
            self._consumer.assign([place])
            self._consumer.seek(place, offset)
            try:
                found = await self._consumer.getmany(timeout_ms=_FETCH_MS, max_records=1)
            finally:
                self._consumer.unsubscribe()
        return next(iter(found.get(place, ())), None)

    @staticmethod
    async def _asked(question: Question, tps: Collection[TP]) -> dict[TP, int]:
        if not tps:
            return {}
        found = await question([TopicPartition(*tp) for tp in tps])
        return {TP(tp.topic, tp.partition): offset for tp, offset in found.items()}
