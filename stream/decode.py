"""From a record's bytes to an observation, or the reason why not."""

from collections.abc import Sequence
from typing import Any

import msgspec
import orjson
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, from_structured
from cloudevents.core.formats.json import JSONFormat
from pydantic import ValidationError

from stream.errors import Rejected
from stream.events import EVENTS, Event, Observation
from stream.events.shown import shown
from stream.events.survey import SurveyResponse
from stream.fast import observe, read_answer

Headers = Sequence[tuple[str, bytes | None]]

_BY_NAME = {event.name: event for event in EVENTS}
_CLOUD_EVENT_HEADERS = {"content-type", "ce_specversion"}


def decode(value: bytes | None, headers: Headers, topic: str | None, max_bytes: int) -> Observation:
    """The observation that a record holds; `topic` is None where the type alone must tell (files).

    Raises:
        Rejected: with the reason, the field and a sentence.

    >>> decode(b'{"response_id":"r1","kpi":"nps","occurred_at":"2026-03-01T09:30:00Z","score":9}', (),
    ...        "feedback.surveys", 1000).measure
    Rating(kpi='nps', score=9, low=0, high=10, answered=True)
    """
    if value is None:
        raise Rejected("null_value", "", "the record has no value; to delete an answer send it with status deleted")
    if len(value) > max_bytes:
        msg = f"the record has {len(value)} bytes; at most {max_bytes} are read (setting max_record_bytes)"
        raise Rejected("too_large", "", msg)
    cloud_event = is_cloud_event(headers)
    if not cloud_event and topic in {"feedback.surveys", None}:
        try:
            return observe(read_answer(value))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass  # the models judge, and name the reason
    return parse(value, headers if cloud_event else (), topic).observe()


def is_cloud_event(headers: Headers) -> bool:
    """Whether headers say that a record is a CloudEvent.

    >>> is_cloud_event([("ce_specversion", b"1.0")]), is_cloud_event([("trace", b"1")])
    (True, False)
    """
    return bool(headers) and any(name.lower() in _CLOUD_EVENT_HEADERS for name, _ in headers)


def parse(value: bytes, headers: Headers, topic: str | None) -> Event:
    """The event that a record holds, by the models; CloudEvents are unwrapped.

    Raises:
        Rejected: with the reason, the field and a sentence.
    """
    named = None
    if headers:
        value, named = _unwrap(value, headers)
    try:
        data = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        msg = f"the record is not JSON: {error}"
        raise Rejected("invalid_json", "", msg) from None
    if not isinstance(data, dict):
        msg = f"the record must be a JSON object; got {shown(data)}"
        raise Rejected("not_an_object", "", msg)
    return validated(data, named, topic)


def validated(data: dict[str, Any], named: str | None = None, topic: str | None = None) -> Event:
    """The event that a JSON object is, by the models; `named` is its type where it says none itself.

    Raises:
        Rejected: with the reason, the field and a sentence.
    """
    event = kind_of(data, named, topic)
    try:
        return event.model_validate(data)
    except ValidationError as error:
        raise _rejection(error) from None


def ahead(observation: Observation, now: float) -> Rejected:
    """The rejection of an observation whose time lies too far ahead of `now`, in seconds since 1970."""
    field, time = max(("occurred_at", observation.at), ("updated_at", observation.version[0]), key=lambda pair: pair[1])
    msg = f"{field} is {round(time / 1_000_000 - now)} s ahead of the clock"
    return Rejected("time_in_future", field, msg)


def kind_of(data: dict[str, Any], named: str | None, topic: str | None) -> type[Event]:
    """Which event it is: by its type, or where that is left out by the topic and the field only it has.

    Raises:
        Rejected: if it cannot be told, or does not belong to the topic.
    """
    name = data.get("type", named)
    if name is None:
        candidates = [event for event in EVENTS if event.mark and topic in (event.topic, None)]
        if len(candidates) == 1:
            return candidates[0]
        marked = [event for event in candidates if event.mark in data]
        if not marked:
            raise Rejected("missing_field", "type", "type is required where the topic leaves more than one possible")
        # Invitations and cases may name a response too, so that is the last guess.
        return min(marked, key=lambda event: event is SurveyResponse)
    event = _BY_NAME.get(name) if isinstance(name, str) else None
    if event is None:
        msg = f"type must be one of {', '.join(_BY_NAME)}; got {shown(name)}"
        raise Rejected("unknown_type", "type", msg)
    if topic not in (*event.topics(), None):
        msg = f"events of type {name} belong to topic {', '.join(event.topics())}; this one came by {topic}"
        raise Rejected("wrong_topic", "type", msg)
    return event


def _unwrap(value: bytes, headers: Headers) -> tuple[bytes, str | None]:
    """Data and type of a CloudEvent in structured or binary mode; other records as they are."""
    attributes = {name.lower(): header or b"" for name, header in headers}  # a header may be null
    structured = attributes.get("content-type", b"").lower().startswith(b"application/cloudevents")
    if not structured and "ce_specversion" not in attributes:
        return value, None
    try:
        if structured:
            event = from_structured(KafkaMessage({}, None, value), JSONFormat())
            data = event.get_data()
            payload = data if isinstance(data, bytes) else orjson.dumps(data)
        else:
            # The value is the data as it is; headers of others, such as tracing, need not even be text.
            own = {name: header for name, header in attributes.items() if name.startswith("ce_")}
            event, payload = from_binary(KafkaMessage(own, None, b""), JSONFormat()), value
    except Exception as error:
        msg = f"the record is not a CloudEvent 1.0: {error}"
        raise Rejected("invalid_cloudevent", "", msg) from None
    name = event.get_type().rpartition(".")[2]
    return payload, name if name in _BY_NAME else None


#: Reasons for pydantic's own error types; others keep pydantic's name.
_REASONS = {
    "missing": "missing_field",
    "string_too_long": "too_long",
    "string_too_short": "empty",
    "literal_error": "unknown_value",
    "json_invalid": "invalid_json",
    "string_pattern_mismatch": "invalid_value",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
}


def _rejection(error: ValidationError) -> Rejected:
    """The first problem of a failed validation, in the words of the dead letters."""
    problem: Any = error.errors(include_url=False)[0]
    kind, message, given = problem["type"], problem["msg"], problem["input"]
    if not problem["loc"]:  # a rule between fields, whose message says it all
        return Rejected(kind, problem["ctx"]["field"], message)
    field = ".".join(map(str, problem["loc"]))
    if kind == "int_type" and isinstance(given, float) and field == "score":
        kind = "fractional_score"
    reason = _REASONS.get(kind, "wrong_type" if kind.endswith(("_type", "_parsing")) else kind)
    told = kind == "missing" or "got" in message or isinstance(given, dict | bytes)
    return Rejected(reason, field, f"{field}: {message}" if told else f"{field}: {message}; got {shown(given)}")
