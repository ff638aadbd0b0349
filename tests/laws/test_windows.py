"""Rolling over panes is looking at every event there ever was."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.kpi import KPIS, Accumulator
from stream.settings import Settings
from tests.laws.measures import ANY, MEASURES
from tests.laws.worlds import brute_force, count, histories, layouts, moments, rolled, tables

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
        count(table, history, len(history), data.draw(st.sets(st.integers(0, 50))))
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
    count(table, history, len(history), data.draw(st.sets(st.integers(0, 50))))
    stream_time = max([0, *moments(history)])
    at = stream_time + data.draw(st.integers(0, 50) | st.floats(0, 50))

    assert rolled([table], settings, at) == brute_force(kpi, settings, history, at)


def looks(times: list[int]) -> st.SearchStrategy[float]:
    """Moments to look at: around the events, and on the very borders of panes."""
    low, high = min(times, default=0), max(times, default=0)
    return st.integers(low - 60, high + 200) | st.floats(low - 60, high + 200) | st.just(high // 50 * 50)
