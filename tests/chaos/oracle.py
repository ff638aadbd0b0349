"""What the tables must hold, worked out anew from the source topics: the definitions, and nothing of the service.

One pass in the order of offsets leaves what remains of each answer; that is then counted by pane, scope and member.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson

from ..integration.journeys import Part, parts
from ..integration.settled import Settled
from .world import (
    CASES,
    CHURN,
    CONTACTS,
    CROSS,
    CROSS_FROM,
    GRACE,
    INVITATIONS,
    KPIS,
    MAX_AHEAD,
    ORDERS,
    SCOPES,
    SURVEYS,
    VERBATIMS,
    WINDOWS,
)

#: Where a value stands in a table: scope, member, advance, start of the pane; start None is all that is older.
Place = tuple[str, str, int, int | None]
Cells = dict[Place, list[int]]

_SECOND = 1_000_000
_SCALES = {"nps": (0, 10), "enps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
_UNIT = 25_200
_TYPES = {
    CONTACTS: "contact", ORDERS: "order", CASES: "case", INVITATIONS: "invitation", VERBATIMS: "verbatim",
}  # fmt: skip
_STATUSES = ("answered", "skipped", "declined", "excluded", "deleted")
_DIMENSIONS = ("channel", "touchpoint", "segment", "team", "survey_id")
_HORIZON = max(size for size, _ in WINDOWS.values()) + MAX_AHEAD + GRACE

#: Size of the longest window of each advance, for the scopes and for their cross.
SIZES = {advance: size for size, advance in WINDOWS.values()}
_CROSSED = {advance for advance, size in SIZES.items() if size >= CROSS_FROM}


class BadRecordError(Exception):
    """A record that must go to the dead letters."""


class Kept(NamedTuple):
    """What remains of an answer or a change; `counts` names its KPI and what it adds there, None for nothing."""

    version: tuple[int, int]
    time: int
    members: tuple[str, ...]
    counts: tuple[tuple[str, tuple[int, ...]], ...]


def floor(advance: int, stream_time: int) -> int:
    """Start of the oldest pane that a table keeps."""
    return (stream_time - SIZES[advance] - MAX_AHEAD - GRACE) // advance * advance


class Partition:
    """The truth of one partition of a source topic, fed in the order of offsets."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.outcomes: Counter[str] = Counter()
        self.end = 0
        self._latest = 0
        self._kept: dict[Any, Kept] = {}
        self._levels: dict[tuple[str, ...], dict[int, int]] = {}
        self._settled = Settled(_HORIZON)
        self._judge = {SURVEYS: self._survey, CHURN: self._customer}.get(topic, self._journey)

    @property
    def stream_time(self) -> int:
        """The greatest event time, in seconds."""
        return max(self._latest // _SECOND, self._settled.stream_time)

    def feed(self, records: Iterable[tuple[int, int, bytes | None]]) -> None:
        """Take in records: offset, time of append in milliseconds, value."""
        for offset, appended, value in records:
            try:
                outcome = self._judge(_object(value), appended * 1_000 + (MAX_AHEAD + 5) * _SECOND)
            except BadRecordError:
                outcome = "rejected"
            self.outcomes[outcome] += 1
            self.end = offset + 1

    def _survey(self, event: dict[str, Any], limit: int) -> str:
        at, kpi = _moment(event["occurred_at"], limit), event["kpi"]
        status, score = event.get("status", "answered"), event.get("score")
        counts = _counts(kpi, score, status)
        updated = event.get("updated_at")
        version = (_moment(updated, limit) if updated else at, event.get("revision", 0))
        members = _members(*(event.get(name, "unknown") for name in _DIMENSIONS))
        return self._keep(_name(event["response_id"]) + "\0" + kpi, at, Kept(version, at, members, counts), status)

    def _customer(self, event: dict[str, Any], limit: int) -> str:
        at = _moment(event["occurred_at"], limit)
        if "customers" in event:
            combination = _members(*(event.get(name, "unknown") for name in _DIMENSIONS))
            counts = self._levels.setdefault(combination, {})
            self._latest, known = max(self._latest, at), at in counts
            counts.setdefault(at, event["customers"])
            return "duplicate" if known else "accepted"
        members = _members(*(event.get(name, "unknown") for name in _DIMENSIONS))
        change = event["change"]
        counted = (
            ("churn", (0, int(change == "lost"), int(change == "reactivated"))),
            ("retention", (0, int(change == "joined"), int(change == "lost"), int(change == "reactivated"))),
        )
        return self._keep((event["customer_id"], change, at), at, Kept((0, 0), at, members, counted), "answered")

    def _journey(self, event: dict[str, Any], limit: int) -> str:
        return self._settled.take({"type": _TYPES[self.topic], **event})

    def _keep(self, identity: Any, at: int, new: Kept, status: str) -> str:
        old = self._kept.get(identity)
        stream_time, self._latest = self.stream_time, max(self._latest, at)
        if old is not None:
            if new.version <= old.version:
                return "duplicate"
            new = new._replace(time=old.time)
        if new.time // _SECOND < stream_time - _HORIZON:
            return "late"
        self._kept[identity] = new
        if status == "deleted":
            return "deleted"
        return "accepted" if old is None else "corrected"

    def contributions(self, kpi: str) -> Iterator[tuple[int, tuple[str, ...], tuple[int, ...], int]]:
        """Second, members, what is added to the fields, and how often."""
        found = Counter(
            (kept.time // _SECOND, kept.members, vector)
            for kept in self._kept.values()
            for name, vector in kept.counts
            if name == kpi
        )
        for (second, members, vector), times in found.items():
            yield second, members, vector, times
        for part in self._parts():
            if part.kpi == kpi:
                labelled = (*part.members, part.label) if KPIS[kpi].label else part.members
                yield part.at // _SECOND, labelled, tuple(part.adds.get(name, 0) for name in KPIS[kpi].fields), 1
        if self._levels:
            rest = (0,) * (len(KPIS[kpi].fields) - 1)
            for members, counts in self._levels.items():
                first, before = min(counts), 0
                for at in sorted(counts):
                    # The first count stands for all that was before it; each holds from its own moment on.
                    yield 0 if at == first else (at - 1) // _SECOND, members, (counts[at] - before, *rest), 1
                    before = counts[at]

    @cache  # noqa: B019  it is asked once all is in, and lives as long as what is asked
    def _parts(self) -> list[Part]:
        return parts(self._settled.things)

    def cells(self, kpi: str) -> Cells:
        """The table of a KPI: every pane that is still kept, and the opening of what holds on."""
        floors = {advance: floor(advance, self.stream_time) for advance in SIZES}
        levels = [KPIS[kpi].fields.index(name) for name in KPIS[kpi].levels]
        cells: Cells = {}
        for second, members, vector, times in self.contributions(kpi):
            for advance, first in floors.items():
                start: int | None = second // advance * advance
                added = vector
                if start is not None and start < first:
                    if not any(vector[level] for level in levels):
                        continue
                    start, added = None, tuple(n if place in levels else 0 for place, n in enumerate(vector))
                for scope, member in _places(members, advance if KPIS[kpi].crossed else 0):
                    cell = cells.setdefault((scope, member, advance, start), [0] * len(vector))
                    for place, n in enumerate(added):
                        cell[place] += n * times
        return cells


def _object(value: bytes | None) -> dict[str, Any]:
    try:
        found = orjson.loads(value or b"")
    except orjson.JSONDecodeError as error:
        raise BadRecordError from error
    if not isinstance(found, dict) or "occurred_at" not in found:
        raise BadRecordError
    return found


def _name(text: Any) -> str:
    if not isinstance(text, str) or not text:
        raise BadRecordError
    return text


def _moment(text: str, limit: int) -> int:
    at = _micros(text)
    if at is None or at > limit:
        raise BadRecordError
    return at


@lru_cache(1 << 20)
def _micros(text: str) -> int | None:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        return None
    return int(time.replace(microsecond=0).timestamp()) * _SECOND + time.microsecond


@lru_cache(1 << 16)
def _members(*members: str) -> tuple[str, ...]:
    return members


@lru_cache(1 << 10, typed=True)
def _counts(kpi: str, score: Any, status: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """What an answer adds to the fields of its KPI."""
    if kpi not in _SCALES or status not in _STATUSES:
        raise BadRecordError
    low, high = _SCALES[kpi]
    if score is None:
        if status not in {"skipped", "deleted"}:
            raise BadRecordError
    elif type(score) is not int or not low <= score <= high:
        raise BadRecordError
    if status in {"declined", "excluded", "deleted"}:
        return ()
    net = kpi in {"nps", "enps"}
    if status == "skipped":
        return ((kpi, (0, 0, 0, 1) if net else (0, 0, 1, 0, 0)),)
    if net:
        return ((kpi, (int(score >= 9), int(score in {7, 8}), int(score <= 6), 0)),)
    points = (score - low) * _UNIT // (high - low)
    good = score >= (4 if kpi == "csat" else 5)
    return ((kpi, (int(good), 1, 0, points, points * points)),)


@lru_cache(1 << 16)
def _places(members: tuple[str, ...], advance: int) -> tuple[tuple[str, str], ...]:
    """Scope and member of each row; with a label it is the last of the members, and of each name."""
    by_name = dict(zip(("channel", "touchpoint", "segment", "team", "survey"), members[:5], strict=True))
    label = members[5:]
    places: list[tuple[str, tuple[str, ...]]] = [("all", ("all",)), *((scope, (by_name[scope],)) for scope in SCOPES)]
    if advance in _CROSSED:
        places.append((",".join(CROSS), tuple(by_name[scope] for scope in CROSS)))
    return tuple((scope, "\x1f".join((*names, *label))) for scope, names in places)
