"""Partitions that are held without a broker, and a producer that remembers what was sent."""

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from aiokafka.errors import KafkaTimeoutError
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.types import TP
from prometheus_client import CollectorRegistry

from stream.clock import FixedClock
from stream.fetched import Fetched, RecordBatch
from stream.partitions import Partitions
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.store import State
from tests.unit.engines import NOW, SURVEYS, survey

KEPT = TP(SURVEYS, 0)
OTHER = TP(SURVEYS, 1)
#: The tables that surveys feed.
TABLES = {"nps", "csat", "ces", "enps"}


class Record(NamedTuple):
    """A record as it is handed over."""

    offset: int
    value: bytes | None
    key: bytes | None = None
    timestamp: int = NOW * 1_000
    headers: tuple[tuple[str, bytes], ...] = ()


def batch(*values: bytes | None, first: int = 0, tp: TP = KEPT) -> Fetched:
    return fetched(tp, [Record(offset, value) for offset, value in enumerate(values, first)])


def fetched(tp: TP, records: list[Record]) -> Fetched:
    return Fetched(tp, [RecordBatch(records[0].offset, records[-1].offset + 1, records)])


class Producer:
    """Remembers what was sent, in its order; acknowledges at once, or when it is let, or never."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.letters: list[dict[str, Any]] = []
        self.changelogs: dict[str, list[tuple[bytes, bytes | None]]] = {}
        self.let = asyncio.Event()
        self.let.set()
        self.fails = False
        self.first: int | None = None

    def create_batch(self) -> "Batch":
        return Batch()

    async def send(self, topic: str, **record: Any) -> "asyncio.Future[None]":
        self.letters.append(record)
        return asyncio.ensure_future(self._acknowledge(topic))

    async def send_batch(self, sent: "Batch", topic: str, *, partition: int) -> "asyncio.Future[Any]":
        log = self.changelogs.setdefault(f"{topic}-{partition}", [])
        first = len(log) if self.first is None else self.first
        log.extend(sent.records)
        return asyncio.ensure_future(self._acknowledge(topic, first))

    async def _acknowledge(self, topic: str, offset: int = 0) -> Any:
        await self.let.wait()
        if self.fails:
            raise KafkaTimeoutError
        self.sent.append(topic)
        return Acknowledged(offset)

    async def asked(self) -> None:
        """Wait until something was sent, acknowledged or not."""
        while not self.changelogs:  # noqa: ASYNC110  one turn of the loop at a time, as often as it takes
            await asyncio.sleep(0)

    def positions(self) -> dict[str, int]:
        """The positions that the changelogs hold, by topic and partition."""
        return {
            name: orjson.loads(dict(records)[b'["position"]'] or b"")["offset"]
            for name, records in self.changelogs.items()
        }


class Acknowledged(NamedTuple):
    offset: int


class Batch(BatchBuilder):  # type: ignore[misc]
    """Never full."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes | None]] = []

    def append(self, *, key: bytes, value: bytes | None, timestamp: int) -> object:
        assert timestamp == NOW * 1_000
        self.records.append((key, value))
        return self

    def close(self) -> None:
        """It is never full."""

    def record_count(self) -> int:
        return len(self.records)


class Held:
    """Partitions of the surveys, with a producer to look into."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        own = Settings(windows="1h/1m", scopes="channel", cross="", data_dir=directory, **settings)
        self.state = State(own)
        self.metrics = ServiceMetrics(own, self.state, CollectorRegistry())
        self.partitions = Partitions(own, self.state, self.metrics, FixedClock(NOW))
        self.producer = Producer()
        self.partitions.flusher.producer = self.producer

    def counted(self) -> dict[str, float]:
        samples = [sample for metric in self.metrics.events.collect() for sample in metric.samples]
        return {
            sample.labels["outcome"]: sample.value
            for sample in samples
            if sample.name == "feedback_events_total" and sample.value
        }


def answers(count: int, first: int = 0) -> list[bytes]:
    return [survey(f"r{number}") for number in range(first, first + count)]
