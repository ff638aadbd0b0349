"""What the gateway offers, as an OpenAPI document."""

from collections.abc import Iterable
from typing import Any

from stream import __version__
from stream.events import EVENTS
from stream.gateway.inlets import Inlet
from stream.settings import Settings
from stream.sources.schemes import Basic, Scheme, Signature, Token

Json = dict[str, Any]

_ANSWERS = {
    "200": "Kafka has everything that was of interest.",
    "400": "The body is not what it says.",
    "401": "Nothing proves who sent it, or it was sent too long ago.",
    "403": "Deliveries may not come from this address.",
    "404": "There is no such source, or it is off.",
    "408": "The body did not come in time.",
    "413": "The body is too large.",
    "415": "The body is of a type that is not understood, or compressed.",
    "417": "The header Expect asks for something unknown.",
    "422": "Events are wrong; nothing was taken.",
    "429": "Too many deliveries a second; see Retry-After.",
    "503": "Kafka is away, or too much is waiting; see Retry-After.",
}


def document(inlets: Iterable[Inlet], settings: Settings) -> Json:
    """The document for the sources that are on."""
    on = list(inlets)
    return {
        "openapi": "3.1.0",
        "info": {"title": "feedback-stream gateway", "version": __version__},
        "servers": [{"url": settings.gateway_url or "/"}],
        "paths": {f"/in/{inlet.source.name}": _path(inlet) for inlet in on} | _PAGES,
        "components": {
            "securitySchemes": {inlet.source.name: found for inlet in on if (found := _security(inlet.scheme))},
            "schemas": {event.name: _schema(event.name) for event in EVENTS},
        },
    }


def _path(inlet: Inlet) -> Json:
    source, secured = inlet.source, _security(inlet.scheme) is not None
    operation: Json = {
        "summary": f"Deliveries of {source.title}.",
        "operationId": f"post-{source.name}",
        "requestBody": {"required": True, "content": _canonical() if source.tells else _ANY_BODY},
        "responses": _responses(_ANSWERS),
    }
    if secured:
        operation["security"] = [{source.name: []}]
    asked = {name: {"summary": text, "responses": _responses(_only("200"))} for name, text in _ASKED.items()}
    return {"post": operation} | asked


_ASKED = {"get": "Whether it is there.", "options": "Permission to send CloudEvents."}
_ANY_BODY: Json = {"application/json": {"schema": {}}, "application/x-www-form-urlencoded": {"schema": {}}}


def _canonical() -> Json:
    one = {"oneOf": [{"$ref": f"#/components/schemas/{event.name}"} for event in EVENTS]}
    cloud = {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {"specversion": {"const": "1.0"}, "data": one}
        | {name: {"type": "string", "minLength": 1} for name in ("id", "source", "type")},
    }
    return {
        "application/json": {"schema": {"anyOf": [one, {"type": "array", "items": one}]}},
        "application/cloudevents+json": {"schema": cloud},
        "application/cloudevents-batch+json": {"schema": {"type": "array", "items": cloud}},
    }


def _schema(name: str) -> Json:
    event = next(event for event in EVENTS if event.name == name)
    schema = event.model_json_schema(ref_template=f"#/components/schemas/{name}/$defs/{{model}}")
    # Without a topic only the type tells which event it is.
    return schema | {"required": sorted({*schema.get("required", []), "type"})}


def _security(scheme: Scheme) -> Json | None:
    match scheme:
        case Signature():
            return {"type": "apiKey", "in": "header", "name": scheme.header}
        case Basic():
            return {"type": "http", "scheme": "basic"}
        case Token(parameter=str(parameter)) if parameter:
            return {"type": "apiKey", "in": "query", "name": parameter}
        case Token(header="Authorization", prefix="Bearer "):
            return {"type": "http", "scheme": "bearer"}
        case Token():
            return {"type": "apiKey", "in": "header", "name": scheme.header}
        case _:
            return None


def _only(*codes: str) -> dict[str, str]:
    return {code: _ANSWERS[code] for code in codes}


def _responses(answers: dict[str, str]) -> Json:
    return {code: {"description": text} for code, text in answers.items()}


_PAGES: Json = {
    path: {"get": {"summary": text, "responses": {"200": {"description": "It is."}}}}
    for path, text in {"/healthz": "Whether it lives.", "/metrics": "Metrics for Prometheus."}.items()
} | {
    "/readyz": {
        "get": {"summary": "Whether Kafka takes records.", "responses": _responses(_only("200", "503"))},
    }
}
