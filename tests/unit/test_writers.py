"""Others who write to the changelogs, and topics that are not what they were: seen, repaired or refused."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from stream.errors import BrokerError, FencedError
from tests.unit.engines import SURVEYS
from tests.unit.holding import KEPT, OTHER, TABLES, Held, answers, batch, fetched


@pytest.fixture
async def held(tmp_path: Path) -> Held:
    held = Held(tmp_path)
    await held.partitions.open([KEPT, OTHER])
    return held


class Offsets:
    """A broker whose changelogs end where the test says."""

    def __init__(self) -> None:
        self.ended: dict[TP, int] = {}

    async def ends(self, tps: Iterable[TP]) -> dict[TP, int]:
        return {tp: self.ended.get(tp, 0) for tp in tps}

    async def begins(self, tps: Iterable[TP]) -> dict[TP, int]:
        return dict.fromkeys(tps, 5)


def foreign_writes(held: Held) -> float:
    (metric,) = held.metrics.foreign_writes.collect()
    return sum(sample.value for sample in metric.samples if sample.name.endswith("_total"))


async def test_after_the_write_of_another_everything_is_written_anew(held: Held) -> None:
    await held.partitions.handle(batch(*answers(3)))
    await held.partitions.flush()
    name = "feedback-nps-changelog-0"
    (partition,) = [held.partitions._held[KEPT]]
    table = next(table for table in partition.engine.tables if table.kpi.name == "nps")
    written = dict(held.producer.changelogs[name])
    held.producer.changelogs.clear()

    assert table.changelog_offset is not None
    offsets: Any = Offsets()
    target = TP("feedback-nps-changelog", 0)
    held.partitions.flusher.offsets = offsets
    offsets.ended[target] = table.changelog_offset + 1
    await held.partitions.check_writers()
    await held.partitions.flush()
    assert (foreign_writes(held), held.producer.changelogs) == (0, {})

    offsets.ended[target] += 7
    await held.partitions.check_writers()
    assert foreign_writes(held) == 1
    await held.partitions.flush()
    assert dict(held.producer.changelogs[name]) == written


async def test_a_write_that_does_not_follow_the_last_one_is_written_again(held: Held) -> None:
    offsets: Any = Offsets()
    held.partitions.flusher.offsets = offsets
    held.producer.first = 4  # four records of somebody else stand before ours
    await held.partitions.handle(batch(*answers(1)))
    await held.partitions.flush()
    assert foreign_writes(held) == len(TABLES)
    # What the other one wrote is not in our tables: a recovery must read it.
    assert {table.changelog_offset for table in held.state.of_source(SURVEYS, 0)} == {None}

    ends = {table.changelog_end for table in held.state.of_source(SURVEYS, 0)}
    assert None not in ends
    held.producer.first = max(end for end in ends if end is not None) + 1
    before = {name: len(records) for name, records in held.producer.changelogs.items()}
    await held.partitions.flush()
    assert {name: len(records) for name, records in held.producer.changelogs.items()} == {
        name: 2 * count for name, count in before.items()
    }


async def test_who_was_not_heard_of_writes_nothing(held: Held) -> None:
    await held.partitions.handle(batch(*answers(3)))
    held.partitions.flusher.silence = lambda: 45.5
    with pytest.raises(FencedError, match="has not heard of this process for 46 s"):
        await held.partitions.flush()
    assert (held.producer.changelogs, held.producer.letters) == ({}, [])


async def test_what_retention_took_is_not_passed_over(held: Held) -> None:
    offsets: Any = Offsets()
    held.partitions.flusher.offsets = offsets
    await held.partitions.handle(batch(*answers(2)))
    assert await held.partitions.handle(batch(*answers(1), first=5)) == 2
    with pytest.raises(BrokerError, match="begins at offset 5, but was counted up to 2: the 3 records"):
        await held.partitions.handle(batch(*answers(1), first=5))


async def test_another_record_in_the_place_of_one_that_was_counted_is_refused(held: Held) -> None:
    await held.partitions.handle(batch(*answers(2)))
    records = [record._replace(timestamp=record.timestamp + 1) for record in batch(*answers(3)).batches[0].records]
    with pytest.raises(BrokerError, match="the record at offset 1 of "):
        await held.partitions.handle(fetched(KEPT, records))


async def test_older_values_that_stand_behind_newer_ones_are_repaired_by_who_recovers_them(
    held: Held, tmp_path: Path
) -> None:
    await held.partitions.handle(batch(*answers(2)))
    await held.partitions.flush()
    name = "feedback-nps-changelog-0"
    old = list(held.producer.changelogs[name])
    await held.partitions.handle(batch(*answers(2, first=2), first=2))
    await held.partitions.flush()
    new = held.producer.changelogs[name][len(old) :]

    def recovered(records: list[tuple[bytes, bytes | None]], directory: Path) -> Held:
        other = Held(directory)
        (table,) = [table for table in other.state.of_source(SURVEYS, 0) if table.kpi.name == "nps"]
        table.restore(records)
        return other

    well = recovered([*old, *new], tmp_path / "well")
    await well.partitions.open([KEPT])
    await well.partitions.flush()
    assert well.producer.changelogs == {}

    ill = recovered([*old, *new, *old], tmp_path / "ill")
    await ill.partitions.open([KEPT])
    await ill.partitions.flush()
    assert dict(ill.producer.changelogs[name]).items() >= dict(new).items()
    written = len(ill.producer.changelogs[name])
    await ill.partitions.flush()
    assert len(ill.producer.changelogs[name]) == written
