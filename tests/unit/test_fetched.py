"""What is handed over of a fetch is what aiokafka itself would hand over, but for topic and partition."""

import gc
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import FetchError, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from stream.fetched import hand_over_batches

PLACE = TopicPartition("feedback.surveys", 3)
#: Where the attributes of a record batch are, and among them what makes it a control batch.
_ATTRIBUTES, _CONTROL = 22, 0x20


def encoded(first: int, count: int, *, control: bool = False) -> bytes:
    """A record batch as it lies in a partition; of each record key, value and headers tell its offset."""
    builder = DefaultRecordBatchBuilder(2, 3, 0, -1, -1, -1, 1 << 20)
    for number in range(count):
        text = b"%d" % (first + number)
        key, value = (None, None) if number % 5 == 4 else (text, b"value " + text)
        builder.append(number, timestamp=1_000 + number, key=key, value=value, headers=[("source", text)])
    data = bytearray(builder.build())
    data[:8] = first.to_bytes(8, "big")  # no part of the checksum, as the broker fills it in
    if control:
        data[_ATTRIBUTES] |= _CONTROL
    return bytes(data)


def corrupt(batch: bytes) -> bytes:
    return batch[:-1] + bytes([batch[-1] ^ 1])


def records_of(data: bytes, offset: int, *, check: bool) -> PartitionRecords:
    return PartitionRecords(PLACE, MemoryRecords(data), [], offset, None, None, check, 0)


class Fetch:
    """A fetch from an offset on, as a consumer puts it away, and as it is taken."""

    def __init__(self, data: bytes, offset: int, *, check: bool = True) -> None:
        self.state = SimpleNamespace(position=offset, paused=False, consumed_to=self._consumed_to)
        assignment = SimpleNamespace(active=True, state_value=lambda _: self.state)
        consumer: Any = SimpleNamespace(_fetcher=SimpleNamespace(_records={}))
        hand_over_batches(consumer)
        records = records_of(data, offset, check=check)
        self.records = weakref.ref(records)
        waiting = consumer._fetcher._records
        waiting[PLACE] = FetchResult(PLACE, partition_records=records, assignment=assignment, backoff=0)
        self.result = waiting[PLACE]

    def _consumed_to(self, position: int) -> None:
        self.state.position = position


@pytest.fixture
def no_collection() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def shown(records: Any) -> list[tuple[Any, ...]]:
    return [(each.offset, each.timestamp, each.key, each.value, tuple(each.headers)) for each in records]


@pytest.mark.parametrize("offset", [40, 43, 44])
def test_records_are_those_that_the_consumer_would_make(offset: int) -> None:
    # Compaction has left nothing between 45 and 50; the batch at 60 is a transaction's end.
    data = encoded(40, 5) + encoded(50, 10) + encoded(60, 1, control=True) + encoded(61, 3)
    fetch = Fetch(data, offset, check=False)  # the mark of a control batch has spoilt its checksum
    batches = fetch.result.getall()
    found = shown(record for batch in batches for record in batch.records)
    assert found == shown(records_of(data, offset, check=False))
    assert [each[0] for each in found] == [*range(offset, 45), *range(50, 60), *range(61, 64)]
    assert [(batch.begin, batch.end) for batch in batches] == [(offset, 45), (45, 60), (61, 64)]
    assert fetch.state.position == 64
    assert not fetch.result.has_more()


@pytest.mark.parametrize("place", [0, 1])
def test_a_corrupt_batch_and_all_behind_it_are_fetched_again(place: int) -> None:
    batches = [encoded(40, 5), encoded(45, 5), encoded(50, 5)]
    batches[place] = corrupt(batches[place])
    fetch = Fetch(b"".join(batches), 40)
    with pytest.raises(CorruptRecordException, match="wrong checksum"):
        fetch.result.getall()
    assert fetch.result.getall() == []
    assert fetch.state.position == 40


def test_what_was_taken_is_let_go_at_once(no_collection: None) -> None:
    fetch = Fetch(encoded(40, 5), 40)
    assert fetch.records() is not None
    fetch.result.getall()
    assert fetch.records() is None


def test_errors_are_left_as_they_are() -> None:
    consumer: Any = SimpleNamespace(_fetcher=SimpleNamespace(_records={}))
    hand_over_batches(consumer)
    error = FetchError(error=CorruptRecordException(), backoff=0)
    consumer._fetcher._records[PLACE] = error
    assert consumer._fetcher._records[PLACE] is error
