"""One partition of one topic: records in, tables and outcomes out; no clock, no broker."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from stream.decode import Headers, ahead, decode
from stream.errors import Rejected
from stream.events import Observation
from stream.identity import Identities, Outcome
from stream.index import Index
from stream.privacy import PLAIN, Pseudonyms
from stream.settings import Settings
from stream.table import Batch, Table, Vocabulary

#: Beyond so many different dimensions or measures the numbering starts anew, so that memory stays bounded.
_MAX_VOCABULARY = 200_000
#: Records that are decoded and then judged: so few that what was decoded is still in the processor's cache.
_SLICE = 250
#: Contributions that wait to be brought into the tables, at most.
_MAX_UNSETTLED = 8_000


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
    at that time is kept, and stream time moves nothing. `pseudonyms` stand for customers in the index. `latest` is the
    time of the newest event, in microseconds.
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
        pseudonyms: Pseudonyms = PLAIN,
    ) -> None:
        self.topic = topic
        self.tables = tables
        self.counted_from = min((table.position for table in tables), default=index.position)
        if index.position > self.counted_from:
            index.clear()  # a table was lost: to count anew, nothing may be taken for a duplicate
        self.position = min(index.position, self.counted_from)
        self.identities = Identities(index, late_after, pseudonyms)
        self.latest = self.identities.stream_time * 1_000_000
        self._settings = settings
        self._as_of = as_of
        # A window ends at most one advance after the time it is looked at.
        self._until = None if as_of is None else int(as_of) + 1 + max(window.advance for window in settings.windows)
        self._schemes = [grid.scheme for grid in tables[0].grids] if tables else []
        self._vocabulary = Vocabulary(self._schemes)
        self._columns: tuple[list[int], ...] = ([], [], [], [], [])
        self._settled = self.position

    def process(self, records: Sequence[Record], now: float) -> Processed:
        """Judge records; `now`, in seconds since the epoch, only bounds how far ahead an event may be.

        What they contribute is in the tables after `settle`.
        """
        rejections: list[Rejection] = []
        outcomes: list[Outcome] = []
        for start in range(0, len(records), _SLICE):
            outcomes += self._judge(records[start : start + _SLICE], now, rejections)
        outcomes += ["rejected"] * len(rejections)
        self.position = records[-1].offset + 1
        if len(self._columns[0]) >= _MAX_UNSETTLED:
            self.settle()
        return Processed(Counter(outcomes), rejections)

    def _judge(self, records: Sequence[Record], now: float, rejections: list[Rejection]) -> list[Outcome]:
        """What becomes of a few records; what they contribute is noted in columns."""
        unread: list[Rejection] = []
        offsets, observations = self._observe(records, now, unread)
        stored = self.identities.look_up(observations)
        outcomes: list[Outcome] = []
        counted_from, judge, latest = self.counted_from, self.identities.judge, self.latest
        combinations, measures = self._vocabulary.dimensions, self._vocabulary.measures
        times, places, kinds, signs, sources = self._columns
        for offset, observation, entry in zip(offsets, observations, stored, strict=True):
            outcome, parts = judge(observation, entry, latest // 1_000_000)
            latest = max(latest, observation.at)
            if offset >= counted_from:
                outcomes.append(outcome)
                for part in parts:
                    times.append(part.time)
                    places.append(combinations[part.dimensions])
                    kinds.append(measures[part.measure])
                    signs.append(part.sign)
                    sources.append(offset)
        self.latest = latest
        self.identities.stream_time = self.stream_time
        rejections += [rejection for rejection in unread if rejection.record.offset >= counted_from]
        return outcomes

    def settle(self) -> None:
        """Bring what was judged into the tables: before they are saved or looked at, since each time has its price."""
        if self._settled == self.position:
            return
        self._settled = self.position
        times, places, kinds, signs, sources = (np.array(column, np.int64) for column in self._columns)
        self._columns = ([], [], [], [], [])
        stream_time = self.stream_time if self._as_of is None else int(self._as_of)
        batch = Batch(times // 1_000_000, places, kinds, signs, sources, self.position - 1, stream_time)
        if self._until is not None:
            batch = batch.before(self._until)
        for table in self.tables:
            table.add(batch, self._vocabulary)
        if max(len(self._vocabulary.dimensions), len(self._vocabulary.measures)) > _MAX_VOCABULARY:
            self._vocabulary = Vocabulary(self._schemes)

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
                    raise ahead(observation, now)
            except Rejected as error:
                # Not the error itself: its traceback would keep everything that was read with this record in memory.
                rejections.append(Rejection(record, Rejected(error.reason, error.field, str(error))))
            else:
                offsets.append(record.offset)
                observations.append(observation)
        return offsets, observations
