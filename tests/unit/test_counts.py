"""Counts of customers: each becomes the change since the one before it, in whatever order they come."""

from collections import Counter
from collections.abc import Sequence

import pytest

from stream import identity
from stream.events import UNKNOWN, Dimensions, Observation
from stream.identity import Contribution, Identities, Outcome
from stream.index import MemoryIndex
from stream.measures import Movement

SECOND = 1_000_000
ANYWHERE: Dimensions = (UNKNOWN,) * 5

Judged = tuple[Outcome, Sequence[Contribution]]


def count(seconds: float, customers: int) -> Observation:
    """A count of customers."""
    time = round(seconds * SECOND)
    return Observation("count", (0, 0), time, time, ANYWHERE, Movement(customers=customers), rule="level")


class Judge:
    """Judges one count after the other; `saves` makes every entry go through the index in between."""

    def __init__(self, *, saves: bool) -> None:
        self._identities = Identities(MemoryIndex(), horizon=60)
        self._saves = saves

    def __call__(self, observation: Observation) -> Judged:
        key = self._identities.key_of(observation)
        (stored,) = self._identities.index.get([key])
        judged = self._identities.judge(observation, (key, stored), stream_time=10**6)
        if self._saves:
            self._identities.begin_save()
            self._identities.save(1)
        return judged


@pytest.fixture(params=[False, True], ids=["pending", "saved"])
def judge(request: pytest.FixtureRequest) -> Judge:
    """Counts mean the same whether they are pending or in the index; and none is ever late for its age."""
    return Judge(saves=request.param)


def levels(judged: list[Judged], at: float) -> int:
    """What the contributions add up to from a moment on, as a window that starts there sees it."""
    parts = [part for _, contributions in judged for part in contributions if part.time < at * SECOND]
    return sum(part.sign * part.measure.customers for part in parts if isinstance(part.measure, Movement))


def test_a_count_holds_from_its_very_moment_until_the_next_and_the_first_for_all_before(judge: Judge) -> None:
    judged = [judge(count(100, 1000)), judge(count(200, 1100))]

    assert [levels(judged, at) for at in (1, 100, 199.9, 200, 10_000)] == [1000, 1000, 1000, 1100, 1100]


@pytest.mark.parametrize("order", [(100, 200, 300), (300, 200, 100), (200, 300, 100), (300, 100, 200)])
def test_counts_may_come_out_of_order(order: tuple[int, ...], judge: Judge) -> None:
    judged = [judge(count(at, 1000 + at)) for at in order]

    assert Counter(outcome for outcome, _ in judged) == {"accepted": 3}
    assert [levels(judged, at) for at in (1, 99, 100, 250, 300)] == [1100, 1100, 1100, 1200, 1300]


def test_a_second_count_for_the_same_time_is_a_duplicate(judge: Judge) -> None:
    judge(count(100, 1000))

    assert judge(count(100, 1000)) == ("duplicate", ())
    assert judge(count(100, 900)) == ("duplicate", ())


def test_a_count_before_all_that_are_remembered_is_late(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_MAX_LEVELS", 2)
    judged = [judge(count(at, 1000 + at)) for at in (100, 200, 300)]

    assert judge(count(50, 7)) == ("late", ())
    assert judge(count(250, 1250))[0] == "accepted"
    assert [levels(judged, at) for at in (100, 200, 300)] == [1100, 1200, 1300]
