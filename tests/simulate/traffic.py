"""Reading the simulated traffic."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from statistics import mean

import orjson

from stream.simulate import Simulated
from tests.simulate.contract import Event, fault


def until(records: Iterator[Simulated], end: datetime) -> Iterator[Simulated]:
    return takewhile(lambda record: record.at < end, records)


def events(records: Iterable[Simulated], topic: str) -> Iterator[Event]:
    return (orjson.loads(record.value or b"") for record in records if record.topic == topic)


def identity(answer: Event) -> tuple[str, str]:
    return str(answer["response_id"]), str(answer.get("question", answer["kpi"]))


def nps(scores: Iterable[int]) -> float:
    return 100 * mean((score >= 9) - (score <= 6) for score in scores)


@dataclass
class Week:
    """What a week of `steady` holds; read once, since it is long."""

    records: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    by_hour: Counter[tuple[int, int]] = field(default_factory=Counter)
    answers: dict[tuple[str, str], Event] = field(default_factory=dict)
    changed: set[tuple[str, str]] = field(default_factory=set)
    moves: list[Event] = field(default_factory=list)
    contacts: dict[str, Event] = field(default_factory=dict)
    orders: dict[str, Event] = field(default_factory=dict)
    invitations: dict[str, Event] = field(default_factory=dict)
    cases: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def read(self, record: Simulated) -> None:
        self.records += 1
        if found := fault(record):
            self.faults[found] += 1
        self.by_hour[record.at.weekday(), record.at.hour] += 1
        event = orjson.loads(record.value or b"")
        match event["type"]:
            case "survey_response":
                self.answers[identity(event)] = event
                if "updated_at" in event:
                    self.changed.add(identity(event))
            case "contact":
                self.contacts[event["contact_id"]] = event
            case "order":
                self.orders[event["order_id"]] = event
            case "invitation":
                self.invitations[event["invitation_id"]] = self.invitations.get(event["invitation_id"], {}) | event
            case "case":
                self.cases[event["case_id"]].append(event)
            case _:
                self.moves.append(event)

    def scores(self, kpi: str) -> list[int]:
        return [one["score"] for one in self.answers.values() if one["kpi"] == kpi and one["score"] is not None]


RATE = 0.25
SEED = 7
