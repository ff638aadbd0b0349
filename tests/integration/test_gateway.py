"""The gateway before a real Kafka: what it acknowledges is there, whoever is killed or away."""

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stream.brokers.kafka import KafkaBroker
from stream.events.times import isoformat

from .gateways import Gateway
from .harness import DEAD_LETTERS, SOURCES, eventually, read_topic, run


@pytest.fixture
def gateway(tmp_path: Path, own_kafka: KafkaBroker) -> Iterator[Gateway]:
    """A gateway that is yet to be started, before a Kafka that is yet to be started."""
    yield from _ended(Gateway(tmp_path, own_kafka.bootstrap))


@pytest.fixture
def settled(tmp_path: Path, module_kafka: str) -> Iterator[Gateway]:
    """A gateway that is yet to be started, before a Kafka that runs."""
    yield from _ended(Gateway(tmp_path, module_kafka))


def _ended(gateway: Gateway) -> Iterator[Gateway]:
    yield gateway
    gateway.kill()
    print(gateway.said()[-5_000:])


def answer(number: int, **more: object) -> dict[str, object]:
    """An answer of now."""
    return {"response_id": f"r{number}", "kpi": "nps", "occurred_at": isoformat(time.time()), "score": 9, **more}


async def ids_in(broker: str) -> list[str]:
    return [json.loads(record.value)["response_id"] for record in await read_topic(broker, "feedback.surveys")]


class Senders:
    """Send events without end, and note which were acknowledged; each comes again until it is."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.acknowledged: list[str] = []
        self.statuses: Counter[int] = Counter()
        self._numbers = count()

    @asynccontextmanager
    async def sending(self, at_once: int = 8) -> AsyncIterator[None]:
        """Send while the block runs."""
        async with aiohttp.ClientSession() as session:
            tasks = [asyncio.create_task(self._send(session)) for _ in range(at_once)]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, session: aiohttp.ClientSession) -> None:
        for number in self._numbers:
            event = answer(number)
            await eventually(partial(self._deliver, session, event))
            self.acknowledged.append(f"r{number}")

    async def _deliver(self, session: aiohttp.ClientSession, event: Any) -> None:
        try:
            status, _ = await self.gateway.post(session, event)
        except aiohttp.ClientError:  # it was killed
            status = 0
        self.statuses[status] += 1
        assert status == 200

    async def until(self, more: int) -> None:
        """Wait for so many further acknowledgements."""
        wanted = len(self.acknowledged) + more

        async def enough() -> None:
            assert len(self.acknowledged) >= wanted

        await eventually(enough)


async def test_what_is_acknowledged_is_there_though_gateway_and_broker_are_killed(
    own_kafka: KafkaBroker, gateway: Gateway
) -> None:
    await own_kafka.start()
    await gateway.start().ready()
    senders = Senders(gateway)
    async with senders.sending():
        await senders.until(200)
        gateway.kill()
        gateway.start()
        await senders.until(200)
        await own_kafka.kill()
        await own_kafka.start()
        await senders.until(200)
        assert gateway.end(signal.SIGTERM) == 0, gateway.said()
        gateway.start()
        await senders.until(200)
    assert set(senders.statuses) <= {200, 503, 0}, senders.statuses
    gateway.stop()
    there = await ids_in(own_kafka.bootstrap)
    assert set(senders.acknowledged) - set(there) == set()
    assert len(senders.acknowledged) == len(set(senders.acknowledged)) >= 800


async def test_while_kafka_is_away_senders_are_asked_to_come_again(own_kafka: KafkaBroker, gateway: Gateway) -> None:
    gateway.start()
    async with aiohttp.ClientSession() as session:

        async def asked(status: int) -> Any:
            found, headers = await gateway.post(session, answer(0))
            assert found == status, f"status {found}; it said:\n{gateway.said()}"
            return headers

        # It listens before there is a Kafka.
        assert int((await eventually(lambda: asked(503)))["Retry-After"]) > 0
        await own_kafka.start()
        await gateway.ready()
        await asked(200)

        await own_kafka.stop()
        assert int((await asked(503))["Retry-After"]) > 0
        status, page = await gateway.get("/readyz")
        assert (status, page) == (503, "Kafka owes the acknowledgement of 1 records\n")
        assert (await gateway.get("/healthz"))[0] == 200

        await own_kafka.start()
        await eventually(lambda: asked(200))
        await gateway.ready()
    gateway.stop()
    assert "Traceback" not in gateway.said()
    assert "s3cret" not in gateway.said()


async def test_what_cannot_be_counted_is_a_dead_letter_until_it_can(
    module_kafka: str, settled: Gateway, tmp_path: Path
) -> None:
    gateway = settled
    gateway.change(gateway_open="typeform")
    await gateway.start().ready()
    rated = {"type": "number", "number": 6, "field": {"ref": "csat"}}
    answers = {"token": "t1", "submitted_at": isoformat(time.time()), "answers": [rated], "who": "jane@example.com"}
    body = json.dumps({"event_type": "form_response", "form_response": answers}).encode()
    async with aiohttp.ClientSession() as session, session.post(f"{gateway.url}/in/typeform", data=body) as response:
        assert response.status == 200
    gateway.stop()
    (letter,) = await read_topic(module_kafka, DEAD_LETTERS)
    assert letter.value == body
    shown = run("dead-letters", "list", "--format", "json", "--topic", "/in/typeform", broker=module_kafka)
    assert json.loads(shown.out)["reason"] == "out_of_range"
    assert "jane" not in gateway.said() + shown.out

    # The operator says which scale it is.
    (tmp_path / "sources.yaml").write_text("typeform: {questions: {csat: {kpi: csat, scale: {min: 1, max: 7}}}}")
    back = run(
        "dead-letters", "replay", "--yes", broker=module_kafka, gateway_sources=tmp_path / "sources.yaml"
    )  # fmt: skip
    assert (back.status, back.err) == (0, "1 sent back\n")
    assert await ids_in(module_kafka) == ["typeform:t1"]
    assert len(await read_topic(module_kafka, DEAD_LETTERS)) == 1


async def test_an_erasure_meets_what_the_gateway_has_written(module_kafka: str, settled: Gateway) -> None:
    gateway, key = settled, "0123456789abcdef"
    gateway.change(privacy_key=key)
    await gateway.start().ready()
    lost = {"type": "churn", "customer_id": "c1", "change": "lost", "occurred_at": isoformat(time.time())}
    async with aiohttp.ClientSession() as session:
        assert (await gateway.post(session, lost))[0] == 200
    gateway.stop()
    erased = run("erase", "c1", broker=module_kafka, privacy_key=key)
    assert (erased.status, erased.err.partition(" sent")[0]) == (0, "erasure of 1 customer")
    assert SOURCES[1] == "feedback.churn"
    records = await read_topic(module_kafka, SOURCES[1])
    (written,) = [record.key for record in records if b'"churn"' in record.value]
    assert written != b"c1"
    assert {record.key for record in records if b'"erasure"' in record.value} == {b"c1", written}
