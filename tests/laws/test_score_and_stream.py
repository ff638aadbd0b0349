"""`score` over a file and the stream over partitions agree, with repeats, corrections and deletions in any order."""

from collections.abc import Iterable
from random import Random
from typing import Any
from zlib import crc32

import orjson
from hypothesis import given
from hypothesis import strategies as st

from stream.engine import Engine
from stream.events.times import isoformat
from stream.index import MemoryIndex
from stream.layout import horizon
from stream.privacy import Pseudonyms
from stream.score import Line, Scorer
from stream.settings import AGENT, DIMENSIONS, Settings
from stream.store import State
from stream.view import Score, View
from tests.integration.journey_traffic import journey
from tests.integration.traffic import KEYS, TOPICS

SETTINGS = Settings(
    windows="1h/1m, 24h/15m", min_sample=1, max_members=100,
    scopes=[*DIMENSIONS, AGENT], agent_min_sample=10, privacy_key="a key for pseudonyms",
)  # fmt: skip
NOW = 1_772_359_200
PARTITIONS = 3

Event = dict[str, Any]


def events(chance: Random, count: int) -> list[Event]:
    """So many responses, a fifth of them sent twice, a tenth corrected, a fiftieth deleted, in any order."""
    answers = [answer(chance, f"r{number}") for number in range(count)]
    again = [event for event in answers if chance.random() < 0.2]
    corrected = [
        event | {"score": chance.randint(1, 5), "team": "c", "updated_at": isoformat(NOW + chance.randint(-9, 9))}
        for event in answers
        if chance.random() < 0.1
    ]
    deleted = [
        event | {"score": None, "status": "deleted", "updated_at": isoformat(NOW + chance.randint(-9, 9))}
        for event in answers
        if chance.random() < 0.02
    ]
    begun = [journey(chance, f"j{n}", _ago, chance.randint(0, 80_000), _dimensions(chance)) for n in range(count)]
    arrived = [*answers, *again, *corrected, *deleted, *(event for events in begun for event in events)]
    arrived += chance.sample(arrived, len(arrived) // 10)
    chance.shuffle(arrived)
    return arrived


def _ago(seconds: float) -> str:
    return isoformat(NOW - seconds)


def _dimensions(chance: Random) -> dict[str, str]:
    return {"channel": chance.choice(("phone", "chat")), "team": chance.choice("ab"), "agent_id": chance.choice("xyz")}


def answer(chance: Random, response_id: str) -> Event:
    return {
        "type": "survey_response",
        "response_id": response_id,
        "kpi": chance.choice(("nps", "csat", "ces", "enps")),
        "score": chance.randint(1, 5),
        "occurred_at": isoformat(NOW - chance.randint(0, 80_000)),
        **_dimensions(chance),
    }


@given(st.integers(0, 2**32), st.integers(1, 200))
def test_the_file_and_the_partitions_agree(seed: int, count: int) -> None:
    arrived = events(Random(seed), count)
    scorer = Scorer(SETTINGS, NOW)
    scorer.count(orjson.dumps(event) for event in arrived)
    report = scorer.report()

    state = State(SETTINGS)
    outcomes = dict.fromkeys(report.outcomes, 0)
    for (topic, partition), own in split(arrived).items():
        engine = Engine(
            topic, state.of_source(topic, partition), MemoryIndex(), SETTINGS,
            late_after=horizon(SETTINGS), pseudonyms=Pseudonyms.from_settings(SETTINGS),
        )  # fmt: skip
        processed = engine.process([Line(n, orjson.dumps(event)) for n, event in enumerate(own)], NOW)
        engine.settle()
        for outcome, number in processed.outcomes.items():
            outcomes[outcome] += number
    view = View(SETTINGS, state)

    assert by_place(view.scores(view.snapshot(report.as_of))) == by_place(report.scores)
    assert outcomes == dict(report.outcomes)


def split(arrived: list[Event]) -> dict[tuple[str, int], list[Event]]:
    """The events of each partition: those of one key are in one."""
    found: dict[tuple[str, int], list[Event]] = {}
    for event in arrived:
        partition = crc32(event[KEYS[event["type"]]].encode()) % PARTITIONS
        found.setdefault((TOPICS[event["type"]], partition), []).append(event)
    return found


def by_place(scores: Iterable[Score]) -> dict[tuple[str, ...], Score]:
    return {(score.score, score.window, score.scope, score.member, *score.labels.values()): score for score in scores}
