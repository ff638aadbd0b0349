"""The published schemas are those of the models, and say what the models say, as far as a JSON Schema can."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from stream.dead_letters import headers_of
from stream.decode import parse
from stream.engine import Rejection
from stream.errors import Rejected
from stream.events import EVENTS, SOURCES, Event
from stream.kpi.nps import Nps
from stream.render import as_json
from stream.schemas import documents, main
from stream.topics import ALERTS, DEAD_LETTERS, SCORES
from stream.view import scores_of

Json = dict[str, Any]

COMMITTED = Path(__file__).parents[2] / "docs" / "schemas"
DOCUMENTS: dict[str, Json] = {name: json.loads(text) for name, text in documents().items()}
ASYNCAPI = DOCUMENTS["asyncapi.json"]
SCHEMAS = {name.removesuffix(".json"): document for name, document in DOCUMENTS.items() if document is not ASYNCAPI}

#: What a JSON Schema cannot say, or what cannot be said in it once for all settings: the models alone judge it.
BEYOND = {
    ("unknown_scale", "scale"),  # which scales a KPI is defined on
    ("out_of_range", "score"),  # that the score is on its scale
    ("missing_field", "score"),  # that it is null only if skipped or deleted
    ("missing_field", "sentiment"),  # likewise
    ("fractional_score", "score"),  # that 9.0 is no whole number: to JSON Schema it is one
    ("wrong_type", "revision"),
    ("wrong_type", "customers"),
    ("wrong_type", "scale.max"),
    ("out_of_order", "first_response_at"),  # which of two times is the earlier one
}

formats = FormatChecker(formats=())


@formats.checks("date-time", raises=ValueError)
def _is_time(text: object) -> bool:
    """RFC 3339, read by other means than the models do."""
    if not isinstance(text, str):
        return True  # a format says nothing of other types
    shape = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
    return re.fullmatch(shape, text, re.ASCII) is not None and datetime.fromisoformat(text.upper()) is not None


VALIDATORS = {name: Draft202012Validator(schema, format_checker=formats) for name, schema in SCHEMAS.items()}


# The documents


def test_the_committed_documents_are_what_the_models_say() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in COMMITTED.iterdir()} == documents()


def test_writing_and_comparing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "new" / "schemas"
    assert main([str(directory), "--check"]) == 1
    assert main([str(directory)]) == 0
    assert main([str(directory), "--check"]) == 0
    capsys.readouterr()
    (directory / "case.json").write_text("{}")
    (directory / "order.json").unlink()
    assert main([str(directory), "--check"]) == 1
    told = capsys.readouterr().err
    assert [name for name in DOCUMENTS if name in told] == ["order.json", "case.json"]
    assert (directory / "case.json").read_text() == "{}"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_its_examples_validate(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f"/{name}.json")
    assert schema["title"]
    assert schema["description"]
    assert ">>>" not in json.dumps(schema)
    for example in schema["examples"]:
        VALIDATORS[name].validate(example)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_examples_of_events_are_events(event: type[Event]) -> None:
    for example in SCHEMAS[event.name]["examples"]:
        for topic in (event.topic, None):
            assert type(parse(json.dumps(example).encode(), (), topic)) is event


def test_live_scores_are_as_published() -> None:
    for kpi in (Nps(promoters=65, passives=20, detractors=15), Nps(promoters=1)):
        for score in scores_of(kpi, "24h", ("channel", "phone"), 5):
            VALIDATORS["score"].validate(as_json(score, 1_772_357_400.0))


# AsyncAPI


def references(node: Any) -> Iterator[str]:
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key == "$ref":
            yield value
        else:
            yield from references(value)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_references_lead_somewhere(name: str) -> None:
    for reference in references(DOCUMENTS[name]):
        file, _, pointer = reference.removeprefix("./").partition("#")
        node: Any = DOCUMENTS[file or name]
        for part in filter(None, pointer.split("/")):
            node = node[part]


def test_every_topic_has_its_channel() -> None:
    channels = {channel["address"]: channel for channel in ASYNCAPI["channels"].values()}
    assert set(channels) == {*SOURCES, DEAD_LETTERS, SCORES, ALERTS}
    for topic in SOURCES:
        assert set(channels[topic]["messages"]) == {event.name for event in EVENTS if topic in event.topics()}
    compacted = {
        topic
        for topic, channel in channels.items()
        if channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] == ["compact"]
    }
    assert compacted == {SCORES}


def test_sources_are_received_and_the_rest_is_sent() -> None:
    actions = {
        ASYNCAPI["channels"][operation["channel"]["$ref"].rpartition("/")[2]]["address"]: operation["action"]
        for operation in ASYNCAPI["operations"].values()
    }
    assert actions == dict.fromkeys(SOURCES, "receive") | dict.fromkeys((DEAD_LETTERS, SCORES, ALERTS), "send")


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_the_key_of_an_event_is_one_of_its_fields(event: type[Event]) -> None:
    message = ASYNCAPI["components"]["messages"][event.name]
    assert message["bindings"]["kafka"]["key"]["description"] == f"The `{event.key}`."
    assert event.key in SCHEMAS[event.name]["properties"]


def test_dead_letters_have_the_headers_that_are_published() -> None:
    record: Any = SimpleNamespace(topic="feedback.surveys", partition=0, offset=7, headers=())
    sent = headers_of(Rejection(record, Rejected("null_value", "", "the record has no value")), 0.0)
    published = ASYNCAPI["components"]["messages"]["dead_letter"]["headers"]["properties"]
    assert [name for name, _ in sent] == list(published)


# What the schemas accept


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


#: Values for any field; some suit some fields, most are wrong.
ANYTHING = one_of(
    *(None, True, False, 0, 5, -1, 11, 6.5, 9.0, 2**53 + 1, 10**12 + 1, 10**30),
    *(
        "",
        "x",
        "nps",
        "9",
        "12.50",
        "12,50",
        "1e5",
        "-3",
        "EUR",
        "eur",
        "lost",
        "skipped",
        "deleted",
        "opened",
        "😀" * 64,
    ),
    *("x" * 64, "x" * 65, "é" * 65, "x" * 256, "x" * 257),
    *("2026-03-01T09:30:00Z", "2026-03-01T09:30:00.123456789+05:45", "2026-03-01T09:30:00", "2026-02-30T09:30:00Z"),
    *("2026-03-01", "2026-03-01T09:30:60Z", "2026-03-01T25:30:00Z", "2026-03-01T09:30:00+01", "yesterday"),
    *([], ["x"], {}, {"min": 1, "max": 5}, {"min": 1}, {"min": 1, "max": "5"}, {"min": 0, "max": 10, "high_is": "up"}),
    *({"min": 0, "max": 10.0}, {"min": 0, "max": 10, "high_is": None, "step": 1}),
)


@st.composite
def candidates(draw: st.DrawFn, name: str) -> Json:
    """An example of an event, with some fields changed, left out, or added."""
    event = dict(draw(one_of(*SCHEMAS[name]["examples"])))
    fields = [*SCHEMAS[name]["properties"], "unknown"]
    event |= draw(st.dictionaries(one_of(*fields), ANYTHING, max_size=2))
    for field in draw(st.sets(one_of(*fields), max_size=1)):
        event.pop(field, None)
    return event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_the_schema_accepts_what_the_model_accepts(event: type[Event]) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=300, deadline=None)
    @given(candidates(event.name))
    def check(candidate: Json) -> None:
        accepted = VALIDATORS[event.name].is_valid(candidate)
        try:
            event.model_validate_json(json.dumps(candidate))
        except ValueError:
            problem = refusal(event, candidate)
            assert not accepted or problem in BEYOND
            seen["beyond a schema" if accepted else "refused"] += 1
        else:
            assert accepted
            seen["accepted"] += 1

    check()
    assert min(seen["accepted"], seen["refused"]) > 20


def refusal(event: type[Event], candidate: Json) -> tuple[str, str]:
    """Reason and field in the words of the dead letters."""
    with pytest.raises(Rejected) as caught:
        parse(json.dumps(candidate | {"type": candidate.get("type", event.name)}).encode(), (), event.topic)
    return caught.value.reason, caught.value.field


@pytest.mark.parametrize(
    ("changed", "reason", "field"),
    [
        ({"scale": {"min": 0, "max": 100}}, "unknown_scale", "scale"),
        ({"score": 11}, "out_of_range", "score"),
        ({"score": None}, "missing_field", "score"),
        ({"score": 9.0}, "fractional_score", "score"),
        ({"revision": 1.0}, "wrong_type", "revision"),
    ],
)
def test_what_a_schema_cannot_say(changed: Json, reason: str, field: str) -> None:
    candidate = SCHEMAS["survey_response"]["examples"][0] | changed
    assert VALIDATORS["survey_response"].is_valid(candidate)
    assert refusal(EVENTS[0], candidate) == (reason, field)
    assert (reason, field) in BEYOND
