"""Help Scout: ratings of replies, answers to surveys, conversations as contacts, and deleted customers."""

from datetime import UTC
from hashlib import sha256
from typing import Any, ClassVar

from stream.events.survey import Scale
from stream.sources.reading import dimensions, find, items, need, number, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, IssueOptions, Options, Question, Source

_EVENT = "X-HelpScout-Event"
_NPS = Question(kpi="nps")
_THREE = Question(kpi="csat", scale=Scale(min=1, max=3))
_TWO = Question(kpi="csat", scale=Scale(min=1, max=2))
_WORDS = {"great": 3, "okay": 2, "ok": 2, "bad": 1, "not_good": 1, "not good": 1}
#: Faces and thumbs say what they are worth; emoji that somebody chose do not.
_FACES = {"😀": (_THREE, 3), "😐": (_THREE, 2), "🙁": (_THREE, 1), "👍": (_TWO, 2), "👎": (_TWO, 1)}


class HelpScout(Source):
    """Help Scout's webhooks, told apart by a header. A team is an inbox, an issue one of a conversation's tags.

    An answer to a survey has no id, so it is known by its survey, customer, time and value. Numbers are NPS, faces and
    thumbs CSAT; surveys with emoji or choices of one's own are passed over. The deletion of a customer is an erasure.
    """

    name = "helpscout"
    title: ClassVar[str] = "Help Scout"
    setup: ClassVar[str] = """
    *Manage*, *Apps*, *Webhooks*: enter the address, a *secret key* that you make up, and choose conversation created,
    status updated and agent reply created, customer deleted, rating received and survey response received.
    """
    limits: ClassVar[str] = """
    Two people unknown to Help Scout who answer the same in the same second count as one. First responses are known only
    where the conversation comes with its threads. Deleted conversations keep what was counted.
    """
    auth: ClassVar[Scheme] = Hmac(header="X-HelpScout-Signature", algorithm="sha1", encoding="base64")
    keeps: tuple[str, ...] = (_EVENT,)
    takes: ClassVar[type[Options]] = IssueOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        match headers.get(_EVENT, "").lower():
            case "satisfaction.ratings":
                return self._rating(payload)
            case "message.survey.response.received":
                return self._answer(payload, need(payload, "response"))
            case "convo.created" | "convo.status" | "convo.agent.reply.created" | "convo.customer.reply.created":
                return self._contact(payload)
            case "customer.deleted":
                # No time is told, and any will do: an erasure counts where it stands in its topics.
                return [self.event("erasure", {}, customer_id=self.own(need(payload, "id")), occurred_at=when(0))]
            case _:
                return []

    def _rating(self, rating: Any) -> list[Event]:
        score = _WORDS.get(str(need(rating, "rating")).lower())
        if score is None:
            return []
        return [
            self.answer(
                _THREE, _about(rating),
                response_id=self.own(need(rating, "id")),
                occurred_at=when(need(rating, "createdAt"), UTC),
                updated_at=when(find(rating, "modifiedAt"), UTC),
                score=score,
                customer_id=self.own(need(rating, "customer.id")),
                comment=text(find(rating, "comments")),
            )
        ]  # fmt: skip

    def _answer(self, payload: Any, response: Any) -> list[Event]:
        value = text(find(response, "value"))
        question, score = _FACES.get(value or "") or (_NPS, number(value))
        if not isinstance(score, int):
            return []
        survey, customer = text(find(payload, "message.name")), text(find(payload, "_embedded.customer.id"))
        at = when(need(response, "timestamp"), UTC)
        known = sha256("\0".join(map(str, (survey, customer, at, value))).encode(errors="replace")).hexdigest()
        return [
            self.answer(
                question, dimensions({"survey_id": survey}),
                response_id=self.own(f"survey:{known[:32]}"),
                occurred_at=at,
                score=score,
                customer_id=customer and self.own(customer),
                comment=text(find(response, "comment")),
            )
        ]  # fmt: skip

    def _contact(self, conversation: Any) -> list[Event]:
        customer = text(find(conversation, "primaryCustomer.id") or find(conversation, "customer.id"))
        status = find(conversation, "status")
        if customer is None or status == "spam":
            return []
        closed = status == "closed"
        tags = [find(tag, "tag") or tag for tag in find(conversation, "tags") or ()]
        times = [find(conversation, name) for name in ("createdAt", "userUpdatedAt", "userModifiedAt", "modifiedAt")]
        replies = [find(one, "createdAt") for one in items(conversation, "_embedded.threads") if _is_reply(one)]
        closed_at = when(find(conversation, "closedAt"), UTC) if closed else None
        seen = [at for at in (closed_at, *(when(time, UTC) for time in (*times, *replies))) if at is not None]
        return [
            self.event(
                "contact", _about(conversation),
                contact_id=self.own(need(conversation, "id")),
                customer_id=self.own(customer),
                occurred_at=when(need(conversation, "createdAt"), UTC),
                updated_at=max(seen),
                first_response_at=when(min(replies, default=None), UTC),
                closed_at=closed_at,
                resolved=True if closed else None,
                issue=self.options.issue(tags),
            )
        ]  # fmt: skip


def _is_reply(thread: Any) -> bool:
    """Whether an agent has answered the customer, and not in a note that the customer does not see."""
    return find(thread, "type") == "message" and find(thread, "createdAt") is not None


def _about(thing: Any) -> dict[str, str]:
    inbox = find(thing, "mailbox.name") or find(thing, "mailbox.id") or find(thing, "mailboxId")
    return dimensions({"channel": find(thing, "type"), "team": inbox})
