"""New, duplicate, corrected, deleted or late: what each observation of a thing means after those before it."""

from typing import Any

import pytest
from msgspec.structs import replace

from stream.events import Dimensions, Observation
from stream.identity import Contribution, Identities, Outcome
from stream.index import MemoryIndex
from stream.measures import Measure, Movement, Rating

SECOND = 1_000_000
PHONE: Dimensions = ("phone", "billing", "pro", "t1", "s1")
CHAT: Dimensions = ("chat", "billing", "pro", "t1", "s1")
PROMOTER, DETRACTOR = Rating("nps", 10, 0, 10), Rating("nps", 0, 0, 10)

Judged = tuple[Outcome, list[Contribution]]


def answer(
    measure: Measure | None = PROMOTER,
    updated: int | None = None,
    revision: int = 0,
    *,
    at: int = 100,
    dimensions: Dimensions = PHONE,
    deleted: bool = False,
    name: str = "r1",
) -> Observation:
    """An answer; times in seconds."""
    version = ((at if updated is None else updated) * SECOND, revision)
    time = at * SECOND
    return Observation(name, version, time, time, dimensions, None if deleted else measure, deleted)


def deletion(updated: int | None = None, **fields: Any) -> Observation:
    return answer(None, updated, deleted=True, **fields)


class Judge:
    """Judges one observation after the other; `saves` makes every entry go through the index in between."""

    def __init__(self, horizon: int | None = None, *, saves: bool = False) -> None:
        self.index = MemoryIndex()
        self.identities = Identities(self.index, horizon)
        self._saves = saves

    def __call__(self, observation: Observation, stream_time: int = 0) -> Judged:
        key = self.identities.key_of(observation)
        (stored,) = self.index.get([key])
        outcome, contributions = self.identities.judge(observation, (key, stored), stream_time)
        if self._saves:
            self.identities.begin_save()
            self.identities.save(self.index.position + 1)
        return outcome, list(contributions)


@pytest.fixture(params=[False, True], ids=["pending", "saved"])
def judge(request: pytest.FixtureRequest) -> Judge:
    """Entries mean the same whether they are pending or in the index."""
    return Judge(saves=request.param)


def adds(measure: Measure, at: int = 100, dimensions: Dimensions = PHONE) -> Contribution:
    return Contribution(1, at * SECOND, dimensions, measure)


def takes(measure: Measure, at: int = 100, dimensions: Dimensions = PHONE) -> Contribution:
    return Contribution(-1, at * SECOND, dimensions, measure)


def test_what_is_new_is_accepted(judge: Judge) -> None:
    assert judge(answer()) == ("accepted", [adds(PROMOTER)])
    assert judge(answer(name="r2")) == ("accepted", [adds(PROMOTER)])


def test_the_same_again_is_a_duplicate(judge: Judge) -> None:
    judge(answer())

    assert judge(answer()) == ("duplicate", [])


def test_a_greater_updated_at_replaces(judge: Judge) -> None:
    judge(answer())

    assert judge(answer(DETRACTOR, updated=101)) == ("corrected", [adds(DETRACTOR), takes(PROMOTER)])


def test_an_equal_version_changes_nothing_whatever_it_says(judge: Judge) -> None:
    judge(answer(updated=101))

    assert judge(answer(DETRACTOR, updated=101)) == ("duplicate", [])


def test_a_smaller_version_changes_nothing(judge: Judge) -> None:
    judge(answer(updated=101))

    assert judge(answer(DETRACTOR, updated=100)) == ("duplicate", [])
    assert judge(answer(DETRACTOR)) == ("duplicate", [])


def test_without_updated_at_the_version_is_when_it_occurred(judge: Judge) -> None:
    judge(answer(at=100))

    assert judge(answer(DETRACTOR, at=99)) == ("duplicate", [])
    assert judge(answer(DETRACTOR, at=101)) == ("corrected", [adds(DETRACTOR, at=100), takes(PROMOTER)])


def test_the_revision_decides_between_equal_times_only(judge: Judge) -> None:
    judge(answer(revision=1))

    assert judge(answer(DETRACTOR, revision=1)) == ("duplicate", [])
    assert judge(answer(DETRACTOR, revision=0)) == ("duplicate", [])
    assert judge(answer(DETRACTOR, revision=2))[0] == "corrected"
    assert judge(answer(PROMOTER, updated=101, revision=0))[0] == "corrected"
    assert judge(answer(DETRACTOR, updated=100, revision=9))[0] == "duplicate"


def test_each_correction_takes_back_the_one_before(judge: Judge) -> None:
    judge(answer())
    judge(answer(DETRACTOR, updated=101))

    assert judge(answer(PROMOTER, updated=102)) == ("corrected", [adds(PROMOTER), takes(DETRACTOR)])


def test_a_correction_of_the_time_stays_in_the_first_pane(judge: Judge) -> None:
    judge(answer(at=100))
    judge(answer(DETRACTOR, at=500))

    assert judge(answer(PROMOTER, at=50, updated=900)) == ("corrected", [adds(PROMOTER, 100), takes(DETRACTOR, 100)])


def test_a_correction_of_the_dimensions_moves_the_answer(judge: Judge) -> None:
    judge(answer())

    assert judge(answer(updated=101, dimensions=CHAT)) == (
        "corrected",
        [adds(PROMOTER, dimensions=CHAT), takes(PROMOTER)],
    )
    assert judge(answer(DETRACTOR, updated=102)) == (
        "corrected",
        [adds(DETRACTOR), takes(PROMOTER, dimensions=CHAT)],
    )


def test_a_correction_of_the_kpi_leaves_the_first_kpi(judge: Judge) -> None:
    satisfied = Rating("csat", 5, 1, 5)
    judge(answer())

    assert judge(answer(satisfied, updated=101)) == ("corrected", [adds(satisfied), takes(PROMOTER)])


def test_a_correction_to_skipped_is_counted_as_skipped(judge: Judge) -> None:
    skipped = Rating("nps", 0, 0, 10, answered=False)
    judge(answer())

    assert judge(answer(skipped, updated=101)) == ("corrected", [adds(skipped), takes(PROMOTER)])
    assert judge(answer(PROMOTER, updated=102)) == ("corrected", [adds(PROMOTER), takes(skipped)])


def test_a_correction_to_what_does_not_count_takes_the_answer_out(judge: Judge) -> None:
    judge(answer())

    assert judge(answer(None, updated=101)) == ("corrected", [takes(PROMOTER)])
    assert judge(answer(PROMOTER, updated=102)) == ("corrected", [adds(PROMOTER)])


def test_a_deletion_takes_the_answer_out(judge: Judge) -> None:
    judge(answer())

    assert judge(deletion(updated=101)) == ("deleted", [takes(PROMOTER)])
    assert judge(deletion(updated=101)) == ("duplicate", [])


def test_a_deletion_that_comes_first_keeps_the_answer_out(judge: Judge) -> None:
    assert judge(deletion(updated=101)) == ("deleted", [])
    assert judge(answer()) == ("duplicate", [])


def test_a_second_deletion_takes_nothing_out(judge: Judge) -> None:
    judge(answer())
    judge(deletion(updated=101))

    assert judge(deletion(updated=102)) == ("deleted", [])


def test_an_answer_can_be_given_again_after_its_deletion_in_its_first_pane(judge: Judge) -> None:
    judge(answer())
    judge(deletion(updated=101))

    assert judge(answer(DETRACTOR, at=200)) == ("corrected", [adds(DETRACTOR, at=100)])


def test_a_deletion_no_newer_than_the_answer_is_a_duplicate(judge: Judge) -> None:
    judge(answer(updated=101))

    assert judge(deletion(updated=101)) == ("duplicate", [])


def test_behind_the_horizon_is_late_and_counts_nowhere() -> None:
    judge = Judge(horizon=60)

    assert judge(answer(at=100), stream_time=160)[0] == "accepted"
    assert judge(answer(at=99, name="r2"), stream_time=160) == ("late", [])


def test_what_was_late_is_not_remembered() -> None:
    judge = Judge(horizon=60)
    judge(answer(at=99), stream_time=160)

    assert judge(answer(at=99), stream_time=160) == ("late", [])
    assert judge(answer(at=100), stream_time=160) == ("accepted", [adds(PROMOTER, at=100)])


def test_a_correction_is_late_with_its_first_pane_whatever_time_it_says_now() -> None:
    judge = Judge(horizon=60)
    judge(answer(at=100), stream_time=160)

    assert judge(answer(DETRACTOR, at=150), stream_time=161) == ("late", [])
    assert judge(deletion(updated=150), stream_time=161) == ("late", [])


def test_an_old_duplicate_is_a_duplicate() -> None:
    judge = Judge(horizon=60)
    judge(answer(at=100), stream_time=160)

    assert judge(answer(at=100), stream_time=900) == ("duplicate", [])


def test_without_a_horizon_nothing_is_late() -> None:
    assert Judge(horizon=None)(answer(at=0), stream_time=10**9)[0] == "accepted"


def test_the_same_change_of_a_customer_is_one_change_however_often_it_is_sent(judge: Judge) -> None:
    lost = Observation("churn c1 lost", (0, 0), 50 * SECOND, 100 * SECOND, PHONE, Movement(lost=1))

    assert judge(lost) == ("accepted", [adds(Movement(lost=1))])
    assert judge(lost) == ("duplicate", [])
    assert judge(replace(lost, at=70 * SECOND)) == ("duplicate", [])


def test_pending_entries_are_known_before_they_are_saved() -> None:
    judge = Judge()
    judge(answer())
    judge.identities.begin_save()

    # The flush is under way; more comes meanwhile.
    assert judge(answer()) == ("duplicate", [])
    assert judge(answer(DETRACTOR, updated=101))[0] == "corrected"
    judge.identities.save(1)
    assert judge(answer(PROMOTER, updated=102)) == ("corrected", [adds(PROMOTER), takes(DETRACTOR)])


def test_what_came_during_a_flush_is_saved_by_the_next_one() -> None:
    judge = Judge()
    judge(answer())
    judge.identities.begin_save()
    judge(answer(name="r2"))
    judge.identities.save(1)

    assert [entry is None for entry in judge.index.get([b"r1", b"r2"])] == [False, True]
    judge.identities.begin_save()
    judge.identities.save(2)
    assert [entry is None for entry in judge.index.get([b"r1", b"r2"])] == [False, False]


def test_nothing_reaches_the_index_before_its_flush_is_acknowledged() -> None:
    judge = Judge()
    judge(answer())
    judge.identities.begin_save()

    assert judge.index.get([b"r1"]) == [None]
    assert judge.index.position == 0


def test_the_index_is_as_far_as_it_was_saved() -> None:
    judge = Judge()
    judge(answer())
    judge.identities.begin_save()
    judge.identities.save(7)

    assert judge.index.position == 7


def test_stream_time_is_saved_with_the_entries() -> None:
    judge = Judge()
    judge.identities.stream_time = 160
    judge.identities.begin_save()
    judge.identities.stream_time = 900
    judge.identities.save(1)

    assert Identities(judge.index, None).stream_time == 160
