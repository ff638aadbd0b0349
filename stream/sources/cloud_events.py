"""CloudEvents 1.0 over HTTP: binary, structured and in batches."""

from typing import Any
from urllib.parse import unquote

import orjson
from cloudevents.core.bindings.http import HTTPMessage, from_binary, from_structured
from cloudevents.core.formats.json import JSONFormat

from stream.errors import Rejected
from stream.events import EVENTS
from stream.sources.source import Event, Headers, parse_json

_NAMES = {event.name for event in EVENTS}
_BATCH, _STRUCTURED = "application/cloudevents-batch", "application/cloudevents"


def unwrap(body: bytes, headers: Headers) -> Any:
    """What a request holds: the data of its CloudEvents, or its JSON where it has none; one object, or a list.

    Data that does not say which event it is gets the last word of the CloudEvent's type as its `type`.

    Raises:
        Rejected: `invalid_json`, `invalid_cloudevent`.

    >>> body = b'[{"specversion":"1.0","id":"1","source":"/s","type":"com.example.erasure","data":{"customer_id":"c"}}]'
    >>> unwrap(body, {"Content-Type": "application/cloudevents-batch+json"})
    [{'customer_id': 'c', 'type': 'erasure'}]
    """
    kind = headers.get("Content-Type", "").lower()
    if kind.startswith(_BATCH):  # first, since it begins like the next one
        batch = parse_json(body)
        if not isinstance(batch, list):
            msg = "a batch of CloudEvents is a JSON array"
            raise Rejected("invalid_cloudevent", "", msg)
        return [_structured(orjson.dumps(event)) for event in batch]
    if kind.startswith(_STRUCTURED):
        return _structured(body)
    if "ce-specversion" in headers:
        return _binary(body, headers)
    return parse_json(body)


def _structured(body: bytes) -> Any:
    try:
        event = from_structured(HTTPMessage({}, body), JSONFormat())
        data = event.get_data()
    except Exception as error:  # the library has no error of its own for what it cannot read
        raise _invalid(error) from None
    return _typed(parse_json(data) if isinstance(data, bytes) else data, event.get_type())


def _binary(body: bytes, headers: Headers) -> Any:
    try:
        own = {name.lower(): value for name, value in headers.items() if name.lower().startswith("ce-")}
        for value in own.values():
            unquote(value, errors="strict")  # the library would put a mark for what is not UTF-8
        event = from_binary(HTTPMessage(own, b""), JSONFormat())
    except Exception as error:  # likewise
        raise _invalid(error) from None
    return _typed(parse_json(body), event.get_type())


def _typed(data: Any, type_: str) -> Any:
    name = type_.rpartition(".")[2]
    named: Event = {"type": name} if name in _NAMES else {}
    return data | named if isinstance(data, dict) and "type" not in data else data


def _invalid(error: Exception) -> Rejected:
    msg = f"the request is not a CloudEvent 1.0: {error}"
    return Rejected("invalid_cloudevent", "", msg)
