"""The past of a window: its slices, for lines, and the window before it, for what has moved."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from math import erfc, hypot, sqrt
from typing import NamedTuple, Self

from stream.kpi import KPIS, SCORES, Estimate
from stream.kpi.intervals import Z
from stream.panes import SEPARATOR, Member
from stream.view import Score, View
from stream.windows import Window

#: A line has so many points at most.
MAX_SLICES = 30
#: A move is shown where chance alone would show any of those compared in one look of twenty.
_CHANCE = 0.05

#: One score of one member, whatever the time.
Key = tuple[str, str, str, str]


def key_of(score: Score) -> Key:
    """What tells a score from the others of its moment and window."""
    return score.score, score.scope, score.member, score.label


def slice_size(window: Window) -> int:
    """Seconds of the equal, whole slices that a window is cut into.

    >>> [slice_size(Window.parse(text)) for text in ("5m/10s", "24h/15m", "7d/1h", "30d/6h")]
    [10, 3600, 21600, 86400]
    """
    panes = window.size // window.advance
    count = max(count for count in range(1, min(panes, MAX_SLICES) + 1) if panes % count == 0)
    return window.size // count


async def trend(view: View, window: Window, at: float, members: Collection[Member]) -> dict[Key, list[float | None]]:
    """Each score of some members in every slice of a window, oldest first; None where a slice has too few answers.

    Slices do not overlap, and each is exact about its own time: its value is what the window would show if it were as
    long as the slice. The last one is not over yet. Between two sums others get their turn.
    """
    size = slice_size(window)
    start, end = window.bounds(at)
    part = Window(window.name, size, window.advance)
    ends = range(start + size, end + 1, size)
    lines: dict[Key, list[float | None]] = {}
    for place, until in enumerate(ends):
        for score in await _scores(view, part, until, members):
            if score.estimate is not None:
                line = lines.setdefault(key_of(score), [None] * len(ends))
                line[place] = score.estimate.value
    return lines


async def _scores(view: View, window: Window, at: float, members: Collection[Member]) -> list[Score]:
    """The scores of some members in a window at a time."""
    snapshot = []
    for kpi in KPIS.values():
        total = view.roll(kpi, window, at)
        rows = [
            row
            for row, (scope, name) in enumerate(total.members)
            if (scope, name.partition(SEPARATOR)[0]) in members  # a label may stand behind it
        ]
        snapshot.append((kpi, window, total.only(rows)))
        await asyncio.sleep(0)
    return await asyncio.to_thread(lambda: list(view.scores(snapshot)))


def window_before(window: Window, windows: Iterable[Window], at: float) -> tuple[Window, int] | None:
    """The window of the same length that was over when this one began, and its end; None where it is not kept.

    Narrow panes are dropped when their own window has passed, so it is made of those of a wider window. Its end is
    aligned to these: between the two windows there may be a gap of less than one such pane, but never an overlap.

    >>> windows = [Window.parse(text) for text in ("1h/1m", "24h/15m")]
    >>> window_before(windows[0], windows, at=100_000)
    (Window(name='1h', size=3600, advance=900), 96300)
    >>> window_before(windows[1], windows, at=100_000)
    """
    start, _ = window.bounds(at)
    for wider in sorted(windows, key=lambda each: each.size):
        if wider.size >= 2 * window.size + wider.advance and window.size % wider.advance == 0:
            return Window(window.name, window.size, wider.advance), start // wider.advance * wider.advance
    return None


class Move(NamedTuple):
    """A score against the window before: the change with its 95 % interval, and how likely chance alone brings it."""

    now: Score
    before: Score
    change: Estimate
    chance: float

    @classmethod
    def between(cls, now: Score, before: Score) -> Self | None:
        """The move from one score to another of other answers; None where either has no interval.

        The interval is made of both scores' own (Zou, Donner, "Construction of confidence limits about effect
        measures", Statistics in Medicine 27, 2008): it keeps what they are, lopsided in small samples.
        """
        a, b = now.estimate, before.estimate
        if a is None or b is None or a.lower is None or a.upper is None or b.lower is None or b.upper is None:
            return None
        change = a.value - b.value
        down, up = hypot(a.value - a.lower, b.upper - b.value), hypot(a.upper - a.value, b.value - b.lower)
        towards_zero = down if change > 0 else up
        chance = erfc(Z * abs(change) / towards_zero / sqrt(2)) if towards_zero else float(change == 0)
        return cls(now, before, Estimate(change, change - down, change + up), chance)


class Moves(NamedTuple):
    """What moved, most clearly first, and the bounds of the window before; None where there is none to compare with."""

    before: tuple[int, int] | None
    found: list[Move]


async def moves(view: View, now: Sequence[Score], window: Window, windows: Sequence[Window], at: float) -> Moves:
    """The headline scores among `now` that moved more than chance since the window before; see `window_before`.

    That must be whole: where counting began in the middle of it, nothing is compared. The more members are compared,
    the clearer a move must be (Bonferroni's correction).
    """
    earlier = window_before(window, windows, at)
    if earlier is None:
        return Moves(None, [])
    before, end = earlier
    bounds = before.bounds(end)
    if view.since(before.advance) > bounds[0]:
        return Moves(None, [])
    members = {(score.scope, score.member) for score in now}
    scores = {key_of(score): score for score in await _scores(view, before, end, members)}
    return Moves(bounds, sorted(beyond_chance(list(_compared(now, scores))), key=lambda move: move.chance))


def _compared(now: Iterable[Score], before: dict[Key, Score]) -> Iterator[Move]:
    for score in now:
        kpi, info = SCORES[score.score]
        earlier = before.get(key_of(score))
        if earlier is not None and info is kpi.scores()[0] and not kpi.settles:
            move = Move.between(score, earlier)
            if move is not None:
                yield move


def beyond_chance(compared: Sequence[Move]) -> Iterator[Move]:
    """Those that chance alone would hardly bring, among so many."""
    return (move for move in compared if move.chance * len(compared) < _CHANCE)
