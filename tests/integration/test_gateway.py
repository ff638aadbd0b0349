"""The gateway before a real Kafka: what it acknowledges is there, whoever is killed or away."""

import asyncio
import json
import signal
import sys
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

from .harness import DEAD_LETTERS, Service, eventually, read_topic, run

TOKEN = {"Authorization": "Bearer s3cret"}


class Gateway(Service):
    """`feedback-stream gateway` as a child process."""

    def __init__(self, directory: Path, broker: str, **settings: object) -> None:
        super().__init__(directory, broker, "gateway", **settings)
        self._command = [sys.executable, "-m", "stream", "gateway"]
        self._environment |= {"FEEDBACK_GATEWAY_HTTP": self.http}
        self.change(gateway_events_secrets="s3cret")

    async def post(self, session: aiohttp.ClientSession, event: Any) -> tuple[int, Any]:
        """Status and headers of the answer to an event."""
        async with session.post(f"{self.url}/in/events", json=event, headers=TOKEN) as response:
            await response.read()
            return response.status, response.headers


@pytest.fixture
def gateway(tmp_path: Path, own_kafka: KafkaBroker) -> Iterator[Gateway]:
    """A gateway that is yet to be started, before a Kafka that is yet to be started."""
    service = Gateway(tmp_path, own_kafka.bootstrap)
    yield service
    service.kill()
    print(service.said()[-5_000:])


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


async def test_what_cannot_be_counted_is_a_dead_letter(own_kafka: KafkaBroker, gateway: Gateway) -> None:
    gateway.change(gateway_open="typeform")
    await own_kafka.start()
    await gateway.start().ready()
    body = b'{"event_type":"form_response","form_response":{"who":"jane@example.com","form'
    async with aiohttp.ClientSession() as session, session.post(f"{gateway.url}/in/typeform", data=body) as response:
        assert response.status == 200
    gateway.stop()
    (letter,) = await read_topic(own_kafka.bootstrap, DEAD_LETTERS)
    assert letter.value == body
    shown = run("dead-letters", "list", "--format", "json", "--topic", "/in/typeform", broker=own_kafka.bootstrap)
    assert json.loads(shown.out)["reason"] == "invalid_json"
    assert "jane" not in gateway.said() + shown.out
