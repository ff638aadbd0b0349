"""Amazon Connect: contact records and contact events as contacts, and answers in the attributes of contacts."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from stream.sources.reading import boolean, dimensions, find, need, number, text, when
from stream.sources.schemes import Scheme, Token
from stream.sources.source import Event, Headers, Options, Source

_OUTBOUND = {"outbound", "external_outbound", "callback", "agent_reply"}
#: Ways to begin that are no contact of a customer's.
_NO_CONTACT = {"monitor"}


class ConnectOptions(Options):
    """What can be said of Amazon Connect; attributes are those of contacts, whatever the case of their letters."""

    customer: str = Field("customerId", description="The attribute with your own customer id.")
    resolved: str = Field("resolved", description="The attribute that says whether it was resolved.")
    issue: str = Field("issue", description="The attribute that says what it was about.")


class Connect(Source):
    """Amazon Connect's contact records and contact events, one or a list.

    What Connect calls a contact ends with each transfer; each part says which one the chain began with. Names are
    read whatever their case, since Connect itself does not agree on it. Answers are attributes that a flow has set,
    called like a KPI or named in `questions`. The customer is an attribute too, or the profile's id; a phone number
    is not taken for one, and contacts with nobody known are passed over.
    """

    name = "connect"
    title: ClassVar[str] = "Amazon Connect"
    setup: ClassVar[str] = """
    Stream contact records to Kinesis (*Data streaming*), and send them by an EventBridge pipe to an API destination
    with the address, whose connection puts an API key of your own into the header `X-Api-Key`: that is the secret. The
    same destination can take the rule *Amazon Connect Contact Event*. Records can also come by Kafka Connect
    ([Connect](connect.md)).
    """
    limits: ClassVar[str] = """
    Contact events come out of order, at best effort, and name a customer only where the contact has a profile; records
    come after the contact's end. Connect has no surveys of its own.
    """
    auth: ClassVar[Scheme] = Token(header="X-Api-Key", prefix="")
    takes: ClassVar[type[Options]] = ConnectOptions

    def delivery_id(self, payload: Any, headers: Headers) -> str:
        """Events have one, records have none."""
        return text(find(payload, "id")) or ""

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        things = payload if isinstance(payload, list) else [payload]
        return [event for thing in things for event in self._of(_folded(thing))]

    def _of(self, thing: Any) -> Iterator[Event]:
        event = find(thing, "detail")
        contact = thing if event is None else event
        if find(contact, "contactid") is None or str(find(contact, "initiationmethod")).lower() in _NO_CONTACT:
            return
        attributes = find(contact, "attributes") or {}
        updated = find(contact, "lastupdatetimestamp") or need(thing, "time")
        yield from self._contact(contact, attributes, updated)
        yield from self._answers(contact, attributes, updated)

    def _contact(self, contact: Any, attributes: Any, updated: Any) -> Iterator[Event]:
        customer = self._customer(contact, attributes)
        if customer is None:
            return
        agent = find(contact, "agent") or find(contact, "agentinfo")
        yield self.event(
            "contact", _dimensions(contact, attributes),
            contact_id=self.own(need(contact, "contactid")),
            initial_contact_id=self.own(_first(contact)) if find(contact, "initialcontactid") else None,
            customer_id=customer,
            occurred_at=when(need(contact, "initiationtimestamp")),
            updated_at=when(updated),
            first_response_at=when(find(agent, "connectedtoagenttimestamp")),
            closed_at=when(find(contact, "disconnecttimestamp")),
            direction="outbound" if str(find(contact, "initiationmethod")).lower() in _OUTBOUND else None,
            resolved=boolean(find(attributes, self.options.resolved.lower())),
            issue=text(find(attributes, self.options.issue.lower())),
        )  # fmt: skip

    def _answers(self, contact: Any, attributes: Any, updated: Any) -> Iterator[Event]:
        for name in dict.fromkeys([*self.options.questions, *attributes]):
            question, score = self.question(name), find(attributes, name.lower())
            if question is None or text(score) is None:
                continue
            yield self.answer(
                question, _dimensions(contact, attributes),
                response_id=self.own(_first(contact)),
                question=name.lower(),
                occurred_at=when(find(contact, "disconnecttimestamp") or need(contact, "initiationtimestamp")),
                updated_at=when(updated),
                score=number(score),
                customer_id=self._customer(contact, attributes),
            )  # fmt: skip

    def _customer(self, contact: Any, attributes: Any) -> str | None:
        profile = text(find(contact, "customerid"))
        return text(find(attributes, self.options.customer.lower())) or (profile and self.own(profile))


def _first(contact: Any) -> Any:
    return find(contact, "initialcontactid") or need(contact, "contactid")


def _folded(data: Any) -> Any:
    """The same with the names in small letters.

    >>> _folded({"AgentInfo": {"agentArn": "arn:A"}})
    {'agentinfo': {'agentarn': 'arn:A'}}
    """
    if isinstance(data, dict):
        return {str(name).lower(): _folded(value) for name, value in data.items()}
    return [_folded(item) for item in data] if isinstance(data, list) else data


def _dimensions(contact: Any, attributes: Any) -> dict[str, str]:
    channel, queue = text(find(contact, "channel")), text(find(contact, "queue.name"))
    named = {"channel": channel and channel.lower(), "team": queue and queue[:64]}
    return {name: member for name, member in named.items() if member} | dimensions(attributes)
