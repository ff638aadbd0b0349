"""Gateways, and what fetches answers, as child processes; and an API of a survey."""

import sys
from pathlib import Path
from typing import Any

import aiohttp

from tests.fetch.vendor import Reply

from .harness import Service

TOKEN = {"Authorization": "Bearer s3cret"}
API_TOKEN = "t0ken-of-the-api"  # noqa: S105  of an API of these tests


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


class Fetch(Service):
    """`feedback-stream fetch` as a child process, with a token for SurveyMonkey's API."""

    def __init__(self, directory: Path, broker: str, **settings: object) -> None:
        super().__init__(directory, broker, "fetch", **settings)
        self._command = [sys.executable, "-m", "stream", "fetch"]
        self.change(fetch_http=self.http, fetch_surveymonkey_token=API_TOKEN, fetch_again="1s")


def notification(number: int) -> dict[str, Any]:
    """What SurveyMonkey tells of a response."""
    ids = {"event_id": f"e{number}", "object_id": str(number), "resources": {"survey_id": "1"}}
    return {"event_type": "response_completed", **ids}


def path_of(number: int) -> str:
    """Where its API has that response."""
    return f"/surveys/1/responses/{number}/details"


def response(path: str) -> Reply:
    """What its API answers: any response of a survey, each with a 9, or the survey."""
    if path == "/surveys/1/details":
        return Reply(
            body={"pages": [{"questions": [{"id": "11", "answers": {"choices": [{"id": "9", "text": "9"}]}}]}]}
        )
    return Reply(body={
        "id": path.split("/")[-2], "survey_id": "1", "response_status": "completed",
        "date_created": "2026-01-21T10:21:07+00:00", "date_modified": "2026-01-21T10:30:00+00:00",
        "pages": [{"questions": [{"id": "11", "answers": [{"choice_id": "9"}]}]}],
    })  # fmt: skip


def sources_file(directory: Path, api: str) -> Path:
    """What the operator says of that API."""
    file = directory / "sources.yaml"
    file.write_text(f"surveymonkey: {{api: '{api}', api_rate: 200, questions: {{'11': nps}}}}\n", encoding="utf-8")
    return file
