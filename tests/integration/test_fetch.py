"""Notifications before a real Kafka: what they tell of is fetched and counted once, whoever is killed in the middle."""

import asyncio
import base64
import hmac
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fetch.vendor import Reply, Vendor, vendor

from .harness import DEAD_LETTERS, Service, all_committed, eventually, read_topic, run

SURVEYS, TOPICS = "feedback.surveys", ("feedback.notifications", "feedback.notifications-later")
SECRET, TOKEN = "cid&csecret", "t0ken-of-the-api"
REFUSED, MISSING, WAITED_FOR = 7, 8, 30
NUMBERS = range(1, 61)


class Process(Service):
    """`feedback-stream gateway`, or `fetch`, as a child process."""

    def __init__(self, directory: Path, broker: str, command: str, sources: Path) -> None:
        super().__init__(directory, broker, command)
        self._command = [sys.executable, "-m", "stream", command]
        self.change(gateway_http=self.http, fetch_http=self.http, gateway_sources=sources)
        self.change(gateway_surveymonkey_secrets=SECRET, fetch_surveymonkey_token=TOKEN, fetch_again="1s")


@pytest.fixture
def processes(tmp_path: Path, module_kafka: str) -> Iterator[tuple[Process, Process, Path]]:
    """A gateway and what fetches, yet to be started, and the file of sources, yet to be written."""
    file = tmp_path / "sources.yaml"
    both = [Process(tmp_path, module_kafka, command, file) for command in ("gateway", "fetch")]
    yield both[0], both[1], file
    for process in both:
        process.kill()
        print(process.said()[-5_000:] if process.log.exists() else "")


async def notify(gateway: Process, session: aiohttp.ClientSession, number: int) -> None:
    """Tell the gateway of a response, as SurveyMonkey does."""
    body = json.dumps({
        "event_type": "response_completed", "event_id": f"e{number}", "object_id": str(number),
        "resources": {"survey_id": "1"},
    }).encode()  # fmt: skip
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha1")).decode()
    async with session.post(f"{gateway.url}/in/surveymonkey", data=body, headers={"Sm-Signature": signature}) as answer:
        assert answer.status == 200, await answer.text()


def response(path: str) -> Reply:
    """Any response of the survey, or the survey."""
    if path == "/surveys/1/details":
        return Reply(
            body={"pages": [{"questions": [{"id": "11", "answers": {"choices": [{"id": "9", "text": "9"}]}}]}]}
        )
    id_ = path.split("/")[-2]
    return Reply(body={
        "id": id_, "survey_id": "1", "response_status": "completed", "date_created": "2026-01-21T10:21:07+00:00",
        "date_modified": "2026-01-21T10:30:00+00:00",
        "pages": [{"questions": [{"id": "11", "answers": [{"choice_id": "9"}]}]}],
    })  # fmt: skip


def path_of(number: int) -> str:
    return f"/surveys/1/responses/{number}/details"


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
    module_kafka: str, processes: tuple[Process, Process, Path]
) -> None:
    gateway, fetch, file = processes
    async with vendor() as (api, session):
        file.write_text(f"surveymonkey: {{api: '{api.url}', api_rate: 200, questions: {{'11': nps}}}}\n")
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
        assert {asked.authorization for asked in api.asked} == {f"Bearer {TOKEN}"}

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
        assert TOKEN not in process.said()
