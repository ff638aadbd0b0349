"""Rolling windows as runs of panes: `24h/15m` is 24 hours long and moves on every 15 minutes."""

import re
from dataclasses import dataclass
from typing import Self

from stream.errors import SettingsError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+)([smhd])")


def seconds(text: str) -> int:
    """Whole seconds of a duration such as `10s`, `5m`, `24h`, `7d`.

    >>> seconds("15m")
    900
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        msg = f"a duration is a whole number above 0 and one of s, m, h, d, such as `15m`; got {text!r}"
        raise SettingsError(msg)
    return int(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True, slots=True)
class Window:
    """A hopping window: `size` and `advance` in seconds, named after its size.

    Windows are half-open and aligned to the epoch in UTC. At time T the window ends at T rounded up to a whole
    number of advances, so that it holds what has just happened.

    >>> window = Window.parse("5m/10s")
    >>> window
    Window(name='5m', size=300, advance=10)
    >>> window.bounds(1001.5)
    (710, 1010)
    >>> window.bounds(1010)
    (710, 1010)
    """

    name: str
    size: int
    advance: int

    def __post_init__(self) -> None:
        if self.size % self.advance:
            msg = (
                f"a window's size must be a whole number of its advances; got size {self.size} s and advance "
                f"{self.advance} s in window {self.name!r}"
            )
            raise SettingsError(msg)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `size/advance`.

        Raises:
            SettingsError: if it is not of this form, or the advance does not divide the size.
        """
        size, slash, advance = text.strip().partition("/")
        if not slash:
            msg = f"a window is written size/advance, such as `24h/15m`; got {text!r}"
            raise SettingsError(msg)
        return cls(size.strip(), seconds(size), seconds(advance))

    def bounds(self, at: float) -> tuple[int, int]:
        """`[start, end)` of the window at time `at`, seconds since the epoch."""
        end = -int(-at // self.advance) * self.advance
        return end - self.size, end
