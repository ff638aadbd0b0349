"""Topics and changelogs as they lie in the broker, read raw and offline."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from .oracle import Cells, Partition, Place
from .world import KPIS, PARTITIONS, changelog

_POSITION = b'["position"]'
#: Records at the end of a changelog among which the last position is found: more than a flush has.
_TAIL = 5_000


async def batches(broker: str, topic: str, partition: int) -> AsyncIterator[Sequence[Any]]:
    """Every record that a partition holds now, in the order of offsets, a fetch at a time."""
    tp = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, max_partition_fetch_bytes=4 << 20, enable_auto_commit=False, check_crcs=False
    )
    async with consumer:
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                yield records


async def truth(broker: str, topic: str, partition: int) -> Partition:
    """What a partition of a source topic leaves behind."""
    found = Partition(topic)
    async for records in batches(broker, topic, partition):
        found.feed((record.offset, record.timestamp, record.value) for record in records)
    return found


async def behind(broker: str, app_id: str) -> list[str]:
    """A sentence for each changelog partition whose position is not yet the end of its source.

    Not asked of the group: what it has committed is for tools, and after a commit that failed it stays behind until
    the next record comes.
    """
    sources = {TopicPartition(*place): place for place in source_partitions()}
    logs = {
        TopicPartition(changelog(app_id, name), partition): TopicPartition(topic, partition)
        for topic, partition in sources.values()
        for name, kpi in KPIS.items()
        if kpi.topic == topic
    }
    async with AIOKafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False) as consumer:
        consumer.assign([*sources, *logs])
        wanted = await consumer.end_offsets([*sources])
        ends, first = await consumer.end_offsets([*logs]), await consumer.beginning_offsets([*logs])
        consumer.assign([*logs])
        for tp, end in ends.items():
            consumer.seek(tp, max(first[tp], end - _TAIL))
        found = dict.fromkeys(logs, 0)
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for tp, records in (await consumer.getmany(timeout_ms=200)).items():
                positions = [orjson.loads(record.value)["offset"] for record in records if record.key == _POSITION]
                found[tp] = max([found[tp], *positions])
    return [
        f"{tp.topic}-{tp.partition} is at {found[tp]} of {wanted[source]}"
        for tp, source in logs.items()
        if found[tp] < wanted[source]
    ]


class Saved(NamedTuple):
    """A changelog partition as two readers see it, and the position it holds.

    `newest` keeps of each key the value with the greater source offset, as the service reads; `last` the last record,
    as compaction does.
    """

    newest: Cells
    last: Cells
    position: int
    records: int


async def saved(broker: str, app_id: str, kpi: str, partition: int) -> Saved:
    """Read a changelog partition."""
    log = Log(len(KPIS[kpi].fields))
    async for records in batches(broker, changelog(app_id, kpi), partition):
        for record in records:
            log.add(record.key, record.value)
    return log.result()


class Log:
    """Takes in changelog records in their order."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._newest: dict[bytes, list[int]] = {}
        self._last: dict[bytes, list[int]] = {}
        self._position = 0
        self._records = 0

    def add(self, key: bytes, value: bytes | None) -> None:
        """One record more."""
        self._records += 1
        if key == _POSITION:
            self._position = max(self._position, orjson.loads(value or b'{"offset":0}')["offset"])
        elif value is None:
            self._newest.pop(key, None)
            self._last.pop(key, None)
        else:
            row = self._last[key] = orjson.loads(value)
            if key not in self._newest or row[0] >= self._newest[key][0]:
                self._newest[key] = row

    def result(self) -> Saved:
        """What is left, by place, without what openings hold already."""
        return Saved(self._cells(self._newest), self._cells(self._last), self._position, self._records)

    def _cells(self, rows: dict[bytes, list[int]]) -> Cells:
        placed: dict[Place, list[int]] = {tuple(orjson.loads(key)): row for key, row in rows.items()}
        folded = {place[:3]: row[1 + self._width] for place, row in placed.items() if place[3] is None}
        return {
            place: row[1 : 1 + self._width]
            for place, row in placed.items()
            if place[3] is None or place[3] >= folded.get(place[:3], 0)
        }


def source_partitions() -> list[tuple[str, int]]:
    """Every partition of the topics that feed a KPI."""
    topics = sorted({kpi.topic for kpi in KPIS.values()})
    return [(topic, partition) for topic in topics for partition in range(PARTITIONS[topic])]
