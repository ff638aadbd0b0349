"""Faust's Kafka transport, changed so that an agent is handed whole fetched batches of one partition.

Stock Faust spends some 40 µs on each record before any work is done: four asyncio tasks each. Here one Faust message
is one fetch of a partition: its value is `Fetched`, its offset the last one. Changelog partitions come in batches too,
which makes recovery as much faster. What is committed is what is durable, not what an agent has looped over, since
Faust's own bookkeeping can pass events that were not handled (see docs/design.md).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from time import monotonic
from typing import Any, Protocol

import faust
from faust.transport.consumer import ensure_TP
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP, ConsumerMessage

from stream.fetched import Fetched, hand_over_batches

#: A fetch of fewer records waits so long for more: many small batches cost more than they bring.
_FEW = 500
_LINGER_S = 0.05
#: A fetch that finds nothing is answered so late. There is one at a time, and it asks only for partitions of which
#: nothing waits to be handled: while a quiet topic is asked for, a busy one can wait as long.
_MAX_WAIT_MS = 200


class Positions(Protocol):
    """Who knows where each source partition goes on."""

    def reading(self) -> Mapping[TP, int]:
        """The next offset to be handled of each partition that is held."""

    def durable(self, tp: TP) -> int | None:
        """The offset below which everything of the partition is durable, or None if it is not held."""


class HeardThread(AIOKafkaConsumerThread):  # type: ignore[misc]
    """Hands records over in batches, soon, and remembers when the group last heard of this process."""

    heard = 0.0

    async def on_start(self) -> None:
        """Connect, and note each heartbeat that the broker has accepted."""
        await super().on_start()
        hand_over_batches(self._consumer)
        self._consumer._fetcher._fetch_max_wait_ms = _MAX_WAIT_MS  # noqa: SLF001  Faust asks for 1.5 s whatever is set
        coordinator = self._consumer._coordinator  # noqa: SLF001  aiokafka tells nobody of its heartbeats
        heartbeat = coordinator._do_heartbeat  # noqa: SLF001

        async def beat() -> bool:
            accepted: bool = await heartbeat()
            if accepted:
                self.heard = monotonic()
            return accepted

        coordinator._do_heartbeat = beat  # noqa: SLF001


class BatchConsumer(Consumer):  # type: ignore[misc]
    """Yields a message a partition batch; seeks and commits by our own positions."""

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109  the signature is Faust's
    ) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """One message for each partition in the fetched records."""
        records, _ = await self._wait_next_records(timeout)
        if not records or self.should_stop:
            return
        generation = self.app.consumer_generation_id
        if not self.flow_active:
            await self.perform_seek()
            return
        if sum(batches[-1].end - batches[0].begin for batches in records.values() if batches) < _FEW:
            await asyncio.sleep(_LINGER_S)
        for raw_tp, batches in records.items():
            if not self.flow_active or generation != self.app.consumer_generation_id:
                return
            if batches:
                tp = ensure_TP(raw_tp)
                yield tp, ConsumerMessage(
                    tp.topic, tp.partition, batches[-1].end - 1, 0.0, 0,
                    None, None, Fetched(tp, batches), None, 0, 0, tp, generation_id=generation,
                )  # fmt: skip

    def _new_consumer_thread(self) -> HeardThread:
        return HeardThread(self, loop=self.loop, beacon=self.beacon)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """To be given partitions is to be heard of."""
        self._thread.heard = monotonic()
        await super().on_partitions_assigned(assigned, generation_id)

    def silence(self) -> float:
        """Seconds since the group has last heard of this process."""
        return monotonic() - float(self._thread.heard)

    async def perform_seek(self) -> None:
        """Go on where our state is, whatever the group has committed."""
        assigned = self.assignment()
        positions = {tp: offset for tp, offset in self.app.positions.reading().items() if tp in assigned}
        if positions:
            await self._thread.seek_wait(positions)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterable[TP]:
        return list(self.app.positions.reading())

    def _new_offset(self, tp: TP) -> int | None:
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        durable: int | None = self.app.positions.durable(tp)
        return durable

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps need no bookkeeping: a batch says by itself what it holds."""

    def group_problem(self) -> BaseException | None:
        """What keeps this consumer out of its group for good; aiokafka tells it to callers that Faust is none of."""
        consumer = self._thread and self._thread._consumer  # noqa: SLF001
        coordinator = consumer and consumer._coordinator  # noqa: SLF001
        if not coordinator:  # it comes with the first answer of the broker
            return None
        task = coordinator._coordination_task  # noqa: SLF001
        failed = task.exception() if task.done() and not task.cancelled() else None
        problem: BaseException | None = coordinator._pending_exception or failed  # noqa: SLF001
        return problem

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's own stall detection counts messages; ours watches positions."""


class BatchTransport(Transport):  # type: ignore[misc]
    """The transport whose consumer is a `BatchConsumer`."""

    Consumer = BatchConsumer


class BatchSchema(faust.Schema):  # type: ignore[misc]
    """Hands records over undecoded, so that no decoding error can reach Faust."""

    def compile(self, app: faust.App, **_: Any) -> Any:
        """The decoder that Faust's conductor calls for each message."""

        async def decode(message: ConsumerMessage, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, None, message)

        return decode
