"""Own events: those of docs/events.md, one or a list, also as CloudEvents."""

from typing import Any, ClassVar

from stream.errors import Rejected
from stream.events.shown import shown
from stream.sources.cloud_events import unwrap
from stream.sources.schemes import Scheme, Token
from stream.sources.source import Event, Headers, Source

#: The types of bodies that are understood; without one, JSON is meant.
_JSON = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json", "text/json")


class Canonical(Source):
    """For programs that write events themselves; all of a request are taken, or none."""

    name = "events"
    title: ClassVar[str] = "Own events"
    setup: ClassVar[str] = """
    Post one event, a list of them, or CloudEvents, with any secret of your own as bearer token.
    """
    limits: ClassVar[str] = """
    At most 1,000 events a delivery; one that is wrong has all refused, with the reasons.
    """
    auth: ClassVar[Scheme] = Token()
    delivery: ClassVar[str] = "Idempotency-Key"
    tells: ClassVar[bool] = True

    def parse(self, body: bytes, headers: Headers) -> Any:
        """The events' JSON.

        Raises:
            Rejected: `unsupported_type`, `invalid_json`, `invalid_cloudevent`.
        """
        kind = headers.get("Content-Type", "application/json").partition(";")[0].strip().lower()
        if kind not in _JSON:
            msg = f"a body must be one of {', '.join(_JSON)}; got {shown(kind)} (header Content-Type)"
            raise Rejected("unsupported_type", "", msg)
        return unwrap(body, headers)

    def delivery_id(self, payload: Any, headers: Headers) -> str:
        """The header `Idempotency-Key`, or in binary mode the CloudEvent's source and id."""
        named = " ".join(headers.get(name, "") for name in ("ce-source", "ce-id"))
        return super().delivery_id(payload, headers) or named.strip()

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        return payload if isinstance(payload, list) else [payload]
