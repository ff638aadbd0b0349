"""Reading the changelogs of two generations, and saying where they differ."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP

from stream.events.times import isoformat
from stream.kafka import client_options, up_to_now
from stream.rebuild.saved import Cell, Comparison, Saved
from stream.settings import Settings
from stream.topics import changelog

#: Rows of a KPI that are shown one by one.
_SHOWN = 3


async def compare(old: Settings, new: Settings, begins: Mapping[TP, int], there: Mapping[str, int]) -> Comparison:
    """Compare all tables of two generations whose changelogs are there; `begins` are those of the source partitions.

    Raises:
        KafkaError: if the broker fails.
    """
    found = Comparison()
    async with AIOKafkaConsumer(
        **client_options(new), auto_offset_reset="earliest", max_partition_fetch_bytes=4 << 20, fetch_max_wait_ms=100
    ) as consumer:
        for name, kpi in new.kept.items():
            topics = changelog(old, name), changelog(new, name)
            common = min(there.get(topic, 0) for topic in topics)
            saved = await _read(consumer, [TopicPartition(topic, each) for topic in topics for each in range(common)])
            for partition in range(common):
                before, now = (saved[TopicPartition(topic, partition)] for topic in topics)
                found.add(name, kpi.levels, before, now, begins.get(TP(kpi.source, partition), 0))
    return found


async def _read(consumer: AIOKafkaConsumer, places: Collection[TopicPartition]) -> dict[TopicPartition, Saved]:
    """What changelog partitions hold, up to where they end now."""
    saved = {place: Saved() for place in places}
    if saved:
        consumer.assign(list(places))
        async for record in up_to_now(consumer):
            saved[TopicPartition(record.topic, record.partition)].take(record.key, record.value)
    return saved


def said(found: Comparison) -> Iterator[str]:
    """What a comparison has found, in lines for people."""
    if found.unreadable:
        yield f"not compared, since another state version has saved them: {', '.join(sorted(found.unreadable))}"
    moving = f"; {found.moving:,} have changed meanwhile and cannot be compared" if found.moving else ""
    if not found.different:
        yield f"the new tables equal the old ones: {found.same:,} rows are the same{moving}"
        return
    yield f"{len(found.different):,} rows DIFFER from the old tables, {found.same:,} are the same{moving}"
    by_kpi: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in found.different:
        by_kpi[cell.kpi].append(cell)
    for kpi, cells in by_kpi.items():
        starts = [cell.place[3] for cell in cells if cell.place[3] is not None]
        span = f", from {isoformat(min(starts))} to {isoformat(max(starts))}" if starts else ""
        yield f"  {kpi}: {len(cells):,} rows{span}, such as"
        yield from (f"    {_cell(cell)}" for cell in cells[:_SHOWN])


def _cell(cell: Cell) -> str:
    """A row that differs.

    >>> _cell(Cell("nps", ("channel", "phone", 900, 1_772_359_200), {"promoters": 3}, {}))
    'nps channel/phone, 900 s from 2026-03-01T10:00:00Z: was promoters 3, now nothing'
    """
    scope, member, advance, start = cell.place
    since = "before all panes" if start is None else f"from {isoformat(start)}"
    was, now = (", ".join(f"{name} {value}" for name, value in each.items()) for each in (cell.before, cell.now))
    where = f"{cell.kpi} {scope}/{member}".replace("\x1f", "+")
    return f"{where}, {advance} s {since}: was {was or 'nothing'}, now {now or 'nothing'}"
