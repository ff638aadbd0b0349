"""From a record of the surveys to the verbatim of its comment; no clock, no broker."""

from typing import Any, Literal, NamedTuple

import msgspec
import orjson

from stream.decode import is_cloud_event, parse
from stream.engine import Record
from stream.errors import Rejected
from stream.events import Observation
from stream.events.survey import SurveyResponse, observe_answer
from stream.events.verbatim import Verbatim
from stream.fast import read_survey
from stream.kpi.nps import Nps
from stream.measures import Measure
from stream.settings import DIMENSIONS
from stream.text.comment import Reading, analyse
from stream.text.taxonomy import Taxonomy

#: What became of a comment: read in a language, or of signs alone (`none`), or not to be read.
Tongue = Literal["en", "fr", "none", "unread"]
TONGUES: tuple[Tongue, ...] = ("en", "fr", "none", "unread")

Group = Literal["promoter", "passive", "detractor"]

_FIELDS = tuple("survey_id" if name == "survey" else name for name in DIMENSIONS)


class Made(NamedTuple):
    """What an answer leads to: `tongue` is None where there is no comment, `value` where there is no verbatim."""

    tongue: Tongue | None
    key: bytes
    value: bytes | None


def verbatim_of(record: Record, taxonomy: Taxonomy, max_bytes: int) -> Made | None:
    """The verbatim that a record leads to, or None where it is no survey response that the agents would count.

    A comment leads to what it says. An answer without one leads to a deletion, where an earlier version of it can have
    had one: that must be taken back. So does a comment that cannot be read.
    """
    found = _answer(record, max_bytes)
    if found is None:
        return None
    survey, observation = found
    counts = survey.status in {"answered", "skipped"}
    comment = survey.comment if counts and survey.comment and not survey.comment.isspace() else None
    reading = analyse(comment, survey.language, taxonomy) if comment else None
    value = None
    if reading is not None or _can_be_later(survey):
        value = orjson.dumps(_fields(survey, observation, reading))
    return Made(_tongue(comment, reading), survey.response_id.encode(), value)


def _tongue(comment: str | None, reading: Reading | None) -> Tongue | None:
    if reading is None:
        return "unread" if comment else None
    return "fr" if reading.language == "fr" else "en" if reading.language == "en" else "none"


def _answer(record: Record, max_bytes: int) -> tuple[Any, Observation] | None:
    """The survey response, as a struct or as the model, with its observation."""
    value, headers = record.value, record.headers
    if value is None or len(value) > max_bytes:
        return None
    cloud_event = is_cloud_event(headers)
    try:
        survey = None if cloud_event else _quickly(value)
        survey = survey or parse(value, headers if cloud_event else (), SurveyResponse.topic)
        return survey, observe_answer(survey)
    except Rejected:
        return None


def _quickly(value: bytes) -> Any:
    try:
        return read_survey(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None  # the models judge


def _can_be_later(survey: Any) -> bool:
    """Whether it can be a correction or deletion of an answer that had a comment."""
    return survey.status == "deleted" or survey.updated_at is not None or survey.revision > 0


def _fields(survey: Any, observation: Observation, reading: Reading | None) -> dict[str, Any]:
    deleted = reading is None
    return {
        "type": Verbatim.name,
        "response_id": survey.response_id,
        "question": survey.question or survey.kpi,
        "occurred_at": survey.occurred_at,
        "updated_at": survey.updated_at,
        "revision": survey.revision,
        "status": "deleted" if deleted else "answered",
        "language": reading and reading.language,
        "sentiment": reading and reading.sentiment,
        "themes": reading.themes if reading else (),
        "group": None if deleted else group_of(observation.measure),
        **dict(zip(_FIELDS, observation.dimensions, strict=True)),
    }


def group_of(measure: Measure | None) -> Group | None:
    """To which group of NPS an answer belongs; None for answers to other questions, or none.

    >>> from stream.measures import Rating
    >>> group_of(Rating("nps", 9, 0, 10)), group_of(Rating("nps", 6, 1, 10)), group_of(Rating("csat", 5, 1, 5))
    ('promoter', 'detractor', None)
    """
    nps = Nps.of(measure) if measure is not None else None
    if nps is None or not nps.n:
        return None
    return "promoter" if nps.promoters else "passive" if nps.passives else "detractor"
