"""Durations in buckets that can be added up and taken back, and the quantiles read from them."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import floor, sqrt

from stream.kpi.accumulator import Estimate
from stream.kpi.intervals import Z

#: A quantile read from the buckets is at most this part of it away from that of the durations themselves.
ERROR = 0.1
#: Each bucket ends so many times later than the one before it.
_RATIO = (1 + ERROR) / (1 - ERROR)
_LONGEST_S = 30 * 86_400

#: Upper ends of the buckets in seconds, but for the last one, which holds all that is longer.
BOUNDS: list[float] = [1.0]
while BOUNDS[-1] < _LONGEST_S:
    BOUNDS.append(BOUNDS[-1] * _RATIO)

#: Names of the fields that count durations.
FIELDS = tuple(f"bucket_{number:02}" for number in range(len(BOUNDS) + 1))


def bucket(micros: int) -> int:
    """The bucket of a duration in microseconds; clocks differ, so one below nothing is nothing.

    >>> bucket(500_000), bucket(1_000_000), bucket(1_100_000), bucket(10**15) == len(FIELDS) - 1
    (0, 0, 1, True)
    """
    return bisect_left(BOUNDS, micros / 1_000_000)


def quantile(counts: Sequence[int], q: float) -> Estimate | None:
    """The q-quantile in seconds, with its 95 % interval, of durations counted in buckets.

    The value is within a tenth of the true one, from one second to thirty days. The interval is that of the order
    statistics, from the lower end of one bucket to the upper end of another. Source: Masson, Rim, Lee, "DDSketch",
    PVLDB 12(12), 2019, for the buckets; Conover, "Practical Nonparametric Statistics", 3.2, for the interval.

    >>> waits = [0] * len(FIELDS)
    >>> for seconds in (10, 20, 30, 40, 50):
    ...     waits[bucket(seconds * 1_000_000)] += 1
    >>> estimate = quantile(waits, 0.5)
    >>> 27 <= estimate.value <= 33
    True
    """
    sums = list(accumulate(counts))
    n = sums[-1]
    if n <= 0:
        return None
    at = _holding(sums, q * (n - 1))
    half = Z * sqrt(n * q * (1 - q))
    first, last = _holding(sums, max(0.0, n * q - half - 1)), _holding(sums, min(n - 1.0, n * q + half))
    low = BOUNDS[first - 1] if first else 0.0
    return Estimate(_middle(at), low, BOUNDS[min(last, len(BOUNDS) - 1)])


def _holding(sums: Sequence[int], rank: float) -> int:
    """The bucket that holds the value of a rank, counted from 0."""
    return bisect_left(sums, floor(rank) + 1)


def _middle(number: int) -> float:
    """The value that is as far from both ends of a bucket, relative to them."""
    if number == 0:
        return BOUNDS[0]
    upper = BOUNDS[min(number, len(BOUNDS) - 1)]
    return upper if number == len(BOUNDS) else 2 * upper / (1 + _RATIO)
