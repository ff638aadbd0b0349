"""What does not move is named, exported, and in the end ends the process; what has nothing to do is left alone."""

from collections.abc import Collection
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from faust.types import TP
from prometheus_client import CollectorRegistry

from stream.errors import BrokerError
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.store import State
from stream.watch.watchdog import StalledError, Watchdog

SETTINGS = Settings(stall_timeout=100)
A, B = TP("feedback.surveys", 0), TP("feedback.surveys", 1)


class Broker:
    """The answers of a broker."""

    def __init__(self) -> None:
        self.ended = {A: 10, B: 10}
        self.done = {A: 10, B: 10}
        self.count = {"feedback.surveys": 2}
        self.records = True

    async def partitions(self, topics: Collection[str]) -> dict[str, int]:
        return {name: count for name, count in self.count.items() if name in topics}

    async def ends(self, tps: Collection[TP]) -> dict[TP, int]:
        return {tp: self.ended[tp] for tp in tps}

    async def committed(self) -> dict[TP, int]:
        return self.done

    async def any_from(self, tp: TP, offset: int) -> bool:
        return self.records and self.ended[tp] > offset


class Partitions:
    """What this process believes."""

    def __init__(self) -> None:
        self.positions = {A: 10, B: 10}

    def reading(self) -> dict[TP, int]:
        return self.positions

    def durable(self, tp: TP) -> int:
        return self.positions[tp]

    async def check_writers(self) -> None:
        """Nobody else writes."""

    def durables(self) -> dict[TP, int]:
        return dict(self.positions)


class Watched:
    """A watchdog over them, at a time that the test sets."""

    def __init__(self) -> None:
        self.broker, self.partitions = Broker(), Partitions()
        self.recovered: int | None = None
        self.now = 0.0
        self.metrics = ServiceMetrics(SETTINGS, State(SETTINGS), CollectorRegistry())
        broker: Any = self.broker
        partitions: Any = self.partitions
        self.dog = Watchdog(
            SETTINGS, broker, partitions, self.metrics, {"feedback.surveys": 2, "other": 9}, lambda: self.recovered,
            lambda: self.now,
        )  # fmt: skip

    async def at(self, now: float) -> dict[str, float]:
        """Look at a time; the metric by kind."""
        self.now = now
        await self.dog.look()
        (metric,) = self.metrics.stalled.collect()
        return {sample.labels["kind"]: sample.value for sample in metric.samples if sample.value}


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_who_has_nothing_to_do_stands_still_for_ever(watched: Watched) -> None:
    for now in (0, 500, 1_000):
        assert await watched.at(now) == {}
    assert watched.dog.problem == ""


async def test_a_partition_with_work_that_does_not_move_is_told_and_ends_it(watched: Watched) -> None:
    watched.broker.ended[B] = 12
    assert await watched.at(0) == {}
    assert await watched.at(40) == {"count": 40}
    assert watched.dog.problem == ""
    assert await watched.at(60) == {"count": 60}
    assert watched.dog.problem == "does not get done: count feedback.surveys-1 for 60 s"
    with pytest.raises(StalledError, match="surveys-1 for 101 s"):
        await watched.at(101)


async def test_one_that_moves_is_well_however_far_behind(watched: Watched) -> None:
    watched.broker.ended[B] = 1_000
    for now in (0, 90, 180, 270):
        watched.partitions.positions[B] += 1
        watched.broker.done[B] = watched.partitions.positions[B]
        assert await watched.at(now) == {}


async def test_a_mark_of_a_transaction_is_no_work(watched: Watched) -> None:
    watched.broker.ended[B] = 11
    watched.broker.records = False
    for now in (0, 60, 120, 500):
        await watched.at(now)
    assert watched.dog.problem == ""
    watched.broker.ended[B], watched.broker.records = 13, True
    await watched.at(510)
    with pytest.raises(StalledError):
        await watched.at(620)


async def test_commits_that_stop_are_told_apart(watched: Watched) -> None:
    watched.broker.done[A] = 7
    await watched.at(0)
    assert await watched.at(80) == {"commit": 80}
    with pytest.raises(StalledError, match="commit feedback"):
        await watched.at(120)


async def test_a_recovery_must_come_on(watched: Watched) -> None:
    watched.recovered = 0
    assert await watched.at(0) == {}
    assert await watched.at(90) == {"recover": 90}
    watched.recovered = 1_000
    assert await watched.at(110) == {}
    watched.recovered = None
    assert await watched.at(500) == {}
    watched.recovered = 1_000
    await watched.at(600)
    with pytest.raises(StalledError, match="recover tables"):
        await watched.at(701)


async def test_partitions_that_were_added_are_refused(watched: Watched) -> None:
    watched.broker.count["feedback.surveys"] = 3
    with pytest.raises(BrokerError, match=r"had 2 partitions .* has 3 now"):
        await watched.at(0)


async def test_a_topic_that_ends_before_what_was_counted_is_refused(watched: Watched) -> None:
    watched.broker.ended[A] = 9
    with pytest.raises(BrokerError, match=r"ends at offset 9, but was counted up to 10"):
        await watched.at(0)


async def test_while_the_broker_is_away_nothing_is_held_against_anybody(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def away() -> dict[TP, int]:
        nonlocal looks
        looks += 1
        raise KafkaConnectionError if looks < 4 else StalledError("seen enough")

    monkeypatch.setattr("stream.watch.watchdog.PAUSE_S", 0.0)
    watched.broker.ended[B] = 12
    await watched.at(0)
    monkeypatch.setattr(watched.broker, "committed", away)
    watched.now = 1_000
    with pytest.raises(StalledError, match="seen enough"):
        await watched.dog.run()
    monkeypatch.undo()
    assert await watched.at(1_050) == {}
