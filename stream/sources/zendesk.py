"""Zendesk: satisfaction surveys, the older good and bad ratings, and tickets as contacts."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from stream.events.survey import Scale
from stream.sources.reading import dimensions, find, items, need, number, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, IssueOptions, Options, Question, Source

_TICKET, _USER = "zen:event-type:ticket.", "zen:event-type:user."
_DONE = {"solved", "closed"}
#: A rating is one of two words, whether with a comment or without.
_WORDS = {"bad": 1, "bad_with_comment": 1, "good": 2, "good_with_comment": 2}
_GOOD_OR_BAD = Question(kpi="csat", scale=Scale(min=1, max=2))


class ZendeskOptions(IssueOptions):
    """What can be said of Zendesk."""

    points: int = Field(5, ge=2, le=7, description="Points of the rating scale of satisfaction surveys.")


class Zendesk(Source):
    """Zendesk's webhooks: events of tickets and users, and answers that a trigger posts as the API shows them.

    A ticket is a contact, closed when it is solved, and open again when it is reopened. Its team is its group. An
    `offered` rating is an invitation. The deletion of a user is an erasure; of comments nothing is taken in the first
    place, so their redaction needs nothing done.
    """

    name = "zendesk"
    title: ClassVar[str] = "Zendesk"
    setup: ClassVar[str] = """
    *Admin Center*, *Apps and integrations*, *Webhooks*: one webhook with the address that subscribes to ticket events
    (created, status changed) and user events (deleted, permanently deleted); for answers, a second one that a trigger
    posts to, with the answer as the API shows it. The secret is the *signing secret* of each, so it has two.
    """
    limits: ClassVar[str] = """
    The order of events is not kept. A survey's rating does not tell its scale: say it in `points`. Which event was a
    first response is not told.
    """
    auth: ClassVar[Scheme] = Hmac(
        header="X-Zendesk-Webhook-Signature",
        encoding="base64",
        signed="{timestamp}{body}",
        timestamp="X-Zendesk-Webhook-Signature-Timestamp",
    )
    delivery: ClassVar[str] = "$.id"
    takes: ClassVar[type[Options]] = ZendeskOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        kind = text(find(payload, "type")) or ""
        if kind in {f"{_TICKET}created", f"{_TICKET}status_changed"}:
            return self._ticket(payload)
        if kind in {f"{_USER}deleted", f"{_USER}permanently_deleted"}:
            customer = self.own(need(payload, "detail.id"))
            return [self.event("erasure", {}, customer_id=customer, occurred_at=when(need(payload, "time")))]
        rating = find(payload, "satisfaction_rating") or payload
        if find(rating, "ticket_id") is not None:
            return self._rating(rating)
        response = find(payload, "survey_response") or payload
        return list(self._answers(response)) if find(response, "answers") is not None else []

    def delivery_id(self, payload: Any, headers: Headers) -> str:
        """Only events have one: what looks like it in an answer is the answer's own, the same after an edit."""
        return super().delivery_id(payload, headers) if find(payload, "zendesk_event_version") else ""

    def _ticket(self, payload: Any) -> list[Event]:
        detail = need(payload, "detail")
        status = str(find(payload, "event.current") or find(detail, "status") or "").lower()
        before = str(find(payload, "event.previous") or "").lower()
        if {status, before} == _DONE:
            return []  # some days after it was solved a ticket is closed, which is no news
        return [
            self.event(
                "contact", dimensions({"channel": find(detail, "via.channel"), "team": find(detail, "group_id")}),
                contact_id=self.own(need(detail, "id")),
                customer_id=self.own(need(detail, "requester_id")),
                occurred_at=when(need(detail, "created_at")),
                updated_at=when(find(detail, "updated_at") or need(payload, "time")),
                closed_at=when(need(payload, "time")) if status in _DONE else None,
                resolved=True if status in _DONE else False if before in _DONE else None,
                issue=self.options.issue(find(detail, "tags")),
            )
        ]  # fmt: skip

    def _rating(self, rating: Any) -> list[Event]:
        score, id_ = str(find(rating, "score")).lower(), self.own(need(rating, "id"))
        created = when(need(rating, "created_at"))
        if score == "offered":
            return [self.event("invitation", {}, invitation_id=id_, kpi="csat", occurred_at=created)]
        if score not in _WORDS:
            return []
        given = when(find(rating, "updated_at")) or created
        return [
            self.event("invitation", {}, invitation_id=id_, response_id=id_, kpi="csat", occurred_at=given),
            self.answer(
                _GOOD_OR_BAD, dimensions({"team": find(rating, "group_id")}),
                response_id=id_,
                occurred_at=created,
                updated_at=when(find(rating, "updated_at")),
                score=_WORDS[score],
                customer_id=self.own(need(rating, "requester_id")),
                comment=text(find(rating, "comment")),
            )
        ]  # fmt: skip

    def _answers(self, response: Any) -> Iterator[Event]:
        customer = text(find(response, "responder_id"))
        usual = Question(kpi="csat", scale=Scale(min=1, max=self.options.points))
        comment = next((text(answer.get("value")) for answer in items(response, "answers") if _is_open(answer)), None)
        for answer in items(response, "answers"):
            alias = text(find(answer, "question.alias"))
            rates = str(find(answer, "question.type") or answer.get("type")).startswith("rating_scale")
            question = self.question(alias) or (usual if rates else None)
            if question is None:
                continue
            yield self.answer(
                question, dimensions({"survey_id": find(response, "survey_id")}),
                response_id=self.own(need(response, "id")),
                question=alias,
                occurred_at=when(need(answer, "created_at")),
                updated_at=when(find(answer, "updated_at")),
                score=None if answer.get("type") == "skipped" else number(need(answer, "rating")),
                customer_id=customer and self.own(customer),
                comment=comment,
            )  # fmt: skip
            comment = None  # once for each response


def _is_open(answer: Any) -> bool:
    return bool(find(answer, "question.type") == "open_ended")
