"""CloudEvents over Kafka, in binary and in structured mode, are read like the events in them."""

import base64
import json
from typing import Any

import pytest

from stream.decode import Headers, decode
from stream.errors import Rejected
from stream.events import Observation
from stream.measures import Movement

Json = dict[str, Any]

SURVEYS = "feedback.surveys"
ANSWER: Json = {"response_id": "r1", "kpi": "nps", "occurred_at": "2026-03-01T09:30:00Z", "score": 9}
COUNT: Json = {"customers": 1000, "occurred_at": "2026-03-01T09:30:00Z"}

BINARY: Headers = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"1"),
    ("ce_source", b"/survey-tool"),
    ("ce_type", b"com.example.survey_response"),
]
ENVELOPE: Json = {"specversion": "1.0", "id": "1", "source": "/survey-tool", "type": "com.example.survey_response"}
STRUCTURED: Headers = [("content-type", b"application/cloudevents+json; charset=UTF-8")]


def read(event: Json | bytes | None, headers: Headers = (), topic: str | None = SURVEYS) -> Observation:
    return decode(json.dumps(event).encode() if isinstance(event, dict) else event, headers, topic, 10_000)


def rejection(event: Json | bytes | None, headers: Headers) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(event, headers)
    return caught.value


def without(headers: Headers, name: str) -> Headers:
    return [header for header in headers if header[0] != name]


@pytest.mark.parametrize(
    "headers",
    [
        BINARY,
        [*BINARY, ("content-type", b"application/json")],
        [*BINARY, ("content-type", b"application/JSON; charset=utf-8")],
        [*BINARY, ("content-type", b"application/vnd.example+json")],
        [*BINARY, ("ce_time", b"2026-03-01T09:30:00Z"), ("ce_subject", b"r1"), ("ce_partitionkey", b"r1")],
        [(name.title(), value) for name, value in BINARY],
        [*without(BINARY, "ce_type"), ("ce_type", b"survey_response")],
        [*BINARY, ("traceparent", b"\xff\x00"), ("empty", None)],
    ],
)
def test_cloud_events_in_binary_mode(headers: Headers) -> None:
    assert read(ANSWER, headers) == read(ANSWER)
    assert read(ANSWER, headers, None) == read(ANSWER)


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/cloudevents+json",
        b"application/cloudevents+json; charset=UTF-8",
        b"APPLICATION/CloudEvents+JSON",
        b"application/cloudevents",
    ],
)
@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
def test_cloud_events_in_structured_mode(name: str, content_type: bytes) -> None:
    assert read(ENVELOPE | {"data": ANSWER}, [(name, content_type)]) == read(ANSWER)


def test_structured_wins_where_binary_headers_are_repeated() -> None:
    other = [*without(BINARY, "ce_type"), ("ce_type", b"com.example.order")]
    assert read(ENVELOPE | {"data": ANSWER}, [*STRUCTURED, *BINARY]) == read(ANSWER)
    assert read(ENVELOPE | {"data": ANSWER}, [*other, *STRUCTURED]) == read(ANSWER)


def test_structured_data_may_be_base64() -> None:
    data = base64.b64encode(json.dumps(ANSWER).encode()).decode()
    assert read(ENVELOPE | {"data_base64": data}, STRUCTURED) == read(ANSWER)


def test_the_type_of_a_cloud_event_decides_where_the_data_has_none() -> None:
    count = [*without(BINARY, "ce_type"), ("ce_type", b"org.example.crm.customer_count")]
    event = COUNT | {"change": "a field of theirs"}
    assert read(event, count, "feedback.churn").measure == Movement(customers=1000)
    assert read(event, count, None).measure == Movement(customers=1000)
    assert rejection(COUNT, count).reason == "wrong_topic"
    assert rejection(ANSWER | {"type": "order"}, BINARY).reason == "wrong_topic"


def test_a_foreign_type_of_a_cloud_event_leaves_it_to_the_topic() -> None:
    foreign = [*without(BINARY, "ce_type"), ("ce_type", b"com.example.survey.answered.v2")]
    assert read(ANSWER, foreign) == read(ANSWER)


def test_headers_alone_make_no_cloud_event() -> None:
    for headers in (
        [("content-type", b"application/json")],
        [("content-type", None)],
        [("ce_id", b"1")],
        [("x", None)],
    ):
        assert read(ANSWER, headers) == read(ANSWER)


@pytest.mark.parametrize(
    ("value", "headers", "told"),
    [
        (ANSWER, without(BINARY, "ce_type"), "'type'"),
        (ANSWER, without(BINARY, "ce_source"), "'source'"),
        (ANSWER, [*without(BINARY, "ce_id"), ("ce_id", b"")], "'id'"),
        (ANSWER, [*without(BINARY, "ce_specversion"), ("ce_specversion", b"2.0")], "'specversion' must be '1.0'"),
        (ANSWER, [*without(BINARY, "ce_specversion"), ("ce_specversion", None)], "'specversion' must be '1.0'"),
        (ANSWER, [*BINARY, ("ce_time", b"yesterday")], "yest"),
        (ANSWER, [*BINARY, ("ce_subject", b"\xff")], "utf-8"),
        (ENVELOPE | {"type": ""}, STRUCTURED, "'type'"),
        ({key: value for key, value in ENVELOPE.items() if key != "source"}, STRUCTURED, "'source'"),
        (ENVELOPE | {"specversion": "2.0"}, STRUCTURED, "'specversion' must be '1.0'"),
        (b'{"specversion":', STRUCTURED, "line 1 column 16"),
        (b"[" * 900, STRUCTURED, "not a CloudEvent 1.0"),
        (b"[]", [("content-type", b"application/cloudevents-batch+json")], "not a CloudEvent 1.0"),
    ],
)
def test_what_claims_to_be_a_cloud_event_must_be_one(value: Json | bytes, headers: Headers, told: str) -> None:
    error = rejection(value, headers)
    assert (error.reason, error.field) == ("invalid_cloudevent", "")
    assert str(error).startswith("the record is not a CloudEvent 1.0: ")
    assert told in str(error)


def test_the_data_of_a_cloud_event_are_judged_like_any_record() -> None:
    assert rejection(ANSWER | {"score": 11}, BINARY).reason == "out_of_range"
    assert rejection(b'{"response_id":', BINARY).reason == "invalid_json"
    assert rejection(b"", BINARY).reason == "invalid_json"
    assert rejection(None, BINARY).reason == "null_value"
    assert rejection(ENVELOPE, STRUCTURED).reason == "not_an_object"
    assert rejection(ENVELOPE | {"data": "text"}, STRUCTURED).reason == "not_an_object"
    assert rejection(ENVELOPE | {"data": ANSWER | {"score": 6.5}}, STRUCTURED).reason == "fractional_score"
