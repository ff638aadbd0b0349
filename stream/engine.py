"""One partition of one topic: records in, tables and outcomes out; no clock, no broker."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from stream.decode import Headers, decode
from stream.errors import Rejected
from stream.events import Observation
from stream.identity import Contribution, Identities, Outcome
from stream.index import Index
from stream.settings import Settings
from stream.table import Batch, Table, Vocabulary

#: Beyond so many different dimensions or measures the numbering starts anew, so that memory stays bounded.
_MAX_VOCABULARY = 200_000


class Record(Protocol):
    """What the engine reads of a Kafka record; a line of a file is one too."""

    @property
    def offset(self) -> int:
        """Place in its partition, or number of its line."""

    @property
    def value(self) -> bytes | None:
        """The event."""

    @property
    def headers(self) -> Headers:
        """Headers, which may make it a CloudEvent."""


class Rejection(NamedTuple):
    """A record that goes to the dead letters."""

    record: Record
    error: Rejected


class Processed(NamedTuple):
    """What became of a batch: each record is in exactly one outcome."""

    outcomes: Counter[Outcome]
    rejections: list[Rejection]


class Engine:
    """Decodes, identifies and counts the records of one partition, strictly in the order of their offsets.

    Records below `counted_from` were counted by an earlier run: they only bring the index up to date. `late_after` is
    how many seconds an event may be behind stream time, None for any. With `as_of`, only what can matter to the windows
    at that time is kept, and stream time moves nothing. `latest` is the time of the newest event, in microseconds.
    """

    def __init__(
        self,
        topic: str | None,
        tables: Sequence[Table],
        index: Index,
        settings: Settings,
        *,
        late_after: int | None = None,
        as_of: float | None = None,
    ) -> None:
        self.topic = topic
        self.tables = tables
        self.counted_from = min((table.position for table in tables), default=index.position)
        if index.position > self.counted_from:
            index.clear()  # a table was lost: to count anew, nothing may be taken for a duplicate
        self.position = min(index.position, self.counted_from)
        self.identities = Identities(index, late_after)
        self.latest = self.identities.stream_time * 1_000_000
        self._settings = settings
        self._as_of = as_of
        # A window ends at most one advance after the time it is looked at.
        self._until = None if as_of is None else int(as_of) + 1 + max(window.advance for window in settings.windows)
        self._schemes = [grid.scheme for grid in tables[0].grids] if tables else []
        self._vocabulary = Vocabulary(self._schemes)

    def process(self, records: Sequence[Record], now: float) -> Processed:
        """Count records; `now`, in seconds since the epoch, only bounds how far ahead an event may be."""
        rejections: list[Rejection] = []
        offsets, observations = self._observe(records, now, rejections)
        stored = self.identities.look_up(observations)
        outcomes: list[Outcome] = []
        contributions: list[Contribution] = []
        sources: list[int] = []
        counted_from, judge, latest = self.counted_from, self.identities.judge, self.latest
        for offset, observation, entry in zip(offsets, observations, stored, strict=True):
            outcome, parts = judge(observation, entry, latest // 1_000_000)
            latest = max(latest, observation.at)
            if offset >= counted_from:
                outcomes.append(outcome)
                for part in parts:
                    contributions.append(part)
                    sources.append(offset)
        self.latest = latest
        self.identities.stream_time = self.stream_time
        self._count(contributions, sources, records[-1].offset)
        rejections = [rejection for rejection in rejections if rejection.record.offset >= counted_from]
        outcomes += ["rejected"] * len(rejections)
        return Processed(Counter(outcomes), rejections)

    @property
    def stream_time(self) -> int:
        """The greatest event time seen, in seconds."""
        return self.latest // 1_000_000

    def _observe(
        self, records: Iterable[Record], now: float, rejections: list[Rejection]
    ) -> tuple[list[int], list[Observation]]:
        """Offsets and observations of what can be read; the rest is added to the rejections."""
        topic, max_bytes = self.topic, self._settings.max_record_bytes
        limit = int((now + self._settings.max_ahead) * 1_000_000)
        offsets, observations = [], []
        for record in records:
            try:
                observation = decode(record.value, record.headers, topic, max_bytes)
                if observation.at > limit or observation.version[0] > limit:
                    raise _ahead(observation, now)
            except Rejected as error:
                rejections.append(Rejection(record, error))
            else:
                offsets.append(record.offset)
                observations.append(observation)
        return offsets, observations

    def _count(self, contributions: Sequence[Contribution], offsets: Sequence[int], through: int) -> None:
        vocabulary = self._vocabulary
        if max(len(vocabulary.dimensions), len(vocabulary.measures)) > _MAX_VOCABULARY:
            vocabulary = self._vocabulary = Vocabulary(self._schemes)
        signs, times, dimensions, measures = zip(*contributions, strict=True) if contributions else ((), (), (), ())
        batch = Batch(
            np.array(times, np.int64) // 1_000_000,
            np.array([vocabulary.dimensions[each] for each in dimensions], np.int64),
            np.array([vocabulary.measures[each] for each in measures], np.int64),
            np.array(signs, np.int64),
            np.array(offsets, np.int64),
            through,
            self.stream_time if self._as_of is None else int(self._as_of),
        )
        if self._until is not None:
            batch = batch.before(self._until)
        for table in self.tables:
            table.add(batch, vocabulary)
        self.position = through + 1


def _ahead(observation: Observation, now: float) -> Rejected:
    field, time = max(("occurred_at", observation.at), ("updated_at", observation.version[0]), key=lambda pair: pair[1])
    msg = f"{field} is {round(time / 1_000_000 - now)} s ahead of the clock"
    return Rejected("time_in_future", field, msg)
