"""Notifications before a real Kafka: what they tell of is fetched and counted once, whoever is killed in the middle."""

import asyncio
import base64
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fetch.vendor import Reply, Vendor, vendor

from .gateways import API_TOKEN, Fetch, Gateway, notification, path_of, response, sources_file
from .harness import DEAD_LETTERS, all_committed, eventually, read_topic, run

SURVEYS, TOPICS = "feedback.surveys", ("feedback.notifications", "feedback.notifications-later")
SECRET = "cid&csecret"  # noqa: S105  of these tests
REFUSED, MISSING, WAITED_FOR = 7, 8, 30
NUMBERS = range(1, 61)


@pytest.fixture
def processes(tmp_path: Path, module_kafka: str) -> Iterator[tuple[Gateway, Fetch]]:
    """A gateway and what fetches, yet to be started."""
    both = Gateway(tmp_path, module_kafka), Fetch(tmp_path, module_kafka)
    yield both
    for process in both:
        process.kill()
        print(process.said()[-5_000:] if process.log.exists() else "")


async def notify(gateway: Gateway, session: aiohttp.ClientSession, number: int) -> None:
    """Tell the gateway of a response, as SurveyMonkey does."""
    body = json.dumps(notification(number)).encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha1")).decode()
    async with session.post(f"{gateway.url}/in/surveymonkey", data=body, headers={"Sm-Signature": signature}) as answer:
        assert answer.status == 200, await answer.text()


def difficult(api: Vendor) -> None:
    """An API that is mostly well."""
    api.otherwise = response
    for number in range(1, 61, 5):
        api.says(path_of(number), Reply(503), Reply(429, headers={"Retry-After": "1"}), response(path_of(number)))
    api.says(path_of(REFUSED), Reply(400))
    api.says(path_of(MISSING), Reply(404), response(path_of(MISSING)))
    api.says(path_of(WAITED_FOR), Reply(hangs=True), response(path_of(WAITED_FOR)))


async def counted(broker: str) -> set[str]:
    """The responses whose answers are there."""
    events = [json.loads(record.value) for record in await read_topic(broker, SURVEYS)]
    assert all((event["question"], event["score"], event["kpi"]) == ("11", 9, "nps") for event in events)
    return {event["response_id"] for event in events}


async def test_nothing_that_was_accepted_is_lost_though_it_is_killed_while_it_fetches(
    module_kafka: str, processes: tuple[Gateway, Fetch], tmp_path: Path
) -> None:
    gateway, fetch = processes
    async with vendor() as (api, session):
        file = sources_file(tmp_path, api.url)
        gateway.change(gateway_sources=file, gateway_surveymonkey_secrets=SECRET)
        fetch.change(gateway_sources=file)
        difficult(api)
        await gateway.start().ready()
        for number in NUMBERS:
            await notify(gateway, session, number)
        await fetch.start().ready()

        async def hangs() -> None:
            assert path_of(WAITED_FOR) in api.paths()

        await eventually(hangs)
        fetch.kill()
        before = len(api.asked)
        fetch.start()
        await fetch.ready()
        expected = {f"surveymonkey:{number}" for number in NUMBERS if number != REFUSED}

        async def all_there() -> None:
            assert await counted(module_kafka) == expected

        await eventually(all_there)
        await eventually(lambda: all_committed(module_kafka, "feedback-fetch", TOPICS))
        assert len(api.asked) > before
        assert {asked.authorization for asked in api.asked} == {f"Bearer {API_TOKEN}"}

        (letter,) = await read_topic(module_kafka, DEAD_LETTERS)
        assert json.loads(letter.value)["object_id"] == str(REFUSED)
        api.says(path_of(REFUSED), response(path_of(REFUSED)))
        environment: dict[str, Any] = {"gateway_sources": file}
        again = await asyncio.to_thread(run, "dead-letters", "replay", "--yes", broker=module_kafka, **environment)
        assert again.status == 0, again.err
        expected.add(f"surveymonkey:{REFUSED}")
        await eventually(all_there)

        metrics = await fetch.metrics()
        assert metrics.value("feedback_fetch_notifications_total", source="surveymonkey", outcome="rejected") == 0.0
        fetch.stop()
        gateway.stop()
    for process in (gateway, fetch):
        assert "Traceback" not in process.said()
        assert API_TOKEN not in process.said()
