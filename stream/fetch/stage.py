"""The stage: reads notifications, sends what they lead to, and only then commits them."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalStateError

from stream.clock import Clock
from stream.fetch.handler import Handler
from stream.fetch.metrics import FetchMetrics
from stream.fetch.progress import Progress
from stream.member import commit, member
from stream.settings import Settings
from stream.topics import NOTIFICATIONS, NOTIFICATIONS_LATER

#: Notifications that are taken at once.
_RECORDS = 50


class Stage:
    """One member of the group `<app_id>-fetch`, which shares the partitions of the notifications.

    Each notification is a task of its own, so none waits for another's API. What it leads to is acknowledged before it
    is done, and a partition is committed up to its first one that is not: none is lost, some are fetched twice, and the
    identities of their events make one of both. What cannot be fetched now is written to a topic of its own, whose
    records are read `fetch_again` after they were written, in their order. `moved_at` is when the stage last came
    round, in seconds since 1970.
    """

    def __init__(self, settings: Settings, handler: Handler, metrics: FetchMetrics, clock: Clock) -> None:
        self._settings = settings
        self._handler = handler
        self._metrics = metrics
        self._clock = clock
        self._progress = Progress()
        self._running: set[asyncio.Task[None]] = set()
        self._resting: dict[TopicPartition, float] = {}
        self.moved_at = clock.now()

    async def run(self, producer: AIOKafkaProducer) -> None:
        """Fetch until cancelled."""
        try:
            async with member(self._settings, "fetch", NOTIFICATIONS, NOTIFICATIONS_LATER) as consumer:
                while True:
                    await self._turn(consumer, producer)
                    self.moved_at = self._clock.now()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _turn(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        self._resume(consumer)
        batches = await consumer.getmany(timeout_ms=500, max_records=_RECORDS)
        for tp, records in batches.items():
            for record in self._ripe(consumer, tp, records):
                self._progress.take(tp, record.offset)
                self._running.add(asyncio.create_task(self._bring(tp, record, producer)))
        await self._settle()
        await commit(consumer, self._progress.moved(consumer.assignment()))
        await self._show_waiting(consumer)

    async def _bring(self, tp: TopicPartition, record: Any, producer: AIOKafkaProducer) -> None:
        """See one notification through."""
        made = await self._handler.handle(record)
        sent = [await producer.send(topic, value, key, headers=list(headers)) for topic, key, value, headers in made]
        await asyncio.gather(*sent)
        self._progress.done(tp, record.offset)

    async def _settle(self) -> None:
        """Let go of what is done; where more is under way than waits for APIs, it is Kafka that is waited for.

        Raises:
            Exception: what a notification has failed with: Kafka does not take what it leads to.
        """
        while True:
            done = {task for task in self._running if task.done()}
            self._running -= done
            await asyncio.gather(*done)
            if len(self._running) < self._handler.room + _RECORDS:
                return
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

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
        self._metrics.show_oldest(self._handler.oldest())
        if self._settings.broker_kind != "kafka":
            return  # the embedded broker's end offsets are wrong
        waiting: Counter[str] = Counter()
        with suppress(IllegalStateError):  # partitions move while one looks
            for tp in consumer.assignment():
                end = consumer.highwater(tp)
                if end is not None:
                    unread = max(0, end - await consumer.position(tp))
                    waiting[tp.topic] += unread + self._progress.under_way(tp)
        self._metrics.show_waiting(waiting)
