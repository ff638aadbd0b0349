"""Figures with their bounds, computed once more in the plainest way: shares, means, quantiles, net promoters."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor, sqrt
from statistics import mean, variance
from typing import NamedTuple, TypeVar

from stream.measures import Measure, Rating


class Expected(NamedTuple):
    """A value, its bounds where there are any, and the number of answers."""

    value: float
    lower: float | None
    upper: float | None
    n: int


MONTH = 30 * 86_400

#: Decimals of a currency's amounts.
DECIMALS = {"EUR": 2, "JPY": 0, "KWD": 3}


class Place(NamedTuple):
    """Where measures are looked at: the row's label, and the length of the window in seconds."""

    label: str
    seconds: int


M = TypeVar("M")


def of_kind(measures: Sequence[Measure], kind: type[M]) -> list[M]:
    """The measures of one kind."""
    return [measure for measure in measures if isinstance(measure, kind)]


def answers(measures: Sequence[Measure], kpi: str) -> list[Rating]:
    """The answers to a KPI's question, without the skipped ones."""
    return [m for m in measures if isinstance(m, Rating) and m.kpi == kpi and m.answered]


def net_promoters(measures: Sequence[Measure], kpi: str) -> Expected | None:
    """Promoters less detractors per hundred; the interval from the answers and three pseudo-answers."""
    given = [1 if a.score >= 9 else -1 if a.score <= 6 else 0 for a in answers(measures, kpi)]
    if not given:
        return None
    value = 100 * mean(map(Fraction, given))
    weighted = [(Fraction(x), Fraction(1)) for x in given]
    weighted += [(Fraction(1), Fraction(3, 4)), (Fraction(0), Fraction(3, 2)), (Fraction(-1), Fraction(3, 4))]
    weight = sum(w for _, w in weighted)
    centre = sum(x * w for x, w in weighted) / weight
    spread = sum(x * x * w for x, w in weighted) / weight - centre**2
    half = 196 * sqrt(spread / weight)
    lower = max(-100.0, float(100 * centre) - half)
    upper = min(100.0, float(100 * centre) + half)
    return Expected(float(value), lower, upper, len(given))


def share(hits: int, n: int) -> Expected | None:
    """Hits per answer; Wilson's bounds are where p is 1.96 standard errors of itself away from the share."""
    if n <= 0:
        return None
    p = min(max(hits / n, 0.0), 1.0)
    a, b, c = 1 + 1.96**2 / n, -(2 * p + 1.96**2 / n), p * p
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return Expected(hits / n, (-b - root) / (2 * a), (-b + root) / (2 * a), n)


def average(values: Sequence[Fraction]) -> Expected | None:
    """The mean; with two answers or more 1.96 standard errors around it."""
    if not values:
        return None
    value = mean(values)
    if len(values) == 1:
        return Expected(float(value), None, None, 1)
    half = 1.96 * sqrt(variance(values) / len(values))
    return Expected(float(value), float(value) - half, float(value) + half, len(values))


def exact(value: Fraction | float, n: int) -> Expected:
    """A figure that is no estimate."""
    return Expected(float(value), None, None, n)


def per(figure: Expected | None, divisor: Fraction | None) -> Expected | None:
    """A figure and its bounds, divided."""
    if figure is None or divisor is None or divisor <= 0:
        return None
    value, lower, upper = (None if each is None else each / float(divisor) for each in figure[:3])
    assert value is not None
    return Expected(value, lower, upper, figure.n)


#: A bucket of time ends 11/9 times later than the one before; the first holds all up to a second.
GROWTH = Fraction(11, 9)


def of_durations(buckets: Sequence[int], q: str) -> Expected | None:
    """The bucket of the value that a part of all does not exceed; between two order statistics 95 % of the time."""
    if not buckets:
        return None
    n, part, sorted_ = len(buckets), Fraction(q), sorted(buckets)
    last = next(number for number in range(1_000) if GROWTH**number >= 30 * 86_400) + 1  # it has no end
    at = sorted_[floor(part * (n - 1))]
    half = 1.96 * sqrt(n * part * (1 - part))
    lower, upper = sorted_[floor(max(0, n * part - half - 1))], sorted_[floor(min(n - 1, n * part + half))]
    low, high = GROWTH ** (at - 1), GROWTH**at
    value = Fraction(1) if at == 0 else low if at == last else 2 * low * high / (low + high)
    return Expected(
        float(value), float(GROWTH ** (lower - 1)) if lower else 0.0, float(GROWTH ** min(upper, last - 1)), n
    )
