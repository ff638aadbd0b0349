"""Thresholds against Markov chains, which know the run length."""

import numpy as np
import pytest

from stream.drops.runs import alarm_rate, threshold

CASES = {
    "NPS +30": ((1.3, 0.3, -0.7), (0.2, 0.3, 0.5), 0.1, 25.0),
    "NPS +60": ((1.6, 0.6, -0.4), (0.1, 0.2, 0.7), 0.1, 15.0),
    "NPS -10": ((0.9, -0.1, -1.1), (0.4, 0.3, 0.3), 0.1, 25.0),
    "CSAT 80 %": ((0.8, 0.3, -0.2), (0.2, 0.0, 0.8), 0.05, 8.0),
    "CSAT 95 %": ((0.95, 0.45, -0.05), (0.05, 0.0, 0.95), 0.05, 6.0),
}


def run_length(values: tuple[float, ...], chances: tuple[float, ...], reference: float, bound: float) -> float:
    """Answers until the first alarm on average, from a chain of states 0.025 apart."""
    step = 0.025
    states = np.arange(round(bound / step) + 1)
    moves = np.zeros((len(states), len(states)))
    for value, chance in zip(values, chances, strict=True):
        target = np.maximum(states + round((value - reference) / step), 0)
        inside = target < len(states)
        np.add.at(moves, (states[inside], target[inside]), chance)
    return float(np.linalg.solve(np.eye(len(states)) - moves, np.ones(len(states)))[0])


@pytest.mark.parametrize("case", CASES)
def test_the_formula_agrees_with_a_markov_chain(case: str) -> None:
    values, chances, reference, bound = CASES[case]
    rate = alarm_rate(np.array(values), np.array(chances), np.array(reference), np.array(bound))
    # Where it errs, it errs to the safe side: too short a run.
    assert 0.75 < 1 / float(rate) / run_length(*CASES[case]) < 1.1


@pytest.mark.parametrize("case", CASES)
def test_a_threshold_keeps_its_budget(case: str) -> None:
    values, chances, reference, _ = CASES[case]
    law = np.array([values]), np.array([chances]), np.array([reference])
    bound = threshold(*law, np.zeros(1), np.array([2e4]))
    assert 1 / alarm_rate(*law, bound) == pytest.approx(2e4, rel=1e-3)


def test_what_is_not_known_of_the_baseline_raises_the_threshold() -> None:
    values, chances, reference, _ = CASES["NPS +30"]
    errors = 0.781 / np.sqrt([1e9, 10_000, 2_000, 500])
    many = [np.repeat(np.array([each]), 4, axis=0) for each in (values, chances)]
    bounds = threshold(many[0], many[1], np.full(4, reference), errors, np.full(4, 1e5))
    assert (np.diff(bounds) > 0).all()
    assert bounds[0] == pytest.approx(24.7, abs=0.2)  # what tables give for a baseline that is known
    assert bounds[3] > 1.3 * bounds[0]
