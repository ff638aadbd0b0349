"""Follows the changelogs of partitions that other workers hold, so that every view shows the whole."""

import asyncio
import logging
from collections.abc import Callable, Collection

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from stream.kafka import client_options, is_forbidden
from stream.kpi import Accumulator
from stream.settings import Settings
from stream.store import State, restore_all
from stream.topics import changelog

logger = logging.getLogger(__name__)


class Follower:
    """Reads changelogs into the state; what this process holds itself is left alone."""

    def __init__(
        self, settings: Settings, state: State, partitions: dict[str, int], held: Callable[[], Collection[TP]]
    ) -> None:
        self._settings = settings
        self._state = state
        self._held = held
        self._kpis: dict[TopicPartition, type[Accumulator]] = {
            TopicPartition(changelog(settings, name), number): kpi
            for name, kpi in settings.kept.items()
            for number in range(partitions[kpi.source])
        }
        self._ends: dict[TopicPartition, int] = {}
        self.caught_up = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled."""
        consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 << 20,
            fetch_max_wait_ms=100,
        )
        try:
            await consumer.start()
            while True:
                try:
                    await self._assign(consumer)
                    await self._read(consumer)
                except KafkaError as error:
                    if is_forbidden(error):  # waiting would not help, and the view would never be whole
                        raise
                    logger.warning("following the changelogs failed, trying again", extra={"error": str(error)})
                    await asyncio.sleep(1)
        finally:
            await consumer.stop()

    async def _assign(self, consumer: AIOKafkaConsumer) -> None:
        """Follow what is not held here, from where the state is."""
        held = {(tp.topic, tp.partition) for tp in self._held()}
        wanted = {tp for tp, kpi in self._kpis.items() if (kpi.source, tp.partition) not in held}
        if wanted == consumer.assignment() and consumer.assignment():
            return
        added = wanted - consumer.assignment()
        consumer.assign(sorted(wanted))
        self._ends |= await consumer.end_offsets(sorted(added)) if added else {}
        for tp in wanted:
            known = self._state.table(self._kpis[tp], tp.partition).changelog_offset
            if known is None:
                await consumer.seek_to_beginning(tp)
            else:
                consumer.seek(tp, known + 1)

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        if not consumer.assignment():
            self.caught_up.set()
            await asyncio.sleep(0.2)
            return
        for tp, records in (await consumer.getmany(timeout_ms=200)).items():
            kpi = self._kpis[tp]
            if TP(kpi.source, tp.partition) not in self._held():  # it may have been taken up meanwhile
                restore_all(self._state.table(kpi, tp.partition), records)
            await asyncio.sleep(0)
        if not self.caught_up.is_set() and await self._is_caught_up(consumer):
            self.caught_up.set()

    async def _is_caught_up(self, consumer: AIOKafkaConsumer) -> bool:
        positions = {tp: await consumer.position(tp) for tp in consumer.assignment()}
        return all(position >= self._ends.get(tp, 0) for tp, position in positions.items())
