"""How long a chart runs until a false alarm, and the threshold that makes this long enough."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Nodes and weights of a standard normal, for what is not known of the baseline.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
#: What a discrete walk jumps beyond a threshold and its mirror image, in standard deviations (Siegmund).
_OVERSHOOT = 1.166
_NEWTON_STEPS = 8
_BISECTIONS = 40


def alarm_rate(values: Floats, chances: Floats, reference: Floats, threshold: Floats) -> Floats:
    """False alarms an answer of a chart `S = max(0, S + y − reference)`, where y takes three values with mean 0.

    The last axis of `values` and `chances` is that of the three; `reference` and `threshold` have the axes before it.
    With the root θ of E exp(θ·(y − reference)) = 1, the run length is (exp(θb) − 1 − θb)/(θ·reference), where b is
    the threshold and the overshoot. Source: Siegmund, "Sequential Analysis", 1985, chapter 10; for a normal y, θ is
    2·reference/variance and the formula his well-known one.

    >>> nps = np.array([1.3, 0.3, -0.7]), np.array([0.2, 0.3, 0.5])
    >>> float(1 / alarm_rate(*nps, np.array(0.1), np.array(25.0)).round(7))  # a Markov chain says 110,198
    111111.1...
    """
    sigma = np.sqrt((chances * values**2).sum(-1))
    reference = _away_from_zero(reference, 1e-4 * sigma)
    root = _root(values, chances, reference, sigma)
    return _rate(root, reference, threshold + _OVERSHOOT * sigma)


def threshold(values: Floats, chances: Floats, reference: Floats, error: Floats, budget: Floats) -> Floats:
    """The least threshold with at most one false alarm in a `budget` of answers.

    `error` is the standard error of the mean that y was centred at: a chart whose baseline was guessed too high climbs
    by itself, so the rate is averaged over what the true mean may be. All arrays but the first two have one axis.
    """
    sigma = np.sqrt((chances * values**2).sum(-1))
    most = 0.9 * np.abs(values).max(-1)
    offsets = np.clip(reference[:, None] + error[:, None] * _NODES, -most[:, None], most[:, None])
    offsets = _away_from_zero(offsets, 1e-4 * sigma[:, None])
    root = _root(values[:, None, :], chances[:, None, :], offsets, sigma[:, None])
    low, high = np.log(0.1 * sigma), np.log(1e5 * sigma)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        bound = np.exp(middle) + _OVERSHOOT * sigma
        often = (_rate(root, offsets, bound[:, None]) * _WEIGHTS).sum(-1) > 1 / budget
        low, high = np.where(often, middle, low), np.where(often, high, middle)
    found: Floats = np.exp(high)
    return found


def _away_from_zero(numbers: Floats, least: Floats) -> Floats:
    """At 0 the formulas are limits, which rounding does not reach."""
    return np.where(np.abs(numbers) < least, least, numbers)


def _root(values: Floats, chances: Floats, reference: Floats, sigma: Floats) -> Floats:
    """The root of E exp(θ·(y − reference)) = 1 that is not 0, by Newton's method from the normal's."""
    most = 30 / np.abs(values).max(-1)
    root = np.clip(2 * reference / sigma**2, -most, most)
    for _ in range(_NEWTON_STEPS):
        terms = chances * np.exp(root[..., None] * values)
        total = terms.sum(-1)
        mean = np.log(total) / root - reference
        slope = ((terms * values).sum(-1) / total - reference - mean) / root
        root = np.clip(root - mean / slope, np.minimum(root / 4, root * 4), np.maximum(root / 4, root * 4))
        root = np.clip(root, -most, most)
    return root


def _rate(root: Floats, reference: Floats, bound: Floats) -> Floats:
    exponent = np.clip(root * bound, -600, 600)
    rate: Floats = root * reference / (np.expm1(exponent) - exponent)
    return rate
