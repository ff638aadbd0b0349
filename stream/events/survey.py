"""Survey responses, their corrections and deletions."""

from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

import stream.kpi  # noqa: F401  the questions that a survey may ask come from the KPIs
from stream.errors import Rejected
from stream.events.base import Event, Key, Name, Observation, Text
from stream.events.times import EventTime, micros
from stream.measures import QUESTIONS, Direction, Status, rate


class Scale(BaseModel):
    """The scale of an answer, and what its upper end means."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    min: int
    max: int
    high_is: Direction | None = Field(None, description="What a high score means; left out: better, easier.")


class SurveyResponse(Event):
    """One answer to one question of a survey.

    The identity of an answer is (`response_id`, `question`). A later record with a greater (`updated_at` or else
    `occurred_at`, `revision`) replaces it; `deleted` takes it out.

    >>> SurveyResponse.read('{"response_id":"r1","kpi":"nps","occurred_at":"2026-03-01T09:30:00Z","score":9}').score
    9
    """

    name: ClassVar[str] = "survey_response"
    topic: ClassVar[str] = "feedback.surveys"
    mark: ClassVar[str] = "response_id"
    key: ClassVar[str] = "response_id"

    type: Literal["survey_response"] = "survey_response"
    response_id: Key
    kpi: Text = Field(json_schema_extra=lambda schema: schema.update(enum=[*sorted(QUESTIONS)]))
    occurred_at: EventTime
    score: int | None = Field(description="A whole number on the scale; null only if skipped or deleted.")
    question: Key | None = Field(None, description="The question's id; left out: the kpi.")
    scale: Scale | None = Field(None, description="Left out: the kpi's usual scale.")
    status: Status = "answered"
    updated_at: EventTime | None = None
    revision: int = Field(0, ge=0, le=2**53)
    customer_id: Text | None = None
    agent_id: Text | None = Field(
        None, description="Who served the customer; counted by themselves only in the scope `agent`."
    )
    language: Name | None = None
    comment: Text | None = None

    @model_validator(mode="after")
    def _on_its_scale(self) -> Self:
        try:
            self.observe()
        except Rejected as error:
            context = {"message": str(error), "field": error.field}
            raise PydanticCustomError(error.reason, "{message}", context) from None
        return self

    def observe(self) -> Observation:
        scale = self.scale
        time = micros(self.occurred_at)
        return Observation(
            f"{self.response_id}\0{self.question or self.kpi}",
            (micros(self.updated_at) if self.updated_at else time, self.revision),
            time,
            time,
            self.dimensions,
            rate(self.kpi, self.score, scale and (scale.min, scale.max, scale.high_is), self.status),
            self.status == "deleted",
            agent=self.agent_id,
        )
