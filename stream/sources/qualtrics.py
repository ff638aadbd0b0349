"""Qualtrics: completed responses, which are fetched by the ids that it pushes."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Annotated, Any, ClassVar
from urllib.parse import unquote_to_bytes

from pydantic import BeforeValidator, ConfigDict, Field

from stream.errors import Rejected
from stream.sources.fetching import FETCHED, Address, Call, Credentials, FetchedSource, FetchOptions, part
from stream.sources.reading import dimensions, find, items, need, number, text, time_zone, when
from stream.sources.schemes import Request, Scheme, Verdict, same
from stream.sources.source import Event, Headers, Options, Question, parse_json

#: Previews, tests and spam, by the numbers of the API and the words of exports.
_NOT_MEANT = {"1", "2", "8", "9", "17", "survey preview", "survey test", "spam", "offline survey preview"}
_NPS = Question(kpi="nps")
#: Columns of exports that have another name in the API.
_EXPORTED = {
    "RecordedDate": "recordedDate", "EndDate": "endDate", "ResponseId": "_recordId", "Status": "status",
    "Finished": "finished", "DistributionChannel": "distributionChannel", "UserLanguage": "userLanguage",
    "ExternalReference": "externalDataReference",
}  # fmt: skip


class QualtricsSignature(Scheme):
    """HMAC-SHA512 of the form's field `MSG`, hex in its field `HMAC`. Nothing else of the form is signed."""

    def check(self, request: Request, secrets: Sequence[str], now: float) -> Verdict:
        fields = _fields(request.body)
        given, message = fields.get(b"HMAC", b"").decode("utf-8", "surrogateescape"), fields.get(b"MSG")
        if message is None:
            return "unauthenticated"
        expected = [hmac.digest(secret.encode(), message, "sha512").hex().encode() for secret in secrets]
        return "" if same([given], expected) else "unauthenticated"


class QualtricsOptions(FetchOptions):
    """What can be said of Qualtrics."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    api: Address = Field(description="Your data centre's, such as https://fra1.qualtrics.com/API/v3.")
    customer: str = Field("externalDataReference", description="The field with your own customer id.")
    comment: str = Field("", description="The field with a comment, such as QID4_TEXT; left out: none is taken.")
    zone: Annotated[tzinfo | None, BeforeValidator(time_zone)] = Field(
        None, description="Zone of the times in exports."
    )


class Qualtrics(FetchedSource):
    """Qualtrics's event `completedResponse`, a form; the response is fetched.

    A question of the type Net Promoter Score is known as one, others have to be named in `questions` by their QID. One
    that was shown and has no value was skipped. Dimensions and the customer are embedded data. Previews, tests, spam
    and unfinished responses are passed over. Times are those of the response, which have a zone; that of the delivery
    has none. Qualtrics tells of no edits and no deletions.
    """

    name = "qualtrics"
    title: ClassVar[str] = "Qualtrics"
    setup: ClassVar[str] = """
    Subscribe by the API (`POST /eventsubscriptions`) to `surveyengine.completedResponse.SURVEY_ID` with the address as
    `publicationUrl`, a `sharedKey` of your own, which is the secret, and `encrypt` false. Say your data centre in
    `api`, give the token to `feedback-stream fetch`, and run that too ([Gateway](gateway.md#answers-that-are-fetched)).
    """
    limits: ClassVar[str] = """
    No edits and no deletions. A response that the API does not show within the time of `fetch_patience` is a dead
    letter.
    """
    auth: ClassVar[Scheme] = QualtricsSignature()
    delivery: ClassVar[str] = "$.MSG.ResponseID"
    needs_options: ClassVar[bool] = True
    takes: ClassVar[type[Options]] = QualtricsOptions

    @property
    def api(self) -> str:
        return str(self.options.api)

    @property
    def credentials(self) -> Credentials:
        return Credentials("X-API-TOKEN", "")

    def parse(self, body: bytes, headers: Headers) -> Any:
        """What is signed of the form, read as its signature reads it."""
        return {"MSG": _fields(body).get(b"MSG", b"").decode(errors="replace")}

    def delivery_id(self, payload: Any, headers: Headers) -> str:
        """A response is completed once."""
        return text(_message(payload).get("ResponseID")) or ""

    def calls(self, payload: Any, headers: Headers) -> list[Call]:
        message = _message(payload)
        if str(message.get("Status", "Complete")).lower() != "complete":
            return []
        survey, response = part(need(message, "SurveyID")), part(need(message, "ResponseID"))
        return [Call(f"/surveys/{survey}/responses/{response}")]

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        if find(payload, FETCHED) is None:
            return []
        result = need(payload, f"{FETCHED}.0.result")
        survey = text(_message(payload).get("SurveyID")) or text(find(result, "surveyId"))
        return list(self._answers(result, need(result, "values"), {"survey_id": survey} if survey else {}))

    def exported(self, document: Any) -> list[Any]:
        """The responses of an export as JSON, NDJSON, or the rows of one as CSV."""
        if find(document, "responses") is not None:
            return [self._delivery(response) for response in items(document, "responses")]
        if find(document, "values") is not None:
            return [self._delivery(document)]
        row = {_EXPORTED.get(name, name): value for name, value in document.items() if value != ""}
        if not str(row.get("_recordId", "")).startswith("R_"):
            return []  # the second and third line of headers
        return [self._delivery({"responseId": row["_recordId"], "values": row})]

    def _delivery(self, response: Any) -> Any:
        return {"MSG": "{}", FETCHED: [{"result": response}]}

    def _answers(self, result: Any, values: Any, survey: dict[str, str]) -> Iterator[Event]:
        if _NOT_MEANT & {str(find(values, "status")).lower()} or str(find(values, "finished")).lower() in {
            "0",
            "false",
        }:
            return
        shown = find(result, "displayedFields") or []
        customer = text(find(values, self.options.customer))
        comment = text(find(values, self.options.comment)) if self.options.comment else None
        about = survey | _channel(values) | dimensions(values)
        for name in dict.fromkeys([*map(str, values), *map(str, shown)]):
            question = self.question(name) or (_NPS if f"{name}_NPS_GROUP" in values else None)
            if question is None:
                continue
            yield self.answer(
                question, about,
                response_id=self.own(need(result, "responseId")),
                question=name,
                occurred_at=when(find(values, "recordedDate") or need(values, "endDate"), self.options.zone),
                score=number(find(values, name)),
                customer_id=customer,
                language=text(find(values, "userLanguage")),
                comment=comment,
            )  # fmt: skip
            comment = None  # once for each response


def _message(payload: Any) -> Mapping[str, Any]:
    """What is signed of a delivery.

    Raises:
        Rejected: `invalid_json`, `unexpected_form`.
    """
    message = parse_json(str(need(payload, "MSG")).encode(errors="replace"))
    if not isinstance(message, dict):
        msg = "the field MSG must hold an object"
        raise Rejected("unexpected_form", "MSG", msg)
    return message


def _channel(values: Any) -> dict[str, str]:
    channel = text(find(values, "distributionChannel"))
    return {"channel": channel} if channel else {}


def _fields(body: bytes) -> dict[bytes, bytes]:
    """The fields of a form, with values of any bytes; of several, the last one."""
    pairs = [pair.partition(b"=") for pair in body.split(b"&", 1_000)]
    return {unquote_to_bytes(name): unquote_to_bytes(value.replace(b"+", b" ")) for name, _, value in pairs}
