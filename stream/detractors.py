"""Cases that the stream opens by itself: one for each answer of a detractor, who is to be called back."""

from collections.abc import Iterable
from hashlib import blake2b

import orjson
from aiokafka import AIOKafkaProducer

from stream.events import UNKNOWN, Observation
from stream.events.base import MAX_KEY
from stream.events.case import Case
from stream.events.times import isoformat
from stream.kpi.nps import Nps
from stream.measures import Rating

_FIELDS = ("channel", "touchpoint", "segment", "team", "survey_id")


def is_detractor(observation: Observation) -> bool:
    """Whether it is the answer of a detractor to the NPS question."""
    measure = observation.measure
    part = Nps.of(measure) if isinstance(measure, Rating) else None
    return part is not None and part.detractors == 1


def opening(observation: Observation) -> tuple[bytes, bytes]:
    """Key and value of the record that opens a case for an answer; the same for each version of the answer.

    >>> from stream.events import SurveyResponse
    >>> answer = SurveyResponse.read('{"response_id":"r1","kpi":"nps","occurred_at":"2026-03-01T09:30:00Z","score":3}')
    >>> opening(answer.observe())[0]
    b'detractor:r1:nps'
    """
    response_id, _, question = observation.identity.partition("\0")
    case_id = f"detractor:{response_id}:{question}"
    if len(case_id) > MAX_KEY:
        case_id = f"detractor:{blake2b(case_id.encode(), digest_size=16).hexdigest()}"
    members = zip(_FIELDS, observation.dimensions, strict=True)
    event = {
        "type": Case.name,
        "case_id": case_id,
        "status": "opened",
        "occurred_at": isoformat(observation.time / 1_000_000),
        "response_id": response_id,
        **{field: member for field, member in members if member != UNKNOWN},
    }
    return case_id.encode(), orjson.dumps(event)


async def open_cases(producer: AIOKafkaProducer, detractors: Iterable[Observation]) -> None:
    """Send what opens a case for each, and wait until the broker has it.

    What is sent again after a restart is the same event, and counts once.
    """
    sent = [await producer.send(Case.topic, key=key, value=value) for key, value in map(opening, detractors)]
    for future in sent:
        await future
