"""What is going to happen and be sent, in the order of time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import orjson

from stream.simulate.chance import Draw
from stream.simulate.rhythm import Arrivals


class Simulated(NamedTuple):
    """A record of the simulated centre: sent at `at` (UTC) to `topic`, with its key and the bytes of its value.

    The value is None for the empty records that the scenario `bad-input` sends.
    """

    at: datetime
    topic: str
    key: str
    value: bytes | None


#: Does what is to be done at a time, in milliseconds since the epoch.
Action = Callable[[int], None]

#: When, in which order at equal times (so that equal seeds give equal orders), and either an action or a record.
_Entry = tuple[int, int, Action | None, str, str, bytes]
_SLOT_MS = 10_000


class Agenda:
    """Records to send and actions to take; an action may enter more of both, at its own time or later.

    >>> agenda = Agenda()
    >>> agenda.act(2000, lambda at: agenda.send(at + 500, "feedback.cases", "k-1", b"{}"))
    >>> agenda.send(1000, "feedback.cases", "k-0", b"{}")
    >>> [f"{record.at:%S.%f} {record.key}" for record in agenda.records()]
    ['01.000000 k-0', '02.500000 k-1']
    """

    def __init__(self) -> None:
        self._entered = 0
        #: What is due in the running slot, ordered, and what is due in later ones, not yet ordered: answers and cases
        #: wait for hours, and a heap of all of them would be slow.
        self._slot = -1
        self._due: list[_Entry] = []
        self._later: dict[int, list[_Entry]] = {}
        self._slots: list[int] = []

    def send(self, at_ms: int, topic: str, key: str, value: bytes) -> None:
        """Enter a record to be sent at that time."""
        self._enter((at_ms, self._entered, None, topic, key, value))

    def act(self, at_ms: int, action: Action) -> None:
        """Enter an action to be taken at that time."""
        self._enter((at_ms, self._entered, action, "", "", b""))

    def _enter(self, entry: _Entry) -> None:
        self._entered += 1
        slot = entry[0] // _SLOT_MS
        if slot <= self._slot:
            heappush(self._due, entry)
        elif slot in self._later:
            self._later[slot].append(entry)
        else:
            self._later[slot] = [entry]
            heappush(self._slots, slot)

    def _advance(self) -> None:
        """Begin the next slot that holds anything."""
        self._slot = heappop(self._slots)
        self._due = self._later.pop(self._slot)
        heapify(self._due)

    def each(self, arrivals: Arrivals, action: Action, until_ms: int | None = None) -> None:
        """Take the action at each arrival before `until_ms`."""

        def arrive(at_ms: int) -> None:
            action(at_ms)
            following()

        def following() -> None:
            at_ms = arrivals.next()
            if until_ms is None or at_ms < until_ms:
                self.act(at_ms, arrive)

        following()

    def records(self) -> Iterator[Simulated]:
        """The records by the time they are sent, until nothing is left to do."""
        while self._due or self._later:
            if not self._due:
                self._advance()
            at_ms, _, action, topic, key, value = heappop(self._due)
            if action is None:
                yield Simulated(datetime.fromtimestamp(at_ms / 1000, UTC), topic, key, value)
            else:
                action(at_ms)


#: Sending delay in milliseconds: mostly a second, one record in a hundred takes minutes and comes out of order.
_LAGS = (
    *(50 + 30 * step for step in range(70)),
    *(2_000 + 720 * step for step in range(25)),
    *(20_000 + 25_000 * step for step in range(4)),
    240_000,
)


class Sender:
    """Enters events to be sent a little after they happened, as the systems of a contact centre do.

    >>> agenda = Agenda()
    >>> Sender(agenda, lambda: 0.0).send(1000, "feedback.cases", "k-1", {"case_id": "k-1"})
    >>> next(agenda.records()).value
    b'{"case_id":"k-1"}'
    """

    def __init__(self, agenda: Agenda, draw: Draw) -> None:
        self._enter = agenda.send
        self._draw = draw

    def send(self, happened_ms: int, topic: str, key: str, event: dict[str, Any]) -> None:
        """Send the event shortly after it happened."""
        # A copy, since what orjson 3.13 returns holds on to its buffer of some 4 kB, and many records wait for hours.
        value = b"%b" % orjson.dumps(event)
        self._enter(happened_ms + _LAGS[int(self._draw() * 100)], topic, key, value)
