"""What a worker holds: when a record counts as done, and what happens where that is cut short."""

import asyncio
from pathlib import Path

import orjson
import pytest
from aiokafka.errors import KafkaTimeoutError
from faust.types import TP

from stream.fetched import Fetched, RecordBatch
from tests.unit.engines import SURVEYS, survey
from tests.unit.holding import KEPT, OTHER, TABLES, Held, answers, batch


@pytest.fixture
async def held(tmp_path: Path) -> Held:
    held = Held(tmp_path)
    await held.partitions.open([KEPT, OTHER])
    return held


async def test_what_is_counted_is_read_on_from_but_durable_only_when_acknowledged(held: Held) -> None:
    assert await held.partitions.handle(batch(*answers(3))) is None
    assert held.partitions.reading() == {KEPT: 3, OTHER: 0}
    assert (held.partitions.durable(KEPT), held.partitions.durable(OTHER)) == (0, 0)

    held.producer.let.clear()
    flush = asyncio.create_task(held.partitions.flush())
    await held.producer.asked()
    await held.partitions.handle(batch(*answers(2, first=3), first=3))
    assert held.partitions.durable(KEPT) == 0
    held.producer.let.set()
    await flush

    # What came while it was being saved is not among it.
    assert held.partitions.durable(KEPT) == 3
    assert held.producer.positions() == {f"feedback-{kpi}-changelog-0": 3 for kpi in TABLES}
    await held.partitions.flush()
    assert held.partitions.durable(KEPT) == 5


async def test_nothing_new_is_nothing_to_save(held: Held) -> None:
    await held.partitions.flush()
    assert held.producer.changelogs == {}


async def test_dead_letters_are_acknowledged_before_the_position_is_written(held: Held) -> None:
    await held.partitions.handle(batch(survey("r1"), b"not json", None))
    await held.partitions.flush()

    assert held.producer.sent[:2] == ["feedback.dead-letters"] * 2
    assert sorted(held.producer.sent[2:]) == sorted(f"feedback-{kpi}-changelog" for kpi in TABLES)
    bad, empty = held.producer.letters
    assert (bad["key"], bad["value"]) == (None, b"not json")
    assert dict(bad["headers"])["feedback-offset"] == b"1"
    assert (empty["key"], empty["value"]) == (b"", None)  # a record needs one of the two
    assert held.counted() == {"accepted": 1, "rejected": 2}


async def test_many_events_are_saved_without_being_asked(tmp_path: Path) -> None:
    held = Held(tmp_path, flush_events=4)
    await held.partitions.open([KEPT])
    await held.partitions.handle(batch(*answers(3)))
    assert held.partitions.durable(KEPT) == 0
    await held.partitions.handle(batch(*answers(3, first=3), first=3))
    assert held.partitions.durable(KEPT) == 6


async def test_what_was_not_acknowledged_is_not_durable(held: Held) -> None:
    await held.partitions.handle(batch(*answers(3)))
    held.producer.fails = True
    with pytest.raises(KafkaTimeoutError):
        await held.partitions.flush()
    assert held.partitions.durable(KEPT) == 0


async def test_the_index_knows_nothing_that_the_changelog_does_not(held: Held, tmp_path: Path) -> None:
    await held.partitions.handle(batch(*answers(3)))
    held.producer.fails = True
    with pytest.raises(KafkaTimeoutError):
        await held.partitions.flush()
    (partition,) = [held.partitions._held[KEPT]]
    assert partition.engine.identities.index.position == 0
    partition.engine.identities.index.close()

    again = Held(tmp_path)  # with empty tables: that worker's changelogs hold nothing
    await again.partitions.open([KEPT])
    await again.partitions.handle(batch(*answers(3)))
    assert again.counted() == {"accepted": 3}


async def test_a_flush_that_is_cancelled_goes_on(held: Held) -> None:
    await held.partitions.handle(batch(*answers(3)))
    held.producer.let.clear()
    flush = asyncio.create_task(held.partitions.flush())
    await held.producer.asked()
    flush.cancel()
    with pytest.raises(asyncio.CancelledError):
        await flush
    held.producer.let.set()
    assert await held.partitions.release([KEPT]) == {KEPT: 3}


async def test_records_that_were_counted_are_passed_over(held: Held) -> None:
    await held.partitions.handle(batch(*answers(4)))
    await held.partitions.handle(batch(*answers(4, first=2), first=2))
    assert held.counted() == {"accepted": 6}
    assert held.partitions.reading()[KEPT] == 6


@pytest.mark.parametrize("counted", [0, 2])
async def test_a_gap_is_believed_when_the_broker_shows_it_again(held: Held, counted: int) -> None:
    if counted:
        await held.partitions.handle(batch(*answers(counted)))
    late = batch(*answers(2, first=7), first=7)
    assert await held.partitions.handle(late) == counted
    assert held.partitions.reading()[KEPT] == counted
    assert await held.partitions.handle(late) is None
    assert held.partitions.reading()[KEPT] == 9


async def test_a_gap_that_closes_was_none(held: Held) -> None:
    assert await held.partitions.handle(batch(*answers(2, first=2), first=2)) == 0
    assert await held.partitions.handle(batch(*answers(4))) is None
    assert held.counted() == {"accepted": 4}
    # The next one at the same place is a new one.
    assert await held.partitions.handle(batch(*answers(1, first=9), first=9)) == 4
    assert await held.partitions.handle(batch(*answers(1, first=8), first=8)) == 4


async def test_what_is_not_held_is_left_alone(held: Held) -> None:
    assert await held.partitions.handle(batch(*answers(2), tp=TP(SURVEYS, 3))) is None
    assert held.partitions.durable(TP(SURVEYS, 3)) is None
    assert held.counted() == {}


async def test_partitions_are_saved_before_they_are_let_go(held: Held) -> None:
    await held.partitions.handle(batch(*answers(2)))
    await held.partitions.handle(batch(*answers(1), tp=OTHER))
    assert await held.partitions.release([KEPT, TP("feedback.cases", 2)]) == {KEPT: 2}
    assert held.partitions.reading() == {OTHER: 1}
    assert await held.partitions.close() == {OTHER: 1}
    assert held.partitions.reading() == {}
    assert set(held.producer.positions().values()) == {1, 2}


async def test_what_is_being_let_go_of_counts_nothing_more(held: Held) -> None:
    await held.partitions.handle(batch(*answers(2)))
    held.producer.let.clear()
    release = asyncio.create_task(held.partitions.release([KEPT]))
    await held.producer.asked()
    await held.partitions.handle(batch(*answers(2, first=2), first=2))
    assert held.counted() == {"accepted": 2}
    held.producer.let.set()
    assert await release == {KEPT: 2}


async def test_a_batch_ends_where_its_partition_is_let_go(held: Held) -> None:
    """A large batch is counted in parts; between two of them others may act."""
    counting = asyncio.create_task(held.partitions.handle(batch(*answers(5_000))))
    await asyncio.sleep(0)
    durable = await held.partitions.release([KEPT])
    await counting
    assert 0 < durable[KEPT] < 5_000
    assert held.counted() == {"accepted": durable[KEPT]}


async def test_opening_again_goes_on_where_it_was_saved(held: Held) -> None:
    await held.partitions.handle(batch(*answers(3)))
    await held.partitions.release([KEPT])
    await held.partitions.open([KEPT])
    assert held.partitions.reading()[KEPT] == 3
    await held.partitions.handle(batch(*answers(3), survey("new")))
    assert held.counted() == {"accepted": 4}
    await held.partitions.handle(batch(survey("r1"), first=4))
    assert held.counted() == {"accepted": 4, "duplicate": 1}


async def test_opening_what_is_held_changes_nothing(held: Held) -> None:
    await held.partitions.handle(batch(*answers(3)))
    await held.partitions.open([KEPT, OTHER])
    assert held.partitions.reading() == {KEPT: 3, OTHER: 0}


async def test_with_another_key_only_indexes_of_customers_are_rebuilt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    churn = TP("feedback.churn", 0)
    lost = orjson.dumps({"customer_id": "c1", "change": "lost", "occurred_at": "2026-03-01T09:00:00Z"})
    first = Held(tmp_path, privacy_key="a key of the first kind")
    await first.partitions.open([KEPT, churn])
    await first.partitions.handle(batch(survey()))
    await first.partitions.handle(batch(lost, tp=churn))
    assert await first.partitions.close() == {KEPT: 1, churn: 1}

    for key, rebuilt in (("a key of the first kind", False), ("a key of another kind", True)):
        second = Held(tmp_path, privacy_key=key)
        second.partitions._state = first.state  # recovered
        caplog.clear()
        await second.partitions.open([KEPT, churn])
        assert second.partitions.reading() == {KEPT: 1, churn: 0 if rebuilt else 1}
        warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
        assert warnings == ["the index holds pseudonyms of another key and is rebuilt"] * rebuilt
        # One more than the tables know of.
        await second.partitions.handle(batch(*[lost] * (3 if rebuilt else 2), tp=churn))
        assert second.counted() == {"duplicate": 1}
        await second.partitions.close()
        assert "c1" not in caplog.text


async def test_what_is_missing_inside_of_a_fetch_is_really_missing(held: Held) -> None:
    first, second = batch(*answers(3)), batch(*answers(2, first=5), first=5)
    whole = Fetched(KEPT, [*first.batches, *second.batches])
    assert await held.partitions.handle(whole) is None
    assert held.counted() == {"accepted": 5}
    assert held.partitions.reading()[KEPT] == 7


async def test_a_fetch_is_counted_from_the_position_on_over_many_chunks(held: Held) -> None:
    await held.partitions.handle(batch(*answers(3_000)))
    whole = batch(*answers(5_000))
    assert await held.partitions.handle(whole) is None
    assert held.counted() == {"accepted": 5_000}


async def test_a_fetch_without_records_changes_nothing(held: Held) -> None:
    assert await held.partitions.handle(Fetched(KEPT, [RecordBatch(0, 4, [])])) is None
    assert held.partitions.reading()[KEPT] == 0
