"""Making what was counted durable: dead letters, changelogs, index, each acknowledged before the next."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.types import TP

from stream import changelog, dead_letters
from stream.clock import Clock
from stream.detractors import open_cases
from stream.engine import Engine, Rejection
from stream.errors import FencedError
from stream.events import Observation
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.table import Table
from stream.topics import changelog as changelog_topic
from stream.watch.offsets import Offsets

logger = logging.getLogger(__name__)


class Partition:
    """An engine with what it has not saved yet; `last_ms` is the timestamp of the last record that was counted."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.durable = engine.position
        self.last_ms = next((table.last_ms for table in engine.tables if table.position == engine.position), None)
        self.rejections: list[Rejection] = []
        self.parked_bytes = 0  # of what was rejected
        self.saving = asyncio.Lock()
        self.gap: int | None = None
        self._overwritten = any(table.overtaken for table in engine.tables)
        # Dead letters are acknowledged before any table moves on: of these records there are some.
        self.parked_below = max((table.position for table in engine.tables), default=0)

    @property
    def unsaved(self) -> int:
        """Records handled since the last acknowledged flush."""
        return self.engine.position - self.durable

    @property
    def to_save(self) -> bool:
        """Whether a flush has anything to do."""
        return self.unsaved > 0 or self._overwritten

    def write_anew(self) -> None:
        """Another writer was in a changelog of this partition: the next flush writes all that is held."""
        self._overwritten = True
        for table in self.engine.tables:
            table.write_anew()

    def take(self) -> tuple[list[Rejection], list[Observation]]:
        """Bring tables and index entries to the position, to be saved as one; rejections and detractors up to there."""
        rejections, self.rejections, self._overwritten = self.rejections, [], False
        self.parked_bytes = 0
        detractors, self.engine.detractors = self.engine.detractors, []
        self.engine.settle()
        self.engine.identities.begin_save()
        for table in self.engine.tables:
            table.overtaken = False
            if table.position == self.engine.position:
                table.last_ms = self.last_ms
        return rejections, detractors


class Flusher:
    """Writes for partitions that this process holds, and notices when it may not, or when others write as well.

    A changelog partition has one writer. A worker that is paused for longer than its session cannot be kept from
    writing when it wakes up: it finds out by itself that the group has not heard of it, or else the new owner finds its
    records, and writes all anew. Readers keep, of two values, the one with the greater source offset meanwhile.
    """

    def __init__(self, settings: Settings, metrics: ServiceMetrics, clock: Clock) -> None:
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        # Set by the worker, once there is an event loop. The embedded broker is asked nothing: its offsets are wrong.
        self.producer: AIOKafkaProducer = None
        self.offsets: Offsets | None = None
        self.silence: Callable[[], float] = lambda: 0.0  # seconds since the group last heard of this process

    async def save(self, tp: TP, partition: Partition) -> None:
        """Make a partition durable up to its position; the caller holds `saving`.

        Raises:
            FencedError: if the partition may be another worker's by now.
        """
        self._fence()
        now = self._clock.now()
        # From here to the first await nothing else runs: position, changes and pending entries belong together.
        position = partition.engine.position
        rejections, detractors = partition.take()
        packed = [
            (table, changelog.pack(self.producer, table.changes(), int(now * 1000)))
            for table in partition.engine.tables
        ]
        await dead_letters.park(self.producer, rejections, now)
        await open_cases(self.producer, detractors)
        alone = await asyncio.gather(*(self._write(table, tp.partition, batches) for table, batches in packed))
        if not all(alone):
            partition.write_anew()
        partition.engine.identities.save(position)
        partition.durable = position
        self._metrics.flush_seconds.observe(self._clock.now() - now)

    async def _write(self, table: Table, partition: int, batches: list[BatchBuilder]) -> bool:
        """Append to a table's changelog; whether nobody else has written there."""
        target = TopicPartition(changelog_topic(self._settings, table.kpi.name), partition)
        self._fence()
        written = await changelog.write(self.producer, target, batches)
        alone = self.offsets is None or written.follows(table.changelog_end)
        if alone and table.changelog_offset == table.changelog_end:
            table.changelog_offset = written.end
        table.changelog_end = written.end
        if not alone:
            self._say_not_alone(table, partition)
        return alone

    def _fence(self) -> None:
        silence = self.silence()
        if silence > self._settings.session_timeout:
            msg = (
                f"the consumer group has not heard of this process for {silence:.0f} s (session_timeout is "
                f"{self._settings.session_timeout} s): its partitions may be another worker's by now"
            )
            raise FencedError(msg)

    async def check_writers(self, held: Mapping[TP, Partition]) -> None:
        """Find what others have written to the changelogs of partitions that have nothing to write themselves."""
        if self.offsets is None:
            return
        before = {
            TP(changelog_topic(self._settings, table.kpi.name), tp.partition): (each, table, table.changelog_end)
            for tp, each in held.items()
            if not each.saving.locked()
            for table in each.engine.tables
        }
        for target, end in (await self.offsets.ends(before)).items():
            partition, table, last = before[target]
            unchanged = table.changelog_end == last and not partition.saving.locked()
            if unchanged and end > (-1 if last is None else last) + 1:
                table.changelog_end = end - 1
                partition.write_anew()
                self._say_not_alone(table, target.partition)

    def _say_not_alone(self, table: Table, partition: int) -> None:
        self._metrics.foreign_writes.labels(table.kpi.name).inc()
        logger.warning(
            "another writer was in a changelog, which is written anew: a worker that was paused has woken up",
            extra={"table": table.kpi.name, "partition": partition},
        )
