"""Answers of many members: so many of each dimension, all of them in every window."""

import random
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from stream.events.times import isoformat

_SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
_HOUR, _DAY = 3_600, 86_400
#: Before now, as parts of all answers: what the windows reach back.
_SPANS = ((30 * _DAY - _HOUR, 0.5), (_DAY, 0.25), (_HOUR + 300, 0.25))


class Crowd(NamedTuple):
    """How many members there are of each dimension, and crosses of the first three; and which KPIs are asked for."""

    title: str
    channels: int
    touchpoints: int
    segments: int
    teams: int
    surveys: int
    kpis: tuple[str, ...] = tuple(_SCALES)

    @property
    def members(self) -> int:
        """Of all scopes."""
        return self.channels + self.touchpoints + self.segments + self.teams + self.surveys

    @property
    def crosses(self) -> int:
        """Combinations of channel, touchpoint and segment."""
        return self.channels * self.touchpoints * self.segments

    def answers(self, count: int, now: float, seed: int = 1) -> Iterator[bytes]:
        """Answers from all members alike, in the order of their times, up to now.

        >>> crowd = Crowd("small", 2, 2, 2, 4, 3)
        >>> crowd.members, crowd.crosses, len({orjson.loads(each)["team"] for each in crowd.answers(100, 1e9)})
        (13, 8, 4)
        """
        chance = random.Random(seed)
        for number, at in enumerate(_times(count, now)):
            kpi = chance.choice(self.kpis)
            yield orjson.dumps(
                {
                    "response_id": f"r-{number:09}",
                    "kpi": kpi,
                    "occurred_at": isoformat(round(at, 3)),
                    "score": chance.randint(*_SCALES[kpi]),
                    "channel": f"channel-{chance.randrange(self.channels)}",
                    "touchpoint": f"touchpoint-{chance.randrange(self.touchpoints)}",
                    "segment": f"segment-{chance.randrange(self.segments)}",
                    "team": f"team-{chance.randrange(self.teams)}",
                    "survey_id": f"survey-{chance.randrange(self.surveys)}",
                }
            )


def _times(count: int, now: float) -> Iterator[float]:
    """From the longest span on, each a part of its own until the next one begins."""
    ends = [span for span, _ in _SPANS[1:]] + [0]
    for (span, part), end in zip(_SPANS, ends, strict=True):
        number = round(count * part)
        yield from (now - span + (span - end) * each / number for each in range(number))


SERIES = Crowd("20,000 series", channels=5, touchpoints=6, segments=4, teams=110, surveys=20)
LARGE = Crowd("10,000 members and crosses", 8, touchpoints=25, segments=40, teams=1_000, surveys=927, kpis=("nps",))
