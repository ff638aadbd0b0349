"""When one may ask: so many times a second, and not at all while a sender's API wants to be left alone."""

import random


class Pace:
    """The pace for one API, by a clock that is never set, in seconds.

    >>> pace = Pace(rate=2.0)
    >>> pace.wait(now=10.0), pace.wait(now=10.0), pace.wait(now=11.0)
    (0.0, 0.5, 0.0)
    >>> pace.hold(until=20.0)
    >>> pace.held(now=12.0), pace.held(now=21.0)
    (8.0, 0.0)
    """

    def __init__(self, rate: float) -> None:
        self._between = 1 / rate
        self._next = 0.0
        self._held_until = 0.0

    def wait(self, now: float) -> float:
        """Take the next turn; for how long to wait for it."""
        turn = max(now, self._next, self._held_until)
        self._next = turn + self._between
        return turn - now

    def hold(self, until: float) -> None:
        """Take no turn before."""
        self._held_until = max(self._held_until, until)

    def held(self, now: float) -> float:
        """For how long no turn can be had, whatever the rate."""
        return max(0.0, self._held_until - now)


def backoff(attempt: int, base: float, most: float, chance: random.Random) -> float:
    """Seconds to wait after so many failures, from 0: twice as long each time, and never the same for two who fail.

    >>> backoff(3, base=1.0, most=60.0, chance=random.Random(1)) <= 8.0
    True
    """
    return chance.uniform(0.5, 1.0) * min(most, base * 2.0**attempt)
