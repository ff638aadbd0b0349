"""What becomes of a notification, from the delivery to its events, and when its sender's API is not as it should be."""

import random
from collections.abc import AsyncIterator, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

import orjson
import pytest
from multidict import CIMultiDict
from prometheus_client import CollectorRegistry

from stream.clock import FixedClock
from stream.events.times import parse_time
from stream.fetch import api as own
from stream.fetch.api import Api
from stream.fetch.handler import Handler
from stream.fetch.metrics import FetchMetrics
from stream.gateway.intake import understood
from stream.gateway.records import Preparer, Record
from stream.settings import Settings
from stream.sources import Source
from stream.sources.genesys import Genesys, GenesysOptions
from stream.sources.schemes import Request
from stream.sources.stripe import Stripe
from stream.sources.surveymonkey import SurveyMonkey, SurveyMonkeyOptions
from stream.topics import DEAD_LETTERS, NOTIFICATIONS, NOTIFICATIONS_LATER
from tests.sources.examples import FILES

from .vendor import Reply, Vendor, vendor

NOW = 1_790_000_000.0
SETTINGS = Settings(fetch_again="5m", fetch_patience="1h")
(DELIVERY, COMPLETED, *_) = FILES["surveymonkey"]["deliveries"]
RESPONSE, SURVEY = COMPLETED["payload"]["fetched"]
PATHS = ("/surveys/123456789/responses/987654321/details", "/surveys/123456789/details")


class World(NamedTuple):
    """A handler before an API, at a time that can be set."""

    vendor: Vendor
    handler: Handler
    clock: FixedClock
    sources: Mapping[str, Source]
    registry: CollectorRegistry

    async def handle(self, record: Record, at: float = NOW) -> list[Record]:
        """What a record leads to that was written at `at`."""
        self.clock.at = max(self.clock.at, at)
        return await self.handler.handle(
            SimpleNamespace(value=record.value, key=record.key, headers=record.headers, timestamp=int(at * 1000))
        )

    def delivered(self, name: str, payload: Any) -> list[Record]:
        """What a gateway writes for a delivery."""
        request = Request("", CIMultiDict(), orjson.dumps(payload))
        return understood(self.sources[name], request, Preparer(SETTINGS), NOW)[1].records

    def counted(self, source: str, outcome: str) -> float | None:
        labels = {"source": source, "outcome": outcome}
        return self.registry.get_sample_value("feedback_fetch_notifications_total", labels)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(own, "_BASE_S", 0.001)
    async with vendor() as (there, session):
        said = FILES["surveymonkey"]["options"] | {"api": there.url, "api_rate": 1_000}
        asked = FILES["genesys"]["options"] | {"api_rate": 1_000}
        sources: dict[str, Any] = {
            "surveymonkey": SurveyMonkey(SurveyMonkeyOptions.model_validate(said)),
            "genesys": Genesys(GenesysOptions.model_validate(asked | {"api": there.url, "login": there.url})),
            "stripe": Stripe(),
            "no-token": SurveyMonkey(name="no-token"),
        }
        apis = {name: Api(sources[name], "t0ken", session) for name in ("surveymonkey", "genesys")}
        there.says("/oauth/token", Reply(body={"access_token": "a", "expires_in": 3600}))
        registry, clock = CollectorRegistry(), FixedClock(NOW)
        handler = Handler(SETTINGS, sources, apis, FetchMetrics(registry), clock, random.Random(1))
        yield World(there, handler, clock, sources, registry)


def notified(world: World, name: str = "surveymonkey", payload: Any = DELIVERY["payload"]) -> Record:
    (record,) = world.delivered(name, payload)
    assert record.topic == NOTIFICATIONS
    return record


def events(records: list[Record]) -> list[Any]:
    return [orjson.loads(record.value) for record in records]


async def test_a_notification_becomes_the_events_of_what_it_tells_of(world: World) -> None:
    record = notified(world)
    assert (record.key, orjson.loads(record.value)) == (b"10029660110", DELIVERY["payload"])
    for path, answer in zip(PATHS, (RESPONSE, SURVEY), strict=True):
        world.vendor.says(path, Reply(body=answer))
    made = await world.handle(record)
    assert [made_.topic for made_ in made] == ["feedback.surveys"] * 2
    assert events(made) == COMPLETED["events"]
    assert dict(made[0].headers) == {"feedback-source": b"surveymonkey", "feedback-delivery": b"10029660110"}
    assert world.counted("surveymonkey", "fetched") == 1


async def test_what_needs_nothing_fetched_does_not_wait(world: World) -> None:
    deleted = FILES["surveymonkey"]["deliveries"][3]
    assert events(world.delivered("surveymonkey", deleted["payload"])) == deleted["events"]
    assert world.delivered("surveymonkey", DELIVERY["payload"] | {"event_type": "survey_updated"}) == []


async def test_a_delivery_may_hold_events_and_have_something_fetched(world: World) -> None:
    ended = FILES["genesys"]["deliveries"][1]["payload"]
    assert [record.topic for record in world.delivered("genesys", ended)] == ["feedback.contacts", NOTIFICATIONS]


async def test_what_is_not_there_yet_is_fetched_later_and_less_and_less_often(world: World) -> None:
    record, at, attempts = notified(world), NOW, 0
    while True:
        (record,) = await world.handle(record, at)
        if record.topic == DEAD_LETTERS:
            break
        assert record.topic == NOTIFICATIONS_LATER
        asked = len(world.vendor.asked)
        (same,) = await world.handle(record, at)
        assert same == record, "before its time it only moves on"
        assert len(world.vendor.asked) == asked
        attempts += 1
        due = parse_time(dict(record.headers)["feedback-due"].decode()).timestamp()
        assert 150 * 2 ** (attempts - 1) <= due - at <= 300 * 2 ** (attempts - 1)
        at = due
    headers = dict(record.headers)
    assert (headers["feedback-reason"], headers["feedback-topic"]) == (b"not_fetched", b"/in/surveymonkey")
    assert b"404" in headers["feedback-message"]
    assert orjson.loads(record.value) == DELIVERY["payload"], "so that replay has it fetched once more"
    assert world.counted("surveymonkey", "given_up") == 1
    assert world.counted("surveymonkey", "later") == attempts > 2


async def test_the_answer_comes_after_all(world: World) -> None:
    (later,) = await world.handle(notified(world))
    for path, answer in zip(PATHS, (RESPONSE, SURVEY), strict=True):
        world.vendor.says(path, Reply(body=answer))
    assert events(await world.handle(later, NOW + 600)) == COMPLETED["events"]


async def test_what_the_api_wants_is_waited_for(world: World) -> None:
    world.vendor.says(PATHS[0], Reply(429, headers={"Retry-After": "1500"}))
    (later,) = await world.handle(notified(world))
    (same,) = await world.handle(later, NOW + 1_400)
    assert same == later
    assert len(world.vendor.asked) == 1


async def test_what_is_held_keeps_its_number_of_attempts(world: World) -> None:
    world.vendor.says(PATHS[0], Reply(404), Reply(429, headers={"Retry-After": "600"}))
    (tried,) = await world.handle(notified(world))
    assert dict(tried.headers)["feedback-attempt"] == b"1"
    await world.handle(notified(world))  # another one is told to leave the API alone
    asked = len(world.vendor.asked)
    (held,) = await world.handle(tried, NOW + 310)
    assert len(world.vendor.asked) == asked, "it is not even asked"
    headers = dict(held.headers)
    assert (headers["feedback-attempt"], headers["feedback-status"]) == (b"1", b"404")
    due = parse_time(headers["feedback-due"].decode()).timestamp()
    assert NOW + 310 < due <= NOW + 310 + 600, "when the API may be asked again, and no later"


async def test_a_redirection_is_for_later_and_said(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.vendor.says(PATHS[0], Reply(302, headers={"Location": "https://eu.example.org/login?token=t0ken"}))
    (later,) = await world.handle(notified(world))
    assert later.topic == NOTIFICATIONS_LATER
    (said,) = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert "302: it is at 'eu.example.org'" in said
    assert "t0ken" not in said


async def test_since_when_the_oldest_waits(world: World) -> None:
    world.vendor.says(PATHS[0], Reply(403), Reply(403), Reply(body=RESPONSE))
    world.vendor.says(PATHS[1], Reply(body=SURVEY))
    (first,) = await world.handle(notified(world))
    assert world.handler.oldest() == {"surveymonkey": NOW}
    (second,) = await world.handle(notified(world), NOW + 10)
    (first,) = await world.handle(first, NOW + 120)
    assert world.handler.oldest() == {"surveymonkey": NOW}
    assert [record.topic for record in await world.handle(first, NOW + 400)] == ["feedback.surveys"] * 2
    await world.handle(second, NOW + 500)
    world.clock.at += 700
    assert world.handler.oldest() == {}, "what is not seen any more is done"


async def test_what_is_not_there_is_not_called_waiting(world: World) -> None:
    (later,) = await world.handle(notified(world))
    await world.handle(later, NOW + 60)
    assert world.handler.oldest() == {}


async def test_what_is_refused_for_good_is_a_dead_letter_at_once(world: World) -> None:
    world.vendor.says(PATHS[0], Reply(400))
    (letter,) = await world.handle(notified(world))
    assert letter.topic == DEAD_LETTERS


async def test_what_was_fetched_and_cannot_be_counted_is_a_dead_letter(world: World) -> None:
    world.vendor.says(PATHS[0], Reply(body={"response_status": "completed", "pages": RESPONSE["pages"]}))
    world.vendor.says(PATHS[1], Reply(body=SURVEY))
    (letter,) = await world.handle(notified(world))
    assert dict(letter.headers)["feedback-reason"] == b"unexpected_form"
    assert world.counted("surveymonkey", "rejected") == 1


async def test_whatever_the_topic_holds_ends_as_a_dead_letter(world: World) -> None:
    record = notified(world)
    for broken in (
        record._replace(value=b"no JSON"),
        record._replace(value=b"[1]"),
        record._replace(headers=(("feedback-source", b"no-token"),)),
        record._replace(headers=(("feedback-source", b"stripe"),)),
        record._replace(headers=(("feedback-source", b"gone"),)),
        record._replace(headers=()),
    ):
        (letter,) = await world.handle(broken)
        assert letter.topic == DEAD_LETTERS, broken
        assert letter.value == broken.value


@pytest.mark.parametrize("name", ["feedback-due", "feedback-first", "feedback-attempt"])
async def test_headers_that_nobody_can_read_are_as_at_first(world: World, name: str) -> None:
    record = notified(world)
    (later,) = await world.handle(record._replace(headers=(*record.headers, (name, b"\xff?"))))
    assert dict(later.headers)["feedback-attempt"] == b"1"


async def test_a_survey_is_fetched_until_it_is_answered(world: World) -> None:
    path = "/api/v2/quality/conversations/b5b1/surveys"
    answered = FILES["genesys"]["deliveries"][7]
    world.vendor.says(path, Reply(body=[]), Reply(body=[{"id": "5f0a", "status": "Sent"}]))
    record = notified(world, "genesys", {"conversationId": "b5b1"})
    (record,) = await world.handle(record)
    (record,) = await world.handle(record, NOW + 700)
    assert record.topic == NOTIFICATIONS_LATER
    world.vendor.says(path, Reply(body=answered["payload"]["fetched"][0]))
    assert events(await world.handle(record, NOW + 2_000)) == answered["events"]


async def test_a_survey_that_nobody_answers_is_no_dead_letter(world: World) -> None:
    world.vendor.says("/api/v2/quality/conversations/b5b1/surveys", Reply(body=[{"id": "5f0a", "status": "Sent"}]))
    record, at = notified(world, "genesys", {"conversationId": "b5b1"}), NOW
    while records := await world.handle(record, at):
        (record,) = records
        assert record.topic == NOTIFICATIONS_LATER
        at += 3_000
    assert at > NOW + 3_000
