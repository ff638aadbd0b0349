"""The hot path: survey responses decoded in a third of the time the model takes.

The model in `stream.events.survey` is the definition. What is decoded here must be accepted there, with the same
observation; whatever this refuses goes to the model for the verdict. So the struct forbids unknown fields: msgspec
does not look inside a field that it skips, and could let pass what the model would call broken JSON.
"""

from typing import Annotated, Literal

import msgspec

from stream.events.base import UNKNOWN, Observation
from stream.events.times import ZonedTime, micros
from stream.measures import Direction, Status, rate

_Name = Annotated[str, msgspec.Meta(max_length=64)]
# JSON has longer integers; the models read those as fractions.
_Int = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Scale(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """As in the model."""

    min: _Int
    max: _Int
    high_is: Direction | None = None


class Answer(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A survey response, as in the model."""

    response_id: _Key
    kpi: str
    occurred_at: ZonedTime
    score: _Int | None
    type: Literal["survey_response"] = "survey_response"
    question: _Key | None = None
    scale: Scale | None = None
    status: Status = "answered"
    updated_at: ZonedTime | None = None
    revision: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    customer_id: str | None = None
    agent_id: str | None = None
    language: _Name | None = None
    comment: str | None = None
    channel: _Name | None = UNKNOWN
    touchpoint: _Name | None = UNKNOWN
    segment: _Name | None = UNKNOWN
    team: _Name | None = UNKNOWN
    survey_id: _Name | None = UNKNOWN


#: Raises `msgspec.MsgspecError` or `UnicodeDecodeError` where the model must judge.
read_answer = msgspec.json.Decoder(Answer).decode


def observe(answer: Answer) -> Observation:
    """The observation of an answer.

    Raises:
        Rejected: if it is not on its scale.
    """
    kpi, scale, updated_at = answer.kpi, answer.scale, answer.updated_at
    time = micros(answer.occurred_at)
    return Observation(
        f"{answer.response_id}\0{answer.question or kpi}",
        (time if updated_at is None else micros(updated_at), answer.revision),
        time,
        time,
        (
            answer.channel or UNKNOWN,
            answer.touchpoint or UNKNOWN,
            answer.segment or UNKNOWN,
            answer.team or UNKNOWN,
            answer.survey_id or UNKNOWN,
        ),
        rate(kpi, answer.score, scale and (scale.min, scale.max, scale.high_is), answer.status),
        answer.status == "deleted",
        agent=answer.agent_id,
    )
