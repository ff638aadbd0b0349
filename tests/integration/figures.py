"""Figures from counts, in the plainest way: shares, means, net scores, quantiles, each with its 95 % interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, sqrt


@dataclass(frozen=True)
class Expected:
    """What a score must be; `fields` are those that anybody can count."""

    value: float | None
    lower: float | None
    upper: float | None
    n: int
    fields: dict[str, int]

    def withheld(self) -> "Expected":
        """The same where the sample is too small."""
        return Expected(None, None, None, self.n, self.fields)


def share(successes: int, n: int, fields: dict[str, int]) -> Expected:
    """Wilson's interval."""
    if not n:
        return Expected(None, None, None, 0, fields)
    z2, p = 1.96**2, min(1.0, max(0.0, successes / n))
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = 1.96 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Expected(successes / n, max(0.0, centre - half), min(1.0, centre + half), n, fields)


def mean(values: Sequence[float], fields: dict[str, int]) -> Expected:
    """The normal interval with the sample's variance."""
    n = len(values)
    if not n:
        return Expected(None, None, None, 0, fields)
    middle = sum(values) / n
    if n == 1:
        return Expected(middle, None, None, 1, fields)
    half = 1.96 * sqrt(sum((value - middle) ** 2 for value in values) / (n - 1) / n)
    return Expected(middle, middle - half, middle + half, n, fields)


def net(up: int, down: int, n: int, fields: dict[str, int], scale: int = 100) -> Expected:
    """Up less down, adjusted Wald."""
    if not n:
        return Expected(None, None, None, 0, fields)
    p, d = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3)
    half = 1.96 * sqrt((p + d - (p - d) ** 2) / (n + 3))
    bounds = max(-1.0, p - d - half), min(1.0, p - d + half)
    return Expected(scale * (up - down) / n, scale * bounds[0], scale * bounds[1], n, fields)


def certain(value: float | None, n: int, fields: dict[str, int]) -> Expected:
    """A figure that estimates nothing."""
    return Expected(value, None, None, n if value is not None else 0, fields)


def estimate(value: float, variance: float | None, n: int, fields: dict[str, int]) -> Expected:
    """A figure with the normal interval of its variance; none where that is not known."""
    if variance is None:
        return Expected(value, None, None, n, fields)
    half = 1.96 * sqrt(variance)
    return Expected(value, value - half, value + half, n, fields)


#: A bucket of time ends 11/9 times later than the one before it; the first holds all up to a second.
GROWTH = 11 / 9
ENDS = [GROWTH**number for number in range(75)]
#: The last one holds all from thirty days on.
LAST = next(number for number, end in enumerate(ENDS) if end >= 30 * 86_400) + 1


def bucket(micros: int) -> int:
    """Which bucket a time is in."""
    return next((number for number in range(LAST) if micros / 1_000_000 <= ENDS[number] * (1 + 1e-12)), LAST)


def quantile(buckets: Sequence[int], q: float, fields: dict[str, int]) -> Expected:
    """The middle of the bucket that the quantile is in, between the ends of those of two order statistics."""
    if not buckets:
        return Expected(None, None, None, 0, fields)
    n, ordered = len(buckets), sorted(buckets)
    half = 1.96 * sqrt(n * q * (1 - q))
    at = ordered[floor(q * (n - 1))]
    low, high = ordered[floor(max(0.0, n * q - half - 1))], ordered[floor(min(n - 1.0, n * q + half))]
    value = 1.0 if at == 0 else ENDS[LAST - 1] if at == LAST else 2 / (1 / ENDS[at - 1] + 1 / ENDS[at])
    return Expected(value, ENDS[low - 1] if low else 0.0, ENDS[min(high, LAST - 1)], n, fields)
