"""95 % intervals of the kinds of scores there are."""

from math import sqrt

from stream.kpi.accumulator import Estimate

#: Standard normal quantile of a two-sided 95 % interval.
Z = 1.96


def net(up: int, down: int, n: int) -> Estimate | None:
    """100·(up − down)/n in points, with the adjusted Wald interval.

    Three pseudo-answers (¾ up, 1½ neutral, ¾ down) keep the interval honest in small samples, where the plain Wald
    interval covers as little as 40 %. Source: Rocks, "Interval Estimation for the Net Promoter Score",
    The American Statistician 70(4), 2016.

    >>> net(65, 15, 100)
    Estimate(value=50.0, lower=34.148..., upper=62.939...)
    """
    if n <= 0:
        return None
    total = n + 3
    p, d = (up + 0.75) / total, (down + 0.75) / total
    half = Z * sqrt(max(0.0, p + d - (p - d) ** 2) / total)
    centre = p - d
    return Estimate(100 * (up - down) / n, max(-100.0, 100 * (centre - half)), min(100.0, 100 * (centre + half)))


def proportion(successes: int, n: int) -> Estimate | None:
    """successes/n with Wilson's score interval; successes outside 0…n bound the interval, not the value.

    Source: Wilson, "Probable Inference", Journal of the American Statistical Association 22, 1927.

    >>> proportion(16, 20)
    Estimate(value=0.8, lower=0.5839..., upper=0.9193...)
    """
    if n <= 0:
        return None
    share = min(max(successes / n, 0.0), 1.0)
    scale = 1 + Z**2 / n
    centre = (share + Z**2 / (2 * n)) / scale
    half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / scale
    # Rounding may carry a bound a hair past the end.
    return Estimate(successes / n, max(0.0, centre - half), min(1.0, centre + half))


def mean(total: int, squares: int, n: int, *, unit: int, low: float = 0.0, high: float = 1.0) -> Estimate | None:
    """Mean of values that were added up in whole `unit`s of the way from `low` to `high`, with a normal interval.

    `squares` is the sum of the squared units. The interval needs the sample variance, so at least two answers; in
    small samples it can reach past the ends of the scale.

    >>> mean(total=3, squares=5, n=2, unit=4, low=1, high=5)
    Estimate(value=2.5, lower=1.52, upper=3.48)
    """
    if n <= 0:
        return None
    span = high - low
    value = low + span * total / (unit * n)
    if n < 2:
        return Estimate(value, None, None)
    variance = (n * squares - total * total) / (n * (n - 1))
    half = Z * span / unit * sqrt(max(0.0, variance) / n)
    return Estimate(value, value - half, value + half)
