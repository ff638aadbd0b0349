"""The control chart of every member at one moment: baseline, watched span, statistic, threshold."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.drops.baseline import Baseline, Frozen, fit
from stream.drops.cusum import Walk, sharpened, walk
from stream.drops.runs import Floats, threshold
from stream.drops.series import Series
from stream.kpi.watch import Watch

Flags = NDArray[np.bool_]

#: What each answer is allowed to be worse by, as a part of the shift: less than the half that is quickest in the mean,
#: which leaves fewer very late.
REFERENCE = 0.38
#: Answers that a chart looks back on, at most: many times those that a drop needs.
WATCHED = 2_000
#: A baseline has at least so many answers and seconds, where there are: more would know little better, but be older.
SETTLED = 20_000
SETTLED_S = 7 * 86_400
_Z = 1.96


class Rule(NamedTuple):
    """What is looked for: a shift in points of NPS; answers to a false alarm, and seconds; and the least baseline."""

    shift: float = 20.0
    false_alarms: int = 130_000
    quiet: float = 30 * 86_400
    min_sample: int = 300


@dataclass(frozen=True)
class Past:
    """What is known of each member's alerts.

    `open` is the begin of one, NaN without; `drop` its size in the unit of the score, `frozen` what it was compared
    with. Nothing before `since` is usual any more, what is watched begins at `resumed`, and the panes that are
    `excluded` were in an alert.
    """

    open: Floats
    drop: Floats
    frozen: Frozen
    since: Floats
    resumed: Floats
    excluded: Flags

    @classmethod
    def none(cls, rows: int, columns: int) -> "Past":
        """Nothing has happened yet."""
        never = np.full(rows, -np.inf)
        frozen = Frozen(np.zeros(rows), np.zeros(rows), np.ones(rows))
        excluded = np.zeros((rows, columns), np.bool_)
        return cls(np.full(rows, np.nan), np.zeros(rows), frozen, never, never.copy(), excluded)


class Size(NamedTuple):
    """How much worse than usual, in the unit of the score, with its 95 % interval; positive is worse."""

    drop: float
    lower: float
    upper: float
    answers: float


@dataclass(frozen=True)
class Charts:
    """One chart a member of the series. Where it is not `known`, there are too few answers, and the rest means nothing.

    `fall` climbs to `threshold` while answers are worse than usual; `recovery`, where an alert is open, to `relief`
    while they are better than midway between the drop and the usual.
    """

    watch: Watch
    series: Series
    known: Flags
    opened: Flags
    watched: Flags
    usual: Flags
    baseline: Baseline
    threshold: Floats
    fall: Walk
    relief: Floats
    recovery: Walk

    def size(self, row: int, chosen: Flags) -> Size:
        """How much worse the chosen panes of a row are than its baseline."""
        n, total = self.series.n[row][chosen], self.series.total[row][chosen]
        count = max(float(n.sum()), 1e-9)
        worse = float((self._sign * (total - n * self.baseline.expected[row][chosen])).sum()) / count
        variance = max(0.0, float(self.series.squares[row][chosen].sum()) / count - (float(total.sum()) / count) ** 2)
        half = _Z * float(np.sqrt(variance / count + self.baseline.error[row] ** 2))
        unit = self.unit(row)
        return Size(unit * worse, unit * (worse - half), unit * (worse + half), count)

    def begin(self, row: int) -> float:
        """When the change came about that the climb of a row tells of."""
        n = np.where(self.watched[row], self.series.n[row], 0.0)
        worse = self._sign * np.where(self.watched[row], self.series.total[row] - n * self.baseline.expected[row], 0.0)
        return float(self.series.starts[sharpened(worse, n, int(self.fall.begin[row]))])

    def since(self, row: int, begin: float) -> Flags:
        """The watched panes of a row from a moment on."""
        flags: Flags = self.watched[row] & (self.series.starts >= begin)
        return flags

    def unit(self, row: int) -> float:
        """What a mean of 1 is in the unit of the score."""
        worth = float(self.series.worth[row])
        return self.watch.unit / worth if worth else 0.0

    @property
    def _sign(self) -> int:
        return 1 if self.watch.rises else -1


def charts(watch: Watch, series: Series, rule: Rule, past: Past) -> Charts:
    """Every member's chart: a pure function of the panes, so that corrections and restarts leave no trace in it."""
    usual, watched = _spans(series, rule, past)
    if watch.level is not None:
        series = series.at_rate(usual)
    baseline = fit(series, usual, watched, past.frozen)
    opened = ~np.isnan(past.open)
    known = watched.any(1) & (baseline.n >= rule.min_sample)
    shift = np.full(len(known), watch.shift(rule.shift))
    lasted = _lasted(series, usual)
    often = np.where(lasted > 0, baseline.n / np.maximum(lasted, 1.0), 0.0)
    if watch.level is not None:
        known &= lasted >= SETTLED_S
        shift = baseline.mean * rule.shift / 20
    sign = 1 if watch.rises else -1
    n = np.where(watched, series.n, 0.0)
    worse = np.where(watched, sign * (series.total - series.n * baseline.expected), 0.0)
    reference = allowance(shift, baseline.error)
    midway = np.clip(past.drop * series.worth / watch.unit, reference, shift) / 2
    values, chances = _law(watch, baseline, sign)
    bound, relief = np.full(len(known), np.inf), np.full(len(known), np.inf)
    for found, signed, chosen, by in ((bound, values, known, reference), (relief, -values, known & opened, midway)):
        if chosen.any():
            law = signed[chosen], chances[chosen], by[chosen]
            # How little a young baseline knows passes; so many answers that there is a false alarm a day do not.
            doubtful = threshold(*law, baseline.error[chosen], np.full(chosen.sum(), float(rule.false_alarms)))
            frequent = threshold(
                *law, np.zeros(chosen.sum()), np.maximum(rule.false_alarms, often[chosen] * rule.quiet)
            )
            found[chosen] = np.maximum(doubtful, frequent)
    fall, recovery = walk(worse - n * reference[:, None]), walk(n * midway[:, None] - worse)
    return Charts(watch, series, known, opened, watched, usual, baseline, bound, fall, relief, recovery)


def allowance(shift: Floats, error: Floats) -> Floats:
    """What each answer may be worse by: more where little is known of what is usual, at most half of the shift.

    >>> allowance(np.array([0.2, 0.2]), np.array([0.005, 0.04])).round(3).tolist()
    [0.081, 0.1]
    """
    allowed: Floats = np.minimum(REFERENCE * shift + error, shift / 2)
    return allowed


def _spans(series: Series, rule: Rule, past: Past) -> tuple[Flags, Flags]:
    """Which panes are the baseline and which are watched: the last answers, but not more than half of them.

    While an alert is open, its begin parts them.
    """
    free = (series.starts >= past.since[:, None]) & ~past.excluded
    n = np.where(free, series.n, 0.0)
    before = np.cumsum(n, 1) - n
    count = n.sum(1)[:, None]
    later = count - before - n
    watched = free & (later < np.minimum(WATCHED, count / 2)) & (before >= rule.min_sample)
    watched &= series.starts >= past.resumed[:, None]
    opened = ~np.isnan(past.open)
    watched[opened] = series.starts >= past.open[opened, None]
    first = np.where(watched.any(1), np.argmax(watched, 1), watched.shape[1] - 1)
    begin = np.where(opened, past.open, series.starts[first])
    lately = series.ends > (begin - SETTLED_S)[:, None]
    rows = np.arange(len(first))
    near = before[rows, first][:, None] - before - n < SETTLED
    usual = free & (series.ends <= begin[:, None]) & (lately | near)
    return usual, watched


def _lasted(series: Series, usual: Flags) -> Floats:
    """Seconds from the first pane of the baseline to its last one."""
    first = np.where(usual & (series.n > 0), series.starts, np.inf).min(1)
    last = np.where(usual, series.ends, -np.inf).max(1)
    lasted: Floats = np.maximum(last - first, 0.0)
    return lasted


def _law(watch: Watch, baseline: Baseline, sign: int) -> tuple[Floats, Floats]:
    """What an answer can be worse by, as three values and their chances, from the baseline.

    Exact where answers count as worst, middle and best, or as two of them; of finer scales it has mean and variance.
    Three pseudo-answers, as in the interval of the NPS, keep a baseline without any bad answer honest.
    """
    middle, half = (watch.low + watch.high) / 2, (watch.high - watch.low) / 2
    n, away = baseline.n, baseline.mean - middle
    first = n * away / half / (n + 3)
    second = (n * (baseline.variance + away**2) / half**2 + 1.5) / (n + 3)
    best, worst = np.maximum(0.0, (second + first) / 2), np.maximum(0.0, (second - first) / 2)
    chances = np.column_stack([best, np.maximum(0.0, 1 - best - worst), worst])
    chances /= chances.sum(1)[:, None]
    mean = chances[:, 0] - chances[:, 2]
    return sign * half * (np.array([1.0, 0.0, -1.0]) - mean[:, None]), chances
