"""Senders do not wait for one another, and nothing is committed before it is done."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition
from multidict import CIMultiDict
from prometheus_client import CollectorRegistry

from stream.clock import FixedClock
from stream.fetch import stage as own
from stream.fetch.api import Api
from stream.fetch.handler import Handler
from stream.fetch.metrics import FetchMetrics
from stream.fetch.notice import notification
from stream.fetch.stage import Stage
from stream.gateway.records import Record
from stream.settings import Settings
from stream.sources.schemes import Request
from stream.sources.surveymonkey import SurveyMonkey, SurveyMonkeyOptions
from stream.topics import DEAD_LETTERS, NOTIFICATIONS, NOTIFICATIONS_LATER
from tests.integration.gateways import notification as told
from tests.integration.gateways import path_of, response

from .vendor import Vendor, vendor

NOW = 1_790_000_000.0
SURVEYS = "feedback.surveys"
TP, LATER = TopicPartition(NOTIFICATIONS, 0), TopicPartition(NOTIFICATIONS_LATER, 0)
DEADLINE_S = 60


class Consumer:
    """A group of one: what is put into it is read in order, and what is committed is noted."""

    def __init__(self) -> None:
        self.log: dict[TopicPartition, list[Any]] = {TP: [], LATER: []}
        self.at = dict.fromkeys(self.log, 0)
        self.committed = dict.fromkeys(self.log, 0)
        self.paused: set[TopicPartition] = set()

    def put(self, tp: TopicPartition, record: Record, at: float = NOW) -> None:
        offset = len(self.log[tp])
        self.log[tp].append(
            SimpleNamespace(
                offset=offset, value=record.value, key=record.key, headers=record.headers, timestamp=int(at * 1000)
            )
        )

    async def getmany(self, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0.001)
        found = {}
        for tp in self.log.keys() - self.paused:
            records = self.log[tp][self.at[tp] : self.at[tp] + max_records]
            self.at[tp] += len(records)
            if records:
                found[tp] = records
        return found

    async def commit(self, done: dict[TopicPartition, int]) -> None:
        self.committed |= done

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self.log)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.at[tp] = offset

    def pause(self, *tps: TopicPartition) -> None:
        self.paused.update(tps)

    def resume(self, *tps: TopicPartition) -> None:
        self.paused.difference_update(tps)

    def highwater(self, tp: TopicPartition) -> int:
        return len(self.log[tp])

    async def position(self, tp: TopicPartition) -> int:
        return self.at[tp]


class Producer:
    """Acknowledges at once, or not before it is told to; what goes to the later topic is read from there."""

    def __init__(self, consumer: Consumer, clock: FixedClock) -> None:
        self.sent: list[Record] = []
        self.acknowledges = asyncio.Event()
        self.acknowledges.set()
        self.refuses = False
        self._consumer = consumer
        self._clock = clock

    async def send(self, topic: str, value: bytes, key: bytes | None, headers: list[Any]) -> "asyncio.Future[None]":
        record = Record(topic, key, value, tuple(headers))
        return asyncio.ensure_future(self._acknowledged(record))

    async def _acknowledged(self, record: Record) -> None:
        await self.acknowledges.wait()
        if self.refuses:
            raise ConnectionError
        self.sent.append(record)
        if record.topic == NOTIFICATIONS_LATER:
            self._consumer.put(LATER, record, self._clock.now())

    def to(self, topic: str) -> list[Any]:
        return [orjson.loads(record.value) for record in self.sent if record.topic == topic]


class World(SimpleNamespace):
    """A stage before two APIs, one of which is slow."""

    vendor: Vendor
    consumer: Consumer
    producer: Producer
    clock: FixedClock
    handler: Handler
    registry: CollectorRegistry
    running: "asyncio.Task[None]"

    def notify(self, source: str, number: int) -> None:
        """A notification, as a gateway writes it."""
        request = Request("", CIMultiDict(), orjson.dumps(told(number)))
        self.consumer.put(TP, notification(SurveyMonkey(name=source), f"e{number}", request))

    def fetched(self, source: str) -> set[str]:
        events = self.producer.to(SURVEYS)
        return {event["response_id"] for event in events if event["response_id"].startswith(f"{source}:")}

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                assert not self.running.done(), self.running.exception()
                await asyncio.sleep(0.001)


@asynccontextmanager
async def stage(monkeypatch: pytest.MonkeyPatch, slow_rate: float = 0.02) -> AsyncIterator[World]:
    settings = Settings(fetch_again="5m", fetch_patience="1d")
    clock, registry, consumer = FixedClock(NOW), CollectorRegistry(), Consumer()

    @asynccontextmanager
    async def member(*_: Any) -> AsyncIterator[Consumer]:
        yield consumer

    monkeypatch.setattr(own, "member", member)
    async with vendor() as (there, session):
        there.otherwise = response
        options = {"api": there.url, "questions": {"11": "nps"}}
        sources: Any = {
            name: SurveyMonkey(SurveyMonkeyOptions.model_validate(options | {"api_rate": rate}), name)
            for name, rate in (("quick", 1_000), ("slow", slow_rate))
        }
        apis = {name: Api(source, "t0ken", session) for name, source in sources.items()}
        metrics = FetchMetrics(registry)
        handler = Handler(settings, sources, apis, metrics, clock, random.Random(1))
        producer = Producer(consumer, clock)
        running = asyncio.create_task(Stage(settings, handler, metrics, clock).run(producer))
        try:
            yield World(
                vendor=there, consumer=consumer, producer=producer, clock=clock, handler=handler, registry=registry,
                running=running,
            )  # fmt: skip
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await running


def ids(source: str, numbers: Sequence[int]) -> set[str]:
    return {f"{source}:{number}" for number in numbers}


async def test_a_slow_api_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as world:
        for number in range(1, 201):  # four notifications of five are of a sender that takes 50 s for a request
            world.notify("quick" if number % 5 == 0 else "slow", number)
        await world.until(lambda: world.fetched("quick") == ids("quick", range(5, 201, 5)))
        assert len(world.fetched("slow")) <= 1
        handed_on = [record for record in world.producer.sent if record.topic == NOTIFICATIONS_LATER]
        assert len(handed_on) == 160 - 8, "what its API cannot answer soon waits in the topic"
        assert {dict(record.headers)["feedback-attempt"] for record in handed_on} == {b"0"}
        assert world.consumer.committed[TP] < 10, "what waits for its API is not done"


async def test_an_api_that_hangs_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch, slow_rate=1_000) as world:
        world.vendor.says(path_of(1), response(path_of(1))._replace(hangs=True))
        world.notify("slow", 1)
        for number in range(2, 52):
            world.notify("quick", number)
        await world.until(lambda: world.fetched("quick") == ids("quick", range(2, 52)))
        assert world.consumer.committed[TP] == 0
        world.vendor.closing.set()
        await world.until(lambda: world.consumer.committed[TP] == 51)
        assert world.fetched("slow") == ids("slow", [1])


async def test_what_was_handed_on_comes_back_and_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch, slow_rate=1_000) as world:
        hangs = range(1, 501)
        for number in hangs:
            world.vendor.says(path_of(number), response(path_of(number))._replace(hangs=True))
            world.notify("slow", number)
        for number in range(501, 511):
            world.notify("slow", number)
        await world.until(lambda: len(world.consumer.log[LATER]) == 10)
        world.vendor.closing.set()
        await world.until(lambda: world.consumer.committed[TP] == 510)
        assert world.fetched("slow") == ids("slow", hangs)
        assert world.consumer.committed[LATER] == 0, "not before its time"
        world.clock.at += 301
        await world.until(lambda: world.consumer.committed[LATER] == 10)
        assert world.fetched("slow") == ids("slow", range(1, 511))


async def test_nothing_is_committed_that_kafka_has_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as world:
        world.producer.acknowledges.clear()
        for number in range(1, 4):
            world.notify("quick", number)
        world.consumer.put(TP, Record(NOTIFICATIONS, None, b"of nobody", ()))
        await world.until(lambda: world.vendor.paths().count(path_of(3)) == 1)
        assert world.consumer.committed[TP] == 0
        world.producer.acknowledges.set()
        await world.until(lambda: world.consumer.committed[TP] == 4)
        assert len(world.producer.to(SURVEYS)) == 3
        assert [record.value for record in world.producer.sent if record.topic == DEAD_LETTERS] == [b"of nobody"]


async def test_where_kafka_fails_the_stage_ends_without_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as world:
        world.producer.refuses = True
        world.notify("quick", 1)
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(asyncio.shield(world.running), DEADLINE_S)
        assert world.consumer.committed[TP] == 0


async def test_where_kafka_is_slow_no_more_is_read_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as world:
        world.producer.acknowledges.clear()
        for _ in range(5_000):
            world.consumer.put(TP, Record(NOTIFICATIONS, None, b"of nobody", ()))
        await world.until(lambda: world.consumer.at[TP] >= world.handler.room)
        for _ in range(100):  # turns of the event loop
            await asyncio.sleep(0)
        assert world.consumer.at[TP] <= world.handler.room + 100
        world.producer.acknowledges.set()
        await world.until(lambda: world.consumer.committed[TP] == 5_000)


async def test_how_much_waits_is_shown_with_what_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as world:
        for number in range(1, 4):
            world.notify("slow", number)

        def waiting() -> float | None:
            return world.registry.get_sample_value("feedback_fetch_lag_records", {"topic": NOTIFICATIONS})

        await world.until(lambda: waiting() == 3 - len(world.fetched("slow")) and world.consumer.at[TP] == 3)
