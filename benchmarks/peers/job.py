"""The common job: how many promoters, passives and detractors each channel has, in tumbling windows of one hour.

All peers share this decoding, as quick as Python has it: the four fields that the job needs, and no others. Only Faust
has its own, which is how its users get at fields.
"""

import os
from datetime import datetime
from typing import Annotated

import msgspec

BROKER = os.environ.get("BENCH_BROKER", "127.0.0.1:9092")
TOPIC = os.environ.get("BENCH_TOPIC", "feedback.surveys")
#: The consumer group, another one in each run.
GROUP = os.environ.get("BENCH_GROUP", "bench")
#: Where to keep state.
DIRECTORY = os.environ.get("BENCH_DIRECTORY", ".")

WINDOW_S = 3_600
#: How long windows wait for late events. Partitions are read at different speeds, which leaves a backlog far out of
#: order: on a busy machine a quarter of an hour was not enough. This is as long as the longest backlog.
GRACE_S = 21_600
#: How often state is made durable, by those who can be told. Their defaults are 5 to 30 s, longer than some runs take.
SAVE_S = 1

_GROUPS = ("detractors",) * 7 + ("passives",) * 2 + ("promoters",) * 2


class _Answer(msgspec.Struct, gc=False):
    kpi: str
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    score: int
    channel: str = "unknown"


_decode = msgspec.json.Decoder(_Answer).decode


def read(value: bytes) -> tuple[str, datetime] | None:
    """What an NPS answer counts for, and when; None for any other event, and for one that cannot be read.

    >>> read(b'{"kpi":"nps","score":9,"channel":"phone","occurred_at":"2026-03-01T09:30:00Z"}')
    ('phone:promoters', datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.timezone.utc))
    >>> read(b'{"kpi":"nps","score":11,"channel":"phone","occurred_at":"2026-03-01T09:30:00Z"}')
    """
    try:
        answer = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return key_of(answer.kpi, answer.score, answer.channel, answer.occurred_at)


def key_of(kpi: str, score: int, channel: str, at: datetime) -> tuple[str, datetime] | None:
    """The same of the fields."""
    if kpi != "nps" or not 0 <= score <= 10:
        return None
    return f"{channel}:{group_of(score)}", at


def group_of(score: int) -> str:
    """Who gives such a score."""
    return _GROUPS[score]
