"""How a contestant tells what it has done: JSON lines on its standard output, with the times of that very moment."""

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

#: Events between two reports.
_EVERY = 1_000


def report(events: int, **more: Any) -> None:
    """Say how many events are done, bad ones included; `cpu` is user and system time of all the process's threads.

    The last report of a contestant says `done`, and what it has counted.
    """
    line = {"events": events, "wall": time.monotonic(), "cpu": time.process_time(), **more}
    print(json.dumps(line), file=sys.__stdout__, flush=True)  # Faust redirects sys.stdout into its log


class Progress:
    """What a peer has read and what it has counted; the end is reported once so many answers are counted."""

    def __init__(self, answers: int | None = None) -> None:
        self._answers = int(os.environ["BENCH_ANSWERS"]) if answers is None else answers
        self._events = self._reported = self._total = 0
        self._counts: dict[str, int] = {}

    def read(self, events: int = 1) -> None:
        """So many more events were taken from the topic, bad ones included."""
        self.reached(self._events + events)

    def reached(self, events: int) -> None:
        """So many events in all were taken from the topic."""
        self._events = events
        if events >= self._reported + _EVERY:
            self._reported = events
            report(events)

    def counted(self, start: int, key: str, count: int) -> None:
        """A key's count in the window that starts there, in seconds since the epoch, is now this."""
        cell = cell_of(start, key)
        self._total += count - self._counts.get(cell, 0)
        self._counts[cell] = count
        if self._total >= self._answers:
            self.finish(self._counts)

    def answered(self) -> bool:
        """One more answer is counted; whether it is the last, and the counts can be shown."""
        self._total += 1
        return self._total >= self._answers

    def finish(self, counts: Mapping[str, int]) -> None:
        """Report the end, with what was counted."""
        report(self._events, done=True, counts=counts)


def cell_of(start: int, key: str) -> str:
    """How a key's count in the window that starts there is named in reports.

    >>> cell_of(1772355600, "phone:promoters")
    '1772355600 phone:promoters'
    """
    return f"{start} {key}"
