"""Every score, computed once more from its published definition in the plainest way: the stream must agree."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import sqrt
from statistics import mean, variance
from typing import NamedTuple

from stream.measures import Measure, Movement, Rating


class Expected(NamedTuple):
    """A value, its bounds where there are any, and the number of answers."""

    value: float
    lower: float | None
    upper: float | None
    n: int


#: The lowest satisfied answer of each scale.
SATISFIED = {(1, 2): 2, (1, 3): 3, (1, 4): 3, (1, 5): 4, (0, 5): 4, (1, 6): 5, (1, 7): 6, (1, 10): 8, (0, 10): 8}

Definition = Callable[[Sequence[Measure]], Expected | None]


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


def position(answer: Rating) -> Fraction:
    """Where an answer is on its scale, from 0 to 1."""
    return Fraction(answer.score - answer.low, answer.high - answer.low)


def ease(measures: Sequence[Measure]) -> list[Fraction]:
    """The answers about effort from 1 to 7, where 7 is easiest."""
    return [1 + 6 * position(a) for a in answers(measures, "ces")]


def satisfied(measures: Sequence[Measure]) -> Expected | None:
    """The share of satisfied answers."""
    given = answers(measures, "csat")
    return share(sum(a.score >= SATISFIED[a.low, a.high] for a in given), len(given))


def moved(measures: Sequence[Measure]) -> Movement:
    """All movements together."""
    movements = [m for m in measures if isinstance(m, Movement)]
    return Movement(*(sum(column) for column in zip(*movements, strict=True))) if movements else Movement()


def churned(measures: Sequence[Measure]) -> Expected | None:
    """Customers lost, less those who came back, of those at the start."""
    total = moved(measures)
    return share(max(0, total.lost - total.reactivated), total.customers)


def retained(measures: Sequence[Measure], *, gross: bool) -> Expected | None:
    """(E − N)/S, or E/S: new customers are known, so they shift the interval and do not widen it."""
    total = moved(measures)
    end = total.customers + total.joined - total.lost + total.reactivated
    net = share(end - total.joined, total.customers)
    if net is None or not gross:
        return net
    new = total.joined / total.customers
    assert net.lower is not None
    assert net.upper is not None
    return Expected(end / total.customers, net.lower + new, net.upper + new, net.n)


#: By score.
EXPECTED: dict[str, Definition] = {
    "nps": lambda measures: net_promoters(measures, "nps"),
    "enps": lambda measures: net_promoters(measures, "enps"),
    "csat": satisfied,
    "csat_mean": lambda measures: average([position(a) for a in answers(measures, "csat")]),
    "ces": lambda measures: average(ease(measures)),
    "ces_easy": lambda measures: share(sum(e >= 5 for e in ease(measures)), len(ease(measures))),
    "churn": churned,
    "retention": lambda measures: retained(measures, gross=False),
    "retention_gross": lambda measures: retained(measures, gross=True),
}
