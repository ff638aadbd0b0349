"""One partition of one topic: records in, tables and outcomes out; no clock, no broker."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from msgspec.structs import replace

from stream.decode import Headers, ahead, decode
from stream.detractors import new_detractors
from stream.errors import Rejected
from stream.events import UNKNOWN, Observation
from stream.events.survey import SurveyResponse
from stream.events.times import EPOCH, MICROSECOND
from stream.fast import Answer, observe, read_answer
from stream.histories import histories
from stream.identity import Identities, Known, Outcome
from stream.index import Index
from stream.kpi import KPIS
from stream.measures import Rating
from stream.privacy import PLAIN, Pseudonyms
from stream.settings import AGENT, Settings
from stream.table import Table
from stream.vocabulary import NO_LABEL, Vocabulary

#: Records that are decoded and then judged: so few that what was decoded is still in the processor's cache.
_SLICE = 250
#: Contributions that wait to be brought into the tables, at most.
_MAX_UNSETTLED = 16_000


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
    at that time is kept, and stream time moves nothing. `pseudonyms` stand for customers in the index, and for agents.
    `latest` is the time of the newest event, in microseconds.
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
        self._settings = settings
        self._as_of = as_of
        self._until = None if as_of is None else max(window.bounds(as_of)[1] for window in settings.windows)
        known = histories(settings, None if self._until is None else self._until * 1_000_000)
        self.identities = Identities(index, late_after, pseudonyms, known, shared=topic is None)
        self.latest = self.identities.stream_time * 1_000_000
        self._schemes = [grid.scheme for table in tables for grid in table.grids]
        self._vocabulary = Vocabulary(self._schemes)
        self._contributed: list[bytes] = []  # each packed
        self._settled = self.position
        self.detractors: list[Observation] = []  # for whom a case is to be opened
        self._opens_cases = settings.open_cases and topic == SurveyResponse.topic
        self._pseudonyms = pseudonyms
        self._names_agents = any(AGENT in scheme.names for scheme in self._schemes)

    def process(self, records: Sequence[Record], now: float) -> Processed:
        """Judge records; `now`, in seconds since the epoch, only bounds how far ahead an event may be.

        What they contribute is in the tables after `settle`.
        """
        rejections: list[Rejection] = []
        outcomes: Counter[Outcome] = Counter()
        for start in range(0, len(records), _SLICE):
            self._judge(records[start : start + _SLICE], now, outcomes, rejections)
        if rejections:
            rejections.sort(key=lambda rejection: rejection.record.offset)
            outcomes["rejected"] = len(rejections)
        self.position = records[-1].offset + 1
        if len(self._contributed) >= _MAX_UNSETTLED:
            self.settle()
        return Processed(outcomes, rejections)

    def _judge(
        self, records: Sequence[Record], now: float, outcomes: Counter[Outcome], rejections: list[Rejection]
    ) -> None:
        """Judge a few records, and note what they contribute.

        Nearly all are answers never seen before, rated as others were. Those are counted here, straight from what was
        decoded. Whatever differs in the least goes to `_judge_with_care`, which would say the same of these.
        """
        read, keys = self._read(records, rejections)
        limit = int((now + self._settings.max_ahead) * 1_000_000)
        # Whoever is to be called back, and whoever served them, is found on the long way.
        usual = not self._opens_cases and not self._names_agents
        counted = usual and records[0].offset >= self.counted_from
        accept, reach, latest = self.identities.accept, self.identities.reach, self.latest
        ratings, contribute, pack = self._vocabulary.ratings, self._contributed.append, self._vocabulary.pack
        channels, touchpoints, segments, teams, surveys = self._vocabulary.dimensions[:5]
        accepted = 0
        for record, seen, key, entry in zip(records, read, keys, self.identities.index.get(keys), strict=True):
            if seen.__class__ is Answer and entry is None and counted:
                updated = seen.updated_at
                time = (seen.occurred_at - EPOCH) // MICROSECOND
                version = time if updated is None else (updated - EPOCH) // MICROSECOND
                rated = ratings.get((seen.kpi, seen.score, seen.scale, seen.status))
                if rated is not None and version <= limit and latest - reach <= time <= limit:
                    measure, rating = rated
                    channel, touchpoint, segment, team, survey = dimensions = (
                        seen.channel or UNKNOWN, seen.touchpoint or UNKNOWN, seen.segment or UNKNOWN,
                        seen.team or UNKNOWN, seen.survey_id or UNKNOWN,
                    )  # fmt: skip
                    if accept(key, (version, seen.revision), time, dimensions, rating):
                        accepted += 1
                        if measure is not None:
                            contribute(pack(
                                time, measure, 1, record.offset, channels[channel], touchpoints[touchpoint],
                                segments[segment], teams[team], surveys[survey], NO_LABEL,
                            ))  # fmt: skip
                        if time > latest:
                            self.latest = latest = time
                        continue
            if seen is not None:
                try:
                    self._judge_with_care(record.offset, seen, (key, entry), outcomes, limit)
                except Rejected as error:
                    self._reject(record, error, rejections)
                latest = self.latest
        self.identities.stream_time = self.stream_time
        if accepted:
            outcomes["accepted"] += accepted

    def _read(
        self, records: Sequence[Record], rejections: list[Rejection]
    ) -> tuple[list[Answer | Observation | None], list[bytes]]:
        """What each record says, None where it cannot be read, and the keys in the index."""
        surveys, max_bytes = self.topic in {SurveyResponse.topic, None}, self._settings.max_record_bytes
        read: list[Answer | Observation | None] = []
        keys: list[bytes] = []
        for record in records:
            value = record.value
            if surveys and value is not None and not record.headers and len(value) <= max_bytes:
                try:
                    answer = read_answer(value)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    pass
                else:
                    read.append(answer)
                    keys.append(f"{answer.response_id}\0{answer.question or answer.kpi}".encode())
                    continue
            try:
                observation = decode(value, record.headers, self.topic, max_bytes)
            except Rejected as error:
                self._reject(record, error, rejections)
                read.append(None)
                keys.append(b"")
            else:
                read.append(observation)
                keys.append(self.identities.key_of(observation))
        return read, keys

    def _judge_with_care(
        self, offset: int, seen: Answer | Observation, known: Known, outcomes: Counter[Outcome], limit: int
    ) -> None:
        """Judge one thing by all rules; times, in microseconds, may be `limit` at most.

        Raises:
            Rejected: if it is not on its scale, or ahead of the clock.
        """
        vocabulary = self._vocabulary
        observation = observe(seen) if isinstance(seen, Answer) else seen
        measure = observation.measure
        if isinstance(seen, Answer) and isinstance(measure, Rating):
            kept = any(table.kpi.of(measure) is not None for table in self.tables)
            number = vocabulary.measures[measure] if kept else None
            vocabulary.ratings[seen.kpi, seen.score, seen.scale, seen.status] = number, measure
        if max(observation.at, observation.version[0]) > limit:
            raise ahead(observation, limit / 1_000_000 - self._settings.max_ahead)
        outcome, parts = self.identities.judge(self._with_agent(observation), known, self.stream_time)
        self.latest = max(self.latest, observation.at)
        if offset >= self.counted_from:
            outcomes[outcome] += 1
            if self._opens_cases:
                self.detractors += new_detractors(observation, parts)
            for part in parts:
                numbers = vocabulary.numbers(part.dimensions)
                counted = part.time, vocabulary.measures[part.measure], part.sign, offset, *numbers
                self._contributed.append(vocabulary.pack(*counted))

    def _with_agent(self, observation: Observation) -> Observation:
        """With the agent as a sixth dimension, by pseudonym, where agents are counted by themselves."""
        if not self._names_agents:
            return observation
        measure, agent = observation.measure, observation.agent
        theirs = isinstance(measure, Rating) and KPIS[measure.kpi].individual
        member = self._pseudonyms.of_agent(agent) if agent and theirs else UNKNOWN
        return replace(observation, dimensions=(*observation.dimensions, member), agent=None)

    def _reject(self, record: Record, error: Rejected, rejections: list[Rejection]) -> None:
        if record.offset >= self.counted_from:
            # Not the error itself: its traceback would keep everything that was read with this record in memory.
            rejections.append(Rejection(record, Rejected(error.reason, error.field, str(error))))

    def settle(self) -> None:
        """Bring what was judged into the tables: before they are saved or looked at, since each time has its price."""
        if self._settled == self.position:
            return
        self._settled = self.position
        stream_time = self.stream_time if self._as_of is None else int(self._as_of)
        contributed = np.frombuffer(b"".join(self._contributed), np.int64)
        batch = self._vocabulary.batch(contributed, self.position - 1, stream_time)
        self._contributed = []
        if self._until is not None:
            batch = batch.before(self._until)
        for table in self.tables:
            table.add(batch, self._vocabulary)
        if self._vocabulary.full:
            self._vocabulary = Vocabulary(self._schemes)

    @property
    def stream_time(self) -> int:
        """The greatest event time seen, in seconds."""
        return self.latest // 1_000_000
