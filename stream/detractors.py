"""Cases that the stream opens by itself: one for each answer of a detractor, who is to be called back."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

import orjson
from aiokafka import AIOKafkaProducer
from msgspec.structs import replace

from stream.events import UNKNOWN, Observation
from stream.events.base import MAX_KEY
from stream.events.case import Case
from stream.events.times import isoformat
from stream.identity import Contribution
from stream.kpi.nps import Nps
from stream.measures import Measure

_FIELDS = ("channel", "touchpoint", "segment", "team", "survey_id")


def new_detractors(observation: Observation, parts: Iterable[Contribution]) -> Iterator[Observation]:
    """The answer, with the time it counts at, if what it contributes makes a detractor of who was none before."""
    signs = {part.sign: part.time for part in parts if _is_detractor(part.measure)}
    if signs.keys() == {1}:
        yield replace(observation, time=signs[1])


def _is_detractor(measure: Measure) -> bool:
    part = Nps.of(measure)
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
