"""Two generations of tables compared, what a rebuild says of them, and what would be lost."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import pytest
from faust.types import TP

from stream.generations import Generations
from stream.rebuild.compare import said
from stream.rebuild.saved import Cell, Comparison, Row, Saved
from stream.rebuild.sources import look
from stream.saved import STATE_VERSION
from stream.settings import Settings
from stream.table import POSITION_KEY
from stream.watch.catch_up import CatchUp
from tests.unit.engines import NOW

PANE = ("all", "all", 60, NOW - 600)
DAY = 86_400


def saved(
    rows: Mapping[tuple[Any, ...], list[int]],
    offset: int = 100,
    fields: Iterable[str] = ("up", "down"),
    sizes: Mapping[str, Mapping[str, int]] | None = None,
    version: int = STATE_VERSION,
) -> Saved:
    """A table that was counted up to an offset; rows begin with the last source offset in them."""
    found = Saved()
    for place, row in rows.items():
        found.take(orjson.dumps(place), orjson.dumps(row))
    sizes = sizes or {"all": {"60": 3600}, "channel": {"60": 3600}}
    position = {"version": version, "offset": offset, "time": NOW, "fields": list(fields), "sizes": sizes}
    found.take(POSITION_KEY, orjson.dumps(position))
    return found


def compared(old: Saved, new: Saved, begin: int = 0, levels: Iterable[str] = ()) -> Comparison:
    found = Comparison()
    found.add("nps", levels, old, new, begin)
    return found


def test_equal_rows_are_the_same_however_they_came_about() -> None:
    assert compared(saved({PANE: [40, 2, 1]}), saved({PANE: [99, 2, 1]})) == Comparison(same=1)


def test_a_row_that_differs_is_named_with_both() -> None:
    found = compared(saved({PANE: [40, 2, 1]}), saved({PANE: [40, 0, 1]}))
    assert found.different == [Cell("nps", PANE, {"up": 2, "down": 1}, {"down": 1})]


@pytest.mark.parametrize("missing", ["old", "new"])
def test_a_missing_row_is_zero(missing: str) -> None:
    full, zero, empty = saved({PANE: [40, 2, 1]}), saved({PANE: [40, 0, 0]}), saved({})
    pairs = {"old": ((empty, full), (empty, zero)), "new": ((full, empty), (zero, empty))}[missing]
    assert len(compared(*pairs[0]).different) == 1
    assert compared(*pairs[1]) == Comparison(same=1)


@pytest.mark.parametrize(("ours", "theirs"), [(99, 120), (120, 99)])
def test_of_what_has_changed_since_nothing_is_said(ours: int, theirs: int) -> None:
    """One is counted up to 100, the other up to 200: a row that changed beyond 100 is not the one of before."""
    old, new = saved({PANE: [ours, 2, 1]}, 200 if ours > 100 else 100), saved({PANE: [theirs, 3, 1]}, 200)
    if ours <= 100:
        assert compared(old, new) == Comparison(moving=1)
    else:
        assert compared(old, saved({PANE: [theirs, 3, 1]}, 100)) == Comparison(moving=1)


def test_of_a_partition_without_records_all_is_lost_not_moving() -> None:
    assert len(compared(saved({PANE: [40, 2, 1]}), Saved(), begin=100).different) == 1
    assert compared(saved({PANE: [40, 2, 1]}), Saved(), begin=10) == Comparison(moving=1)


def test_only_what_both_are_kept_for_is_compared() -> None:
    gone = ("channel", "phone", 60, NOW - 600)
    old = saved({PANE: [40, 2, 1], gone: [40, 2, 1]}, fields=("up", "down"))
    new = saved({PANE: [40, 7, 2, 5]}, fields=("novel", "up", "down"), sizes={"all": {"60": 3600}})
    assert compared(old, new).different == [Cell("nps", PANE, {"up": 2, "down": 1}, {"up": 2, "down": 5})]
    old_pane = ("all", "all", 60, NOW - 7_200)
    assert compared(saved({old_pane: [40, 2, 1]}), saved({})) == Comparison()


def test_of_levels_what_is_older_is_one_row_however_it_is_folded() -> None:
    early, later, opening = (("all", "all", 60, start) for start in (NOW - 9_000, NOW - 7_200, None))
    folded = saved({opening: [50, 5, 0, NOW - 3_700]})
    unfolded = saved({early: [20, 2, 9], later: [30, 3, 9]})
    half = saved({opening: [40, 2, 0, NOW - 8_000], early: [20, 2, 9], later: [30, 3, 9]})
    assert compared(folded, unfolded, levels=["up"]) == Comparison(same=1)
    assert compared(half, unfolded, levels=["up"]) == Comparison(same=1)
    assert len(compared(folded, saved({early: [20, 1, 0]}), levels=["up"]).different) == 1


def test_of_two_values_the_one_of_the_greater_offset_is_read_and_tombstones_are_none() -> None:
    found = saved({PANE: [40, 2, 1]})
    found.take(orjson.dumps(PANE), b"[30,9,9]")
    assert found.rows[PANE] == Row(40, [2, 1])
    found.take(POSITION_KEY, orjson.dumps({"offset": 50}))
    assert found.counted == 100
    found.take(orjson.dumps(PANE), None)
    assert found.rows == {}


def test_what_is_said_is_all_that_is_known() -> None:
    assert list(said(Comparison(same=1_200))) == ["the new tables equal the old ones: 1,200 rows are the same"]
    assert "; 3 have changed meanwhile and cannot be compared" in next(said(Comparison(same=7, moving=3)))
    cells = [Cell("nps", ("all", "all", 60, start), {"up": 1}, {}) for start in range(0, 60 * 12, 60)]
    lines = list(said(Comparison(1, 0, cells)))
    assert lines[0] == "12 rows DIFFER from the old tables, 1 are the same"
    assert lines[1] == "  nps: 12 rows, from 1970-01-01T00:00:00Z to 1970-01-01T00:11:00Z, such as"
    assert lines[2] == "    nps all/all, 60 s from 1970-01-01T00:00:00Z: was up 1, now nothing"
    assert len(lines) == 5


def test_what_another_version_has_saved_is_not_compared_and_nothing_is_compared_with_nothing() -> None:
    found = compared(saved({PANE: [40, 2, 1]}, version=0), saved({PANE: [40, 2, 1]}))
    assert found == Comparison(unreadable={"nps"})
    assert next(said(found)) == "not compared, since another state version has saved them: nps"
    assert compared(Saved(), saved({PANE: [40, 2, 1]})) == Comparison()


def test_generations_are_never_used_again() -> None:
    first = Generations().begin().switch()
    assert (first.serving, first.back().begin().building) == (2, 3)
    given_up = Generations().begin().begin(anew=True)
    assert (given_up.building, given_up.old, given_up.switch().old) == (3, [2], [1, 2])
    assert given_up.switch().alone().before is None


class Offsets:
    """Source partitions that begin and end where the test says."""

    def __init__(self, spans: Mapping[TP, tuple[int, int]], time_s: float | None = None) -> None:
        self._spans = spans
        self._time_s = time_s
        self.asked: list[TP] = []

    async def begins(self, tps: Iterable[TP]) -> dict[TP, int]:
        return {tp: self._spans.get(tp, (0, 0))[0] for tp in tps}

    async def ends(self, tps: Iterable[TP]) -> dict[TP, int]:
        return {tp: self._spans.get(tp, (0, 0))[1] for tp in tps}

    async def time_of(self, tp: TP, offset: int) -> int | None:
        assert offset == self._spans[tp][0]
        return None if self._time_s is None else int(self._time_s * 1000)

    async def any_from(self, tp: TP, _: int) -> bool:
        self.asked.append(tp)
        return False


SURVEYS = [TP("feedback.surveys", 0), TP("feedback.surveys", 1)]
LOST = [
    ((0, 500), None, False),  # whole
    ((400, 500), NOW - 40 * DAY, False),  # longer than all that is kept
    ((400, 500), NOW - 20 * DAY, True),
    ((400, 500), None, True),  # its first record is not to be seen
    ((500, 500), None, True),  # all of it is gone
]


@pytest.mark.parametrize(("span", "time_s", "loses"), LOST)
async def test_what_is_lost_is_what_tables_hold_and_the_topic_does_not(
    span: tuple[int, int], time_s: float | None, loses: bool
) -> None:
    offsets: Any = Offsets({SURVEYS[0]: span, SURVEYS[1]: (0, 20)}, time_s)
    surveys, *others = await look(Settings(), offsets, SURVEYS, NOW)
    assert (surveys.topic, surveys.loses) == ("feedback.surveys", loses)
    assert surveys.records == span[1] - span[0] + 20
    assert not any(other.loses for other in others)


async def test_customer_counts_are_needed_for_longer_than_any_window() -> None:
    churn = TP("feedback.churn", 0)
    offsets: Any = Offsets({churn: (400, 500)}, NOW - 200 * DAY)
    found = {source.topic: source for source in await look(Settings(), offsets, [churn], NOW)}
    assert found["feedback.churn"].loses


async def test_the_mark_of_a_transaction_at_the_end_is_no_record() -> None:
    offsets = Offsets({})
    catch_up = CatchUp(offsets, {SURVEYS[0]: 70})
    assert [await catch_up.missing({SURVEYS[0]: at}) for at in (60, 69)] == [10, 1]
    assert offsets.asked == [], "it moves"
    assert await catch_up.missing({SURVEYS[0]: 69}) == 0
    assert offsets.asked == [SURVEYS[0]]
