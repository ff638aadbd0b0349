"""Typeform: answers to forms."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from stream.sources.reading import dimensions, find, items, need, number, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, Options, Question, Source


class TypeformOptions(Options):
    """What can be said of Typeform."""

    comment: str = Field("", description="The ref of the question for a comment; left out: the first open answer.")


class Typeform(Source):
    """Typeform's webhook; questions are known by their `ref`, people and dimensions by hidden fields.

    `calculated.score` and `variables` are the points of a quiz, so they are not looked at. A question of the form that
    has no answer was skipped. The scale of an opinion scale or a rating is set in the form and not told: say it in
    `questions`, unless it is the KPI's usual one.
    """

    name = "typeform"
    title: ClassVar[str] = "Typeform"
    setup: ClassVar[str] = """
    In the form: *Connect*, *Webhooks*, add the address, edit it to enter a secret, and switch it on: it is created
    switched off. Give the questions that count a `ref` called like a KPI, or name theirs in `questions`; give the form
    hidden fields such as `customer_id` and `channel`.
    """
    limits: ClassVar[str] = """
    No corrections and no deletions. Partial responses are passed over. The scale of a question is not told.
    """
    auth: ClassVar[Scheme] = Hmac(header="Typeform-Signature", encoding="base64", prefix="sha256=")
    delivery: ClassVar[str] = "$.event_id"
    takes: ClassVar[type[Options]] = TypeformOptions

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        if find(payload, "event_type") != "form_response":
            return []  # a partial response is followed by the whole one, or was given up
        return list(self._answers(need(payload, "form_response")))

    def _answers(self, response: Any) -> Iterator[Event]:
        hidden = find(response, "hidden")
        about = dimensions({"survey_id": find(response, "form_id")}) | dimensions(hidden)
        given = {text(find(answer, "field.ref")): answer for answer in items(response, "answers")}
        comment = self._comment(given)
        for field in items(response, "definition.fields") or [find(answer, "field") for answer in given.values()]:
            ref = text(find(field, "ref"))
            question = self.question(ref) or (_NPS if find(field, "type") == "nps" else None)
            if question is None:
                continue
            yield self.answer(
                question, about,
                response_id=self.own(need(response, "token")),
                question=ref,
                occurred_at=when(need(response, "submitted_at")),
                score=number(need(given[ref], "number")) if ref in given else None,
                customer_id=text(find(hidden, "customer_id")) or text(find(hidden, "user_id")),
                comment=comment,
            )  # fmt: skip
            comment = None  # once for each response

    def _comment(self, given: dict[str | None, Any]) -> str | None:
        texts = {ref: text(answer.get("text")) for ref, answer in given.items() if answer.get("type") == "text"}
        return texts.get(self.options.comment) if self.options.comment else next(iter(texts.values()), None)


_NPS = Question(kpi="nps")
