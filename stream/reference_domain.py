"""The reference pages of what goes in and what comes out: events and KPIs, from models and docstrings."""

import ast
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from doctest import DocTestParser
from inspect import cleandoc
from typing import Any

from stream import schemas
from stream.events import EVENTS, SOURCES, Erasure, Event
from stream.kpi import KPIS, Accumulator, ScoreInfo, durations, intervals
from stream.measures import QUESTIONS

#: What makes two records tell of the same thing; tests/test_docs.py holds it against the events.
IDENTITY: dict[str, tuple[str, ...]] = {
    "survey_response": ("response_id", "question"),
    "churn": ("customer_id", "change", "effective_at"),
    "customer_count": ("channel", "touchpoint", "segment", "team", "survey_id"),
    "contact": ("customer_id", "contact_id"),
    "order": ("customer_id", "order_id"),
    "invitation": ("invitation_id",),
    "case": ("case_id", "status", "occurred_at"),
    "verbatim": ("response_id", "question"),
    "erasure": ("customer_id",),
}

#: Every reason of a dead letter; tests/test_docs.py holds it against the code.
REASONS: dict[str, str] = {
    "null_value": "The record has no value. To delete an answer, send it with the status `deleted`.",
    "too_large": "The record is longer than the setting `max_record_bytes`.",
    "invalid_cloudevent": "Its headers say that it is a CloudEvent, but it is not one of version 1.0.",
    "invalid_json": "It is not JSON, or not UTF-8.",
    "not_an_object": "It is JSON, but not an object.",
    "unknown_type": "`type` names no event.",
    "wrong_topic": "Events of this `type` belong to another topic.",
    "missing_field": "A required field is missing, or `score` is null though the question was answered.",
    "wrong_type": "A field holds another type than it must, such as the score `\"9\"`. Nothing is converted.",
    "fractional_score": "`score` is not a whole number, such as 6.5 or 9.0.",
    "unknown_kpi": "`kpi` is none that surveys ask for.",
    "unknown_scale": "The KPI is not defined on this scale.",
    "out_of_range": "A number is outside its bounds: a score off its scale, a negative count.",
    "unknown_value": "A field with fixed values holds another one.",
    "invalid_value": "A text is not of the form it must have, such as a currency that is not three capitals.",
    "invalid_amount": "An amount is not a decimal as a string.",
    "too_long": "A text or a list is longer than allowed.",
    "empty": "A text that must not be empty is.",
    "invalid_time": "A time is not written as in RFC 3339.",
    "time_without_zone": "A time has no offset such as `Z` or `+01:00`.",
    "unexpected_form": "A delivery to the gateway is not of the form that its source knows; the form may have changed.",
    "needs_somebody": "A sender asks for something that somebody has to see to, such as forgetting a whole shop.",
    "not_fetched": "What a sender tells of could not be fetched from its API; setting `fetch_patience`.",
    "unsupported_type": "The gateway's own events come as JSON or CloudEvents, by the header `Content-Type`.",
    "too_many_events": "A delivery to the gateway holds more than 1,000 events.",
    "out_of_order": "`first_response_at` is before `occurred_at`.",
    "time_in_future": "`occurred_at` or `updated_at` is further ahead of the clock than the setting `max_ahead`.",
}  # fmt: skip


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table.

    >>> print(table(("a", "b"), [("1", "x|y")]), end="")
    | a | b |
    |---|---|
    | 1 | x\\|y |
    """
    lines = [head, *rows]
    drawn = ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines]
    drawn.insert(1, "|" + "---|" * len(head))
    return "\n".join(drawn) + "\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_KPIS = """\
# KPIs

A KPI is made of whole numbers, its fields. They are added up over the events of a window, and a score is worked out of
the sums, never out of other scores. No answers is no score. A score on fewer answers than the setting `min_sample` is
withheld. Every score that is an estimate has a 95 % interval. Several answers of one customer all count: counting only
the last one of each is not built ([why](design.md#every-answer-counts-also-several-of-one-customer)).

Where the scope `agent` is on, answers also count for whom the customer was served by, under a pseudonym, and scores on
fewer than `agent_min_sample` answers are withheld with all that they could be worked out of.

"""


def kpis() -> str:
    """The page of the KPIs."""
    contents = "".join(f"- [{kpi.scores()[0].title}](#{name})\n" for name, kpi in KPIS.items())
    parts = [_kpi(name, kpi) for name, kpi in KPIS.items()]
    return _KPIS + contents + "\n" + "\n".join([*parts, _intervals()])


def _kpi(name: str, kpi: type[Accumulator]) -> str:
    rows = [
        (f"`{info.name}`", info.title, info.french, prose(getattr(kpi, info.name)), _interval(kpi, info),
         "up" if info.higher_is_better else "down", f"`{info.metric}{told(info.labels)}`")
        for info in kpi.scores()
    ]  # fmt: skip
    levels = f"; {_listed(sorted(kpi.levels))} as of the window's start, the others inside it" if kpi.levels else ""
    fades = "".join(f"; `{each}` only for {age // 86_400} days by default" for each, age in kpi.fades.items())
    facts = [
        f"- fields: {_listed(_shortened(kpi.field_names()))}{levels}{fades}",
        f"- computed from: [`{kpi.source}`](events.md)",
        f"- sample size: `feedback_{name}_sample_size`",
    ]
    if kpi.label:
        facts.append(f"- label: `{kpi.label}`, and a row for each")
    if kpi.individual:
        facts.append("- in the scope [`agent`](privacy.md#agents) as well, where that is on")
    if name in QUESTIONS:
        asked = QUESTIONS[name]
        facts.insert(0, f"- scales: {asked.scales}\n- scale where the event names none: {asked.low} to {asked.high}")
    head = ("score", "title", "French", "is", "95 % interval", "good is", "metric")
    return f"## {name}\n\n{prose(kpi)}\n\n{table(head, rows)}\n" + "\n".join(facts) + f"\n\n{_example(kpi)}"


def told(labels: Mapping[str, str]) -> str:
    """Labels as a metric shows them.

    >>> told({"quantile": "0.5"}), told({})
    ('{quantile="0.5"}', '')
    """
    pairs = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{pairs}}}" if labels else ""


def _shortened(fields: Sequence[str]) -> list[str]:
    """The names of fields, the buckets among them as one.

    >>> _shortened(["in_time", "bucket_00", "bucket_01", "bucket_02"])
    ['in_time', 'bucket_00 … bucket_02']
    """
    buckets = [field for field in fields if field.startswith("bucket_")]
    return [
        *(field for field in fields if field not in buckets),
        *([f"{buckets[0]} … {buckets[-1]}"] if buckets else []),
    ]


def prose(thing: object) -> str:
    """The text of a docstring without its examples."""
    return cleandoc(thing.__doc__ or "").partition(">>>")[0].strip()


_INTERVALS = {each.__name__: each for each in (intervals.net, intervals.proportion, intervals.mean, durations.quantile)}


def _interval(kpi: type[Accumulator], info: ScoreInfo) -> str:
    """The function that gives a score its interval, found in the score's code, or the score whose interval it uses."""
    used = getattr(kpi, info.name).__code__.co_names
    direct = next((f"[{name}](#{name})" for name in used if name in _INTERVALS), None)
    derived = next((f"from `{score.name}`" for score in kpi.scores() if score.name in used), None)
    return direct or derived or ("see above" if info.interval else "none")


def _example(thing: Any) -> str:
    """The example of a docstring, with the imports that make it run on its own."""
    text = cleandoc(thing.__doc__ or "")
    examples = DocTestParser().get_examples(text)
    names = {node.id for each in examples for node in ast.walk(ast.parse(each.source)) if isinstance(node, ast.Name)}
    known = names & vars(sys.modules[thing.__module__]).keys()
    imports = f">>> from {thing.__module__} import {', '.join(sorted(known))}\n"
    return f"```pycon\n{imports}{text[text.index('>>>') :].strip()}\n```\n"


def _intervals() -> str:
    parts = [f"### {name}\n\n{prose(each)}\n\n{_example(each)}" for name, each in _INTERVALS.items()]
    return "## Intervals\n\n" + "\n".join(parts)


_EVENTS = """\
# Events

```json
{"type":"churn","customer_id":"c1","change":"lost","occurred_at":"2026-03-01T09:30:00Z","segment":"premium"}
```

One JSON object a record. Unknown fields are ignored, nothing is converted. `type` may be left out where the topic, or a
field that only one event has, tells it. A time is written as in RFC 3339, with an offset. CloudEvents 1.0 are accepted,
binary and structured. The [schemas](schemas) say the same for programs, with [AsyncAPI](schemas/asyncapi.json) for the
topics.

Two records with the same identity tell of the same thing. The one with the greater (`updated_at` or else `occurred_at`,
`revision`) replaces the other, in the window of the first `occurred_at`; an equal or smaller one is a duplicate and
changes nothing. Churn and counts of customers cannot be replaced: the first record stays.

"""


def events() -> str:
    """The page of the events."""
    made = {name.removesuffix(".json"): json.loads(text) for name, text in schemas.documents().items()}
    contents = "".join(f"- `{topic}`: {_linked(topic)}\n" for topic in SOURCES)
    shared = [row for row in _fields(made[EVENTS[0].name]) if row[0].strip("`") in Event.model_fields]
    dimensions = "## Dimensions\n\nEvery event may have them, all optional.\n\n" + table(_FIELD_HEAD, shared)
    parts = [_event(event, made[event.name]) for event in EVENTS]
    return _EVENTS + contents + "\n" + "\n".join([dimensions, *parts, _rejections()])


def _linked(topic: str) -> str:
    return ", ".join(f"[{event.name}](#{event.name})" for event in EVENTS if topic in event.topics())


_FIELD_HEAD = ("field", "", "type", "meaning")


def _event(event: type[Event], schema: dict[str, Any]) -> str:
    example = json.dumps(schemas.EXAMPLES[event.name][0], ensure_ascii=False, indent=2)
    identity = _listed(IDENTITY[event.name])
    if event.name == "customer_count":
        identity = f"the combination of {identity}, and `occurred_at`"
    fed = _listed(name for name, kpi in KPIS.items() if kpi.source == event.topic)
    counts_for = fed or "none yet; it is checked, identified and counted as an event"
    if event is Erasure:
        counts_for = "none; what was counted stays counted"
    facts = f"- {'topics' if event.also else 'topic'}: {_listed(event.topics())}\n- key: `{event.key}`\n"
    facts += f"- identity: {identity}\n- KPIs: {counts_for}\n"
    own = [row for row in _fields(schema) if row[0].strip("`") not in Event.model_fields]
    described = f"{schema['description']}\n\n```json\n{example}\n```\n\n{facts}\n{table(_FIELD_HEAD, own)}"
    return f"## {event.name}\n\n{described}"


def _fields(schema: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    required = {*schema["required"]}
    rows = [
        (f"`{name}`", "required" if name in required else "", _type(field, schema), _meaning(field))
        for name, field in schema["properties"].items()
    ]
    return sorted(rows, key=lambda row: not row[1])


_LIMITS = {"pattern": "`{pattern}`", "maxLength": "up to {maxLength} characters", "minimum": "{minimum} to {maximum}"}


def _type(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """The type of a field, as a person says it."""
    if "anyOf" in field:
        kinds = [_type(kind, schema) for kind in field["anyOf"]]
        return " or ".join(kind for kind in kinds if kind != "null" or "default" not in field)
    if "$ref" in field:
        inner = schema["$defs"][field["$ref"].rpartition("/")[2]]
        parts = [f"`{name}` ({_type(kind, schema)})" for name, kind in inner["properties"].items()]
        return f"object of {', '.join(parts)}"
    values = field.get("enum", [field["const"]] if "const" in field else ())
    if values:
        return _listed(values)
    if "format" in field:
        return "time"
    limits = [words.format(**field) for name, words in _LIMITS.items() if name in field]
    return ", ".join([str(field["type"]), *limits])


def _meaning(field: dict[str, Any]) -> str:
    default = field.get("default")
    shown = default if isinstance(default, str) else json.dumps(default)
    left_out = f"Left out: `{shown}`." if default is not None and "const" not in field else ""
    return f"{field.get('description', '')} {left_out}".strip()


_REJECTIONS = """\
## Reasons of rejection

A record that cannot be read goes to `feedback.dead-letters` as it was, with one of these reasons in the header
`feedback-reason`; the field and a sentence are in `feedback-field` and `feedback-message`.

"""


def _rejections() -> str:
    rows = [(f"`{reason}`", meaning) for reason, meaning in REASONS.items()]
    return _REJECTIONS + table(("reason", "means"), rows)
