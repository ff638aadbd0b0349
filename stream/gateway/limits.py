"""What keeps the gateway within bounds: deliveries a second, bytes in memory, deliveries that it remembers."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from math import ceil


class Bucket:
    """So many deliveries a second on average, with bursts of two seconds' worth.

    >>> bucket = Bucket(rate=0.5, now=0.0)
    >>> bucket.take(now=0.0), bucket.take(now=0.5), bucket.take(now=2.0)
    (0, 2, 0)
    """

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._size = max(1.0, 2 * rate)
        self._left = self._size
        self._at = now

    def take(self, now: float) -> int:
        """Take one at `now`, by a clock that is never set, in seconds; or after how many whole ones to try again."""
        self._left = min(self._size, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return max(1, ceil((1 - self._left) / self._rate))
        self._left -= 1
        return 0


class FullError(Exception):
    """More is being held than may be."""


class Budget:
    """So many bytes of bodies may be held at once.

    >>> budget = Budget(10)
    >>> with budget.hold() as more:
    ...     more(7)
    ...     budget.held
    7
    >>> budget.held
    0
    """

    def __init__(self, limit: int) -> None:
        self.held = 0
        self._limit = limit

    @contextmanager
    def hold(self) -> "Iterator[_Hold]":
        """Hold bytes inside, as they come: call what is given with the number of each further ones.

        Raises:
            FullError: by that call, if they would be too many.
        """
        hold = _Hold(self)
        try:
            yield hold
        finally:
            self.held -= hold.held

    def _take(self, size: int) -> None:
        if self.held + size > self._limit:
            raise FullError
        self.held += size


class _Hold:
    def __init__(self, budget: Budget) -> None:
        self.held = 0
        self._budget = budget

    def __call__(self, size: int) -> None:
        self._budget._take(size)  # noqa: SLF001  both are one thing
        self.held += size


class Recent:
    """The deliveries that were taken last, to know those that come again.

    A delivery's id is not always signed, so a delivery is the same only with the same body. Every gateway has a memory
    of its own, which ends with it: exactness comes from the events' identities, this saves the work.

    >>> recent = Recent(100)
    >>> recent.add(recent.key("stripe", "evt_1", b"{}"))
    >>> recent.key("stripe", "evt_1", b"{}") in recent, recent.key("stripe", "evt_1", b"{ }") in recent
    (True, False)
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: OrderedDict[bytes, None] = OrderedDict()

    @staticmethod
    def key(source: str, delivery: str, body: bytes) -> bytes:
        """What stands for a delivery."""
        name = blake2b(f"{source}\0{delivery}".encode(errors="replace")).digest()
        return blake2b(body, digest_size=16, key=name).digest()

    def add(self, key: bytes) -> None:
        """Remember a delivery, and forget the oldest one beyond the limit."""
        self._keys[key] = None
        if len(self._keys) > self._limit:
            self._keys.popitem(last=False)

    def __contains__(self, key: bytes) -> bool:
        return key in self._keys
