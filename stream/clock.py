"""Time as an argument: the one place where the wall clock is read."""

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since the epoch."""

    def now(self) -> float:
        """The time now."""


class WallClock:
    """The machine's clock."""

    def now(self) -> float:
        """The time now."""
        return time.time()


class FixedClock:
    """A clock that stands where it was set, for tests.

    >>> FixedClock(7.0).now()
    7.0
    """

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        """The time it was set to."""
        return self.at
