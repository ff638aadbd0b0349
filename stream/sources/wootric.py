"""Wootric, now InMoment: answers to NPS, CSAT and CES surveys, their changes, and declines."""

import re
from typing import Any, ClassVar

from stream.sources.reading import boolean, dimensions, find, need, number, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, Question, Source


class Wootric(Source):
    """Wootric's outgoing webhooks, as JSON or as forms, in which booleans are texts too.

    A declined survey is a skipped answer. What Wootric leaves out of its own figures counts here as excluded.
    Dimensions are properties of the end user that are called like them; the customer is the `external_id`, if there is
    one. What is asked follows from the survey's mode, unless `questions` names that mode or the survey's id.
    """

    name = "wootric"
    title: ClassVar[str] = "Wootric (InMoment)"
    setup: ClassVar[str] = """
    *Settings*, *Outgoing Webhooks*: enable them, enter the address, choose response created, response updated and
    decline created, the payload JSON, and a number of retries. The secret is the secret token
    shown there.
    """
    limits: ClassVar[str] = "No deletions. A decline has an id of its own, and is not connected to a later answer."
    auth: ClassVar[Scheme] = Hmac(header="X-Wootric-Signature", algorithm="sha1", prefix="sha1=")

    def parse(self, body: bytes, headers: Headers) -> Any:
        """The payload: JSON, or a form whose names are paths such as `response[id]`."""
        return nested(super().parse(body, headers))

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        if find(payload, "response") is not None:
            response = need(payload, "response")
            status = "excluded" if boolean(find(response, "excluded_from_calculations")) else None
            answer = {"score": number(need(response, "score")), "comment": text(find(response, "text"))}
            return self._answer(payload, response, self.own(need(response, "id")), status=status, **answer)
        decline = find(payload, "decline")
        return [] if decline is None else self._answer(payload, decline, self.own(f"decline:{need(decline, 'id')}"))

    def _answer(self, payload: Any, thing: Any, id_: str, **answer: Any) -> list[Event]:
        survey, user = text(find(thing, "survey_id")), text(find(thing, "end_user_id"))
        mode = (text(find(payload, "survey_mode")) or "nps").lower()
        question: Question | None = self.question(survey, mode)
        if question is None:
            return []
        return [
            self.answer(
                question, dimensions({"survey_id": survey}) | dimensions(find(thing, "end_user_properties")),
                response_id=id_,
                occurred_at=when(need(thing, "created_at")),
                updated_at=when(find(thing, "updated_at") or find(payload, "timestamp")),
                customer_id=text(find(thing, "external_id")) or (user and self.own(user)),
                **answer,
            )
        ]  # fmt: skip


def nested(form: Any) -> Any:
    """The object that the names of a form's fields describe; anything else as it is.

    >>> nested({"response[id]": "7", "response[end_user_properties][plan]": "pro", "event_name": "created"})
    {'response': {'id': '7', 'end_user_properties': {'plan': 'pro'}}, 'event_name': 'created'}
    """
    if not isinstance(form, dict):
        return form
    found: dict[str, Any] = {}
    for name, value in form.items():
        *path, last = re.findall(r"[^\[\]]+", name) or [name]
        inner = found
        for step in path:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                break
        else:
            inner[last] = value
    return found
