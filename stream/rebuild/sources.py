"""What the source topics still have, against what the tables hold: what would be lost by counting anew."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from faust.types import TP

from stream.events import SOURCES
from stream.events.times import isoformat
from stream.layout import horizon
from stream.partitions import remembered
from stream.settings import Settings
from stream.watch.offsets import Offsets


class Source(NamedTuple):
    """A source topic: how many records it has, and has had; since when it is whole (None: since it was made).

    `needed` is since when records are needed for all that tables and indexes hold. Times are in seconds.
    """

    topic: str
    records: int
    removed: int
    since: float | None
    needed: float

    @property
    def loses(self) -> bool:
        """Whether something that the tables may hold cannot be counted any more."""
        return self.since is not None and self.since > self.needed

    def __str__(self) -> str:
        """One line for people.

        >>> print(Source("feedback.surveys", 1200, 0, None, 0.0))
        feedback.surveys: 1,200 records, whole since it was made; nothing is lost
        >>> print(Source("feedback.surveys", 1200, 800, 1_772_359_200.0, 1_770_000_000.0))
        feedback.surveys: 1,200 records, whole since 2026-03-01T10:00:00Z; what came before, and after \
2026-02-02T02:40:00Z, is still held and will be LOST
        """
        whole = "since it was made" if self.since is None else f"since {isoformat(self.since)}"
        lost = f"what came before, and after {isoformat(self.needed)}, is still held and will be LOST"
        return f"{self.topic}: {self.records:,} records, whole {whole}; {lost if self.loses else 'nothing is lost'}"


async def look(settings: Settings, offsets: Offsets, tps: Iterable[TP], now: float) -> list[Source]:
    """Look at every source topic.

    Raises:
        KafkaError: if the broker does not answer.
    """
    tps = list(tps)
    begins, ends = await offsets.begins(tps), await offsets.ends(tps)
    cut = [tp for tp in tps if begins[tp] > 0]
    times = {tp: await offsets.time_of(tp, begins[tp]) if ends[tp] > begins[tp] else int(now * 1000) for tp in cut}
    return [_source(settings, topic, begins, ends, times, now) for topic in SOURCES]


def _source(
    settings: Settings,
    topic: str,
    begins: Mapping[TP, int],
    ends: Mapping[TP, int],
    times: Mapping[TP, int | None],
    now: float,
) -> Source:
    own = [tp for tp in begins if tp.topic == topic]
    removed = sum(begins[tp] for tp in own)
    # Where its first record cannot be seen, nothing is known of what came before now.
    since = [now if ms is None else ms / 1000 for tp, ms in times.items() if tp.topic == topic]
    needed = now - max(horizon(settings), remembered(settings, topic))
    return Source(topic, sum(ends[tp] - begins[tp] for tp in own), removed, max(since, default=None), needed)
