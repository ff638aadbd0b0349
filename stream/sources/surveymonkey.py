"""SurveyMonkey: completed, changed and deleted responses; they are fetched by the ids that it pushes."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from stream.errors import Rejected
from stream.sources.fetching import FETCHED, Address, Call, FetchedSource, FetchOptions, part
from stream.sources.reading import dimensions, find, items, need, number, text, when
from stream.sources.schemes import Hmac, Scheme
from stream.sources.source import Event, Headers, Options

#: Their scores are the texts of their choices: weights are -100, 0 and 100, or begin with 1.
_BY_TEXT = {"nps", "enps"}


class SurveyMonkeyOptions(FetchOptions):
    """What can be said of SurveyMonkey."""

    api: Address = Field("https://api.surveymonkey.com/v3", description="The API; of Europe api.eu.surveymonkey.com.")
    customer: str = Field("customer_id", description="The custom variable with your own customer id.")
    comment: str = Field("", description="The id of the question for a comment; left out: none is taken.")


class SurveyMonkey(FetchedSource):
    """SurveyMonkey's webhook. Questions are known by their ids in `questions`, dimensions by custom variables.

    What an answer is worth is the text of its choice where that is a number, else, but never for NPS, its weight. A
    question of the survey that has no answer was skipped. An answer counts when its response was begun, the one time
    that never changes. Disqualified and overquota responses are passed over.
    """

    name = "surveymonkey"
    title: ClassVar[str] = "SurveyMonkey"
    setup: ClassVar[str] = """
    Make an app, and by the API (`POST /v3/webhooks`) one webhook each for `response_completed`, `response_updated` and
    `response_deleted` with the address as `subscription_url`. The secret is the app's client id and client secret with
    `&` between them. Name the questions in `questions`, give the app's access token to `feedback-stream fetch`, and run
    that too ([Gateway](gateway.md#answers-that-are-fetched)).
    """
    limits: ClassVar[str] = """
    Only answers to the questions that `questions` names are taken back when a response is deleted. Questions that were
    never shown count as skipped, since the API does not tell them apart.
    """
    auth: ClassVar[Scheme] = Hmac(header="Sm-Signature", algorithm="sha1", encoding="base64")
    delivery: ClassVar[str] = "$.event_id"
    takes: ClassVar[type[Options]] = SurveyMonkeyOptions

    @property
    def api(self) -> str:
        return str(self.options.api)

    def calls(self, payload: Any, headers: Headers) -> list[Call]:
        if find(payload, "event_type") not in {"response_completed", "response_updated"}:
            return []
        survey, response = part(need(payload, "resources.survey_id")), part(need(payload, "object_id"))
        return [
            Call(f"/surveys/{survey}/responses/{response}/details"),
            Call(f"/surveys/{survey}/details", keep=True),  # the texts of choices
        ]

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        if find(payload, FETCHED) is not None:
            return list(self._answers(need(payload, f"{FETCHED}.0"), find(payload, f"{FETCHED}.1")))
        if find(payload, "event_type") == "response_deleted":
            return list(self._deletions(payload))
        return []

    def exported(self, document: Any) -> list[Any]:
        """The responses of a page of `/responses/bulk`, or one of them; with `survey`, as `/details` has it, if there.

        Raises:
            Rejected: `unexpected_form`.
        """
        responses = items(document, "data") if find(document, "data") is not None else [document]
        if any(find(response, "pages") is None for response in responses):
            msg = "a response has no pages; of exports, those of the API (responses/bulk) can be read"
            raise Rejected("unexpected_form", "pages", msg)
        return [{FETCHED: [response, find(document, "survey")]} for response in responses]

    def _answers(self, response: Any, survey: Any) -> Iterator[Event]:
        if find(response, "response_status") != "completed":
            return
        variables = find(response, "custom_variables")
        about = {"survey_id": text(find(response, "survey_id")) or "unknown"} | dimensions(variables)
        given = {text(find(question, "id")): question for question in _questions(response)}
        texts = {text(find(choice, "id")): find(choice, "text") for choice in _choices(survey)}
        comment = text(find(given.get(self.options.comment), "answers.0.text"))
        for id_ in dict.fromkeys([*given, *(text(find(question, "id")) for question in _questions(survey))]):
            question = self.question(id_)
            if question is None:
                continue
            yield self.answer(
                question, about,
                response_id=self.own(need(response, "id")),
                question=id_,
                occurred_at=when(need(response, "date_created")),
                updated_at=when(find(response, "date_modified")),
                score=_score(find(given.get(id_), "answers.0"), question.kpi, texts),
                customer_id=text(find(variables, self.options.customer)),
                comment=comment,
            )  # fmt: skip
            comment = None  # once for each response

    def _deletions(self, payload: Any) -> Iterator[Event]:
        at = when(need(payload, "event_datetime"))
        survey = text(find(payload, "resources.survey_id"))
        for id_, question in self.options.questions.items():
            yield self.answer(
                question, {"survey_id": survey} if survey else {},
                response_id=self.own(need(payload, "object_id")),
                question=id_,
                occurred_at=at,
                updated_at=at,
                status="deleted",
                score=None,
            )  # fmt: skip


def _questions(data: Any) -> list[dict[str, Any]]:
    return [question for page in items(data, "pages") for question in items(page, "questions")]


def _choices(survey: Any) -> list[dict[str, Any]]:
    return [choice for question in _questions(survey) for choice in items(question, "answers.choices")]


def _score(answer: Any, kpi: str, texts: dict[str | None, Any]) -> Any:
    """What an answer is worth, None where it is none.

    Raises:
        Rejected: `unexpected_form` if only the survey could tell, and it does not.

    >>> _score({"choice_id": "7", "choice_metadata": {"weight": "100"}}, "nps", {"7": "10"})
    10
    >>> _score({"choice_id": "8", "choice_metadata": {"weight": "4"}}, "csat", {"8": "Good"})
    4
    """
    chosen = text(find(answer, "choice_id"))
    if chosen is None:
        return number(find(answer, "text"))
    worth = number(texts.get(chosen))
    if isinstance(worth, int | float):
        return worth
    if kpi in _BY_TEXT or (texts and chosen not in texts):
        msg = f"the survey has no choice {chosen} with a number; it may have been changed just before: replay this"
        raise Rejected("unexpected_form", "choice_id", msg)
    return number(find(answer, "choice_metadata.weight"))
