"""What is watched of a KPI: values of single answers, whose mean is the score."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.kpi import KPIS
from tests.laws.measures import MEASURES

WATCHED = [name for name, kpi in KPIS.items() if kpi.watch is not None and kpi.watch.level is None]


def test_what_is_provisional_is_not_watched() -> None:
    """Their last panes are not what they will be, so charts would find just that."""
    assert not {"fcr", "closed_loop", "response_rate"} & {*WATCHED}
    assert not [kpi.name for kpi in KPIS.values() if kpi.watch is not None and (kpi.fades or kpi.derived or kpi.label)]


@pytest.mark.parametrize("name", WATCHED)
@given(data=st.data())
def test_the_mean_of_the_values_is_the_score(name: str, data: st.DataObject) -> None:
    kpi = KPIS[name]
    watch = kpi.watch
    assert watch is not None
    drawn = [kpi.of(measure) for measure in data.draw(st.lists(MEASURES[name], min_size=1, max_size=20))]
    each = [one for one in drawn if one is not None and one.n]
    for one in each:
        value = sum(weight * getattr(one, field) for field, weight in watch.value.items())
        assert watch.low <= value <= watch.high
        assert sum(weight * getattr(one, field) for field, weight in watch.n.items()) == 1
        squares = sum(weight * getattr(one, field) for field, weight in watch.squares.items())
        assert squares == pytest.approx(value**2)
    if each:
        total = reduce(lambda one, other: one.merge(other), each)
        mean = sum(weight * getattr(total, field) for field, weight in watch.value.items()) / total.n
        estimate = total.estimate(kpi.scores()[0].name)
        assert estimate is not None
        assert watch.base + watch.unit * mean == pytest.approx(estimate.value)
