"""Records that could not be read: parked with their reason, found again, and sent back."""

import time
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError
from faust.types import TP

from stream.decode import Headers
from stream.engine import Rejection
from stream.events.times import isoformat
from stream.kafka import reach, told, up_to_now
from stream.settings import Settings
from stream.topics import DEAD_LETTERS


class Source(NamedTuple):
    """A record of a source topic, with the place where it lies."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @classmethod
    def of(cls, tp: TP, record: Any) -> Self:
        """A record that was fetched from a partition."""
        return cls(tp.topic, tp.partition, record.offset, record.key, record.value, record.headers)


def headers_of(rejection: Rejection, now: float) -> list[tuple[str, bytes]]:
    """What a dead letter says of its record; the record's own headers follow unchanged.

    >>> from collections import namedtuple
    >>> record = namedtuple("R", "topic partition offset headers")("feedback.surveys", 0, 7, ())
    >>> from stream.errors import Rejected
    >>> dict(headers_of(Rejection(record, Rejected("null_value", "", "no value")), 0.0))["feedback-reason"]
    b'null_value'
    """
    record: Any = rejection.record
    error = rejection.error
    fields = {
        "reason": error.reason,
        "field": error.field,
        "message": str(error),
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "time": isoformat(now),
    }
    own = [(f"feedback-{name}", value.encode("utf-8", "replace")) for name, value in fields.items()]
    return own + [(name, value) for name, value in record.headers if not name.startswith("feedback-")]


async def park(producer: AIOKafkaProducer, rejections: list[Rejection], now: float) -> None:
    """Send records to the dead letters, original bytes untouched, and wait until the broker has them."""
    sent = [
        await producer.send(
            DEAD_LETTERS,
            key=_key(rejection),
            value=rejection.record.value,
            headers=headers_of(rejection, now),
        )
        for rejection in rejections
    ]
    for future in sent:
        await future


def _key(rejection: Rejection) -> bytes | None:
    """The record's own key; aiokafka does not send a record that has neither key nor value."""
    record: Any = rejection.record
    key: bytes | None = record.key
    return b"" if key is None and record.value is None else key


class DeadLetter(NamedTuple):
    """A dead letter as it lies in its topic."""

    id: str
    time: datetime
    reason: str
    field: str
    message: str
    origin: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def read(record: Any) -> DeadLetter:
    """A dead letter from its Kafka record; its id is the partition and offset in the dead letters' topic."""
    own = {name: value.decode() for name, value in record.headers if name.startswith("feedback-")}
    return DeadLetter(
        f"{record.partition}-{record.offset}",
        datetime.fromtimestamp(record.timestamp / 1000, UTC),
        own.get("feedback-reason", ""),
        own.get("feedback-field", ""),
        own.get("feedback-message", ""),
        f"{own.get('feedback-topic', '')}-{own.get('feedback-partition', '')}-{own.get('feedback-offset', '')}",
        record.key,
        record.value,
        [(name, value) for name, value in record.headers if not name.startswith("feedback-")],
    )


async def read_all(settings: Settings) -> list[DeadLetter]:
    """Every dead letter there is, oldest first in each partition.

    Raises:
        BrokerError: if the broker cannot be reached.
    """
    options = await reach(settings)
    with told():
        consumer = AIOKafkaConsumer(
            DEAD_LETTERS, **options, auto_offset_reset="earliest", max_partition_fetch_bytes=8 << 20
        )
        try:
            await consumer.start()
            letters = [read(record) async for record in up_to_now(consumer)]
        except UnknownTopicOrPartitionError:
            return []  # no worker has made the topic yet
        finally:
            await consumer.stop()
    return letters


async def send_back(settings: Settings, letters: list[DeadLetter]) -> int:
    """Send the original bytes of dead letters back to the topics they came from; how many.

    Deliveries to the gateway belong to no topic: they are understood once more, and their events sent.

    Raises:
        BrokerError: if the broker cannot be reached, or refuses.
    """
    from stream.gateway.again import again, is_delivery  # noqa: PLC0415  it writes dead letters itself

    deliveries = list(again(settings, filter(is_delivery, letters), time.time()))
    options = await reach(settings)
    with told():
        producer = AIOKafkaProducer(**options, acks="all", max_request_size=16 << 20)
        try:
            await producer.start()
            for letter in letters:
                if not is_delivery(letter):
                    topic = letter.origin.rsplit("-", 2)[0]
                    await producer.send_and_wait(topic, key=letter.key, value=letter.value, headers=letter.headers)
            for record in deliveries:
                await producer.send_and_wait(
                    record.topic, key=record.key, value=record.value, headers=list(record.headers)
                )
        finally:
            await producer.stop()
    return len(letters)
