"""Kafka away: senders are asked to come again, memory stays bounded, and the first acknowledgement opens the door."""

import asyncio
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import urlsplit

import orjson
import pytest
from aiokafka.errors import KafkaTimeoutError

from stream.errors import BrokerError
from stream.gateway.intake import AWAY_S
from stream.gateway.outbox import AwayError, Outbox
from stream.gateway.records import Record
from stream.sources.canonical import Canonical

from .running import DEADLINE_S, TOKEN, FakeProducer, running

RECORD = Record("feedback.surveys", b"r1", b"{}", ())
ANSWER = orjson.dumps({"response_id": "r1", "kpi": "nps", "occurred_at": "2026-03-01T09:30:00Z", "score": 9})


async def test_nothing_is_acknowledged_that_kafka_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Canonical, "patience", 0.7)
    async with running() as gateway:
        gateway.producer.holds = True
        answered = await gateway.post("/in/events", ANSWER)
        assert (answered.status, answered.headers["Retry-After"]) == (503, str(AWAY_S))
        assert answered.body == b'{"error":"unavailable"}'
        # As long as it is owed, nothing more is taken, and nobody waits.
        assert (await gateway.post("/in/events", ANSWER)).status == 503
        assert len(gateway.producer.sent) == 1
        ready = await gateway.ask("GET", "/readyz")
        assert (ready.status, ready.body) == (503, b"Kafka owes the acknowledgement of 1 records\n")
        assert (await gateway.ask("GET", "/healthz")).status == 200
        assert await gateway.metric("feedback_gateway_kafka_away") == 1

        gateway.producer.acknowledge()
        assert (await gateway.ask("GET", "/readyz")).status == 200
        assert (await gateway.post("/in/events", ANSWER)).status == 200


async def test_a_delivery_that_failed_is_not_taken_for_known_when_it_comes_again() -> None:
    async with running() as gateway:
        gateway.producer.fails = KafkaTimeoutError()
        headers = {"Authorization": "Bearer s3cret", "Idempotency-Key": "1"}
        assert (await gateway.post("/in/events", ANSWER, headers)).status == 503
        gateway.producer.fails = None
        assert (await gateway.post("/in/events", ANSWER, headers)).body == b'{"accepted":1}'


async def test_more_bodies_than_may_be_held_have_to_wait() -> None:
    async with running(gateway_pending_bytes=4_000_000, gateway_max_bytes=3_000_000) as gateway:
        gateway.producer.holds = True
        large = b" " * 2_500_000 + ANSWER
        first = asyncio.create_task(gateway.ask("POST", "/in/events", data=BytesIO(large), headers=TOKEN))
        async with asyncio.timeout(DEADLINE_S):
            await gateway.producer.has_some.wait()
        answered = await gateway.ask("POST", "/in/events", data=BytesIO(large), headers=TOKEN)
        assert (answered.status, answered.headers["Retry-After"]) == (503, "1")
        gateway.producer.acknowledge()
        assert (await first).status == 200
        assert await gateway.metric("feedback_gateway_pending_bytes") == 0


async def test_a_body_that_does_not_come_is_waited_for_no_longer_than_the_sender_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Canonical, "patience", 0.7)
    async with running() as gateway:
        url = urlsplit(gateway.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(b"POST /in/events HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{")
        async with asyncio.timeout(DEADLINE_S):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()
        await writer.wait_closed()
        assert await gateway.metric("feedback_gateway_pending_bytes") == 0


async def test_before_kafka_was_reached_nothing_is_taken() -> None:
    outbox = Outbox()
    assert outbox.problem()
    with pytest.raises(AwayError):
        await outbox.put([RECORD], within=1.0)


class Stuck(FakeProducer):
    """A client that knows no topic yet: it waits before it takes a record."""

    async def send(self, *_: object, **__: object) -> "asyncio.Future[None]":
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_client_that_takes_no_record_is_waited_for_no_longer_than_the_sender_waits() -> None:
    outbox = Outbox()
    outbox.open(Stuck())
    with pytest.raises(AwayError):
        await outbox.put([RECORD], within=0.01)
    assert outbox.problem() == "", "what was never sent is not owed"


class Ended(FakeProducer):
    """A client whose sender has given up."""

    def __init__(self) -> None:
        super().__init__()
        self._sender = SimpleNamespace(sender_task=asyncio.create_task(self._fail()))

    async def _fail(self) -> None:
        raise KafkaTimeoutError


async def test_a_client_that_has_ended_ends_the_gateway() -> None:
    outbox = Outbox()
    outbox.open(Ended())
    with pytest.raises(BrokerError, match="Kafka's client has ended by itself"):
        await outbox.watch()
