"""Latencies from two sides: the service's own histogram, and marks that pages show one by one."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from math import inf, nan
from typing import NamedTuple

from benchmarks.worker import Page

_BUCKET = re.compile(rb'^feedback_end_to_end_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


class Bounds(NamedTuple):
    """A latency in seconds that is known to lie between two."""

    low: float
    high: float


def buckets(body: bytes) -> dict[float, float]:
    """The cumulative counts of the histogram on a page, by upper bound.

    >>> buckets(b'feedback_end_to_end_seconds_bucket{le="0.1"} 3.0\\nfeedback_end_to_end_seconds_bucket{le="+Inf"} 4.0')
    {0.1: 3.0, inf: 4.0}
    """
    return {float(bound): float(count) for bound, count in _BUCKET.findall(body)}


def since(before: Mapping[float, float], after: Mapping[float, float]) -> dict[float, float]:
    """What has come between two looks."""
    return {bound: count - before.get(bound, 0.0) for bound, count in after.items()}


def quantile(counts: Mapping[float, float], q: float) -> float:
    """A quantile of a histogram, as PromQL's `histogram_quantile` estimates it.

    >>> quantile({1.0: 50, 2.0: 100, inf: 100}, 0.75)
    1.5
    """
    low, below, total = 0.0, 0.0, max(counts.values(), default=0.0)
    for bound, count in counts.items():
        if count >= q * total and count > below:
            return low if bound == inf else low + (bound - low) * (q * total - below) / (count - below)
        low, below = bound, count
    return nan


def bucket(counts: Mapping[float, float], q: float) -> Bounds:
    """The bucket that a quantile of a histogram is in: closer than that, it does not know.

    >>> bucket({0.1: 50, 0.2: 100, inf: 100}, 1.0)
    Bounds(low=0.1, high=0.2)
    """
    bounds, total = [0.0, *counts], max(counts.values(), default=0.0)
    first = next((place for place, count in enumerate(counts.values()) if count >= q * total), 0)
    return Bounds(bounds[first], bounds[first + 1])


def shown(marks: Sequence[float], pages: Sequence[tuple[Page, int]], reused: float) -> list[Bounds]:
    """For each mark, by when it was sent, how long it took to be seen; `pages` come with how many marks they show.

    It was there when the first page with it had arrived, and not yet when the page before was asked for, or up to
    `reused` seconds before that, where a page may stand for so long. Marks that no page shows are left out.

    >>> pages = [(Page(10.0, 10.1, b""), 0), (Page(10.5, 10.6, b""), 1)]
    >>> [(round(each.low, 1), round(each.high, 1)) for each in shown([9.8, 10.4], pages, 0.1)]
    [(0.1, 0.8)]
    """
    counts = [count for _, count in pages]
    found = []
    for number, sent in enumerate(marks, 1):
        first = bisect_left(counts, number)
        if 0 < first < len(pages):
            low = max(0.0, pages[first - 1][0].asked - reused - sent)
            found.append(Bounds(low, pages[first][0].arrived - sent))
    return found


def between(bounds: Sequence[Bounds], q: float) -> Bounds:
    """Between which bounds a quantile of latencies lies that are known by bounds.

    >>> between([Bounds(0.0, 0.1), Bounds(0.1, 0.2), Bounds(0.2, 0.4)], 0.5)
    Bounds(low=0.1, high=0.2)
    """
    if not bounds:
        return Bounds(nan, nan)
    place = min(len(bounds) - 1, int(q * len(bounds)))
    return Bounds(sorted(each.low for each in bounds)[place], sorted(each.high for each in bounds)[place])
