"""What each number means: the definitions with their examples, and the rules that are easily got wrong."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from stream.decode import decode
from stream.errors import Rejected
from stream.kpi import KPIS, Accumulator, csat
from stream.kpi.accumulator import Estimate
from stream.kpi.ces import Ces
from stream.kpi.churn import Churn
from stream.kpi.csat import Csat
from stream.kpi.enps import Enps
from stream.kpi.nps import Nps
from stream.kpi.retention import Retention
from stream.measures import Measure, Movement, Rating, rate
from stream.settings import Settings

Scale = tuple[int, int, str | None] | None


def total(kpi: type[Accumulator], measures: Iterable[Measure | None]) -> Any:
    """The KPI over some measures."""
    merged = kpi()
    for measure in measures:
        part = None if measure is None else kpi.of(measure)
        merged = merged if part is None else merged.merge(part)
    return merged


def answers(kpi: type[Accumulator], scores: Iterable[int], scale: Scale = None) -> Any:
    """The KPI over some answers."""
    return total(kpi, (rate(kpi.name, score, scale, "answered") for score in scores))


def rounded(estimate: Estimate | None, digits: int) -> tuple[float | None, ...]:
    assert estimate is not None
    return tuple(None if figure is None else round(figure, digits) for figure in estimate)


def test_65_promoters_and_15_detractors_of_100_are_an_nps_of_50() -> None:
    nps = answers(Nps, [10] * 40 + [9] * 25 + [8] * 12 + [7] * 8 + [6] * 9 + [0] * 6)

    assert nps == Nps(promoters=65, passives=20, detractors=15)
    assert rounded(nps.nps(), 2) == (50.0, 34.15, 62.94)


@pytest.mark.parametrize(
    ("score", "group"),
    [
        (0, "detractors"),
        (6, "detractors"),
        (7, "passives"),
        (8, "passives"),
        (9, "promoters"),
        (10, "promoters"),
    ],
)
@pytest.mark.parametrize("kpi", [Nps, Enps])
def test_promoters_give_9_and_10_passives_7_and_8_all_others_are_detractors(
    kpi: type[Accumulator], score: int, group: str
) -> None:
    assert answers(kpi, [score]) == kpi(**{group: 1})


def test_nps_may_be_asked_from_1_to_10() -> None:
    assert answers(Nps, range(1, 11), (1, 10, None)) == Nps(promoters=2, passives=2, detractors=6)


def test_zero_is_a_detractor() -> None:
    assert rounded(answers(Nps, [0] * 10).nps(), 0)[0] == -100


def test_nps_bounds_are_clamped_to_100_points() -> None:
    assert rounded(answers(Nps, [10] * 20).nps(), 1) == (100.0, 69.7, 100.0)
    assert rounded(answers(Nps, [0] * 20).nps(), 1) == (-100.0, -100.0, -69.7)


def test_five_equal_answers_do_not_make_a_certainty() -> None:
    estimate = answers(Nps, [10] * 5).nps()

    # A plain Wald interval would have no width at all here.
    assert estimate.lower < 20
    assert estimate.upper == 100


def test_enps_is_asked_of_employees_and_never_mixed_with_nps() -> None:
    assert Nps.of(Rating("enps", 9, 0, 10)) is None
    assert Enps.of(Rating("nps", 9, 0, 10)) is None
    assert rounded(answers(Enps, [10] * 65 + [8] * 20 + [3] * 15).enps(), 2) == (50.0, 34.15, 62.94)
    assert [info.name for info in Enps.scores()] == ["enps"]


def test_16_satisfied_of_20_are_a_csat_of_080() -> None:
    assert rounded(answers(Csat, [5] * 9 + [4] * 7 + [3, 2, 1, 1]).csat(), 3) == (0.8, 0.584, 0.919)


def test_80_satisfied_of_100_are_the_same_csat_with_more_certainty() -> None:
    assert rounded(answers(Csat, [5] * 80 + [1] * 20).csat(), 3) == (0.8, 0.711, 0.867)


@pytest.mark.parametrize(
    ("low", "high", "lowest"),
    [(1, 2, 2), (1, 3, 3), (1, 4, 3), (1, 5, 4), (0, 5, 4), (1, 6, 5), (1, 7, 6), (1, 10, 8), (0, 10, 8)],
)
def test_who_is_satisfied_depends_on_the_scale(low: int, high: int, lowest: int) -> None:
    satisfied = [score for score in range(low, high + 1) if answers(Csat, [score], (low, high, None)).satisfied]

    assert satisfied == list(range(lowest, high + 1))


def test_zero_is_an_answer_on_a_scale_from_0_to_5() -> None:
    given = answers(Csat, [0, 4, 5, 0], (0, 5, None))

    assert (given.n, given.csat().value) == (4, 0.5)


def test_mean_satisfaction_is_on_the_answers_own_scale_from_0_to_1() -> None:
    mixed = answers(Csat, [5, 4, 4, 1]).merge(answers(Csat, [0, 10], (0, 10, None)))

    assert answers(Csat, [5, 4, 4, 1]).csat_mean().value == 0.625
    assert mixed.csat_mean().value == (4 * 0.625 + 0 + 1) / 6


@pytest.fixture
def _thresholds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(csat, "SATISFIED_FROM", dict(csat.SATISFIED_FROM))
    yield
    rate.cache_clear()


@pytest.mark.usefixtures("_thresholds")
def test_further_csat_scales_come_from_the_settings() -> None:
    with pytest.raises(Rejected, match="got a scale from 0 to 100"):
        rate("csat", 80, (0, 100, None), "answered")

    Csat.configure(Settings(csat_thresholds="0-100:80, 1-5:5"))

    assert answers(Csat, [79, 80, 100], (0, 100, None)).satisfied == 2
    assert answers(Csat, [4, 5]).satisfied == 1


def test_a_csat_scale_that_nobody_has_defined_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        rate("csat", 3, (1, 9, None), "answered")

    assert refused.value.reason == "unknown_scale"


def test_effort_of_7_6_and_3_is_an_ease_of_533_and_two_thirds_are_easy() -> None:
    given = answers(Ces, [7, 6, 3])

    assert round(given.ces().value, 2) == 5.33
    assert given.ces_easy().value == 2 / 3


def test_effort_1_of_5_where_high_is_harder_is_an_ease_of_7() -> None:
    given = answers(Ces, [1], (1, 5, "harder"))

    assert given.ces().value == 7
    assert given.easy == 1


def test_effort_1_of_5_where_high_is_easier_is_an_ease_of_1() -> None:
    assert answers(Ces, [1], (1, 5, "easier")).ces().value == 1


def test_scales_of_effort_are_never_averaged_raw() -> None:
    mixed = answers(Ces, [7]).merge(answers(Ces, [5], (1, 5, "easier"))).merge(answers(Ces, [1], (1, 5, "harder")))

    assert mixed.ces().value == 7


@pytest.mark.parametrize(
    ("low", "high", "lowest"), [(1, 7, 5), (1, 5, 4), (1, 4, 3), (0, 10, 7), (1, 10, 7), (0, 100, 67)]
)
def test_easy_is_an_ease_of_5_or_more_on_any_scale(low: int, high: int, lowest: int) -> None:
    easy = [score for score in range(low, high + 1) if answers(Ces, [score], (low, high, None)).easy]

    assert easy == list(range(lowest, high + 1))


def test_100_lost_of_1000_are_a_churn_of_010() -> None:
    churn = total(Churn, [Movement(customers=1000), *[Movement(lost=1)] * 100])

    assert rounded(churn.churn(), 3) == (0.1, 0.083, 0.12)


def test_a_reactivation_gives_the_customer_back() -> None:
    counted = [Movement(customers=1000), *[Movement(lost=1)] * 100, *[Movement(reactivated=1)] * 20]

    assert total(Churn, counted).churn().value == 0.08
    assert total(Retention, counted).retention().value == 0.92


def test_churn_is_never_below_zero() -> None:
    assert total(Churn, [Movement(customers=10), Movement(reactivated=1)]).churn().value == 0


def test_new_customers_neither_hide_churn_nor_lift_retention() -> None:
    # 1000 at the start, 100 lost, 50 new: 950 at the end.
    counted = [Movement(customers=1000), *[Movement(lost=1)] * 100, *[Movement(joined=1)] * 50]

    assert total(Churn, counted).churn().value == 0.1
    assert total(Retention, counted).retention().value == 0.9
    assert total(Retention, counted).retention_gross().value == 0.95


def test_without_customers_at_the_start_there_is_neither_churn_nor_retention() -> None:
    counted = [Movement(lost=1), Movement(joined=1)]

    assert total(Churn, counted).churn() is None
    assert total(Retention, counted).retention() is None
    assert total(Retention, counted).retention_gross() is None


@pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
def test_no_answers_is_no_value_and_never_zero(kpi: type[Accumulator]) -> None:
    assert [kpi().estimate(info.name) for info in kpi.scores()] == [None] * len(kpi.scores())


@pytest.mark.parametrize("kpi", [Nps, Enps, Csat, Ces])
def test_skipped_is_counted_apart_and_is_not_in_the_denominator(kpi: type[Accumulator]) -> None:
    highest = {Csat: 5, Ces: 7}.get(kpi, 10)
    given = answers(kpi, [highest, highest])
    skipped = total(kpi, [rate(kpi.name, None, None, "skipped"), rate(kpi.name, 1, None, "skipped")])

    assert given.merge(skipped).skipped == 2
    assert given.merge(skipped).n == given.n == 2
    assert [given.merge(skipped).estimate(info.name) for info in kpi.scores()] == [
        given.estimate(info.name) for info in kpi.scores()
    ]
    assert skipped.estimate(kpi.name) is None


@pytest.mark.parametrize("status", ["declined", "excluded", "deleted"])
def test_what_does_not_count_is_not_even_skipped(status: str) -> None:
    assert rate("nps", 9, None, status) is None


@pytest.mark.parametrize(
    ("score", "reason"),
    [("6.5", "fractional_score"), ('"9"', "wrong_type"), ("11", "out_of_range"), ("-1", "out_of_range")],
)
def test_what_is_no_score_is_refused_with_the_reason(score: str, reason: str) -> None:
    event = f'{{"response_id":"r1","kpi":"nps","occurred_at":"2026-03-01T09:30:00Z","score":{score}}}'

    with pytest.raises(Rejected) as refused:
        decode(event.encode(), (), "feedback.surveys", 1_000)

    assert refused.value.reason == reason


def test_a_question_from_0_to_10_is_no_nps_question_unless_it_says_so() -> None:
    rating = rate("csat", 9, (0, 10, None), "answered")
    assert rating is not None

    assert Nps.of(rating) is None
    assert total(Csat, [rating]).n == 1


def test_averages_are_never_averaged() -> None:
    small, large = answers(Nps, [10]), answers(Nps, [0] * 9)

    # The mean of 100 and −100 would be 0.
    assert small.merge(large).nps().value == -80


def test_several_answers_of_one_customer_all_count() -> None:
    assert answers(Nps, [9, 9, 9]).n == 3


def test_one_answer_has_a_mean_without_bounds() -> None:
    assert answers(Csat, [5]).csat_mean() == Estimate(1.0, None, None)
    assert answers(Ces, [3]).ces() == Estimate(3.0, None, None)


def test_the_bounds_of_a_mean_come_from_the_sample_variance() -> None:
    # 1, 3, 5 of 7: mean 3, variance 4, half-width 1.96·√(4/3).
    assert rounded(answers(Ces, [1, 3, 5]).ces(), 4) == (3.0, 0.7368, 5.2632)


def test_equal_answers_have_a_mean_without_spread() -> None:
    assert answers(Ces, [6] * 4).ces() == Estimate(6.0, 6.0, 6.0)


def test_a_better_answer_is_always_a_higher_score_whatever_the_scale_says_of_its_upper_end() -> None:
    assert rate("csat", 1, (1, 5, "worse"), "answered") == Rating("csat", 5, 1, 5)
    assert rate("nps", 0, (0, 10, "worse"), "answered") == Rating("nps", 10, 0, 10)
