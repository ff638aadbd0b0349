"""Drops in the running service: looks every few seconds, and tells and remembers alerts by their topic."""

import asyncio
import logging
from collections.abc import Callable
from zlib import crc32

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from stream.clock import Clock
from stream.drops.alerts import Alert, Book
from stream.drops.detector import WATCHED_KPIS, Detector, Standing
from stream.kafka import client_options, is_forbidden, up_to_now
from stream.settings import Settings
from stream.store import State
from stream.topics import ALERTS

logger = logging.getLogger(__name__)


class Lookout:
    """Evaluates the detector, and keeps the book of alerts as the topic tells it.

    An alert counts once it is read back. So all views have the same book, and a restart neither forgets nor repeats.
    `whole` says whether all partitions are seen; `settle` brings what was judged into the tables.
    """

    def __init__(
        self, settings: Settings, state: State, clock: Clock, whole: Callable[[], bool], settle: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._whole = whole
        self._settle = settle
        self._detector = Detector(settings, state, Book())
        self.standings: list[Standing] = []

    def open(self) -> list[Alert]:
        """The alerts that are raised."""
        return self._detector.book.open()

    async def run(self, producer: AIOKafkaProducer, partitions: int) -> None:
        """Look until cancelled."""
        consumer = AIOKafkaConsumer(**client_options(self._settings), auto_offset_reset="earliest")
        consumer.assign([TopicPartition(ALERTS, number) for number in range(partitions)])
        await consumer.start()
        try:
            async for record in up_to_now(consumer):
                self._take(record.value)
            while True:
                await self._read_for(consumer, self._settings.drop_interval)
                if self._whole():
                    await self._tell(producer, partitions, await self._look())
        finally:
            await consumer.stop()

    async def _read_for(self, consumer: AIOKafkaConsumer, seconds: float) -> None:
        """Take in what comes within some seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0:
            for records in (await consumer.getmany(timeout_ms=int(1000 * left) + 1)).values():
                for record in records:
                    self._take(record.value)

    def _take(self, value: bytes | None) -> None:
        try:
            alert = Alert.read(value or b"null")
        except ValueError as error:
            logger.warning("a record of %s is passed over", ALERTS, extra={"error": str(error)})
            return
        self._detector.book.take(alert)

    async def _look(self) -> list[Alert]:
        """Sums are taken in the event loop, a KPI at a time; judging them is a thread's work."""
        at, standings, found = self._clock.now(), list[Standing](), list[Alert]()
        for kpi in WATCHED_KPIS:
            self._settle()
            gathered = self._detector.gather(kpi, at)
            judged = None
            if gathered is not None:
                judged = await asyncio.to_thread(self._detector.judge, kpi, gathered, at)
                standings += await asyncio.to_thread(list, judged.standings())
                found += self._detector.explanations(judged)
            found += self._detector.changes(kpi, judged, at)
        self.standings = standings
        return found

    async def _tell(self, producer: AIOKafkaProducer, partitions: int, alerts: list[Alert]) -> None:
        """All records of one chart go to one partition, so that every reader has them in the same order.

        What could not be written is found again at the next look.
        """
        for alert in alerts:
            partition = crc32("/".join(alert.chart).encode()) % partitions
            try:
                await producer.send_and_wait(ALERTS, key=alert.id.encode(), value=alert.encoded(), partition=partition)
            except KafkaError as error:
                if is_forbidden(error):
                    raise
                logger.warning("an alert could not be written, trying again", extra={"error": str(error)})
            else:
                logger.warning("drop %s", alert.state, extra={"alert": alert.id, "drop": round(alert.drop, 4)})
