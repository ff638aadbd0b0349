"""Every KPI adds up, can be taken back, and says what its definition says."""

from functools import reduce
from math import inf
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.kpi import KPIS, SCORES, Accumulator, Around
from stream.measures import Measure, Ordered
from tests.laws.expected import EXPECTED
from tests.laws.figures import DECIMALS, MONTH, Place
from tests.laws.measures import ANY, MEASURES

#: What a score can be at all, by its unit.
RANGES = {
    "points": (-100, 100), "ratio": (0, 1), "ease": (1, 7), "balance": (-1, 1), "seconds": (0, 30 * 86_400 * 11 / 9),
    "money": (-inf, inf), "count": (-inf, inf),
}  # fmt: skip
#: Normal intervals reach past the ends of the scale in small samples; new customers lift gross retention above 1.
UNBOUNDED = {"csat_mean", "ces", "retention_gross"}
#: What is known of all, not estimated from some.
CERTAIN = {"fcr_provisional", "clv_order_frequency", "upsell_revenue", "cases_open"}

every_kpi = pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
every_score = pytest.mark.parametrize("name", SCORES)
#: Sums of fractions differ in the last digit.
ROUNDING = 1e-12

streams = st.lists(ANY, max_size=40)
places = st.builds(Place, st.sampled_from(sorted(DECIMALS)), st.sampled_from([3_600, MONTH, 2 * MONTH]))


def measures_of(name: str) -> st.SearchStrategy[list[Measure]]:
    return st.lists(MEASURES[name], max_size=40)


def parts_of(kpi: type[Accumulator], measures: list[Measure]) -> list[Accumulator]:
    return [part for measure in measures if (part := kpi.of(measure)) is not None]


def fold(kpi: type[Accumulator], measures: list[Measure]) -> Accumulator:
    return reduce(lambda total, part: total.merge(part), parts_of(kpi, measures), kpi())


def seen(total: Accumulator, measures: list[Measure], place: Place) -> Accumulator:
    """What a view makes of sums over measures, of which its other KPIs are the sums as well."""
    kpi = type(total)
    return kpi.seen(fields(total), Around(*place, {other: fold(KPIS[other], measures) for other in kpi.needs}))


def test_every_kpi_has_measures_to_be_tested_with() -> None:
    assert set(MEASURES) == set(KPIS)


def test_every_score_has_a_definition_to_be_tested_against() -> None:
    assert set(EXPECTED) == set(SCORES)


@every_kpi
@given(data=st.data())
def test_a_measure_of_its_own_concerns_a_kpi(kpi: type[Accumulator], data: st.DataObject) -> None:
    assert isinstance(kpi.of(data.draw(MEASURES[kpi.name])), kpi)


@every_kpi
@given(streams, st.integers(0, 40))
def test_merging_the_parts_is_folding_the_whole(kpi: type[Accumulator], measures: list[Measure], cut: int) -> None:
    left, right = fold(kpi, measures[:cut]), fold(kpi, measures[cut:])

    assert left.merge(right) == fold(kpi, measures)


@every_kpi
@given(data=st.data())
def test_order_does_not_matter(kpi: type[Accumulator], data: st.DataObject) -> None:
    measures = data.draw(streams)

    assert fold(kpi, data.draw(st.permutations(measures))) == fold(kpi, measures)


@every_kpi
@given(streams, streams)
def test_retracting_undoes_merging(kpi: type[Accumulator], kept: list[Measure], taken: list[Measure]) -> None:
    before = fold(kpi, kept)

    assert before.merge(fold(kpi, taken)).retract(fold(kpi, taken)) == before


@every_kpi
@given(streams)
def test_fields_are_plain_whole_numbers_from_the_first_event_on(
    kpi: type[Accumulator], measures: list[Measure]
) -> None:
    # A bool is an int to Python and to mypy, but reaches JSON as `true`.
    for accumulator in [*parts_of(kpi, measures), fold(kpi, measures)]:
        assert [type(value) for value in fields(accumulator)] == [int] * len(kpi.field_names())


@every_kpi
@given(streams)
def test_fields_survive_json_with_their_types(kpi: type[Accumulator], measures: list[Measure]) -> None:
    total = fold(kpi, measures)
    restored = kpi(*orjson.loads(orjson.dumps(fields(total))))

    assert restored == total
    assert [type(value) for value in fields(restored)] == [type(value) for value in fields(total)]


@every_score
@given(data=st.data())
def test_a_score_is_what_its_definition_says(name: str, data: st.DataObject) -> None:
    kpi = SCORES[name][0]
    measures, place = data.draw(measures_of(kpi.name) | streams), data.draw(places)
    cut = data.draw(st.integers(0, len(measures)))
    total = seen(fold(kpi, measures[:cut]).merge(fold(kpi, measures[cut:])), measures, place)
    expected = EXPECTED[name](measures, place)

    estimate = total.estimate(name)

    if expected is None or estimate is None:
        assert estimate is None
        assert expected is None
        return
    assert total.sample(name) == expected.n
    for figure, wanted in zip(estimate, expected[:3], strict=True):
        assert figure == (None if wanted is None else pytest.approx(wanted, rel=1e-9, abs=1e-6))


@given(st.lists(MEASURES["clv"], min_size=1, max_size=40))
def test_the_spread_of_amounts_is_as_good_as_exact(measures: list[Measure]) -> None:
    clv = fold(KPIS["clv"], measures)
    squares, large_squares = (getattr(clv, name) for name in ("squares", "large_squares"))  # not every KPI has them
    exact = sum(measure.amount**2 for measure in measures if isinstance(measure, Ordered))

    assert abs(10**4 * squares + 10**10 * large_squares - exact) <= 5_000 * len(measures) + exact * 5e-9


@every_kpi
def test_without_answers_there_is_no_value_and_no_sample(kpi: type[Accumulator]) -> None:
    assert kpi().n == 0
    assert [kpi().estimate(info.name) for info in kpi.scores()] == [None] * len(kpi.scores())


@every_score
@given(data=st.data())
def test_the_bounds_hold_the_value(name: str, data: st.DataObject) -> None:
    total = drawn(name, data)
    estimate = total.estimate(name)
    # More customers can be lost than there were at the start; the share of those who stayed has no bounds then.
    share = total.estimate(name.removesuffix("_gross"))

    if estimate is None or share is None or not in_range(name, share.value):
        return
    if estimate.lower is None or estimate.upper is None:
        assert total.n == 1 or name in CERTAIN
        assert SCORES[name][1].interval == (name not in CERTAIN)
    elif total.sample(name) > 1 or SCORES[name][1].unit not in {
        "points",
        "balance",
    }:  # the pseudo-answers outweigh one answer
        assert estimate.lower - ROUNDING <= estimate.value <= estimate.upper + ROUNDING


@pytest.mark.parametrize("name", [name for name in SCORES if name not in UNBOUNDED])
@given(data=st.data())
def test_the_bounds_stay_in_the_range_of_the_score(name: str, data: st.DataObject) -> None:
    estimate = drawn(name, data).estimate(name)

    assert estimate is None or (in_range(name, estimate.lower) and in_range(name, estimate.upper))


def drawn(name: str, data: st.DataObject) -> Accumulator:
    """An accumulator of a score's KPI, as a view sees it."""
    measures = data.draw(measures_of(SCORES[name][0].name))
    return seen(fold(SCORES[name][0], measures), measures, data.draw(places))


def in_range(name: str, number: float | None) -> bool:
    low, high = RANGES[SCORES[name][1].unit]
    return number is None or low <= number <= high


def fields(accumulator: Accumulator) -> list[Any]:
    return [getattr(accumulator, name) for name in accumulator.field_names()]
