"""Intercom: ratings of conversations and tickets, conversations as contacts, and deletions."""

from typing import Any, ClassVar

from stream.events.survey import Scale
from stream.sources.reading import dimensions, find, need, number, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, Question, Source

_RATING = Question(kpi="csat", scale=Scale(min=1, max=5))


class Intercom(Source):
    """Intercom's webhook, signed with the app's client secret.

    A rating's `created_at` is when it was asked for, so it counts at `updated_at`, when it was given; a later remark or
    rating of the same conversation replaces it. The customer is your own id of the contact where Intercom has it.
    """

    name = "intercom"
    title: ClassVar[str] = "Intercom"
    setup: ClassVar[str] = """
    *Developer Hub*, your app, *Webhooks*: enter the address, and choose the topics `conversation.rating.added`,
    `conversation.admin.closed`, `conversation.admin.opened`, `conversation.deleted`, `contact.deleted` and
    `ticket.rating.provided`. The secret is the app's *client secret*.
    """
    limits: ClassVar[str] = """
    When a rating was first given is not told: one that is seen only after a change counts at that change. Conversations
    without a known contact are passed over.
    """
    auth: ClassVar[Scheme] = Hmac(header="X-Hub-Signature", algorithm="sha1", prefix="sha1=")
    delivery: ClassVar[str] = "$.id"

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        topic, item = text(find(payload, "topic")), find(payload, "data.item")
        match topic:
            case "conversation.rating.added" | "conversation.rating.remarked":
                return self._rating(item, need(item, "conversation_rating"))
            case "ticket.rating.provided":
                return self._rating(item, find(item, "ticket_rating") or need(item, "conversation_rating"))
            case "conversation.deleted":
                return [self._deletion(need(item, "id"), need(payload, "created_at"))]
            case "conversation.admin.closed" | "conversation.admin.opened":
                return self._contact(item, topic.endswith("closed"), need(payload, "created_at"))
            case "contact.deleted" | "user.deleted":
                at = when(need(payload, "created_at"))
                return [self.event("erasure", {}, customer_id=self._customer(item), occurred_at=at)]
            case _:
                return []

    def _rating(self, item: Any, rating: Any) -> list[Event]:
        at = when(find(rating, "updated_at") or need(rating, "created_at"))
        return [
            self.answer(
                _RATING, _channel(item),
                response_id=self.own(need(item, "id")),
                occurred_at=at,
                updated_at=at,
                score=number(need(rating, "rating")),
                customer_id=self._customer(find(rating, "contact")),
                comment=text(find(rating, "remark")),
            )
        ]  # fmt: skip

    def _deletion(self, conversation: Any, at: Any) -> Event:
        answer = {"response_id": self.own(conversation), "occurred_at": when(at), "status": "deleted", "score": None}
        return self.answer(_RATING, {}, **answer)

    def _contact(self, item: Any, closed: bool, at: Any) -> list[Event]:
        customer = self._customer(find(item, "contacts.contacts.0") or find(item, "source.author"))
        if customer is None:
            return []
        return [
            self.event(
                "contact", _channel(item),
                contact_id=self.own(need(item, "id")),
                customer_id=customer,
                occurred_at=when(need(item, "created_at")),
                updated_at=when(at),
                closed_at=when(at) if closed else None,
                resolved=closed,
                first_response_at=when(find(item, "statistics.first_admin_reply_at")),
            )
        ]  # fmt: skip

    def _customer(self, contact: Any) -> str | None:
        id_ = text(find(contact, "id"))
        return text(find(contact, "external_id")) or (id_ and self.own(id_))


def _channel(item: Any) -> dict[str, str]:
    return dimensions({"channel": find(item, "source.type")})
