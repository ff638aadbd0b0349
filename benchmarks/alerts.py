"""How often drop detection cries wolf, how soon it finds a drop, and what it blames, beside rules in common use.

`python -m benchmarks.alerts` simulates answers and writes `alerts.md` and `alerts.svg`; it takes some minutes.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import alerts_report
from benchmarks.alerts_worlds import Floats, World, draw, worlds
from stream.drops.baseline import Frozen, fit
from stream.drops.charts import Past, Rule, _law, allowance, charts
from stream.drops.cusum import sharpened, walk
from stream.drops.explain import Sums, main_parts, parts
from stream.drops.runs import threshold
from stream.drops.series import Series
from stream.kpi.nps import Nps

WATCH = Nps.watch
HOUR_S = 3_600
DAYS = 14
SETTLED = 20_000
STEADY_ANSWERS = 20_000
LEAD = 300
FOLLOWED = 600
WINDOW = 100
DROP = 0.20


def hours_of(chance: np.random.Generator, world: World, runs: int, count: int) -> NDArray[np.int64]:
    """The hours of the day of consecutive answers, at 1,400 a day, from a random one on."""
    per_hour = np.maximum(1, np.round(world.volume * SETTLED / DAYS / 24)).astype(np.int64)
    day = np.repeat(np.arange(24), per_hour)
    starts = chance.integers(0, len(day), runs)
    found: NDArray[np.int64] = day[(starts[:, None] + np.arange(count)) % len(day)]
    return found


class Learnt(NamedTuple):
    """What a chart knows after its baseline: the expected value by hour, its threshold, and what it allows."""

    expected: Floats
    bound: Floats
    reference: Floats


def learn(chance: np.random.Generator, world: World, runs: int, answers: int, rule: Rule) -> Learnt:
    """Fit baselines of two weeks, in panes of an hour, by the detector's own code."""
    assert WATCH is not None
    columns = 24 * DAYS
    rate = np.tile(world.volume, DAYS) * answers / columns
    n = chance.poisson(rate, (runs, columns)).astype(np.int64)
    mean = np.tile(world.nps, DAYS)
    passive = chance.binomial(n, 0.3)
    promoters = chance.binomial(n - passive, (0.35 + mean / 2) / 0.7)
    total = 2.0 * promoters - (n - passive)
    # A day more without answers: its hours are asked for what is expected.
    pad = np.zeros((runs, 24))
    starts = np.arange(columns + 24, dtype=np.float64) * HOUR_S
    counts = np.hstack([n.astype(np.float64), np.tile(world.volume, (runs, 1))])
    series = Series(
        [("all", str(run)) for run in range(runs)], starts, starts + HOUR_S, counts,
        np.hstack([total, pad]), np.hstack([(n - passive).astype(np.float64), pad]), np.ones(runs),
    )  # fmt: skip
    before = np.tile(starts < columns * HOUR_S, (runs, 1))
    baseline = fit(series, before, ~before, Frozen(np.zeros(runs), np.zeros(runs), np.ones(runs)))
    reference = allowance(np.full(runs, WATCH.shift(rule.shift)), baseline.error)
    values, chances = _law(WATCH, baseline, -1)
    bound = threshold(values, chances, reference, baseline.error, np.full(runs, float(rule.false_alarms)))
    return Learnt(baseline.expected[:, columns:], bound, reference)


Firing = Callable[[Floats, NDArray[np.int64], Learnt], NDArray[np.bool_]]


def by_chart(answers: Floats, hours: NDArray[np.int64], learnt: Learnt) -> NDArray[np.bool_]:
    """Where the chart is beyond its threshold, answer by answer."""
    expected = np.take_along_axis(learnt.expected, hours, axis=1)
    beyond: NDArray[np.bool_] = walk(expected - answers - learnt.reference[:, None]).path > learnt.bound[:, None]
    return beyond


def _adjacent(answers: Floats) -> tuple[Floats, Floats]:
    """For the last and the previous window at every answer: the drop between them, and its variance."""
    zero = np.zeros((len(answers), 1))
    sums, squares = (np.hstack([zero, np.cumsum(each, 1)]) for each in (answers, answers**2))
    last, last_sq = (each[:, WINDOW:] - each[:, :-WINDOW] for each in (sums, squares))
    mean, variance = last / WINDOW, last_sq / WINDOW - (last / WINDOW) ** 2
    return mean[:, :-WINDOW] - mean[:, WINDOW:], (variance[:, :-WINDOW] + variance[:, WINDOW:]) / WINDOW


def by_points(answers: Floats, hours: NDArray[np.int64], learnt: Learnt) -> NDArray[np.bool_]:
    """Where the last 100 answers are 10 points below the 100 before."""
    return _padded(answers, _adjacent(answers)[0] >= 0.10)


def by_test(answers: Floats, hours: NDArray[np.int64], learnt: Learnt) -> NDArray[np.bool_]:
    """Where a z-test at 2.5 % finds the last 100 answers worse than the 100 before."""
    drop, variance = _adjacent(answers)
    return _padded(answers, drop > 1.96 * np.sqrt(np.maximum(variance, 1e-9)))


def _padded(answers: Floats, fired: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.hstack([np.zeros((len(answers), answers.shape[1] - fired.shape[1]), np.bool_), fired])


RULES: dict[str, Firing] = {
    "this detector": by_chart,
    "10 points, last 100 to the 100 before": by_points,
    "z-test of the same at every answer": by_test,
}


class Result(NamedTuple):
    """What was measured of a rule in a world: answers to a false alarm (inf: none), and answers until each drop."""

    world: str
    rule: str
    answers: int
    false_alarms: int
    delays: Floats

    @property
    def found(self) -> float:
        """The part of the drops that were found in time."""
        return float(np.mean(self.delays <= FOLLOWED))


def measure(world: World, name: str, seed: int, runs: int = 3_000, baseline: int = SETTLED) -> Result:
    """False alarms over steady answers, counted to the first of each run, and delays after a drop of 20 points."""
    chance = np.random.default_rng(seed)
    watched, alarms = 0, 0
    for _ in range(runs // 100):
        learnt = learn(chance, world, 100, baseline, Rule())
        hours = hours_of(chance, world, 100, STEADY_ANSWERS)
        fired = RULES[name](draw(chance, world.nps[hours] + _moved(world, 100)), hours, learnt)
        first = np.where(fired.any(1), fired.argmax(1) + 1, STEADY_ANSWERS)
        watched, alarms = watched + int(first.sum()), alarms + int(fired.any(1).sum())
    learnt = learn(chance, world, runs, baseline, Rule())
    hours = hours_of(chance, world, runs, LEAD + FOLLOWED)
    shift = _moved(world, runs) - DROP * (np.arange(LEAD + FOLLOWED) >= LEAD)
    fired = RULES[name](draw(chance, world.nps[hours] + shift), hours, learnt)[:, LEAD:]
    delays = np.where(fired.any(1), fired.argmax(1) + 1.0, np.inf)
    return Result(world.name, name, watched, alarms, delays)


def _moved(world: World, runs: int) -> Floats:
    return world.later * np.where(world.either & (np.arange(runs) % 2 > 0), -1.0, 1.0)[:, None]


def measure_whole(seed: int, runs: int = 100, days: int = 2) -> Result:
    """The whole chart as the service evaluates it, every 15 minutes, with a baseline that moves on.

    There are 1,440 answers a day, in panes of 5 minutes, and 17 days before.
    """
    assert WATCH is not None
    chance = np.random.default_rng(seed)
    pane, day = 300, 288
    history = 17 * day
    alarms = watched = 0
    delays: list[float] = []
    for dropping in (False, True):
        panes = history + (day if dropping else days * day)
        counts = chance.poisson(5.0, (runs, panes))
        mean = 0.30 - DROP * (dropping & (np.arange(panes) >= history))
        promoters = chance.binomial(counts, np.broadcast_to(0.35 + mean / 2, counts.shape))
        passive = chance.binomial(counts - promoters, np.broadcast_to(0.3 / (0.65 - mean / 2), counts.shape))
        n, squares = counts.astype(np.float64), (counts - passive).astype(np.float64)
        total = 2.0 * promoters - squares
        starts = np.arange(panes, dtype=np.float64) * pane
        waiting = np.ones(runs, np.bool_)
        for now in range(history + 3, panes + 1, 3):
            rows = np.flatnonzero(waiting)
            cut = Series(
                [("all", str(row)) for row in rows], starts[:now], starts[:now] + pane,
                n[rows, :now], total[rows, :now], squares[rows, :now], np.ones(len(rows)),
            )  # fmt: skip
            found = charts(WATCH, cut, Rule(), Past.none(len(rows), now))
            fired = found.known & (found.fall.statistic > found.threshold)
            if dropping:
                passed = [found.fall.passed(row, found.threshold[row]) for row in np.flatnonzero(fired).tolist()]
                delays += [n[row, history : end + 1].sum() for row, end in zip(rows[fired], passed, strict=True)]
            else:
                watched += int(n[rows, now - 3 : now].sum())
                alarms += int(fired.sum())
            waiting[rows[fired]] = False
            if not waiting.any():
                break
        if dropping:
            delays += [np.inf] * int(waiting.sum())
    return Result("steady, as the service evaluates it", "this detector", watched, alarms, np.array(delays))


#: Of the steady world after its two weeks.
_BLAME_BOUND, _BLAME_ALLOWANCE = 30.0, 0.082

#: Shares of the members of three dimensions, drawn independently.
DIMENSIONS = {
    "channel": {"phone": 0.42, "chat": 0.18, "email": 0.15, "web": 0.12, "store": 0.08, "social": 0.05},
    "touchpoint": {"billing": 0.3, "support": 0.25, "delivery": 0.2, "renewal": 0.15, "onboarding": 0.1},
    "segment": {"standard": 0.48, "business": 0.18, "new": 0.2, "premium": 0.14},
}


def measure_blame(seed: int, smallest: float, runs: int = 1_000) -> tuple[int, int]:
    """How often a member whose answers alone got worse is named first, of how many such drops that were found.

    The drop takes 20 points off all, or as much as 100 points off the member do; `smallest` is the share it has.
    """
    chance = np.random.default_rng(seed)
    right = raised = 0
    candidates = [(scope, name) for scope, of in DIMENSIONS.items() for name, share in of.items() if share >= smallest]
    for _ in range(runs):
        scope, member = candidates[chance.integers(len(candidates))]
        before = {name: chance.choice(list(of), SETTLED, p=list(of.values())) for name, of in DIMENSIONS.items()}
        usual = draw(chance, np.full(SETTLED, 0.30))
        after = {name: chance.choice(list(of), 4_000, p=list(of.values())) for name, of in DIMENSIONS.items()}
        size = min(DROP / DIMENSIONS[scope][member], 1.0)
        now = draw(chance, np.where(after[scope] == member, 0.30 - size, 0.30))
        climb = walk(usual.mean() - now[None, :] - _BLAME_ALLOWANCE)
        fired = climb.path[0] > _BLAME_BOUND
        if fired.any():
            raised += 1
            end = int(fired.argmax()) + 1
            begin = int(np.flatnonzero(np.append(0.0, climb.path[0, :end]) <= 0)[-1])
            begin = sharpened(usual.mean() - now[:end], np.ones(end), begin)
            found = []
            for name, of in DIMENSIONS.items():
                first = _sums(before[name], usual, list(of))
                found += parts(name, list(of), first, _sums(after[name][begin:end], now[begin:end], list(of)), 100)
            named = main_parts(found)
            right += bool(named) and (named[0].scope, named[0].member) == (scope, member)
    return right, raised


def _sums(members: NDArray[np.str_], answers: Floats, names: list[str]) -> Sums:
    chosen = [answers[members == name] for name in names]
    return Sums(*(np.array([each(part) for part in chosen], np.float64) for each in (len, np.sum, _squares)))


def _squares(answers: Floats) -> float:
    return float((answers**2).sum())


def main() -> None:
    """Measure everything and write it down."""
    results = []
    for number, world in enumerate(worlds()):
        for name in RULES:
            results.append(measure(world, name, seed=100 + number))
            print(alerts_report.line(results[-1]))
    sizes = [
        (size, measure(worlds()[0], "this detector", seed=109, runs=2_000, baseline=size))
        for size in (500, 1_000, 3_000)
    ]
    steady = worlds()[0]
    small = [
        measure(steady._replace(name=f"{points} points lower for good", later=-points / 100), "this detector", seed=110)
        for points in (1, 2, 5)
    ]
    results.append(measure_whole(seed=105))
    print(alerts_report.line(results[-1]))
    blame = [(smallest, *measure_blame(seed=107, smallest=smallest)) for smallest in (0.18, 0.0)]
    print(blame)
    alerts_report.write(results, small, sizes, blame)


if __name__ == "__main__":
    main()
