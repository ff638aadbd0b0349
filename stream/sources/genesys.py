"""Genesys Cloud: conversations as contacts, by its events; answers to surveys, which are fetched."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from stream.sources.fetching import FETCHED, Address, Call, Credentials, FetchedSource, FetchOptions, part
from stream.sources.reading import find, items, need, number, text, when
from stream.sources.schemes import Scheme, Token
from stream.sources.source import Event, Headers, Options

#: A survey in one of these states may still be answered.
_OPEN = {"Pending", "Sent", "InProgress"}
#: The events of a conversation that are looked at.
_CONTACT = (".customer.start", ".customer.end", ".acw")


class GenesysOptions(FetchOptions):
    """What can be said of Genesys Cloud."""

    api: Address = Field(
        "https://api.mypurecloud.com", description="Your region's, such as https://api.mypurecloud.de."
    )
    login: Address = Field("https://login.mypurecloud.com", description="Where your region gives tokens.")
    surveys: bool = Field(False, description="Whether surveys are looked for after each conversation.")
    resolved: tuple[str, ...] = Field((), description="Wrap-up codes that say that it was resolved.")
    unresolved: tuple[str, ...] = Field((), description="Wrap-up codes that say that it was not.")
    issues: dict[str, str] = Field({}, description="What it was about, by wrap-up codes.")


class Genesys(FetchedSource):
    """Genesys Cloud's events, by Amazon EventBridge. A conversation is a contact of its external contact.

    It is opened by the customer's start, closed by the customer's end, and resolved or not by the wrap-up code; these
    three events come by themselves, and each holds all that is known by then. Conversations with nobody known are
    passed over, since a phone number is not taken for a customer.

    No event tells of an answered survey, so surveys are fetched: after each conversation, with `surveys`, again and
    again until they are answered or have expired; or when a survey flow's data action posts
    `{"conversationId": "…"}`. The score of Net Promoter questions is known; others are named in `questions` by their
    id, the whole form's as `total_score`.
    """

    name = "genesys"
    title: ClassVar[str] = "Genesys Cloud"
    setup: ClassVar[str] = """
    Install the integration *Amazon EventBridge Source* with the topics `v2.detail.events.conversation.{id}.customer`
    and `….acw`; in AWS, send the partner bus's events to an API destination with the address, whose connection puts an
    API key of your own into the header `X-Api-Key`: that is the secret ([Connect](connect.md)). For surveys, say your
    region in `api` and `login`, give `feedback-stream fetch` the id and the secret of an OAuth client (client
    credentials, with the right to see surveys), with `:` between them, and run that too.
    """
    limits: ClassVar[str] = """
    When a conversation was opened is told by its start only; by itself, an end is taken to have lasted as long as the
    customer was spoken with. First responses are not told. Surveys that are opted out of, or expire, are passed over.
    """
    auth: ClassVar[Scheme] = Token(header="X-Api-Key", prefix="")
    delivery: ClassVar[str] = "$.id"
    takes: ClassVar[type[Options]] = GenesysOptions

    @property
    def api(self) -> str:
        return str(self.options.api)

    @property
    def credentials(self) -> Credentials:
        return Credentials(login=f"{self.options.login}/oauth/token")

    def calls(self, payload: Any, headers: Headers) -> list[Call]:
        topic, body = _told(payload)
        asked = topic.endswith(".customer.end") and self.options.surveys
        conversation = find(body, "conversationId") if asked or not topic else None
        return [] if conversation is None else [Call(f"/api/v2/quality/conversations/{part(conversation)}/surveys")]

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        surveys = find(payload, FETCHED)
        if surveys is not None:
            return [event for survey in items(surveys, "0") for event in self._answers(survey)]
        topic, body = _told(payload)
        return self._contact(topic.rpartition(".")[2], body) if topic.endswith(_CONTACT) else []

    def unfinished(self, payload: Any) -> bool:
        """A survey can still be answered; one that is not there yet may be made in the minutes after."""
        surveys = items(payload, f"{FETCHED}.0")
        return not surveys or any(find(survey, "status") in _OPEN for survey in surveys)

    def exported(self, document: Any) -> list[Any]:
        """Surveys: one, or a list of `entities`."""
        surveys = items(document, "entities") if find(document, "entities") is not None else [document]
        return [{FETCHED: [surveys]}]

    def _contact(self, kind: str, body: Any) -> list[Event]:
        customer = text(find(body, "externalContactId")) or text(find(body, "conversationExternalContactIds.0"))
        if customer is None:
            return []
        at, code = need(body, "eventTime"), text(find(body, "wrapupCode"))
        closed = {"start": None, "end": at, "acw": _before(at, find(body, "wrapupDurationMs"))}[kind]
        opened = {"end": _before(at, find(body, "interactingDurationMs"))}.get(kind, closed or at)
        return [
            self.event(
                "contact", _dimensions(body),
                contact_id=self.own(need(body, "conversationId")),
                customer_id=self.own(customer),
                occurred_at=when(opened),
                updated_at=when(at),
                closed_at=when(closed),
                direction={"OUTBOUND": "outbound"}.get(str(find(body, "direction")).upper()),
                resolved=True if code in self.options.resolved else False if code in self.options.unresolved else None,
                issue=self.options.issues.get(code),
            )
        ]  # fmt: skip

    def _answers(self, survey: Any) -> Iterator[Event]:
        if find(survey, "status") != "Finished":
            return
        answers = need(survey, "answers")
        groups = items(answers, "questionGroupScores")
        asked = [question for group in groups for question in items(group, "questionScores")]
        scores = {"nps": find(answers, "npsScore"), "total_score": find(answers, "totalScore")}
        scores |= {str(find(question, "questionId")): find(question, "score") for question in asked}
        comments = [text(find(question, name)) for name in ("npsTextAnswer", "freeTextAnswer") for question in asked]
        comment = next(filter(None, comments), None)
        at = when(need(survey, "completedDate"))
        for name, score in scores.items():
            question = self.question(name)
            if question is None or (name == "nps" and score is None and not find(survey, "missingRequiredAnswer")):
                continue
            yield self.answer(
                question, _about(survey),
                response_id=self.own(need(survey, "id")),
                question=name,
                occurred_at=at,
                updated_at=at,
                score=number(score),
                agent_id=text(find(survey, "agent.id")),
                comment=comment,
            )  # fmt: skip
            comment = None  # once for each response


def _told(payload: Any) -> tuple[str, Any]:
    """Topic and body of an event, as EventBridge sends it or by itself; what a survey flow posts has no topic."""
    event = find(payload, "detail") or payload
    topic = text(find(event, "topicName")) or ""
    return (topic, need(event, "eventBody")) if topic else ("", event)


def _before(at: Any, duration: Any) -> Any:
    """A time in milliseconds, so many milliseconds before."""
    at, duration = number(at), number(duration)
    return at - duration if isinstance(at, int) and isinstance(duration, int) else at


def _dimensions(body: Any) -> dict[str, str]:
    kinds = [text(find(body, name)) for name in ("messageType", "mediaType")]
    channel = next((kind.lower() for kind in kinds if kind and kind.upper() != "UNKNOWN"), None)
    named = {"channel": channel, "team": text(find(body, "queueId"))}
    return {name: member for name, member in named.items() if member is not None}


def _about(survey: Any) -> dict[str, str]:
    named = {
        "channel": text(find(survey, "surveyType")),
        "team": text(find(survey, "queue.name")) or text(find(survey, "queue.id")),
        "survey_id": text(find(survey, "surveyForm.id")),
    }
    return {name: member.lower() if name == "channel" else member[:64] for name, member in named.items() if member}
