"""Twilio TaskRouter: tasks as contacts, and answers in the attributes of tasks."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import orjson
from pydantic import Field

from stream.errors import Rejected
from stream.sources.reading import boolean, dimensions, find, need, number, text, when
from stream.sources.schemes import Request, Scheme, Verdict, parameters, same
from stream.sources.source import Event, Headers, Options, Source

_TASK = "task."
#: Events that tell of the contact, and those that end it. What comes after the end would open it again.
_CONTACT = {"task.created", "task.updated", "task.completed", "task.canceled"}
_OVER = {"task.completed", "task.canceled"}


class TwilioSignature(Scheme):
    """HMAC-SHA1 of the address with the form's fields or the body's hash, base64 in `X-Twilio-Signature`."""

    def check(self, request: Request, secrets: Sequence[str], now: float) -> Verdict:
        given = request.headers.get("X-Twilio-Signature", "")
        signed = _signed(request)
        if signed is None:
            return "unauthenticated"
        expected = [base64.b64encode(hmac.digest(secret.encode(), signed, "sha1")) for secret in secrets]
        return "" if same([given], expected) else "unauthenticated"


def _signed(request: Request) -> bytes | None:
    """What the sender signs: the address, and in it the hash of the body, or after it the fields of a form."""
    address = request.url.encode("utf-8", "surrogateescape")
    digest = parameters(request.url).get("bodySHA256")
    if digest is not None:
        body = hashlib.sha256(request.body).hexdigest()
        return address if same([digest[0].lower()], [body.encode()]) else None
    try:
        fields = parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=1_000)
    except ValueError:
        return None
    return address + "".join(name + value for name, value in sorted(set(fields))).encode() if fields else None


class TwilioOptions(Options):
    """What can be said of Twilio; paths are those of a task's attributes."""

    customer: str = Field("customers.external_id", description="The path of your own customer id.")
    resolved: str = Field("", description="The path of whether it was resolved.")
    issue: str = Field("", description="The path of what it was about.")


class Twilio(Source):
    """TaskRouter's events, by Event Streams (lists of CloudEvents) or by a workspace's event callback (a form).

    A task is a contact, closed when it is completed or cancelled. Who, what and the answers are attributes of the
    task: an answer is one that is called like a KPI, or whose path is named in `questions`. Tasks with nobody known
    are passed over.
    """

    name = "twilio"
    title: ClassVar[str] = "Twilio TaskRouter"
    setup: ClassVar[str] = """
    *Event Streams*: a webhook sink with the address, method POST, and a subscription to the task events of TaskRouter;
    or the workspace's *event callback URL*. The secret is the account's *auth token*. The address is signed too, so
    `FEEDBACK_GATEWAY_URL` must be the one that Twilio knows.
    """
    limits: ClassVar[str] = """
    Events come out of order, for up to four hours. First responses are not told: an accepted reservation is an event of
    its own.
    """
    auth: ClassVar[Scheme] = TwilioSignature()
    takes: ClassVar[type[Options]] = TwilioOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        if find(payload, "EventType") is not None:
            return list(self._task(_callback(payload)))
        clouds = payload if isinstance(payload, list) else [payload]
        return [event for cloud in clouds for event in self._task(_streamed(cloud))]

    def _task(self, task: dict[str, Any]) -> Iterator[Event]:
        kind = task["kind"]
        if not kind.startswith(_TASK):
            return
        attributes = _attributes(task["attributes"])
        customer, at = text(find(attributes, self.options.customer)), when(task["at"])
        about = _dimensions(task, attributes)
        after = kind not in _OVER and str(task["status"]) in {"completed", "canceled"}
        if customer is not None and kind in _CONTACT and not after:
            yield self.event(
                "contact", about,
                contact_id=self.own(task["sid"]),
                customer_id=customer,
                occurred_at=when(task["created"]),
                updated_at=at,
                closed_at=at if kind in _OVER else None,
                direction={"outbound": "outbound"}.get(str(find(attributes, "direction")).lower()),
                resolved=boolean(find(attributes, self.options.resolved)),
                issue=text(find(attributes, self.options.issue)),
            )  # fmt: skip
        for name in dict.fromkeys([*self.options.questions, *attributes]):
            question, score = self.question(name), find(attributes, name)
            if question is not None and text(score) is not None:
                yield self.answer(
                    question, about,
                    response_id=self.own(task["sid"]),
                    question=name,
                    occurred_at=when(task["created"]),
                    updated_at=at,
                    score=number(score),
                    customer_id=customer,
                )  # fmt: skip


def _streamed(cloud: Any) -> dict[str, Any]:
    """A task of Event Streams."""
    task = find(cloud, "data.payload")
    kind = str(find(cloud, "type")).removeprefix("com.twilio.taskrouter.")
    if not kind.startswith(_TASK):
        return {"kind": kind}
    at = find(cloud, "data.timestamp") or need(cloud, "time")
    return {
        "kind": kind, "sid": need(task, "task_sid"), "attributes": find(task, "task_attributes"), "at": at,
        "created": find(task, "task_date_created") or at, "status": find(task, "task_assignment_status"),
        "channel": find(task, "task_channel_unique_name"), "queue": find(task, "task_queue_name"),
    }  # fmt: skip


def _callback(form: Any) -> dict[str, Any]:
    """A task of an event callback, which says how old it is, in seconds."""
    kind = str(need(form, "EventType"))
    if not kind.startswith(_TASK):
        return {"kind": kind}
    at, age = number(find(form, "TimestampMs")), number(find(form, "TaskAge"))
    at = at if isinstance(at, int) else number(need(form, "Timestamp"))
    known = isinstance(at, int) and isinstance(age, int)
    return {
        "kind": kind, "sid": need(form, "TaskSid"), "attributes": find(form, "TaskAttributes"), "at": at,
        "created": at - age * (1000 if at >= 10**11 else 1) if known else at,
        "status": find(form, "TaskAssignmentStatus"),
        "channel": find(form, "TaskChannelUniqueName"), "queue": find(form, "TaskQueueName"),
    }  # fmt: skip


def _attributes(said: Any) -> dict[str, Any]:
    """The attributes of a task, which are JSON in a text."""
    try:
        found = orjson.loads(said) if isinstance(said, str) and said else said
    except orjson.JSONDecodeError:
        msg = "the task's attributes are not JSON"
        raise Rejected("invalid_json", "task_attributes", msg) from None
    return found if isinstance(found, dict) else {}


def _dimensions(task: dict[str, Any], attributes: dict[str, Any]) -> dict[str, str]:
    named = {"channel": text(task["channel"]), "team": text(task["queue"])}
    return {name: member[:64] for name, member in named.items() if member} | dimensions(attributes)
