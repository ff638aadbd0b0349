"""The stage: reads notifications, sends what they lead to, and only then commits them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalGenerationError, IllegalStateError, RebalanceInProgressError

from stream.clock import Clock
from stream.fetch.handler import Handler
from stream.fetch.metrics import FetchMetrics
from stream.kafka import member_options
from stream.settings import Settings
from stream.topics import NOTIFICATIONS, NOTIFICATIONS_LATER

logger = logging.getLogger(__name__)

#: Notifications that are taken at once: what becomes of them is sent together, and then committed.
_RECORDS = 50
#: Longer than a batch takes: each notification some requests, until an API that is away is left alone.
_BATCH_MS = 1_800_000
#: What a commit fails with where the group has changed meanwhile: whoever has the partition now fetches these again.
_MOVED = (CommitFailedError, IllegalGenerationError, IllegalStateError, RebalanceInProgressError)


class Stage:
    """One member of the group `<app_id>-fetch`, which shares the partitions of the notifications.

    What a notification leads to is acknowledged before the notification is committed: none is lost, some are fetched
    twice, and the identities of their events make one of both. What cannot be fetched now is written to a topic of its
    own, whose records are read `fetch_again` after they were written, in their order; so nobody waits behind a sender
    whose API is away. `moved_at` is when the stage last came round, in seconds since 1970.
    """

    def __init__(self, settings: Settings, handler: Handler, metrics: FetchMetrics, clock: Clock) -> None:
        self._settings = settings
        self._handler = handler
        self._metrics = metrics
        self._clock = clock
        self._resting: dict[TopicPartition, float] = {}
        self.moved_at = clock.now()

    async def run(self, producer: AIOKafkaProducer) -> None:
        """Fetch until cancelled."""
        settings = self._settings
        consumer = AIOKafkaConsumer(
            NOTIFICATIONS,
            NOTIFICATIONS_LATER,
            **member_options(settings, "fetch"),
            max_poll_interval_ms=_BATCH_MS,
        )
        try:
            await consumer.start()
            while True:
                await self._turn(consumer, producer)
                self.moved_at = self._clock.now()
        finally:
            await consumer.stop()

    async def _turn(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        self._resume(consumer)
        batches = await consumer.getmany(timeout_ms=500, max_records=_RECORDS)
        ripe = {tp: self._ripe(consumer, tp, records) for tp, records in batches.items()}
        made = await asyncio.gather(*(self._handler.handle(record) for records in ripe.values() for record in records))
        sent = [
            await producer.send(topic, value, key, headers=list(headers))
            for records in made
            for topic, key, value, headers in records
        ]
        await asyncio.gather(*sent)
        done = {tp: records[-1].offset + 1 for tp, records in ripe.items() if records}
        if done:
            try:
                await consumer.commit(done)
            except _MOVED as error:
                logger.info("partitions have moved to others, who fetch again", extra={"error": str(error)})
        await self._show_waiting(consumer)

    def _ripe(self, consumer: AIOKafkaConsumer, tp: TopicPartition, records: Sequence[Any]) -> list[Any]:
        """The records whose time has come. The first one whose has not, and all behind it, are read again later."""
        if tp.topic != NOTIFICATIONS_LATER:
            return list(records)
        before = (self._clock.now() - self._settings.fetch_again) * 1000
        ripe = [record for record in records if record.timestamp <= before]
        if len(ripe) < len(records):
            first = records[len(ripe)]
            try:
                consumer.seek(tp, first.offset)
                consumer.pause(tp)
            except IllegalStateError:  # it is another's by now, and with it what is ripe
                return []
            self._resting[tp] = first.timestamp / 1000 + self._settings.fetch_again
        return ripe

    def _resume(self, consumer: AIOKafkaConsumer) -> None:
        now, held = self._clock.now(), consumer.assignment()
        ready = [tp for tp, until in self._resting.items() if until <= now or tp not in held]
        for tp in ready:
            del self._resting[tp]
        consumer.resume(*(tp for tp in ready if tp in held))

    async def _show_waiting(self, consumer: AIOKafkaConsumer) -> None:
        if self._settings.broker_kind != "kafka":
            return  # the embedded broker's end offsets are wrong
        waiting: Counter[str] = Counter()
        with suppress(IllegalStateError):  # partitions move while one looks
            for tp in consumer.assignment():
                end = consumer.highwater(tp)
                if end is not None:
                    waiting[tp.topic] += max(0, end - await consumer.position(tp))
        self._metrics.show_waiting(waiting)
