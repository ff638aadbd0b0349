"""Live scores for other programs: changed ones go to the compacted topic `feedback.scores`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.kafka import client_options, is_forbidden, up_to_now
from stream.render import as_json
from stream.settings import Settings
from stream.topics import SCORES
from stream.view import Score

logger = logging.getLogger(__name__)

#: KPI, window, scope and member, and a label after them for some.
_Key = tuple[str, ...]


class Publisher:
    """Sends what has changed since the last time, and deletes what has vanished.

    Several views may publish the same: each record is a register, and the same value twice changes nothing.
    """

    def __init__(self, settings: Settings, look: Callable[[], Awaitable[tuple[float, list[Score]]]]) -> None:
        self._settings = settings
        self._look = look
        self._published: dict[_Key, tuple[object, ...]] = {}

    async def run(self, producer: AIOKafkaProducer) -> None:
        """Publish until cancelled."""
        await self._read_published()
        while True:
            await asyncio.sleep(self._settings.publish_interval)
            at, scores = await self._look()
            if not at:  # not everything is known yet
                continue
            before = self._published
            changes = self.changes(at, scores).items()
            try:
                sent = [await producer.send(SCORES, key=orjson.dumps(key), value=value) for key, value in changes]
                await asyncio.gather(*sent)
            except KafkaError as error:
                if is_forbidden(error):
                    raise
                logger.warning("publishing scores failed, trying again", extra={"error": str(error)})
                self._published = before

    async def _read_published(self) -> None:
        """Know what is there: some of it may have left its window while nobody published."""
        consumer = AIOKafkaConsumer(SCORES, **client_options(self._settings), auto_offset_reset="earliest")
        try:
            await consumer.start()
            async for record in up_to_now(consumer):
                self.read(record.key, record.value)
        finally:
            await consumer.stop()

    def read(self, key: bytes | None, value: bytes | None) -> None:
        """Take in a record of the topic; what its value was worked out of is not known."""
        try:
            place = tuple(orjson.loads(key or b""))
        except (ValueError, TypeError):
            logger.warning("a record of %s is passed over: its key is not ours", SCORES)
            return
        if value is None:
            self._published.pop(place, None)
        else:
            self._published[place] = ()

    def changes(self, at: float, scores: list[Score]) -> dict[_Key, bytes | None]:
        """Records to send: the new value of each changed score, None for those that are no more."""
        now = {
            (score.score, score.window, score.scope, score.member, *score.labels.values()): score for score in scores
        }
        told = {key: (score.estimate, score.accumulator) for key, score in now.items()}
        changed: dict[_Key, bytes | None] = {key: None for key in self._published if key not in told}
        for key, what in told.items():
            if self._published.get(key) != what:
                changed[key] = orjson.dumps(as_json(now[key], at))
        self._published = dict(told)
        return changed
