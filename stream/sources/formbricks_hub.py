"""Formbricks Hub: records of scores, their changes and deletions."""

from typing import Any, ClassVar

from stream.sources.reading import dimensions, find, need, number, text, when
from stream.sources.schemes import Scheme, StandardWebhooks
from stream.sources.source import Event, Headers, Question, Source

#: Kinds of fields that hold a number; what else there is holds words.
_NUMBERS = {"nps", "csat", "ces", "rating", "number"}
#: A deletion names records and nothing else, so an answer is known by its record alone, whatever was asked.
_RECORD = "record"


class FormbricksHub(Source):
    """Formbricks Hub's webhook, one record for each field of a submission.

    What was asked is told by `questions` for the record's field, or else by its kind: `nps`, `csat` or `ces`. The
    channel is the kind of the record's own source, unless its metadata names one. The Hub also deletes all records of a
    user when it is asked to forget them; each such deletion takes the score back.
    """

    name = "formbricks-hub"
    title: ClassVar[str] = "Formbricks Hub"
    setup: ClassVar[str] = """
    `POST /v1/webhooks` at the Hub with the address as `url`, your `tenant_id`, and the `event_types`
    `feedback_record.created`, `feedback_record.updated` and `feedback_record.deleted`. The secret is the `signing_key`
    of the answer, which begins with `whsec_`.
    """
    limits: ClassVar[str] = """
    The scale of a record is not told: say it in `questions` by its field's id, unless it is the KPI's usual one.
    Comments are records of their own, and passed over. A deletion of more than 1,000 records at once goes to the dead
    letters.
    """
    auth: ClassVar[Scheme] = StandardWebhooks()
    delivery: ClassVar[str] = "webhook-id"

    def events(self, payload: Any, headers: Headers) -> list[Event]:
        match find(payload, "type"):
            case "feedback_record.created" | "feedback_record.updated":
                return self._answer(need(payload, "data"), need(payload, "timestamp"))
            case "feedback_record.deleted":
                need(payload, "data.0")  # a list of ids
                return [self._deletion(record, need(payload, "timestamp")) for record in payload["data"]]
            case _:
                return []

    def _answer(self, record: Any, at: Any) -> list[Event]:
        kind = text(need(record, "field_type"))
        question = self.question(text(find(record, "field_id")), kind) if kind in _NUMBERS else None
        if question is None:
            return []
        about = {"survey_id": find(record, "source_id"), "channel": find(record, "source_type")}
        return [
            self.answer(
                question, dimensions(about) | dimensions(find(record, "metadata")),
                response_id=self.own(need(record, "id")),
                question=_RECORD,
                occurred_at=when(need(record, "collected_at")),
                updated_at=when(find(record, "updated_at") or at),
                score=number(find(record, "value_number")),
                customer_id=text(find(record, "user_id")),
                language=text(find(record, "language")),
            )
        ]  # fmt: skip

    def _deletion(self, record: Any, at: Any) -> Event:
        answer = {"response_id": self.own(record), "question": _RECORD, "occurred_at": when(at), "status": "deleted"}
        return self.answer(Question(kpi="nps"), {}, **answer)
