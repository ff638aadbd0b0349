"""AskNicely: answers to NPS surveys, and their later changes."""

from typing import Any, ClassVar

from pydantic import Field

from stream.sources.reading import dimensions, find, need, number, text, when
from stream.sources.schemes import Scheme, Token
from stream.sources.source import Event, Headers, Options, Question, Source

_NPS = Question(kpi="nps")


class AskNicelyOptions(Options):
    """What can be said of AskNicely."""

    customer: str = Field("", description="The contact's custom field that holds your own customer id.")


class AskNicely(Source):
    """AskNicely's webhook; every number in it is a text, and its `count` says which version of an answer it is.

    Dimensions are custom fields of contact and answer that are called like them; the channel is otherwise how the
    survey was delivered, the survey its template. A template that asks for something else than NPS is to be named in
    `questions`.
    """

    name = "asknicely"
    title: ClassVar[str] = "AskNicely"
    setup: ClassVar[str] = """
    *App Store*, *Webhooks*: enter the address, and a custom header `Authorization` with the value `Bearer SECRET`, for
    a secret that you make up.
    """
    limits: ClassVar[str] = """
    Nothing is signed, so the secret is all that proves who sends; no deletions; what is tried again is not
    published.
    """
    auth: ClassVar[Scheme] = Token()
    takes: ClassVar[type[Options]] = AskNicelyOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        person, asked = find(payload, "person"), need(payload, "question")
        template = text(find(asked, "survey_template"))
        about = {"survey_id": template, "channel": find(asked, "deliverymethod")}
        contact = text(find(person, "id"))
        own = text(find(person, self.options.customer)) if self.options.customer else None
        return [
            self.answer(
                self.options.questions.get(template, _NPS),
                dimensions(about) | dimensions(person) | dimensions(asked),
                response_id=self.own(need(asked, "id")),
                occurred_at=when(need(asked, "responded")),
                revision=number(find(payload, "count")),
                score=number(need(asked, "score")),
                customer_id=own or (contact and self.own(contact)),
                comment=text(find(asked, "comment")),
            )
        ]
