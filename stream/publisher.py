"""Live scores for other programs: changed ones go to the compacted topic `feedback.scores`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.kafka import is_forbidden
from stream.render import as_json
from stream.topics import SCORES
from stream.view import Score

logger = logging.getLogger(__name__)

#: KPI, window, scope and member, and a label after them for some.
_Key = tuple[str, ...]


class Publisher:
    """Sends what has changed since the last time, and deletes what has vanished.

    Several views may publish the same: each record is a register, and the same value twice changes nothing.
    """

    def __init__(self, look: Callable[[], Awaitable[tuple[float, list[Score]]]], interval_s: float) -> None:
        self._look = look
        self._interval_s = interval_s
        self._published: dict[_Key, tuple[object, ...]] = {}

    async def run(self, producer: AIOKafkaProducer) -> None:
        """Publish until cancelled."""
        while True:
            await asyncio.sleep(self._interval_s)
            at, scores = await self._look()
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
