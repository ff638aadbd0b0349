"""Rolling over panes is looking at every event there ever was."""

from itertools import chain
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream import panes
from stream.kpi import KPIS, Accumulator
from stream.rolling import Union, roll
from stream.settings import Settings
from tests.laws.measures import ANY, MEASURES
from tests.laws.worlds import brute_force, count, fades_of, histories, layouts, moments, rolled, tables, windows_of

#: So long that nothing expires.
FOREVER = 10**9

every_kpi = pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)


@every_kpi
@given(settings=layouts(), data=st.data())
def test_panes_of_all_partitions_equal_brute_force(
    kpi: type[Accumulator], settings: Settings, data: st.DataObject
) -> None:
    partitions = data.draw(st.lists(histories(MEASURES[kpi.name] | ANY), min_size=1, max_size=3))
    counted = tables(kpi, settings, len(partitions), FOREVER)
    for table, history in zip(counted, partitions, strict=True):
        count(table, history, len(history), data.draw(st.sets(st.integers(0, 50))), packed=data.draw(st.booleans()))
    everything = list(chain.from_iterable(partitions))
    at = data.draw(looks(moments(everything)))

    assert rolled(counted, settings, at) == brute_force(kpi, settings, everything, at)


@every_kpi
@given(settings=layouts(), slack=st.integers(0, 20), data=st.data())
def test_what_has_expired_is_missed_by_no_window_that_ends_at_stream_time_or_later(
    kpi: type[Accumulator], settings: Settings, slack: int, data: st.DataObject
) -> None:
    history = data.draw(histories(MEASURES[kpi.name], drift=20))
    (table,) = tables(kpi, settings, 1, slack)
    count(table, history, len(history), data.draw(st.sets(st.integers(0, 50))), packed=data.draw(st.booleans()))
    stream_time = max([0, *moments(history)])
    at = stream_time + data.draw(st.integers(0, 50) | st.floats(0, 50))

    assert rolled([table], settings, at) == brute_force(kpi, settings, history, at)


@every_kpi
@given(settings=layouts(), slack=st.sampled_from([0, 20, FOREVER]), drift=st.sampled_from([0, 20]), data=st.data())
def test_sums_that_are_kept_from_look_to_look_are_those_of_all_panes(
    kpi: type[Accumulator], settings: Settings, slack: int, drift: int, data: st.DataObject
) -> None:
    history = data.draw(histories(MEASURES[kpi.name], drift=drift))
    table, follower, late = tables(kpi, settings, 3, slack)
    unions = [Union([*grids]) for grids in zip(table.grids, follower.grids, late.grids, strict=True)]
    for until in range(1, len(history) + 1):
        # One table counts, one reads its changelog as it is written, one counts all of it again, as after a restart.
        count(table, history, until, set())
        follower.restore(list(table.changes()))
        late.position = 0
        count(late, history, until - 1, set())
        with patch.object(panes, "_CROWDED", 0.0):
            for each in (table, follower, late):
                each.rest()
        grids = zip(table.grids, follower.grids, late.grids, strict=True)  # they may be others now
        unions = [union if union.grids == [*own] else Union([*own]) for union, own in zip(unions, grids, strict=True)]
        latest = max([0, *moments(history[:until])])
        for at in (latest, data.draw(st.integers(latest - 60, latest + 60))):
            for union, window in ((each, window) for each in unions for window in windows_of(each.grids[0], settings)):
                assert union.look(window, at, fades_of(kpi)).rolled() == roll(union.grids, window, at, fades_of(kpi))


def looks(times: list[int]) -> st.SearchStrategy[float]:
    """Moments to look at: around the events, and on the very borders of panes."""
    low, high = min(times, default=0), max(times, default=0)
    return st.integers(low - 60, high + 200) | st.floats(low - 60, high + 200) | st.just(high // 50 * 50)
