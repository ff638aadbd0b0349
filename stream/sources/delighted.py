"""Delighted: answers to NPS, CSAT, CES and eNPS surveys, and their later comments."""

from typing import Any, ClassVar

from pydantic import Field

from stream.events.survey import Scale
from stream.sources.reading import dimensions, find, need, number, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, Options, Question, Source

_FIVE, _SEVEN, _THREE = Scale(min=1, max=5), Scale(min=1, max=7), Scale(min=1, max=3)

#: What is asked by each `survey_type`; others ask for no KPI, unless the options say so.
_KINDS = {
    "nps": Question(kpi="nps"),
    "enps": Question(kpi="enps"),
    "csat": Question(kpi="csat", scale=_FIVE),
    "csat3": Question(kpi="csat", scale=_THREE),
    "stars_five": Question(kpi="csat", scale=_FIVE),
    "smileys_five": Question(kpi="csat", scale=_FIVE),
    "smileys_three": Question(kpi="csat", scale=_THREE),
    "ces": Question(kpi="ces", scale=_FIVE),
    "ces7": Question(kpi="ces", scale=_SEVEN),
}


class DelightedOptions(Options):
    """What can be said of Delighted."""

    customer: str = Field("Customer ID", description="The person's property that holds your own customer id.")


class Delighted(Source):
    """Delighted's webhook; the comment usually comes later, in an update of the same answer.

    Dimensions are properties of the person that are called like them. Without a property for it, the customer is
    Delighted's own person.
    """

    name = "delighted"
    title: ClassVar[str] = "Delighted"
    setup: ClassVar[str] = """
    *Integrations*, *Webhooks*: add the address, and choose created and updated responses. The secret is the project's
    private *API key* (*Integrations*, *API*): Delighted signs with it. Each project has its own, so give the secrets of
    all that post to the address.
    """
    limits: ClassVar[str] = """
    No deletions. A comment mostly comes by itself, later. Kinds of survey that ask for no KPI (thumbs, PMF) are passed
    over, unless `questions` says what they ask.
    """
    auth: ClassVar[Scheme] = Hmac(header="X-Delighted-Webhook-Signature", prefix="sha256=")
    delivery: ClassVar[str] = "$.event_id"
    takes: ClassVar[type[Options]] = DelightedOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        if find(payload, "event_type") not in {"survey_response.created", "survey_response.updated"}:
            return []
        data = need(payload, "event_data")
        kind = text(need(data, "survey_type")) or ""
        question = self.options.questions.get(kind) or _KINDS.get(kind)
        if question is None:
            return []
        properties = find(data, "person_properties") or {}
        person = find(data, "person.id") or find(data, "person")  # in lists it is the id alone
        customer = text(find(properties, self.options.customer)) or (text(person) and self.own(person))
        return [
            self.answer(
                question, dimensions(properties),
                response_id=self.own(need(data, "id")),
                question=kind,
                occurred_at=when(need(data, "created_at")),
                updated_at=when(find(data, "updated_at")),
                score=number(need(data, "score")),
                customer_id=customer,
                comment=text(find(data, "comment")),
            )
        ]  # fmt: skip
