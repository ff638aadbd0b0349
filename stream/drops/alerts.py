"""Alerts: what is said of a drop, and what a sequence of them comes to."""

from collections import defaultdict
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, NamedTuple, Self

import orjson

from stream.drops.explain import Part
from stream.events.times import isoformat, parse_time

State = Literal["raised", "resolved"]


class Chart(NamedTuple):
    """Which chart an alert is of."""

    kpi: str
    scope: str
    member: str


@dataclass(frozen=True)
class Alert:
    """A drop that was found, or that is over; times in seconds since the epoch, figures in the unit of the score.

    `at` is when it was known, `begin` and `end` bound the drop itself. `drop` is how much worse than `baseline` the
    `answers` since the begin are, positive also where a rise is the bad news. The baseline is the mean of `compared`
    answers, with that standard deviation of one. `accepted` is set where nothing recovered, but the drop has become
    what is usual.
    """

    kpi: str
    scope: str
    member: str
    state: State
    at: float
    begin: float
    end: float | None
    drop: float
    lower: float
    upper: float
    baseline: float
    compared: int
    deviation: float
    answers: int
    accepted: bool = False
    explained_by: tuple[Part, ...] = field(default=())

    @property
    def chart(self) -> Chart:
        """Which chart it is of."""
        return Chart(self.kpi, self.scope, self.member)

    @property
    def id(self) -> str:
        """The same for the raised and the resolved record, and however often it is found."""
        return f"{self.kpi}/{self.scope}/{self.member}/{isoformat(self.begin)}"

    def as_json(self) -> dict[str, Any]:
        """As it stands in `feedback.alerts` and in the output of `replay`."""
        said = asdict(self)
        said["explained_by"] = [part._asdict() for part in self.explained_by]
        for name in ("at", "begin", "end"):
            said[name] = None if said[name] is None else isoformat(said[name])
        return {"id": self.id, **said}

    def encoded(self) -> bytes:
        """As a record's value.

        >>> alert = Alert("nps", "all", "all", "raised", 660, 600, None, 21.3, 14, 28.6, 30.2, 1985, 78, 374)
        >>> Alert.read(alert.encoded()) == alert
        True
        """
        return orjson.dumps(self.as_json())

    @classmethod
    def read(cls, value: bytes) -> Self:
        """The alert of a record.

        Raises:
            ValueError: if it is none.
        """
        try:
            said = orjson.loads(value)
            said.pop("id", None)
            for name in ("at", "begin", "end"):
                said[name] = None if said[name] is None else parse_time(said[name]).timestamp()
            said["explained_by"] = tuple(Part(**part) for part in said["explained_by"])
            return cls(**said)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"not an alert: {error}"
            raise ValueError(msg) from None

    def explains(self, other: "Alert | None") -> bool:
        """Whether it is the other one once more, with the explanation that was missing."""
        return other is not None and self.id == other.id and bool(self.explained_by) and not other.explained_by

    def closed(self, at: float, end: float, *, accepted: bool) -> "Alert":
        """The record that it is over."""
        return replace(self, state="resolved", at=at, end=end, accepted=accepted)


@dataclass
class History:
    """What the alerts of one chart came to: the open one, when what is watched begins anew, since when the past counts
    as usual, and the spans that do not.
    """

    open: Alert | None = None
    resumed: float = float("-inf")
    since: float = float("-inf")
    spans: list[tuple[float, float]] = field(default_factory=list)


class Book:
    """The alerts so far, as their records tell them in order; the same records give the same book.

    Of two views that raise an alert for one chart the first counts; whatever resolves a chart resolves what is open.
    """

    def __init__(self) -> None:
        self._histories: defaultdict[Chart, History] = defaultdict(History)

    def take(self, alert: Alert) -> None:
        """Take in a record."""
        history = self._histories[alert.chart]
        if alert.state == "raised":
            # One that began before the last one ended was raised by another view that had not heard of the end.
            raised = history.open is None and alert.begin >= history.resumed
            if raised or alert.explains(history.open):
                history.open = alert
            return
        history.open = None
        end = alert.end if alert.end is not None else alert.at
        if end <= history.resumed:
            return
        history.resumed = end
        if alert.accepted:
            history.since = alert.begin
        else:
            history.spans.append((alert.begin, end))

    def of(self, chart: Chart) -> History:
        """What is known of a chart."""
        return self._histories.get(chart) or History()

    def open(self) -> list[Alert]:
        """The alerts that are raised, oldest first; other threads ask for them too."""
        found = [alert for history in list(self._histories.values()) if (alert := history.open) is not None]
        return sorted(found, key=lambda alert: (alert.begin, alert.chart))

    def forget(self, before: float) -> None:
        """Let go of what ended before a moment that nothing is kept of."""
        for chart, history in list(self._histories.items()):
            history.spans = [span for span in history.spans if span[1] > before]
            if history.open is None and history.resumed < before:
                del self._histories[chart]
