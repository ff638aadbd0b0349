"""From the things in a file to records, by the source that has exported them, and what is to be said of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from multidict import CIMultiDict

from stream.errors import Rejected
from stream.gateway.intake import place_of
from stream.gateway.records import Preparer, Problem, Record
from stream.imports.reading import Thing
from stream.sources import Event, Source

#: Of each reason so many are shown.
_SHOWN = 3


class Report:
    """What became of a file.

    >>> report = Report()
    >>> report.reject("line 7", Rejected("out_of_range", "score", "score must be 0 to 10; got 11"))
    >>> print(report)
    events: 0
    rejected: 1
      out_of_range: 1
        line 7: score must be 0 to 10; got 11
    """

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.passed_over = 0
        self._first: dict[str, list[str]] = {}

    def reject(self, place: str, error: Rejected) -> None:
        """Count what cannot be counted."""
        self.rejected[error.reason] += 1
        first = self._first.setdefault(error.reason, [])
        if len(first) < _SHOWN:
            first.append(f"{place}: {error}")

    def __str__(self) -> str:
        lines = [f"events: {self.events.total()}"]
        lines += [f"  {name}: {count}" for name, count in sorted(self.events.items())]
        if self.passed_over:
            lines.append(f"passed over: {self.passed_over}")
        if self.rejected:
            lines.append(f"rejected: {self.rejected.total()}")
        for reason, count in sorted(self.rejected.items()):
            lines.append(f"  {reason}: {count}")
            lines += [f"    {said}" for said in self._first[reason]]
        return "\n".join(lines)


def records(
    things: Iterable[Thing], source: Source, preparer: Preparer, headers: Mapping[str, str], now: float, report: Report
) -> Iterator[Record]:
    """The records of the events in things, at `now` in seconds since 1970; the report grows as they are taken."""
    given = CIMultiDict(headers)
    named = (("feedback-source", source.name.encode()),)
    for place, value in things:
        try:
            for events in _deliveries(source, value, given):
                prepared = preparer.prepare(events, named, now)
                bad = {position for position, _ in prepared.problems}
                report.events.update(str(event["type"]) for number, event in enumerate(events) if number not in bad)
                report.passed_over += not events
                for problem in prepared.problems:
                    report.reject(_within(place, problem, len(events)), problem.error)
                yield from prepared.records
        except Rejected as error:
            report.reject(place, error)


def _within(place: str, problem: Problem, several: int) -> str:
    return place if several == 1 else f"{place}, event {problem.position + 1}"


def _deliveries(source: Source, value: Any, headers: Mapping[str, str]) -> Iterator[list[Event]]:
    """The events of each delivery in a thing.

    Raises:
        Rejected: whatever is wrong with it.
    """
    if isinstance(value, Rejected):
        raise value
    try:
        deliveries = source.exported(value)
        if not deliveries:
            yield []
        for delivery in deliveries:
            yield source.events(delivery, headers)
    except Rejected:
        raise
    except Exception as error:  # a form that its file does not foresee
        msg = f"the source {source.name} cannot read it: {place_of(error)}"
        raise Rejected("unexpected_form", "", msg) from None
