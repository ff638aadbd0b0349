"""Fetched records as aiokafka's parser makes them, without the object that its consumer makes of each.

That object takes longer than parsing the record. What it adds, topic and partition, is the same for a whole batch.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from faust.types import TP


class Fetched(NamedTuple):
    """Records of one partition in their order; each has an offset, timestamp, key, value and headers."""

    tp: TP
    records: Sequence[Any]


class _Parsed:
    """Stands in for `PartitionRecords`, where all records are taken at once and uncommitted ones are read as well."""

    def __init__(self, fetched: PartitionRecords) -> None:
        self.next_fetch_offset: int = fetched.next_fetch_offset
        self._records = self._unpack(fetched)

    def __iter__(self) -> Iterator[Any]:
        return self._records  # one for all: after an error it is at its end, and the consumer fetches anew

    def _unpack(self, fetched: PartitionRecords) -> Iterator[Any]:
        batches = fetched._records  # noqa: SLF001
        while batches.has_next():
            batch = batches.next_batch()
            if fetched._check_crcs and not batch.validate_crc():  # noqa: SLF001
                msg = f"a batch of {fetched._tp} has a wrong checksum"  # noqa: SLF001
                raise CorruptRecordException(msg)
            if not batch.is_control_batch:
                records = list(batch)
                if records and records[0].offset < self.next_fetch_offset:  # a broker sends whole batches
                    records = [record for record in records if record.offset >= self.next_fetch_offset]
                yield from records
            self.next_fetch_offset = batch.next_offset


class _Waiting(OrderedDict[Any, Any]):
    """Fetches by partition that wait to be taken: what every fetched record goes through."""

    def __setitem__(self, tp: Any, fetch: Any) -> None:
        if isinstance(fetch, FetchResult):  # or else an error
            fetch._partition_records = _Parsed(fetch._partition_records)  # noqa: SLF001
        super().__setitem__(tp, fetch)


def hand_over_as_parsed(consumer: AIOKafkaConsumer) -> None:
    """Let a consumer that has just started, and has fetched nothing yet, hand over what its parser makes."""
    consumer._fetcher._records = _Waiting()  # noqa: SLF001  aiokafka has no place for a parser of one's own
