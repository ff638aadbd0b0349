"""Records that can be read, and why the others cannot: reason, field, and a message that helps."""

import json
from typing import Any

import pytest

from stream.decode import decode
from stream.errors import Rejected
from stream.events import UNKNOWN
from stream.events.churn import Churn, CustomerCount
from stream.events.survey import SurveyResponse
from stream.measures import Movement, Rating
from tests.unit.records import (
    ANSWER,
    AT,
    LEAST,
    MAX_BYTES,
    SURVEYS,
    TOPICS,
    Json,
    kind,
    read,
    rejection,
)

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


# Which event it is


@pytest.mark.parametrize("name", sorted(LEAST.keys() - {"erasure"}))
def test_the_type_may_be_left_out(name: str) -> None:
    event, topic = LEAST[name], TOPICS[name]
    assert read(event, topic=topic) == read(event | {"type": name}, topic=topic)
    assert read(event, topic=None) == read(event | {"type": name}, topic=None)


@pytest.mark.parametrize("topic", ["feedback.churn", "feedback.contacts", "feedback.orders"])
def test_an_erasure_comes_by_each_topic_of_customers_but_must_name_its_type(topic: str) -> None:
    observation = read(LEAST["erasure"] | {"type": "erasure"}, topic=topic)
    assert (observation.rule, observation.customer) == ("erasure", "c1")
    assert rejection(LEAST["erasure"], topic=topic).reason == "missing_field"


def test_an_erasure_belongs_to_no_other_topic() -> None:
    error = rejection(LEAST["erasure"] | {"type": "erasure"}, topic=SURVEYS)
    assert (error.reason, error.field) == ("wrong_topic", "type")
    assert "belong to topic feedback.churn, feedback.contacts, feedback.orders" in str(error)


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
    known = "survey_response, churn, customer_count, contact, order, invitation, case, verbatim, erasure"
    assert f"type must be one of {known}; got {name!r}" in str(error)


def test_a_type_that_belongs_to_another_topic() -> None:
    error = rejection(LEAST["order"] | {"type": "order"})
    assert (error.reason, error.field) == ("wrong_topic", "type")
    assert str(error) == "events of type order belong to topic feedback.orders; this one came by feedback.surveys"


def test_an_amount_with_more_digits_than_can_be_calculated_with_is_rejected() -> None:
    order = LEAST["order"] | {"amount": "1" * 60}
    assert rejection(order, topic=TOPICS["order"]).reason == "out_of_range"
