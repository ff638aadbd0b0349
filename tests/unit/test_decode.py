"""Records that can be read, and why the others cannot: reason, field, and a message that helps."""

import json
from typing import Any

import pytest

from stream.decode import Headers, decode, parse
from stream.errors import Rejected
from stream.events import EVENTS, UNKNOWN, Event, Observation
from stream.events.churn import Churn, CustomerCount
from stream.events.survey import SurveyResponse
from stream.measures import Movement, Rating

Json = dict[str, Any]

AT = "2026-03-01T09:30:00Z"
MAX_BYTES = 1_000

#: Each event with what it must have, and no more.
LEAST: dict[str, Json] = {
    "survey_response": {"response_id": "r1", "kpi": "nps", "occurred_at": AT, "score": 9},
    "churn": {"customer_id": "c1", "change": "lost", "occurred_at": AT},
    "customer_count": {"customers": 1000, "occurred_at": AT},
    "contact": {"contact_id": "k1", "customer_id": "c1", "occurred_at": AT},
    "order": {"order_id": "o1", "customer_id": "c1", "occurred_at": AT, "amount": "12.50", "currency": "EUR"},
    "invitation": {"invitation_id": "i1", "kpi": "nps", "occurred_at": AT},
    "case": {"case_id": "s1", "occurred_at": AT, "status": "opened"},
}
ANSWER = LEAST["survey_response"]
TOPICS = {event.name: event.topic for event in EVENTS}
SURVEYS = TOPICS["survey_response"]


def read(event: Json | bytes | None, headers: Headers = (), topic: str | None = SURVEYS) -> Observation:
    return decode(json.dumps(event).encode() if isinstance(event, dict) else event, headers, topic, MAX_BYTES)


def rejection(event: Json | bytes | None, headers: Headers = (), topic: str | None = SURVEYS) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(event, headers, topic)
    return caught.value


def kind(event: Json, topic: str | None) -> type[Event]:
    return type(parse(json.dumps(event).encode(), (), topic))


# What is not an object of JSON


@pytest.mark.parametrize(
    ("value", "reason", "told"),
    [
        (None, "null_value", ("has no value", "send it with status deleted")),
        (b" " * (MAX_BYTES + 1), "too_large", ("1001 bytes", "at most 1000", "max_record_bytes")),
        (b"", "invalid_json", ("not JSON", "empty")),
        (b"9", "not_an_object", ("must be a JSON object", "got 9")),
        (b"null", "not_an_object", ("must be a JSON object", "got None")),
        (b'[{"response_id":"r1"}]', "not_an_object", ("must be a JSON object", "response_id")),
        (b'{"response_id":"r1","sco', "invalid_json", ("not JSON", "line 1 column 25")),
        (b"{'response_id':'r1'}", "invalid_json", ("not JSON",)),
        (b'{"response_id":"r1"}{}', "invalid_json", ("not JSON", "after document")),
        (b'{"response_id":"\xff"}', "invalid_json", ("not JSON", "UTF-8")),
        (b"\xef\xbb\xbf{}", "invalid_json", ("not JSON", "BOM")),
        (b'{"score":NaN}', "invalid_json", ("not JSON",)),
        (rb'{"comment":"\ud800"}', "invalid_json", ("not JSON", "surrogate")),
        (b'{"score":' + b"9" * 400 + b"}", "invalid_json", ("not JSON", "infinity")),
    ],
)
def test_a_record_must_be_an_object_of_json(value: bytes | None, reason: str, told: tuple[str, ...]) -> None:
    error = rejection(value)
    assert (error.reason, error.field) == (reason, "")
    assert all(text in str(error) for text in told), str(error)


def test_the_largest_record_is_read() -> None:
    value = json.dumps(ANSWER).encode()
    assert read(value + b" " * (MAX_BYTES - len(value))).measure == Rating("nps", 9, 0, 10)


# Fields


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, event in LEAST.items() for field in event])
def test_a_required_field_that_is_missing_is_named(name: str, field: str) -> None:
    event = {key: value for key, value in LEAST[name].items() if key != field} | {"type": name}
    error = rejection(event, topic=TOPICS[name])
    assert (error.reason, error.field, str(error)) == ("missing_field", field, f"{field}: Field required")


@pytest.mark.parametrize(
    ("name", "changed", "reason", "field", "told"),
    [
        # A score is a whole number, not something like one.
        ("survey_response", {"score": "9"}, "wrong_type", "score", "valid integer; got '9'"),
        ("survey_response", {"score": True}, "wrong_type", "score", "valid integer; got True"),
        ("survey_response", {"score": [9]}, "wrong_type", "score", "valid integer; got [9]"),
        ("survey_response", {"score": 6.5}, "fractional_score", "score", "valid integer; got 6.5"),
        ("survey_response", {"score": 9.0}, "fractional_score", "score", "valid integer; got 9.0"),
        ("survey_response", {"score": 2**64}, "fractional_score", "score", "got 1.8446744073709552e+19"),
        ("survey_response", {"score": None}, "missing_field", "score", "skipped or deleted; status is answered"),
        ("survey_response", {"score": None, "status": "declined"}, "missing_field", "score", "status is declined"),
        # Nor is anything else coerced.
        ("survey_response", {"response_id": 1}, "wrong_type", "response_id", "valid string; got 1"),
        ("survey_response", {"response_id": ""}, "empty", "response_id", "at least 1 character; got ''"),
        ("survey_response", {"response_id": "r" * 257}, "too_long", "response_id", "at most 256 characters; got 'rrr"),
        ("survey_response", {"channel": 7}, "wrong_type", "channel", "valid string; got 7"),
        ("survey_response", {"comment": 5}, "wrong_type", "comment", "valid string; got 5"),
        ("survey_response", {"revision": -1}, "out_of_range", "revision", "greater than or equal to 0; got -1"),
        ("survey_response", {"revision": 2**53 + 1}, "out_of_range", "revision", "got 9007199254740993"),
        ("survey_response", {"status": "done"}, "unknown_value", "status", "'excluded' or 'deleted'; got 'done'"),
        ("survey_response", {"kpi": 5}, "wrong_type", "kpi", "valid string; got 5"),
        ("survey_response", {"kpi": "fcr"}, "unknown_kpi", "kpi", "one of ces, csat, enps, nps; got 'fcr'"),
        ("survey_response", {"scale": 5}, "wrong_type", "scale", "got 5"),
        ("survey_response", {"scale": {"min": 0}}, "missing_field", "scale.max", "Field required"),
        ("survey_response", {"scale": {"min": 0, "max": "10"}}, "wrong_type", "scale.max", "valid integer; got '10'"),
        ("survey_response", {"scale": {"min": 0, "max": 5, "high_is": 1}}, "unknown_value", "scale.high_is", "got 1"),
        ("churn", {"change": "left"}, "unknown_value", "change", "'joined', 'lost' or 'reactivated'; got 'left'"),
        ("churn", {"voluntary": "yes"}, "wrong_type", "voluntary", "valid boolean; got 'yes'"),
        ("customer_count", {"customers": 10.5}, "wrong_type", "customers", "valid integer; got 10.5"),
        ("customer_count", {"customers": -1}, "out_of_range", "customers", "got -1"),
        ("customer_count", {"customers": 10**12 + 1}, "out_of_range", "customers", "got 1000000000001"),
        ("contact", {"direction": "in"}, "unknown_value", "direction", "'inbound' or 'outbound'; got 'in'"),
        ("order", {"amount": 12.5}, "invalid_amount", "amount", 'as a string, such as "12.50"; got 12.5'),
        ("order", {"amount": "12,50"}, "invalid_amount", "amount", "got '12,50'"),
        ("order", {"amount": "NaN"}, "invalid_amount", "amount", "got 'NaN'"),
        ("order", {"amount": "1e5"}, "invalid_amount", "amount", "got '1e5'"),
        ("order", {"amount": "1_000"}, "invalid_amount", "amount", "got '1_000'"),
        ("order", {"amount": " 12"}, "invalid_amount", "amount", "got ' 12'"),
        ("order", {"amount": "٣"}, "invalid_amount", "amount", "got '٣'"),
        ("order", {"amount": ""}, "invalid_amount", "amount", "got ''"),
        ("order", {"currency": "eur"}, "invalid_value", "currency", "got 'eur'"),
        ("order", {"currency": "EUR\n"}, "invalid_value", "currency", r"got 'EUR\n'"),
        ("order", {"kind": "third"}, "unknown_value", "kind", "got 'third'"),
        ("order", {"test": 1}, "wrong_type", "test", "valid boolean; got 1"),
        ("invitation", {"kpi": "fcr"}, "unknown_kpi", "kpi", "must be one of ces, csat, enps, nps; got 'fcr'"),
        ("invitation", {"status": "sent"}, "unknown_value", "status", "'delivered' or 'bounced'; got 'sent'"),
        ("case", {"status": "lost"}, "unknown_value", "status", "'opened', 'contacted' or 'closed'; got 'lost'"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_what_would_be_right(
    name: str, changed: Json, reason: str, field: str, told: str
) -> None:
    error = rejection({**LEAST[name], "type": name, **changed}, topic=TOPICS[name])
    assert (error.reason, error.field) == (reason, field)
    assert told in str(error)
    assert str(error).startswith(field.partition(".")[0])


@pytest.mark.parametrize("field", ["score", "occurred_at", "type", "response_id"])
def test_values_in_one_another_by_the_hundred_are_only_a_wrong_value(field: str) -> None:
    value = json.dumps(ANSWER | {field: "?"}).replace('"?"', "[" * 1_000 + "]" * 1_000).encode()
    with pytest.raises(Rejected, match=r"got \[\[\[") as caught:
        decode(value, (), SURVEYS, 10_000)
    assert caught.value.field == field


def test_a_message_is_short_however_long_the_value() -> None:
    for changed in (
        {"occurred_at": "x" * 900},
        {"occurred_at": f"2026-03-01T09:30:00.{'1' * 800}"},
        {"channel": "x" * 900},
    ):
        assert len(str(rejection(ANSWER | changed))) < 250


@pytest.mark.parametrize("member", [None, ""])
def test_a_dimension_that_is_null_or_empty_is_unknown(member: str | None) -> None:
    assert read(ANSWER | {"channel": member, "team": "lyon-1"}).dimensions == (
        UNKNOWN,
        UNKNOWN,
        UNKNOWN,
        "lyon-1",
        UNKNOWN,
    )


@pytest.mark.parametrize("field", ["channel", "touchpoint", "segment", "team", "survey_id"])
def test_dimensions_have_up_to_64_letters(field: str) -> None:
    for letter in "aé😀":
        assert letter * 64 in read(ANSWER | {field: letter * 64}).dimensions
        error = rejection(ANSWER | {field: letter * 65})
        assert (error.reason, error.field) == ("too_long", field)
    assert read(ANSWER).dimensions == (UNKNOWN,) * 5


@pytest.mark.parametrize("name", LEAST)
def test_unknown_fields_are_ignored(name: str) -> None:
    event = {**LEAST[name], "type": name}
    more = {"new": [1, {"deep": None}], "": "", "Score": "x"}
    assert read(event | more, topic=TOPICS[name]) == read(event, topic=TOPICS[name])


def test_unknown_fields_of_a_scale_are_ignored() -> None:
    scale = {"min": 1, "max": 10}
    assert read(ANSWER | {"scale": scale | {"step": 1}}) == read(ANSWER | {"scale": scale})


# Scores on their scale


def rated(kpi: str, score: int | None, low: int | None = None, high: int | None = None, **more: Any) -> Json:
    scale = {} if low is None else {"scale": {"min": low, "max": high}}
    return ANSWER | {"kpi": kpi, "score": score} | scale | more


@pytest.mark.parametrize(
    ("kpi", "scale", "low", "high"),
    [
        ("nps", (), 0, 10),
        ("nps", (0, 10), 0, 10),
        ("nps", (1, 10), 1, 10),
        ("enps", (), 0, 10),
        ("enps", (1, 10), 1, 10),
        ("csat", (), 1, 5),
        *(
            ("csat", scale, *scale)
            for scale in ((1, 2), (1, 3), (1, 4), (1, 5), (0, 5), (1, 6), (1, 7), (1, 10), (0, 10))
        ),
        ("ces", (), 1, 7),
        *(("ces", scale, *scale) for scale in ((1, 5), (1, 7), (0, 10), (0, 100))),
    ],
)
def test_a_score_is_on_its_scale(kpi: str, scale: tuple[int, ...], low: int, high: int) -> None:
    for score in (low, high):
        assert read(rated(kpi, score, *scale)).measure == Rating(kpi, score, low, high)
    for score in (low - 1, high + 1):
        error = rejection(rated(kpi, score, *scale))
        assert (error.reason, error.field) == ("out_of_range", "score")
        assert str(error) == f"score must be {low} to {high}; got {score}"


def test_zero_is_a_score_where_the_scale_begins_there() -> None:
    assert read(rated("nps", 0)).measure == Rating("nps", 0, 0, 10)
    assert read(rated("csat", 0, 0, 5)).measure == Rating("csat", 0, 0, 5)
    assert rejection(rated("csat", 0, 1, 5)).reason == "out_of_range"
    assert rejection(rated("csat", 0)).reason == "out_of_range"


@pytest.mark.parametrize(
    ("kpi", "low", "high", "told"),
    [
        ("nps", 0, 5, "nps is defined on 0 to 10 or 1 to 10; got a scale from 0 to 5"),
        ("enps", 0, 100, "enps is defined on 0 to 10 or 1 to 10; got a scale from 0 to 100"),
        ("csat", 1, 9, "csat_thresholds); got a scale from 1 to 9"),
        ("csat", 5, 1, "got a scale from 5 to 1"),
        ("ces", 1, 12, "such as 1 to 7; got a scale from 1 to 12"),
        ("ces", 3, 3, "got a scale from 3 to 3"),
    ],
)
def test_a_scale_that_the_kpi_is_not_defined_on(kpi: str, low: int, high: int, told: str) -> None:
    error = rejection(rated(kpi, 3, low, high))
    assert (error.reason, error.field) == ("unknown_scale", "scale")
    assert told in str(error)


def test_what_a_high_score_means_is_part_of_the_event() -> None:
    harder = {"scale": {"min": 1, "max": 5, "high_is": "harder"}}
    assert read(rated("ces", 1) | harder).measure == Rating("ces", 5, 1, 5)


def test_skipped_and_deleted_need_no_score() -> None:
    assert read(rated("nps", None, status="skipped")).measure == Rating("nps", 0, 0, 10, answered=False)
    deleted = read(rated("nps", None, status="deleted"))
    assert (deleted.measure, deleted.deleted) == (None, True)


@pytest.mark.parametrize("status", ["declined", "excluded", "deleted"])
def test_a_score_that_does_not_count_must_still_be_one(status: str) -> None:
    assert read(rated("nps", 9, status=status)).measure is None
    assert rejection(rated("nps", 11, status=status)).reason == "out_of_range"


# Times


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T16:00:00-08:00", 0),
        ("1970-01-01T00:00:00.5Z", 500_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.123456789Z", 123_457),
        ("1970-01-01t00:00:01z", 1_000_000),
    ],
)
def test_times_are_read_exactly(text: str, microseconds: int) -> None:
    assert read(ANSWER | {"occurred_at": text}).time == microseconds


@pytest.mark.parametrize("field", ["occurred_at", "updated_at"])
@pytest.mark.parametrize(
    ("given", "reason", "told"),
    [
        ("2026-03-01T09:30:00", "time_without_zone", "needs an offset such as Z or +01:00; got '2026-03-01T09:30:00'"),
        ("2026-03-01 09:30:00.5", "time_without_zone", "got '2026-03-01 09:30:00.5'"),
        ("2026-02-29T09:30:00Z", "invalid_time", "such as 2026-03-01T09:30:00Z; got '2026-02-29T09:30:00Z'"),
        ("2026-03-01T24:00:00Z", "invalid_time", "got '2026-03-01T24:00:00Z'"),
        ("2026-03-01T09:30:00+24:00", "invalid_time", "got '2026-03-01T09:30:00+24:00'"),
        ("2026-03-01", "invalid_time", "got '2026-03-01'"),
        ("01/03/2026 09:30", "invalid_time", "got '01/03/2026 09:30'"),
        ("yesterday", "invalid_time", "got 'yesterday'"),
        ("", "invalid_time", "got ''"),
        (1772357400, "invalid_time", "got 1772357400"),
        (True, "invalid_time", "got True"),
    ],
)
def test_a_time_that_cannot_be_read(field: str, given: Any, reason: str, told: str) -> None:
    error = rejection(ANSWER | {field: given})
    assert (error.reason, error.field) == (reason, field)
    assert told in str(error)


# Which event it is


@pytest.mark.parametrize("name", LEAST)
def test_the_type_may_be_left_out(name: str) -> None:
    event, topic = LEAST[name], TOPICS[name]
    assert read(event, topic=topic) == read(event | {"type": name}, topic=topic)
    assert read(event, topic=None) == read(event | {"type": name}, topic=None)


def test_churn_and_counts_come_by_one_topic() -> None:
    assert kind(LEAST["churn"], "feedback.churn") is Churn
    assert kind(LEAST["customer_count"], "feedback.churn") is CustomerCount
    assert read(LEAST["churn"], topic="feedback.churn").measure == Movement(lost=1)
    assert read(LEAST["customer_count"], topic="feedback.churn").measure == Movement(customers=1000)


@pytest.mark.parametrize("topic", ["feedback.churn", None])
def test_the_type_is_required_where_nothing_tells_it(topic: str | None) -> None:
    error = rejection({"occurred_at": AT}, topic=topic)
    assert (error.reason, error.field) == ("missing_field", "type")
    assert "type is required" in str(error)


@pytest.mark.parametrize("name", ["invitation", "case"])
def test_in_files_an_event_that_names_a_response_is_no_answer(name: str) -> None:
    event = LEAST[name] | {"response_id": "r1"}
    assert kind(event, None) is kind(event | {"type": name}, None)
    assert kind(ANSWER, None) is SurveyResponse


@pytest.mark.parametrize("name", ["nps", "SURVEY_RESPONSE", "", 5, ["survey_response"], {}])
def test_an_unknown_type(name: Any) -> None:
    error = rejection(ANSWER | {"type": name})
    assert (error.reason, error.field) == ("unknown_type", "type")
    assert (
        f"type must be one of survey_response, churn, customer_count, contact, order, invitation, case; got {name!r}"
        in str(error)
    )


def test_a_type_that_belongs_to_another_topic() -> None:
    error = rejection(LEAST["order"] | {"type": "order"})
    assert (error.reason, error.field) == ("wrong_topic", "type")
    assert str(error) == "events of type order belong to topic feedback.orders; this one came by feedback.surveys"
