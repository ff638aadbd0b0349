"""The partitions that this process works on: engines are opened, fed, flushed and let go of here."""

import asyncio
import logging
import shutil
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

from faust.types import TP

from stream.clock import Clock
from stream.dead_letters import Source
from stream.engine import Engine, Processed, Rejection
from stream.events import OWNED
from stream.fetched import Fetched
from stream.flush import Flusher, Partition
from stream.histories import keep
from stream.identity import is_readable, made_with
from stream.index import DiskIndex, is_damaged
from stream.kpi import KPIS
from stream.layout import horizon
from stream.privacy import Pseudonyms
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.store import State
from stream.table import Table
from stream.watch.continuity import check_begin, check_end, check_time, name_of

logger = logging.getLogger(__name__)

#: Records that are counted between two looks at other work.
_CHUNK = 2_000
#: Of records that wait to be dead letters, at most: they can be large.
_MAX_PARKED_BYTES = 32 << 20
#: A count holds until the next one, which may be a year away: it must be known until then.
_LEVEL_HORIZON_S = 400 * 86_400


class Partitions:
    """What Faust's agents and consumer talk to; also `Positions` of the transport."""

    def __init__(
        self, settings: Settings, state: State, metrics: ServiceMetrics, clock: Clock, *, parks: bool = True
    ) -> None:
        self._settings = settings
        self._state = state
        self._metrics = metrics
        self._clock = clock
        self._parks = parks  # whether what is rejected becomes a dead letter
        self._pseudonyms = Pseudonyms.from_settings(settings)
        self._held: dict[TP, Partition] = {}
        self._leaving: set[TP] = set()
        self._released: dict[TP, int] = {}
        self._changing = asyncio.Lock()
        self.flusher = Flusher(settings, metrics, clock)

    def reading(self) -> Mapping[TP, int]:
        return {tp: partition.engine.position for tp, partition in self._held.items()}

    def durable(self, tp: TP) -> int | None:
        partition = self._held.get(tp)
        return partition.durable if partition else None

    async def open(self, tps: Iterable[TP]) -> None:
        """Take up partitions whose tables have been recovered."""
        async with self._changing:
            for tp in sorted(tps):
                if tp not in self._held:
                    tables = self._state.of_source(tp.topic, tp.partition)
                    _say_what_is_read(tp, tables)
                    index = await self._open_index(tp, min((table.position for table in tables), default=None))
                    engine = Engine(
                        tp.topic,
                        tables,
                        index,
                        self._settings,
                        late_after=horizon(self._settings),
                        pseudonyms=self._pseudonyms,
                    )
                    await self._check_log(tp, engine)
                    self._held[tp] = Partition(engine)

        positions = {name_of(tp): offset for tp, offset in self.reading().items()}
        logger.info("partitions opened", extra={"positions": positions})

    async def _check_log(self, tp: TP, engine: Engine) -> None:
        """Refuse a source partition that is no longer the one that was counted."""
        offsets = self.flusher.offsets
        if offsets is None or not engine.counted_from:
            return
        begin, end = (await offsets.begins([tp]))[tp], (await offsets.ends([tp]))[tp]
        check_end(tp, engine.counted_from, end)
        check_begin(tp, engine.counted_from, begin, accept_gaps=self._settings.accept_gaps)
        for position, last_ms in {(table.position, table.last_ms) for table in engine.tables}:
            if last_ms is not None and begin < position <= end:
                check_time(tp, position - 1, last_ms, await offsets.time_of(tp, position - 1))

    async def _open_index(self, tp: TP, counted: int | None) -> DiskIndex:
        """The index of a partition; one that cannot be used, or knows more than its tables, is begun anew."""
        path = self._settings.data_dir / self._settings.app_id / tp.topic / str(tp.partition)
        index = await self._open_when_free(tp, path)
        reason = self._why_not(tp, index, counted)
        if not reason:
            return index
        logger.warning("the index %s and is rebuilt", reason, extra={"path": str(path)})
        index.close()
        shutil.rmtree(path)
        return await self._open_when_free(tp, path)

    def _why_not(self, tp: TP, index: DiskIndex, counted: int | None) -> str:
        """What keeps an index from being used, or nothing."""
        if counted is not None and index.position > counted:
            return "is ahead of the changelog"
        if not is_readable(index):
            return "is of another version"
        if tp.topic in OWNED and not made_with(index, self._pseudonyms):
            return "holds pseudonyms of another key"
        return ""

    async def _open_when_free(self, tp: TP, path: Path) -> DiskIndex:
        horizon_s = remembered(self._settings, tp.topic)
        for attempt in range(60):
            try:
                return DiskIndex(path, horizon_s)
            except Exception as error:
                if is_damaged(error) and attempt == 0:
                    logger.warning("the index cannot be read and is rebuilt", extra={"path": str(path)})
                    shutil.rmtree(path)
                    continue
                # The worker that held this partition may still be closing it.
                if "lock" not in str(error).lower() or attempt == 59:
                    raise
                await asyncio.sleep(0.5)
        raise AssertionError

    async def release(self, tps: Iterable[TP]) -> Mapping[TP, int]:
        """Save and let go of partitions; up to where each is durable."""
        async with self._changing:
            held = {tp: self._held[tp] for tp in tps if tp in self._held}
            self._leaving.update(held)  # what would be counted from here on would not be saved
            try:
                await asyncio.gather(*(self._flush(tp, partition) for tp, partition in held.items()))
            finally:
                self._leaving.difference_update(held)
            for tp, partition in held.items():
                self._released[tp] = partition.durable
                del self._held[tp]
                partition.engine.identities.index.close()
            return {tp: partition.durable for tp, partition in held.items()}

    async def handle(self, fetched: Fetched) -> int | None:
        """Count a fetch; the offset to seek to where records before it seem to be missing.

        Records that were counted already are passed over. A batch that starts beyond the next offset is not trusted
        the first time: it may have been queued before a rebalance. If the broker shows the same gap again, it is real
        (compaction, transactions), and the batch is counted.
        """
        tp = fetched.tp
        partition = self._held.get(tp)
        if partition is None or tp in self._leaving:
            return None  # it was revoked; whoever holds it reads these records
        for number, chunk in enumerate(fetched.chunks(_CHUNK)):
            position = partition.engine.position
            first = chunk[0].offset
            if first > position and number == 0:  # inside of a fetch what is missing is really missing
                if partition.gap != first:
                    partition.gap = first
                    return position
                # What the tables have is counted: only the index may lack what retention has removed since.
                await self._check_gap(tp, max(position, partition.engine.counted_from))
            partition.gap = None
            if tp in self._leaving or self._held.get(tp) is not partition:
                return None  # let go of between two chunks; the rest is read by whoever holds it next
            fresh = chunk if first >= position else self._beyond(tp, partition, chunk)
            if fresh:
                processed = partition.engine.process(fresh, self._clock.now())
                self._account(tp, partition, fresh, processed)
                await asyncio.sleep(0)
        if partition.unsaved >= self._settings.flush_events or partition.parked_bytes > _MAX_PARKED_BYTES:
            await self._flush(tp, partition)
        return None

    async def _check_gap(self, tp: TP, position: int) -> None:
        """Refuse to pass over what retention has removed; what compaction removes is meant to be gone."""
        if self.flusher.offsets is not None:
            begin = (await self.flusher.offsets.begins([tp]))[tp]
            check_begin(tp, position, begin, accept_gaps=self._settings.accept_gaps)

    def _beyond(self, tp: TP, partition: Partition, records: Sequence[Any]) -> list[Any]:
        """The records that were not counted yet; those before must be the ones that were."""
        position = partition.engine.position
        for record in records:
            if record.offset == position - 1 and partition.last_ms is not None:
                check_time(tp, record.offset, partition.last_ms, record.timestamp)
        return [record for record in records if record.offset >= position]

    def _account(self, tp: TP, partition: Partition, records: Sequence[Any], processed: Processed) -> None:
        parked_below = partition.parked_below if self._parks else inf
        rejections = [each for each in processed.rejections if each.record.offset >= parked_below]
        partition.parked_bytes += sum(len(rejection.record.value or b"") for rejection in rejections)
        partition.rejections += [Rejection(Source.of(tp, each.record), each.error) for each in rejections]
        partition.last_ms = records[-1].timestamp
        self._metrics.count(tp.topic, processed)
        self._metrics.seen(
            tp, partition.engine.stream_time, [record.timestamp for record in records], self._clock.now()
        )

    def settle(self) -> None:
        """Bring what was judged into the tables, for somebody who looks."""
        for partition in self._held.values():
            partition.engine.settle()

    async def flush(self) -> None:
        """Make everything that was counted durable."""
        await asyncio.gather(*(self._flush(tp, partition) for tp, partition in list(self._held.items())))

    async def _flush(self, tp: TP, partition: Partition) -> None:
        # What was taken out to be saved must be saved: a cancelled caller leaves, the work goes on.
        await asyncio.shield(asyncio.ensure_future(self._save(tp, partition)))

    async def _save(self, tp: TP, partition: Partition) -> None:
        async with partition.saving:
            if partition.to_save and self._held.get(tp) is partition:
                await self.flusher.save(tp, partition)

    async def check_writers(self) -> None:
        """Find what other processes have written to the changelogs of what is held here."""
        await self.flusher.check_writers(self._held)

    def durables(self) -> dict[TP, int]:
        """Up to where each partition is durable at least: of those that are held, and of those that once were."""
        return self._released | {tp: partition.durable for tp, partition in self._held.items()}

    async def close(self) -> Mapping[TP, int]:
        """Save and let go of everything."""
        return await self.release(list(self._held))


def _say_what_is_read(tp: TP, tables: Sequence[Table]) -> None:
    """Log what is read of another version's state, and how, and which tables are counted from the beginning."""
    for table in tables:
        for said in table.adapted:
            logger.info("saved state is read as it is: %s", said, extra={"table": table.kpi.name, "tp": name_of(tp)})
    new = [table.kpi.name for table in tables if not table.position]
    if new and len(new) < len(tables):
        logger.warning(
            "tables without saved state are counted from the beginning of their topic, which takes a while",
            extra={"tables": new, "tp": name_of(tp)},
        )


def remembered(settings: Settings, topic: str) -> int:
    """For how many seconds the index of a topic remembers what was counted."""
    levels = any(kpi.levels for kpi in KPIS.values() if kpi.source == topic)
    beyond = keep(settings, topic)
    histories = 0 if beyond is None else horizon(settings) + beyond
    return max(settings.edit_horizon, _LEVEL_HORIZON_S if levels else 0, histories)
