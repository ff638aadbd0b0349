"""Formbricks: answers to surveys, as they grow and are changed."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from stream.sources.reading import dimensions, find, need, number, text, when
from stream.sources.schemes import Scheme, StandardWebhooks
from stream.sources.source import Event, Headers, Options, Source


class FormbricksOptions(Options):
    """What can be said of Formbricks."""

    comment: str = Field("comment", description="The id of the question for a comment.")
    customer: str = Field("userId", description="The contact's attribute that holds your own customer id.")


class Formbricks(Source):
    """Formbricks' webhook; questions are known by their ids, which can be edited in the survey.

    A response is sent again whenever it grows, so each of its answers is corrected by what comes later. A question that
    somebody spent time on without an answer was skipped. Dimensions are attributes of the contact and hidden fields
    that are called like them; the channel is otherwise the kind of survey, `link` or `app`.
    """

    name = "formbricks"
    title: ClassVar[str] = "Formbricks"
    setup: ClassVar[str] = """
    *Configuration*, *Integrations*, *Manage Webhooks*: add a webhook with the address, all three triggers, and the
    surveys. The secret is the *signing secret* shown afterwards, which begins with `whsec_`. In the survey give the
    questions that count an id such as `nps`, or name theirs in `questions`.
    """
    limits: ClassVar[str] = """
    Deleted responses are not told. The scale of a question is not told: say it in `questions`, unless it is the KPI's
    usual one. Formbricks waits 5 s, tries 5 times within 8 minutes, and then drops the delivery.
    """
    auth: ClassVar[Scheme] = StandardWebhooks()
    delivery: ClassVar[str] = "webhook-id"
    takes: ClassVar[type[Options]] = FormbricksOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        if find(payload, "event") not in {"responseCreated", "responseUpdated", "responseFinished"}:
            return []
        return list(self._answers(need(payload, "data")))

    def _answers(self, response: Any) -> Iterator[Event]:
        given, seconds = find(response, "data") or {}, find(response, "ttc") or {}
        attributes = find(response, "contactAttributes")
        about = {"survey_id": need(response, "surveyId"), "channel": find(response, "survey.type")}
        contact = text(find(response, "contact.id"))
        comment = text(given.get(self.options.comment))
        for id_ in sorted({*given, *seconds}):
            question = self.question(id_)
            if question is None:
                continue
            yield self.answer(
                question, dimensions(about) | dimensions(attributes) | dimensions(given),
                response_id=self.own(need(response, "id")),
                question=id_,
                occurred_at=when(need(response, "createdAt")),
                updated_at=when(find(response, "updatedAt")),
                score=None if given.get(id_) == "" else number(given.get(id_)),
                customer_id=text(find(attributes, self.options.customer)) or (contact and self.own(contact)),
                language=text(find(response, "language")),
                comment=comment,
            )  # fmt: skip
            comment = None  # once for each response
