"""The contract for other programs, made from the models: a JSON Schema of each event, and AsyncAPI for the topics.

`python -m stream.schemas DIR` writes them, with `--check` it compares.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from stream import __version__
from stream.events import EVENTS, SOURCES, Event
from stream.published import Alert, Score
from stream.settings import Settings
from stream.topics import ALERTS, DEAD_LETTERS, SCORES

Json = dict[str, Any]

#: Where the schemas can be fetched from; references between them are relative.
BASE = "https://raw.githubusercontent.com/feedback-stream/feedback-stream/main/docs/schemas/"

_KAFKA: Json = {"bindingVersion": "0.5.0"}
_AT = "2026-03-01T09:30:00+01:00"

EXAMPLES: dict[str, list[Json]] = {
    "survey_response": [
        {"response_id": "r1", "kpi": "nps", "score": 9, "occurred_at": _AT, "channel": "phone", "touchpoint": "billing",
         "segment": "premium", "team": "north", "survey_id": "after-call", "comment": "Quick and friendly."},
        {"response_id": "r2", "question": "effort", "kpi": "ces", "score": 1, "occurred_at": _AT,
         "scale": {"min": 1, "max": 5, "high_is": "harder"}},
        {"response_id": "r1", "kpi": "nps", "score": None, "status": "deleted", "occurred_at": _AT,
         "updated_at": "2026-03-02T10:00:00Z"},
    ],
    "churn": [{"customer_id": "c1", "change": "lost", "occurred_at": _AT, "effective_at": "2026-04-01T00:00:00Z",
               "voluntary": True, "reason": "price", "segment": "premium"}],
    "customer_count": [{"type": "customer_count", "customers": 1000, "occurred_at": _AT, "segment": "premium"}],
    "contact": [{"contact_id": "k1", "customer_id": "c1", "occurred_at": _AT, "issue": "invoice", "channel": "phone",
                 "first_response_at": "2026-03-01T09:30:40+01:00", "resolved": True}],
    "order": [{"order_id": "o1", "customer_id": "c1", "occurred_at": _AT, "amount": "12.50", "currency": "EUR",
               "kind": "upsell"}],
    "invitation": [{"invitation_id": "i1", "kpi": "nps", "occurred_at": _AT, "response_id": "r1", "channel": "phone"}],
    "case": [{"case_id": "s1", "status": "opened", "occurred_at": _AT, "response_id": "r1", "team": "north"}],
    "verbatim": [{"response_id": "r1", "question": "nps", "occurred_at": _AT, "sentiment": "negative",
                  "themes": ["waiting", "price"], "group": "detractor", "language": "fr", "channel": "phone"},
                 {"response_id": "r1", "question": "nps", "occurred_at": _AT, "updated_at": "2026-03-02T10:00:00Z",
                  "status": "deleted", "sentiment": None, "themes": []}],
    "erasure": [{"type": "erasure", "customer_id": "c1", "occurred_at": _AT}],
    "score": [{"kpi": "nps", "window": "24h", "scope": "channel", "member": "phone", "as_of": "2026-03-01T08:30:00Z",
               "value": 50.0, "lower": 34.15, "upper": 62.94, "n": 100, "suppressed": False,
               "fields": {"promoters": 65, "passives": 20, "detractors": 15, "skipped": 3}}],
    "alert": [{"id": "nps/all/all/2026-03-01T08:24:00Z", "kpi": "nps", "scope": "all", "member": "all",
               "state": "raised", "at": "2026-03-01T08:30:00Z", "begin": "2026-03-01T08:24:00Z", "end": None,
               "drop": 21.3, "lower": 14.0, "upper": 28.6, "baseline": 30.2, "compared": 12480, "deviation": 78.1,
               "answers": 374, "accepted": False, "explained_by": [
                   {"scope": "channel", "member": "phone", "share": 0.82, "rate_effect": 17.1, "mix_effect": 0.4}]}],
}  # fmt: skip


class _Plain(GenerateJsonSchema):
    """Without the titles that only repeat the names of the fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def documents() -> dict[str, str]:
    """Every document's text by its file name.

    >>> [name for name in documents()][:2]
    ['survey_response.json', 'churn.json']
    """
    models: dict[str, type[BaseModel]] = {event.name: event for event in EVENTS}
    models |= {"score": Score, "alert": Alert}
    made = {name: _schema(name, model) for name, model in models.items()}
    made["asyncapi"] = _asyncapi()
    return {f"{name}.json": json.dumps(made[name], indent=2, ensure_ascii=False) + "\n" for name in made}


def _schema(name: str, model: type[BaseModel]) -> Json:
    schema = model.model_json_schema(schema_generator=_Plain)
    head = {
        "$schema": _Plain.schema_dialect,
        "$id": f"{BASE}{name}.json",
        "title": name.replace("_", " ").capitalize(),
        "description": _description(model),
        "examples": EXAMPLES[name],
    }
    # What is the event's own comes first, then what all events share.
    shared = sorted(schema["properties"].items(), key=lambda item: item[0] in Event.model_fields)
    return head | {key: schema[key] for key in schema if key not in head} | {"properties": dict(shared)}


def _description(model: type[BaseModel]) -> str:
    return cleandoc(model.__doc__ or "").partition(">>>")[0].strip()


def _asyncapi() -> Json:
    sent = {DEAD_LETTERS: "dead_letter", SCORES: "score", ALERTS: "alert"}
    broker = {"default": Settings.model_fields["broker"].default, "description": "The setting FEEDBACK_BROKER."}
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "feedback-stream",
            "version": __version__,
            "description": (
                "Events of a contact centre in, live scores and alerts out. A record is one JSON object; unknown "
                "fields are ignored. CloudEvents 1.0 are accepted in binary mode (attributes in headers) and in "
                "structured mode (the object is the event's `data`). `type` may be left out where the topic implies it."
            ),
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": {"host": "{broker}", "protocol": "kafka", "variables": {"broker": broker}}},
        "channels": {
            **{
                _id(topic): _channel(topic, [event.name for event in EVENTS if topic in event.topics()])
                for topic in SOURCES
            },
            **{_id(topic): _channel(topic, [message]) for topic, message in sent.items()},
        },
        "operations": {
            **{f"receive-{_id(topic)}": _operation("receive", topic) for topic in SOURCES},
            **{f"send-{_id(topic)}": _operation("send", topic) for topic in sent},
        },
        "components": {"messages": _messages(), "schemas": {"cloud_event_headers": _CLOUD_EVENT_HEADERS}},
    }


def _id(topic: str) -> str:
    return topic.removeprefix("feedback.")


def _channel(topic: str, messages: Iterable[str]) -> Json:
    policy = "compact" if topic == SCORES else "delete"
    return {
        "address": topic,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": {"topic": topic, "topicConfiguration": {"cleanup.policy": [policy]}} | _KAFKA},
    }


def _operation(action: Literal["send", "receive"], topic: str) -> Json:
    operation = {"action": action, "channel": {"$ref": f"#/channels/{_id(topic)}"}}
    if action == "send":
        return operation
    group = {"type": "string", "default": Settings.model_fields["app_id"].default}
    return operation | {"bindings": {"kafka": {"groupId": group} | _KAFKA}}


def _messages() -> Json:
    cloud_event = {"headers": {"$ref": "#/components/schemas/cloud_event_headers"}}
    sources = {event.name: cloud_event | _message(event.name, event, f"The `{event.key}`.") for event in EVENTS}
    return sources | {
        "dead_letter": _DEAD_LETTER,
        "score": _message("score", Score, "kpi, window, scope and member."),
        "alert": _message("alert", Alert, "The alert's id."),
    }


def _message(name: str, model: type[BaseModel], key: str) -> Json:
    return {
        "name": name,
        "summary": _description(model).partition("\n\n")[0].replace("\n", " "),
        "payload": {"$ref": f"./{name}.json"},
        "bindings": _key(key),
    }


def _key(description: str) -> Json:
    return {"kafka": {"key": {"type": "string", "description": description}} | _KAFKA}


def _headers(described: dict[str, str]) -> Json:
    return {name: {"type": "string", "description": text} for name, text in described.items()}


_CLOUD_EVENT_HEADERS: Json = {
    "type": "object",
    "description": "Only where the record is a CloudEvent; `ce_` headers in binary mode.",
    "properties": {
        "ce_specversion": {"const": "1.0"},
        **_headers(
            {
                "ce_id": "The CloudEvent's id.",
                "ce_source": "Where it comes from.",
                "ce_type": "The event's type, also after a prefix, such as com.example.survey_response.",
                "content-type": "`application/cloudevents+json` in structured mode.",
            }
        ),
    },
    "dependencies": {"ce_specversion": ["ce_id", "ce_source", "ce_type"]},
}

_DEAD_LETTER: Json = {
    "name": "dead_letter",
    "summary": "A record that could not be read: its original bytes, untouched, and the reason.",
    "contentType": "application/octet-stream",
    "headers": {
        "type": "object",
        "description": "The record's own headers follow unchanged.",
        "properties": _headers(
            {
                "feedback-reason": "Why it was rejected, for programs, such as out_of_range.",
                "feedback-field": "The field at fault; empty where it is the whole record.",
                "feedback-message": "Why it was rejected, for people.",
                "feedback-topic": "The topic it came by; /in/SOURCE for a delivery to the gateway.",
                "feedback-partition": "Its partition there.",
                "feedback-offset": "Its offset there.",
                "feedback-time": "When it was rejected.",
            }
        ),
    },
    "payload": {"description": "Any bytes."},
    "bindings": _key("The record's own key."),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the documents to a directory, or compare."""
    return write(documents(), "stream.schemas", (__doc__ or "").partition("\n")[0], arguments)


def write(texts: Mapping[str, str], module: str, description: str, arguments: Sequence[str] | None) -> int:
    """The command line of a module that makes documents: write them to a directory, or compare; the exit status."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; name the files that differ and exit with 1"
    )
    options = parser.parse_args(arguments)
    differing = 0
    for name, text in texts.items():
        path = options.directory / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        differing += 1
        if options.check:
            print(f"{path} is not what the models say; run python -m {module} {options.directory}", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return int(options.check and differing > 0)


if __name__ == "__main__":
    sys.exit(main())
