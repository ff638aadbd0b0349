"""The hot path: survey responses decoded in a third of the time the model takes.

The model in `stream.events.survey` is the definition. What is decoded here must be accepted there, with the same
observation; whatever this refuses goes to the model for the verdict. So the struct forbids unknown fields: msgspec
does not look inside a field that it skips, and could let pass what the model would call broken JSON.
"""

from typing import Annotated, Any, Literal

import msgspec

from stream.events.base import UNKNOWN, Observation
from stream.events.survey import observe_answer
from stream.events.times import ZonedTime
from stream.measures import Direction, Status

_Name = Annotated[str, msgspec.Meta(max_length=64)]
# JSON has longer integers; the models read those as fractions.
_Int = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class _Scale(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    min: _Int
    max: _Int
    high_is: Direction | None = None


class _Survey(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    response_id: _Key
    kpi: str
    occurred_at: ZonedTime
    score: _Int | None
    type: Literal["survey_response"] = "survey_response"
    question: _Key | None = None
    scale: _Scale | None = None
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


_decode = msgspec.json.Decoder(_Survey).decode


def read_survey(value: bytes) -> Any:
    """The survey response itself: a struct with the attributes of the model.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError: where the model must judge.
    """
    return _decode(value)


def observe_survey(value: bytes) -> Observation:
    """The observation of a survey response.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError: where the model must judge.
        Rejected: where the answer is not on its scale.
    """
    return observe_answer(_decode(value))
