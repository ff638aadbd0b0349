"""Chatwoot: ratings of conversations, the surveys that ask for them, and conversations as contacts."""

from typing import Any, ClassVar

from stream.events.survey import Scale
from stream.sources.reading import dimensions, find, items, need, number, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, IssueOptions, Options, Question, Source

_RATING = Question(kpi="csat", scale=Scale(min=1, max=5))
_STAMP = "X-Chatwoot-Timestamp"


class Chatwoot(Source):
    """Chatwoot's webhook. A rating is an update of the message that asked for it; customers may change it for days.

    It counts when it was given: at the message's own update where the conversation shows it, else when it was sent
    here. The agent is the one whom the survey was sent for, not whoever has the conversation now. The customer is your
    own `identifier` of the contact, if there is one. A conversation is a contact, open again when it is reopened; its
    team is its team in Chatwoot, its issue one of its labels.
    """

    name = "chatwoot"
    title: ClassVar[str] = "Chatwoot"
    setup: ClassVar[str] = """
    *Settings*, *Integrations*, *Webhooks*: add the address, and subscribe to message created, message updated,
    conversation created, conversation updated and conversation status changed. The secret is shown with the webhook.
    """
    limits: ClassVar[str] = """
    Chatwoot signs from 4.11.2 on; older versions need another `auth`, such as a token in the query. Deleted
    conversations and contacts are not told. Conversations are numbered by account: give each account a source of its
    own.
    """
    auth: ClassVar[Scheme] = Hmac(
        header="X-Chatwoot-Signature", prefix="sha256=", signed="{timestamp}.{body}", timestamp=_STAMP
    )
    delivery: ClassVar[str] = "X-Chatwoot-Delivery"
    keeps = (_STAMP,)
    takes: ClassVar[type[Options]] = IssueOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        kind = text(find(payload, "event")) or ""
        if kind.startswith("conversation_") and find(payload, "status") is not None:
            return self._contact(payload, headers.get(_STAMP))
        if find(payload, "content_type") != "input_csat":
            return []
        if kind == "message_created":
            return self._invitation(payload)
        answer = find(payload, "content_attributes.submitted_values.csat_survey_response")
        rated = kind == "message_updated" and find(answer, "rating") is not None
        return self._rating(payload, answer, headers.get(_STAMP)) if rated else []

    def _invitation(self, message: Any) -> list[Event]:
        asked = self.own(need(message, "id"))
        at = when(need(message, "created_at"))
        about = _about(find(message, "conversation"))
        return [self.event("invitation", about, invitation_id=asked, kpi="csat", occurred_at=at)]

    def _rating(self, message: Any, answer: Any, sent: Any) -> list[Event]:
        id_, conversation = need(message, "id"), find(message, "conversation")
        shown = (one.get("updated_at") for one in items(conversation, "messages") if one.get("id") == id_)
        at = when(next(shown, None) or sent or need(message, "created_at"))
        agent = find(message, "content_attributes.assigned_agent_id") or find(conversation, "meta.assignee.id")
        about, own = _about(conversation), self.own(id_)
        return [
            self.event("invitation", about, invitation_id=own, response_id=own, kpi="csat", occurred_at=at),
            self.answer(
                _RATING, about,
                response_id=own,
                occurred_at=at,
                updated_at=at,
                score=number(find(answer, "rating")),
                customer_id=self._customer(conversation),
                agent_id=self.own(agent) if text(agent) else None,
                comment=text(find(answer, "feedback_message")),
            )
        ]  # fmt: skip

    def _contact(self, conversation: Any, sent: Any) -> list[Event]:
        customer, status = self._customer(conversation), find(conversation, "status")
        if customer is None:
            return []
        at = when(find(conversation, "updated_at") or sent or need(conversation, "timestamp"))
        before = [find(change, "status.previous_value") for change in items(conversation, "changed_attributes")]
        return [
            self.event(
                "contact", _about(conversation),
                contact_id=self.own(need(conversation, "id")),
                customer_id=customer,
                occurred_at=when(find(conversation, "created_at") or need(conversation, "timestamp")),
                updated_at=at,
                first_response_at=when(find(conversation, "first_reply_created_at")),
                closed_at=at if status == "resolved" else None,
                resolved=True if status == "resolved" else False if "resolved" in before else None,
                issue=self.options.issue(find(conversation, "labels")),
            )
        ]  # fmt: skip

    def _customer(self, conversation: Any) -> str | None:
        sender = find(conversation, "meta.sender")
        id_ = text(find(sender, "id") or find(conversation, "contact_inbox.contact_id"))
        return text(find(sender, "identifier")) or (id_ and self.own(id_))


def _about(conversation: Any) -> dict[str, str]:
    channel = (text(find(conversation, "channel")) or "").removeprefix("Channel::")
    return dimensions({"channel": channel, "team": find(conversation, "meta.team.name")})
