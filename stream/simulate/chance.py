"""Chance that can be repeated: named streams of random numbers, and tables to draw from quickly."""

import random
from collections.abc import Callable, Mapping, Sequence
from math import exp
from statistics import NormalDist
from typing import TypeVar

#: Answers the next number of its stream, in [0, 1).
Draw = Callable[[], float]

T = TypeVar("T")

_STEPS = 1024
#: The middles of 1024 equally likely slices of the normal distribution; what is further out than 3.3 never happens.
NORMAL = tuple(NormalDist().inv_cdf((step + 0.5) / _STEPS) for step in range(_STEPS))


def stream(seed: int, name: str) -> Draw:
    """The stream of random numbers `name`; streams of other names are independent of it.

    One stream for each concern, so that a scenario that draws more often for one leaves the others as they were. Only
    `Random.random` is used, since Python promises its sequence for all versions.

    >>> stream(1, "orders")() == stream(1, "orders")(), stream(1, "orders")() == stream(1, "churn")()
    (True, False)
    """
    return random.Random(f"{seed}/{name}").random


def spread(weights: Mapping[T, float], size: int = 1000) -> tuple[T, ...]:
    """Each item as often as its weight says, to pick from with one draw.

    >>> spread({"fr": 0.6, "en": 0.4}, size=5)
    ('fr', 'fr', 'fr', 'en', 'en')
    """
    total = sum(weights.values())
    table: list[T] = []
    reached = 0.0
    for item, weight in weights.items():
        reached += weight
        table += [item] * (round(size * reached / total) - len(table))
    return tuple(table)


def pick(draw: Draw, items: Sequence[T]) -> T:
    """One of the items, all equally likely.

    >>> pick(lambda: 0.99, "abc")
    'c'
    """
    return items[int(draw() * len(items))]


def lognormal(median_s: float, sigma: float) -> tuple[int, ...]:
    """Durations in milliseconds, half of them below the median: most are short, a few very long.

    >>> durations = lognormal(60, 1.0)
    >>> round(durations[511] / 1000), round(durations[921] / 1000)
    (60, 216)
    """
    return tuple(round(1000 * median_s * exp(sigma * z)) for z in NORMAL)
