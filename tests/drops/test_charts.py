"""Charts: what is usual, what is watched, when they are beyond their threshold."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.drops.charts import SETTLED, WATCHED, Past, Rule, charts
from stream.drops.cusum import walk
from stream.kpi import KPIS
from stream.kpi.watch import Watch
from tests.drops.worlds import PANE_S, answered, nps

WEEK = 7 * 86_400 // PANE_S
USUAL = np.full(WEEK, 0.3)


def watch(kpi: str) -> Watch:
    found = KPIS[kpi].watch
    assert found is not None
    return found


NPS = watch("nps")


def dropping(by: float, panes: int) -> np.ndarray:
    return np.concatenate([USUAL, np.full(panes, 0.3 - by)])


def test_steady_answers_raise_nothing_and_a_drop_is_raised() -> None:
    steady = nps(USUAL, rows=60, each=5, seed=1)
    found = charts(NPS, steady, Rule(), Past.none(60, WEEK))
    assert found.known.all()
    assert not (found.fall.statistic > found.threshold).any()

    dropped = nps(dropping(0.2, 100), rows=60, each=5, seed=2)
    found = charts(NPS, dropped, Rule(), Past.none(60, WEEK + 100))
    beyond = found.fall.statistic > found.threshold
    assert beyond.mean() > 0.9
    sizes = [found.size(row, found.since(row, WEEK * PANE_S)) for row in np.flatnonzero(beyond).tolist()]
    assert np.mean([size.lower < 20 < size.upper for size in sizes]) > 0.85
    begins = found.series.starts[found.fall.begin[beyond]]
    assert np.median(np.abs(begins - WEEK * PANE_S)) < 24 * PANE_S


def test_a_daily_rhythm_is_usual() -> None:
    hour = np.arange(WEEK + 60) * PANE_S / 3600 % 24
    rhythm = nps(0.3 + 0.15 * np.sin(hour / 24 * 2 * np.pi), rows=30, each=20, seed=3)
    found = charts(NPS, rhythm, Rule(), Past.none(30, WEEK + 60))
    assert not (found.fall.statistic > found.threshold).any()
    at = found.baseline.expected.mean(0)
    assert at[np.argmin(np.abs(hour - 6))] == pytest.approx(0.45, abs=0.03)
    assert at[np.argmin(np.abs(hour - 18))] == pytest.approx(0.15, abs=0.03)


@pytest.mark.parametrize("hours", [16, 20, 23, 30])
def test_hours_of_the_day_that_were_hardly_seen_are_not_guessed_wildly(hours: int) -> None:
    panes = hours * 3_600 // PANE_S
    found = charts(
        NPS, nps(np.full(panes, 0.3), rows=1_000, each=3_000 / panes, seed=hours), Rule(), Past.none(1_000, panes)
    )
    assert np.abs(found.baseline.expected - 0.3).max() < 1
    assert (found.known & (found.fall.statistic > found.threshold)).mean() < 0.004


def test_without_a_rhythm_the_hours_are_alike() -> None:
    found = charts(NPS, nps(USUAL, rows=30, each=5, seed=4), Rule(), Past.none(30, WEEK))
    # The means of single hours, of 330 answers each, are some 16 points apart by chance.
    assert np.median(np.ptp(found.baseline.expected, axis=1)) < 0.05


def test_a_slow_trend_raises_nothing() -> None:
    falling = np.linspace(0.4, 0.2, 60 * 288)[-30 * 288 :]  # 20 points in two months
    found = charts(NPS, nps(falling, rows=10, each=5, seed=5), Rule(), Past.none(10, len(falling)))
    assert not (found.fall.statistic > found.threshold).any()


def test_the_last_answers_are_watched_and_never_more_than_half() -> None:
    found = charts(NPS, nps(USUAL, rows=1, each=12, seed=6), Rule(), Past.none(1, WEEK))
    n = found.series.n[0]
    assert WATCHED <= n[found.watched[0]].sum() < WATCHED + 40
    assert n[found.usual[0]].sum() >= SETTLED
    assert not (found.watched & found.usual).any()

    young = nps(USUAL[:100], rows=1, each=10, seed=7)
    found = charts(NPS, young, Rule(), Past.none(1, 100))
    assert young.n[0][found.watched[0]].sum() <= young.n.sum() / 2 + 40


def test_too_few_answers_have_no_chart() -> None:
    found = charts(NPS, nps(USUAL[:30], rows=1, each=8, seed=8), Rule(), Past.none(1, 30))
    assert not found.known.any()
    assert np.isinf(found.threshold).all()


def test_panes_of_an_alert_are_not_usual() -> None:
    bad = nps(np.concatenate([np.full(1000, 0.3), np.full(500, -0.3), np.full(1000, 0.3)]), rows=1, each=5, seed=9)
    past = Past.none(1, 2500)
    assert charts(NPS, bad, Rule(), past).baseline.mean[0] < 0.25
    excluded = past.excluded.copy()
    excluded[0, 1000:1500] = True
    after = replace(past, excluded=excluded, resumed=np.array([1500.0 * PANE_S]))
    assert charts(NPS, bad, Rule(), after).baseline.mean[0] == pytest.approx(0.3, abs=0.03)


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=6, max_size=60), st.integers(1, 6))
@settings(max_examples=60)
def test_coarser_panes_are_never_quicker(answers: list[int], size: int) -> None:
    excess = 0.3 - np.array(answers, np.float64) - 0.08
    fine = walk(excess[None, :]).path[0]
    cuts = np.arange(0, len(excess), size)
    coarse = walk(np.add.reduceat(excess, cuts)[None, :]).path[0]
    ends = np.append(cuts[1:], len(excess)) - 1
    assert (coarse <= fine[ends] + 1e-9).all()


@given(st.integers(0, 2**31), st.integers(0, 200), st.sampled_from([(1, 0), (0, -1), (-1, 1)]))
@settings(max_examples=25, deadline=None)
def test_a_correction_is_as_if_it_had_been_so_from_the_start(seed: int, pane: int, changed: tuple[int, int]) -> None:
    drawn = nps(np.full(300, 0.3), rows=2, each=5, seed=seed)
    before, after = changed
    total, squares, n = drawn.total.copy(), drawn.squares.copy(), drawn.n.copy()
    n[0, pane], total[0, pane], squares[0, pane] = n[0, pane] + 1, total[0, pane] + before, squares[0, pane] + before**2
    added = answered(total, squares, n)
    # Counted, taken back, counted anew: sums of whole numbers forget the way.
    corrected = answered(added.total, added.squares, added.n)
    corrected.total[0, pane] += after - before
    corrected.squares[0, pane] += after**2 - before**2
    total[0, pane], squares[0, pane] = drawn.total[0, pane] + after, drawn.squares[0, pane] + after**2
    expected = charts(NPS, answered(total, squares, n), Rule(), Past.none(2, 300))
    found = charts(NPS, corrected, Rule(), Past.none(2, 300))
    assert np.array_equal(found.fall.path, expected.fall.path)
    assert np.array_equal(found.threshold, expected.threshold)


def test_satisfaction_and_effort_are_watched_on_their_own_scales() -> None:
    chance = np.random.default_rng(10)
    rate = np.concatenate([np.full(WEEK, 0.8), np.full(120, 0.7)])
    n = chance.poisson(5, (20, len(rate)))
    satisfied = chance.binomial(n, np.broadcast_to(rate, n.shape))
    found = charts(watch("csat"), answered(satisfied, satisfied, n), Rule(), Past.none(20, len(rate)))
    beyond = np.flatnonzero(found.fall.statistic > found.threshold)
    assert len(beyond) >= 16
    assert found.size(int(beyond[0]), found.since(int(beyond[0]), WEEK * PANE_S)).drop == pytest.approx(0.1, abs=0.06)

    mean = np.concatenate([np.full(WEEK, 0.7), np.full(120, 0.6)])  # six tenths of the way is an ease of 4.6
    total = n * mean + 0.25 * np.sqrt(n) * chance.standard_normal(n.shape)
    found = charts(
        watch("ces"), answered(total, total**2 / np.maximum(n, 1) + 0.0625 * n, n), Rule(), Past.none(20, len(mean))
    )
    beyond = np.flatnonzero(found.fall.statistic > found.threshold)
    assert len(beyond) >= 16
    assert found.size(int(beyond[0]), found.since(int(beyond[0]), WEEK * PANE_S)).drop == pytest.approx(0.6, abs=0.3)
