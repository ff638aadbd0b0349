"""PostHog: answers to surveys, as they grow, and surveys that were dismissed."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from stream.sources.reading import boolean, dimensions, find, items, need, number, text, when
from stream.sources.schemes import Scheme, Token
from stream.sources.source import Event, Headers, Options, Source

_LATER_ANSWER = re.compile(r"\$survey_response_(\d{1,3})")


class PostHogOptions(Options):
    """What can be said of PostHog."""

    comment: str = Field("", description="The id of the question for a comment.")


class PostHog(Source):
    """PostHog's survey events by a webhook destination; questions are known by `questions`, by id or `SURVEY.POSITION`.

    That a question is rated from 0 to 10 does not make it NPS, so none is known by itself. A submission comes in
    several events, the later ones with more answers. Answers have two names, by the question's id and by its position
    (0 for the first): the first is taken if both are there. What a completed survey leaves out was skipped, and so was
    everything in a survey that was dismissed at once. The customer is the `distinct_id`.
    """

    name = "posthog"
    title: ClassVar[str] = "PostHog"
    setup: ClassVar[str] = """
    *Data pipelines*, *Destinations*: a new *HTTP Webhook* with the address, the events `survey sent` and
    `survey dismissed`, the JSON body `{"event": "{event}"}`, and a header `Authorization` with the value
    `Bearer SECRET`, for a secret that you make up. Name each question that counts in `questions`.
    """
    limits: ClassVar[str] = """
    Nothing is signed, so the secret is all that proves who sends. Deleted events and persons are not told. An anonymous
    visitor's `distinct_id` is PostHog's own.
    """
    auth: ClassVar[Scheme] = Token()
    delivery: ClassVar[str] = "$.event.uuid"
    takes: ClassVar[type[Options]] = PostHogOptions

    def delivery_id(self, payload: Any, headers: Headers) -> str:
        """The id of the event, which may also stand alone."""
        return text(find(_event(payload), "uuid")) or ""

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        event = _event(payload)
        if find(event, "event") not in {"survey sent", "survey dismissed"}:
            return []
        return list(self._answers(event, need(event, "properties"), find(payload, "person.properties")))

    def _answers(self, event: Any, said: Any, person: Any) -> Iterator[Event]:
        survey = text(need(said, "$survey_id"))
        about = dimensions({"survey_id": survey}) | dimensions(person) | dimensions(said)
        submission = find(said, "$survey_submission_id") or need(event, "uuid")
        comment = text(said.get(f"$survey_response_{self.options.comment}")) if self.options.comment else None
        for position, asked in enumerate(items(said, "$survey_questions") or _unnamed(said)):
            id_ = text(find(asked, "id"))
            question = self.question(id_, f"{survey}.{position}")
            value = _given(said, id_, position)
            if question is None or (value is None and not _is_skipped(event, said)):
                continue
            yield self.answer(
                question, about,
                response_id=self.own(submission),
                question=id_ or str(position),
                occurred_at=when(need(event, "timestamp")),
                score=number(value),
                customer_id=text(find(event, "distinct_id")),
                language=text(find(said, "$survey_language")),
                comment=comment,
            )  # fmt: skip
            comment = None  # once for each event


def _event(payload: Any) -> Any:
    """The event itself, which a destination sends beside the person."""
    inner = find(payload, "event")
    return inner if isinstance(inner, dict) else payload


def _given(said: Any, id_: str | None, position: int) -> Any:
    """The answer to a question by its id, else by its position; None where there is none."""
    by_id = said.get(f"$survey_response_{id_}") if id_ else None
    by_position = said.get(f"$survey_response_{position}" if position else "$survey_response")
    return next((value for value in (by_id, by_position) if value not in (None, "", [])), None)


def _unnamed(said: Any) -> list[dict[str, Any]]:
    """A question without a name for each position up to the last that has an answer: older clients send no list."""
    later = [int(found[1]) for found in map(_LATER_ANSWER.fullmatch, said) if found]
    return [{} for _ in range(1 + max(later, default=0))]


def _is_skipped(event: Any, said: Any) -> bool:
    """Whether no answer to a question means that there will be none."""
    if find(event, "event") == "survey dismissed":
        return not boolean(find(said, "$survey_partially_completed"))
    return bool(boolean(find(said, "$survey_completed")))
