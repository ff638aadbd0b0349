"""The stage: reads the surveys, and sends a verbatim of each comment to the same partition, before it commits."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from prometheus_client import CollectorRegistry, Counter, Gauge

from stream.clock import Clock
from stream.events.survey import SurveyResponse
from stream.events.verbatim import Verbatim
from stream.member import commit, member
from stream.settings import Settings
from stream.text.comment import analyse
from stream.text.taxonomy import Taxonomy
from stream.text.verbatims import TONGUES, verbatim_of

#: Records that are taken at once: their verbatims are sent together, and then committed.
_RECORDS = 1_000
#: Comments that are read without giving way to heartbeats and health; the worst takes a twentieth of a second.
_SLICE = 10


class StageMetrics:
    """Comments by language, and survey records that wait to be read."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.comments = Counter(
            "feedback_comments",
            "Comments read by their language: `none` has no words, `unread` is in another language.",
            ["language"],
            registry=registry,
        )
        self.lag = Gauge(
            "feedback_comments_lag_records",
            "Survey responses that wait to be looked at for a comment.",
            ["topic", "partition"],
            registry=registry,
        )
        for tongue in TONGUES:
            self.comments.labels(tongue)
        self._shown: set[TopicPartition] = set()

    def show_lag(self, lag: Mapping[TopicPartition, int], held: Collection[TopicPartition]) -> None:
        """Show what waits in some partitions, and nothing of those that are no longer held."""
        for tp in self._shown - {*held}:
            self.lag.remove(tp.topic, str(tp.partition))
        self._shown = {tp for tp in (*self._shown, *lag) if tp in held}
        for tp in lag.keys() & self._shown:
            self.lag.labels(tp.topic, str(tp.partition)).set(lag[tp])

    def refresh(self, now: float) -> None:
        """Nothing is read off late here."""


class Stage:
    """One member of the group `<app_id>-text`, which shares the partitions of the surveys.

    A verbatim is acknowledged before its record is committed: none is lost, some may be sent twice, and their identity
    and version make one of both. `moved_at` is when it last came round, in seconds since the epoch.
    """

    def __init__(self, settings: Settings, taxonomy: Taxonomy, metrics: StageMetrics, clock: Clock) -> None:
        self._settings = settings
        self._taxonomy = taxonomy
        self._metrics = metrics
        self._clock = clock
        self.moved_at = clock.now()

    async def run(self, producer: AIOKafkaProducer) -> None:
        """Read until cancelled."""
        for greeting in ("bonjour", "hello"):  # lexicons and models are read now, and in a thread, not at a comment
            await asyncio.to_thread(analyse, greeting, None, self._taxonomy)
        async with member(self._settings, "text", SurveyResponse.topic) as consumer:
            while True:
                await self._turn(consumer, producer)
                self.moved_at = self._clock.now()

    async def _turn(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        batches = await consumer.getmany(timeout_ms=500, max_records=_RECORDS)
        sent: list[asyncio.Future[Any]] = []
        for tp, records in batches.items():
            sent += await self._send(tp, records, producer)
        await asyncio.gather(*sent)
        done = {tp: records[-1].offset + 1 for tp, records in batches.items()}
        await commit(consumer, done)
        if self._settings.broker_kind == "kafka":  # the embedded broker's end offsets are wrong
            ends = {tp: consumer.highwater(tp) or 0 for tp in done.keys() & consumer.assignment()}
            waiting = {tp: max(0, end - done[tp]) for tp, end in ends.items()}
            self._metrics.show_lag(waiting, consumer.assignment())

    async def _send(
        self, tp: TopicPartition, records: Sequence[Any], producer: AIOKafkaProducer
    ) -> list["asyncio.Future[Any]"]:
        """Hand over the verbatims of some records, in their order; futures of their acknowledgements."""
        sent = []
        for number, record in enumerate(records):
            made = verbatim_of(record, self._taxonomy, self._settings.max_record_bytes)
            if made is not None and made.tongue is not None:
                self._metrics.comments.labels(made.tongue).inc()
            if made is not None and made.value is not None:
                sent.append(await producer.send(Verbatim.topic, made.value, made.key, partition=tp.partition))
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        return sent
