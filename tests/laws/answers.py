"""Drawn survey responses as they are sent, and the plainest book-keeping of what they come to."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

import orjson
from hypothesis import strategies as st

from stream.identity import Outcome
from stream.panes import Member

#: When the drawn traffic starts, seconds since the epoch, and how long it can go on; the clock stands at its end.
START, SPAN = 1_772_357_397, 400
#: Ease and satisfaction are added up in these parts of a scale.
UNIT = 25_200

SCALES = {"nps": [None, (1, 10)], "csat": [None, (1, 7), (0, 5)], "ces": [None, (1, 5)]}
DEFAULT = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
SATISFIED = {(1, 5): 4, (1, 7): 6, (0, 5): 4}


class Sent(NamedTuple):
    """A response; times in seconds after the start."""

    response: str
    question: str | None
    kpi: str
    scale: tuple[int, int] | None
    score: int | None
    high_is: str | None
    status: str
    occurred: int
    updated: int | None
    revision: int
    channel: str
    team: str

    def json(self) -> bytes:
        """As the survey tool sends it."""
        scale = self.scale or (DEFAULT[self.kpi] if self.high_is else None)
        event = {
            "response_id": self.response,
            "question": self.question,
            "kpi": self.kpi,
            "scale": scale and {"min": scale[0], "max": scale[1], "high_is": self.high_is},
            "score": self.score,
            "status": self.status,
            "occurred_at": _time(self.occurred),
            "updated_at": None if self.updated is None else _time(self.updated),
            "revision": self.revision,
            "channel": self.channel,
            "team": self.team,
        }
        return orjson.dumps(event)


def _time(seconds: int) -> str:
    return (datetime.fromtimestamp(START, UTC) + timedelta(seconds=seconds)).isoformat()


@st.composite
def responses(draw: st.DrawFn, number: int) -> Sent:
    """A response out of few, so that many are corrections; times creep on with their number."""
    kpi = draw(st.sampled_from(sorted(SCALES)))
    scale = draw(st.sampled_from(SCALES[kpi]))
    low, high = scale or DEFAULT[kpi]
    status = draw(st.sampled_from(["answered"] * 6 + ["skipped", "declined", "excluded", "deleted"]))
    without = status in {"skipped", "deleted"}
    occurred = min(SPAN, number * 8 + draw(st.integers(0, 100)))
    return Sent(
        draw(st.sampled_from(["r1", "r2", "r3"])),
        draw(st.sampled_from([None, "q"])),
        kpi,
        scale,
        draw(st.none() | st.integers(low, high)) if without else draw(st.integers(low, high)),
        draw(st.sampled_from([None, "harder"])) if kpi == "ces" else None,
        status,
        occurred,
        draw(st.none() | st.integers(occurred, SPAN)),
        draw(st.integers(0, 1)),
        draw(st.sampled_from(["phone", "chat"])),
        draw(st.sampled_from(["t1", "t2"])),
    )


#: What no book-keeping can use.
BROKEN = st.sampled_from([
    b"",
    b"not json",
    b'{"response_id":"r1","kpi":"nps","occurred_at":"2026-03-01T09:30:00Z","score":11}',
    b'{"response_id":"r1","kpi":"nps","occurred_at":"2026-03-01T09:30:00Z","score":null}',
    b'{"response_id":"r1","kpi":"nps","occurred_at":"2026-03-01T09:30:00","score":9}',
    b'{"response_id":"r1","kpi":"nps","occurred_at":"2126-03-01T09:30:00Z","score":9}',
])  # fmt: skip


@st.composite
def traffic(draw: st.DrawFn) -> list[Sent | bytes]:
    """Responses in the order they come in, some twice, some broken."""
    sent: list[Sent | bytes] = []
    for number, kind in enumerate(draw(st.lists(st.integers(0, 9), max_size=40))):
        if kind == 0:
            sent.append(draw(BROKEN))
        elif kind == 1 and sent:
            sent.append(draw(st.sampled_from(sent)))
        else:
            sent.append(draw(responses(number)))
    return sent


@dataclass
class Books:
    """One line for each answer, struck out and written anew; `outcomes` says what became of each record."""

    late_after: int
    clock: int = -START
    outcomes: list[Outcome] = field(default_factory=list)
    lines: dict[tuple[str, str], tuple[tuple[int, int], int, Sent]] = field(default_factory=dict)

    def enter(self, sent: Sent | bytes) -> None:
        """Take a record into the books."""
        self.outcomes.append("rejected" if isinstance(sent, bytes) else self._enter(sent))

    def _enter(self, sent: Sent) -> Outcome:
        clock, self.clock = self.clock, max(self.clock, sent.occurred)
        identity = (sent.response, sent.question or sent.kpi)
        version = (sent.occurred if sent.updated is None else sent.updated, sent.revision)
        known = self.lines.get(identity)
        if known and version <= known[0]:
            return "duplicate"
        first = known[1] if known else sent.occurred
        if first < clock - self.late_after:
            return "late"
        self.lines[identity] = (version, first, sent)
        if sent.status == "deleted":
            return "deleted"
        return "corrected" if known else "accepted"

    def totals(self, kpi: str, start: int, end: int) -> dict[Member, Counter[str]]:
        """The fields of a KPI for every member, over the answers first given in a span of time."""
        totals: defaultdict[Member, Counter[str]] = defaultdict(Counter)
        for _, first, sent in self.lines.values():
            if sent.kpi == kpi and start <= START + first < end:
                for member in (("all", "all"), ("channel", sent.channel), ("team", sent.team)):
                    totals[member].update(_fields(sent))
        return {member: +fields for member, fields in totals.items() if +fields}


def _fields(sent: Sent) -> dict[str, int]:
    if sent.status == "skipped":
        return {"skipped": 1}
    if sent.status != "answered" or sent.score is None:
        return {}
    low, high = sent.scale or DEFAULT[sent.kpi]
    score = low + high - sent.score if sent.high_is == "harder" else sent.score
    if sent.kpi == "nps":
        return {"promoters" if score >= 9 else "passives" if score >= 7 else "detractors": 1}
    points = UNIT * Fraction(score - low, high - low)
    good = score >= SATISFIED[low, high] if sent.kpi == "csat" else 1 + 6 * points / UNIT >= 5
    return {
        "satisfied" if sent.kpi == "csat" else "easy": int(good),
        "answered": 1,
        "points": int(points),
        "points_squared": int(points) ** 2,
    }


def books(traffic_: Sequence[Sent | bytes], late_after: int) -> Books:
    """The books after all of it."""
    kept = Books(late_after)
    for sent in traffic_:
        kept.enter(sent)
    return kept
