"""Deliveries by HTTP: what is acknowledged, and what Kafka is given."""

import base64
import hashlib
import hmac
import json
from typing import Any

import orjson
import pytest

from stream.privacy import Pseudonyms
from tests.sources.examples import FILES

from .running import ANSWER, SECRETS, TOKEN, running

ERASURE = {"type": "erasure", "customer_id": "c1", "occurred_at": "2026-03-01T09:30:00Z"}
CLOUD = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "com.example.survey_response"}


def typeform(body: bytes) -> dict[str, str]:
    """The header with the signature of a body."""
    digest = hmac.digest(b"test-secret", body, hashlib.sha256)
    return {"Typeform-Signature": "sha256=" + base64.b64encode(digest).decode()}


def example(what: str = "an answer by") -> bytes:
    """The example of Typeform that is about this."""
    (found,) = [one for one in FILES["typeform"]["deliveries"] if one["is"].startswith(what)]
    return orjson.dumps(found["payload"])


# Canonical events


@pytest.mark.parametrize("body", [ANSWER, [ANSWER], [ANSWER, ERASURE]], ids=["one", "a list", "several"])
async def test_events_are_in_kafka_when_they_are_acknowledged(body: Any) -> None:
    events = body if isinstance(body, list) else [body]
    async with running() as gateway:
        answered = await gateway.post("/in/events", orjson.dumps(body))
        assert (answered.status, orjson.loads(answered.body)) == (200, {"accepted": len(events)})
        sent = [(record.topic, record.key) for record in gateway.producer.sent]
        assert sent[0] == ("feedback.surveys", b"r1")
        erased = [(f"feedback.{name}", b"c1") for name in ("churn", "contacts", "orders")]
        assert sent[1:] == (erased if ERASURE in events else [])
        assert orjson.loads(gateway.producer.sent[0].value) == {"type": "survey_response", **ANSWER}
        assert gateway.producer.sent[0].headers == {"feedback-source": b"events"}
        assert await gateway.metric("feedback_gateway_requests_total", source="events", outcome="accepted") == 1
        assert await gateway.metric("feedback_gateway_events_total", source="events") == len(events)


async def test_of_wrong_events_none_is_taken_and_each_is_named() -> None:
    wrong = [ANSWER, ANSWER | {"score": 11}, 7, {"type": "complaint"}, ANSWER | {"occurred_at": "2099-01-01T00:00:00Z"}]
    async with running() as gateway:
        answered = await gateway.post("/in/events", orjson.dumps(wrong))
        problems = orjson.loads(answered.body)["problems"]
        assert answered.status == 422
        assert [(problem["index"], problem["reason"], problem["field"]) for problem in problems] == [
            (1, "out_of_range", "score"), (2, "not_an_object", ""), (3, "unknown_type", "type"),
            (4, "time_in_future", "occurred_at"),
        ]  # fmt: skip
        assert problems[0]["message"] == "score must be 0 to 10; got 11"
        assert gateway.producer.sent == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"", "application/json", 400),
        (orjson.dumps(ANSWER), "text/plain", 415),
        (orjson.dumps(ANSWER), "application/x-www-form-urlencoded", 415),
        (orjson.dumps([{}] * 1_001), "application/json", 413),
        (orjson.dumps(ANSWER | {"comment": "x" * 300_000}), "application/json", 422),
        (b"[]", "application/cloudevents+json", 400),
        (b"{}", "application/cloudevents-batch+json", 400),
    ],
)
async def test_a_body_that_is_not_what_it_says(body: bytes, kind: str, status: int) -> None:
    async with running() as gateway:
        answered = await gateway.post("/in/events", body, TOKEN | {"Content-Type": kind})
        assert answered.status == status
        assert orjson.loads(answered.body)["error"] == "invalid"
        assert gateway.producer.sent == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (CLOUD | {"data": ANSWER}, {"Content-Type": "application/cloudevents+json; charset=UTF-8"}),
        ([CLOUD | {"data": ANSWER}], {"Content-Type": "application/CloudEvents-batch+json"}),
        (
            CLOUD | {"data_base64": base64.b64encode(orjson.dumps(ANSWER)).decode()},
            {"Content-Type": "application/cloudevents+json"},
        ),
        (
            ANSWER,
            {
                "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/caf%C3%A9", "CE-Type": str(CLOUD["type"]),
                "Content-Type": "application/json",
            },
        ),
    ],
    ids=["structured", "batch", "base64", "binary"],
)  # fmt: skip
async def test_cloud_events(body: Any, headers: dict[str, str]) -> None:
    async with running() as gateway:
        answered = await gateway.post("/in/events", orjson.dumps(body), TOKEN | headers)
        assert (answered.status, answered.body) == (200, b'{"accepted":1}')
        (record,) = gateway.producer.sent
        assert orjson.loads(record.value) == {"type": "survey_response", **ANSWER}


@pytest.mark.parametrize(
    ("name", "value"), [("ce-source", "/%FF"), ("ce-id", ""), ("ce-time", "soon"), ("ce-specversion", "9")]
)
async def test_a_cloud_event_that_is_none(name: str, value: str) -> None:
    headers = {f"ce-{name}": str(text) for name, text in CLOUD.items()} | {name: value}
    async with running() as gateway:
        answered = await gateway.post("/in/events", orjson.dumps(ANSWER), TOKEN | headers)
        assert (answered.status, orjson.loads(answered.body)["problems"][0]["reason"]) == (400, "invalid_cloudevent")


# Webhooks


async def test_a_webhook_becomes_events() -> None:
    body = example()
    async with running() as gateway:
        answered = await gateway.post("/in/typeform", body, typeform(body))
        assert (answered.status, answered.body) == (200, b'{"accepted":1}')
        (record,) = gateway.producer.sent
        assert (record.topic, record.key) == ("feedback.surveys", b"typeform:a3a12ec67a1365927098a606107fac15")
        assert record.headers == {"feedback-source": b"typeform", "feedback-delivery": b"01KBY0"}


async def test_what_is_of_no_interest_is_acknowledged_and_nothing_else() -> None:
    body = example("a partial response")
    async with running() as gateway:
        answered = await gateway.post("/in/typeform", body, typeform(body))
        assert (answered.status, answered.body) == (200, b'{"accepted":0}')
        assert gateway.producer.sent == []
        assert await gateway.metric("feedback_gateway_requests_total", source="typeform", outcome="ignored") == 1


async def test_a_delivery_that_comes_again_is_known() -> None:
    body, edited = example(), example().replace(b'"number":9', b'"number":8')
    async with running() as gateway:
        for again in (False, True):
            answered = await gateway.post("/in/typeform", body, typeform(body))
            assert answered.body == (b'{"duplicate":true}' if again else b'{"accepted":1}')
        # Its id is not signed: with another body it is another delivery.
        assert (await gateway.post("/in/typeform", edited, typeform(edited))).body == b'{"accepted":1}'
        assert len(gateway.producer.sent) == 2
        for key in ("k1", "k1", "k2"):
            await gateway.post("/in/events", orjson.dumps(ANSWER), TOKEN | {"Idempotency-Key": key})
        assert len(gateway.producer.sent) == 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"event_type": ', b"invalid_json"),
        (
            b'{"event_type":"form_response","form_response":{"definition":{"fields":[{"ref":"nps"}]}}}',
            b"unexpected_form",
        ),
        (example().replace(b'"number":9', b'"number":11'), b"out_of_range"),
        (example().replace(b'"form_response":{', b'"form_response":{"token":{},'), b"accepted"),
    ],
)
async def test_what_cannot_be_counted_goes_to_the_dead_letters(body: bytes, reason: bytes) -> None:
    async with running() as gateway:
        answered = await gateway.post("/in/typeform", body, typeform(body) | {"Content-Type": "application/json"})
        assert answered.status == 200, "the sender could not mend it"
        (record,) = gateway.producer.sent
        if reason == b"accepted":  # the later of two fields of one name is what JSON means
            assert record.topic == "feedback.surveys"
            return
        assert (record.topic, record.value) == ("feedback.dead-letters", body)
        assert record.headers["feedback-reason"] == reason
        assert record.headers["feedback-topic"] == b"/in/typeform"
        assert record.headers["source"] == b"typeform"
        assert record.headers["content-type"] == b"application/json"
        assert await gateway.metric("feedback_gateway_requests_total", source="typeform", outcome="rejected") == 1


async def test_of_a_delivery_with_good_and_bad_events_the_good_ones_count() -> None:
    delivery = json.loads(example("several questions"))
    delivery["form_response"]["answers"][1]["number"] = 99
    body = orjson.dumps(delivery)
    async with running(SECRETS) as gateway:
        answered = await gateway.post("/in/typeform", body, typeform(body))
        assert answered.body == b'{"accepted":2}', "how_easy is no question of this gateway"
        delivery["form_response"]["answers"][2]["number"] = 99
        body = orjson.dumps(delivery)
        answered = await gateway.post("/in/typeform", body, typeform(body))
        assert answered.body == b'{"accepted":1,"rejected":1}'
        assert [record.topic for record in gateway.producer.sent[2:]] == ["feedback.surveys", "feedback.dead-letters"]
        message = gateway.producer.sent[-1].headers["feedback-message"]
        assert message == b"event 0, of 1 rejected: score must be 0 to 10; got 99"


# Privacy


async def test_only_what_events_have_fields_for_is_taken() -> None:
    more = ANSWER | {
        "email": "jane@example.com",
        "comment": "Call 06 12 34 56 78",
        "customer_id": "c1",
        "agent_id": "a1",
    }
    key = "0123456789abcdef"
    async with running(privacy_key=key, privacy_redact=True) as gateway:
        assert (await gateway.post("/in/events", orjson.dumps([more, ERASURE]))).status == 200
        value = orjson.loads(gateway.producer.sent[0].value)
        pseudonym, agent = Pseudonyms(key.encode()).of("c1"), Pseudonyms(key.encode()).of_agent("a1")
        assert (value["comment"], value["customer_id"], "email" in value) == ("Call [phone]", pseudonym, False)
        assert value["agent_id"] == agent
        assert gateway.producer.sent[1].key == pseudonym.encode()
