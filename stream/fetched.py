"""Fetched records as aiokafka's parser makes them, and not before they are wanted.

aiokafka makes an object of each record, which takes longer than parsing it; what it adds, topic and partition, is the
same for a whole fetch. And it parses a fetch as a whole: tens of thousands of records, which the garbage collector
looks at again and again, and which are no longer in the processor's cache when their turn comes.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from faust.types import TP


class RecordBatch(NamedTuple):
    """A batch as it lies in its partition; it is parsed when its records are looked at, once.

    They are the records from offset `begin` to `end`, without `end`, as far as there are any.
    """

    begin: int
    end: int
    records: Iterable[Any]


class Fetched(NamedTuple):
    """Records of one partition in their order; each has an offset, timestamp, key, value and headers."""

    tp: TP
    batches: Sequence[RecordBatch]

    def chunks(self, size: int) -> Iterator[list[Any]]:
        """The records, so many at a time; only once.

        >>> fetched = Fetched(TP("t", 0), [RecordBatch(0, 3, iter("abc")), RecordBatch(3, 4, "d")])
        >>> [*fetched.chunks(2)]
        [['a', 'b'], ['c', 'd']]
        """
        chunk: list[Any] = []
        for batch in self.batches:
            chunk += batch.records
            while len(chunk) >= size:
                yield chunk[:size]
                del chunk[:size]
        if chunk:
            yield chunk


class _Parsed:
    """Stands in for `PartitionRecords`, where all is taken at once and uncommitted records are read as well."""

    def __init__(self, fetched: PartitionRecords) -> None:
        self.next_fetch_offset: int = fetched.next_fetch_offset
        # Never begun, it would hold all that was fetched in a cycle until a garbage collection, which is minutes away.
        fetched._records_iterator = None  # noqa: SLF001
        self._batches = self._unpack(fetched)

    def __iter__(self) -> Iterator[RecordBatch]:
        return self._batches  # one for all: after an error it is at its end, and the consumer fetches anew

    def _unpack(self, fetched: PartitionRecords) -> Iterator[RecordBatch]:
        batches, wanted = fetched._records, self.next_fetch_offset  # noqa: SLF001
        while batches.has_next():
            batch = batches.next_batch()
            if fetched._check_crcs and not batch.validate_crc():  # noqa: SLF001
                msg = f"a batch of {fetched._tp} has a wrong checksum"  # noqa: SLF001
                raise CorruptRecordException(msg)
            begin, self.next_fetch_offset = self.next_fetch_offset, batch.next_offset
            if not batch.is_control_batch:
                # A broker sends whole batches, so the first may begin before what is wanted.
                records = (record for record in batch if record.offset >= wanted) if begin == wanted else batch
                yield RecordBatch(begin, batch.next_offset, records)


class _Waiting(OrderedDict[Any, Any]):
    """Fetches by partition that wait to be taken: what every fetched record goes through."""

    def __setitem__(self, tp: Any, fetch: Any) -> None:
        if isinstance(fetch, FetchResult):  # or else an error
            fetch._partition_records = _Parsed(fetch._partition_records)  # noqa: SLF001
        super().__setitem__(tp, fetch)


def hand_over_batches(consumer: AIOKafkaConsumer) -> None:
    """Let a consumer that has just started, and has fetched nothing yet, hand over `RecordBatch`es for records."""
    consumer._fetcher._records = _Waiting()  # noqa: SLF001  aiokafka has no place for a parser of one's own
