"""When a contact centre is busy: two peaks a day, quiet nights, Mondays fuller than Sundays, in the time of Paris."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log

from stream.simulate.chance import Draw

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_MS = 3_600_000
_DAY_MS = 24 * HOUR_MS
#: The rate is constant for this long, and is looked up once.
_SLOT_MS = 900_000

#: Relative traffic at each full hour, and Monday to Sunday.
_HOURS = (0.15, 0.12, 0.10, 0.10, 0.12, 0.18, 0.35, 0.8, 1.5, 2.1, 2.4, 2.1, 1.4,
          1.5, 2.0, 2.3, 2.2, 1.9, 1.5, 1.1, 0.8, 0.55, 0.35, 0.2)  # fmt: skip
_DAYS = (1.25, 1.12, 1.05, 1.03, 1.0, 0.85, 0.7)

_MEAN_HOUR = sum(_HOURS) / len(_HOURS)
_MEAN_DAY = sum(_DAYS) / len(_DAYS)
_EDGES = tuple(pairwise((*_HOURS, _HOURS[0])))


def millis(at: datetime) -> int:
    """Milliseconds since the epoch, rounded up.

    >>> millis(datetime(1970, 1, 1, 0, 1, tzinfo=UTC))
    60000
    """
    return -((EPOCH - at) // timedelta(milliseconds=1))


def summer_time(at: datetime) -> bool:
    """Whether the European Union has its clocks forward: from the last Sunday of March to that of October, 01:00 UTC.

    Computed, since slim containers and Windows come without a time zone database.

    >>> summer_time(datetime(2026, 3, 29, 0, 59, tzinfo=UTC)), summer_time(datetime(2026, 3, 29, 1, tzinfo=UTC))
    (False, True)
    """
    begin, end = (_last_sunday(at.year, month) for month in (3, 10))
    return begin <= at < end


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=last.isoweekday() % 7)


def load(at_ms: int) -> float:
    """Traffic at that time relative to the mean; it is 1 on average over a week, and over an average day.

    >>> ten, three = (millis(datetime(2026, 3, 2, hour, tzinfo=UTC)) for hour in (9, 2))
    >>> round(load(ten), 2), round(load(three), 2)
    (2.79, 0.12)
    """
    at = EPOCH + timedelta(milliseconds=at_ms)
    local_ms = at_ms + HOUR_MS * (2 if summer_time(at) else 1)
    weekday = (local_ms // _DAY_MS + 3) % 7  # the epoch was a Thursday
    hour, into_ms = divmod(local_ms % _DAY_MS, HOUR_MS)
    before, after = _EDGES[hour]
    between = before + (after - before) * into_ms / HOUR_MS
    return between / _MEAN_HOUR * _DAYS[weekday] / _MEAN_DAY


class Arrivals:
    """Times of independent arrivals, `per_second` of them on average over a week, from `start_ms` on.

    Without `rhythm` the rate is the same day and night.

    >>> arrivals = Arrivals(lambda: 0.5, per_second=2, start_ms=0, rhythm=False)
    >>> arrivals.next(), arrivals.next()
    (346, 693)
    """

    def __init__(self, draw: Draw, per_second: float, start_ms: int, *, rhythm: bool = True) -> None:
        self._draw = draw
        self._mean_per_ms = per_second / 1000
        self._rhythm = rhythm
        self._at = float(start_ms)
        self._enter(start_ms)

    def _enter(self, at_ms: int) -> None:
        """Take the rate of the slot that begins or is running at that time."""
        begin = at_ms - at_ms % _SLOT_MS
        self._end = begin + _SLOT_MS
        self._per_ms = self._mean_per_ms * (load(begin + _SLOT_MS // 2) if self._rhythm else 1.0)

    def next(self) -> int:
        """The next arrival, in milliseconds since the epoch."""
        due = -log(1.0 - self._draw())  # how much of the rate must pass; what is left over goes on in the next slot
        while True:
            at = self._at + due / self._per_ms
            if at < self._end:
                self._at = at
                return int(at)
            due -= (self._end - self._at) * self._per_ms
            self._at = float(self._end)
            self._enter(self._end)
