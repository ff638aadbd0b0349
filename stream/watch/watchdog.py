"""Ends the process when its work does not get done, so that its supervisor starts it again."""

import asyncio
import faulthandler
import logging
import time
from collections.abc import Callable, Iterator

from aiokafka.errors import KafkaError
from faust.types import TP

from stream.errors import FeedbackError
from stream.events import SOURCES
from stream.partitions import Partitions
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.watch.continuity import check_count, check_end, name_of
from stream.watch.offsets import Offsets
from stream.watch.progress import JOBS, Job, Progress

logger = logging.getLogger(__name__)


#: Between two looks, at most.
PAUSE_S = 5.0


class StalledError(FeedbackError):
    """Something that has work to do has not moved for `stall_timeout`."""


class Watchdog:
    """Looks every few seconds, by answers of the broker and not by what this process believes.

    A broker that does not answer is nobody's stall: the clocks start again when it does. A process whose event loop
    hangs cannot look at itself: a timer of the operating system's prints all stacks and ends it.
    """

    def __init__(
        self,
        settings: Settings,
        offsets: Offsets,
        partitions: Partitions,
        metrics: ServiceMetrics,
        counts: dict[str, int],
        recovering: Callable[[], int | None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout = settings.stall_timeout
        self._offsets = offsets
        self._partitions = partitions
        self._metrics = metrics
        self._counts = {topic: count for topic, count in counts.items() if topic in SOURCES}
        self._recovering = recovering  # how far the recovery has come, None if there is none
        self._now = now
        self._empty: dict[TP, tuple[int, ...]] = {}  # positions and ends with no record between them
        self._progress = Progress()
        self.problem = ""

    async def run(self) -> None:
        """Look until cancelled.

        Raises:
            StalledError: when something stands still for `stall_timeout`.
            BrokerError: when a topic no longer is what was counted.
        """
        try:
            while True:
                faulthandler.dump_traceback_later(self._timeout, exit=True, file=2)
                await asyncio.sleep(min(PAUSE_S, self._timeout / 10))
                try:
                    await asyncio.wait_for(self.look(), self._timeout / 2)
                except (KafkaError, TimeoutError) as error:
                    self._progress.forget()
                    logger.warning("the broker does not answer", extra={"error": str(error) or "no answer in time"})
        finally:
            faulthandler.cancel_dump_traceback_later()

    async def look(self) -> None:
        """Look once.

        Raises:
            StalledError, BrokerError: as `run`.
            KafkaError: if the broker does not answer.
        """
        found = await self._offsets.partitions(list(self._counts))  # first: of what is gone, no offset can be asked
        for topic, count in self._counts.items():
            check_count(topic, count, found.get(topic, 0))
        await self._partitions.check_writers()
        # Of what was let go of as well: when a topic is deleted, so are its partitions taken away.
        durables = self._partitions.durables()
        ends = await self._offsets.ends(durables)
        for tp, durable in durables.items():
            check_end(tp, durable, ends[tp])
        reading = {tp: position for tp, position in self._partitions.reading().items() if tp in ends}
        jobs = list(self._jobs(ends, await self._offsets.committed()))
        stalled = self._progress.look(jobs, self._now())
        for tp, position in reading.items():
            if stalled.get(("count", name_of(tp)), 0.0) > self._timeout / 2:
                self._empty[tp] = () if await self._offsets.any_from(tp, position) else (position, ends[tp])
        self._judge(stalled)

    def _jobs(self, ends: dict[TP, int], committed: dict[TP, int]) -> Iterator[Job]:
        for tp, position in self._partitions.reading().items():
            name, end = name_of(tp), ends.get(tp, 0)
            yield Job("count", name, position, busy=end > position and self._empty.get(tp) != (position, end))
            durable, done = self._partitions.durable(tp) or 0, committed.get(tp, 0)
            yield Job("commit", name, done, busy=durable > done)
        reached = self._recovering()
        yield Job("recover", "tables", reached, busy=reached is not None)

    def _judge(self, stalled: dict[tuple[str, str], float]) -> None:
        for kind in JOBS:
            longest = max((seconds for (each, _), seconds in stalled.items() if each == kind), default=0.0)
            self._metrics.stalled.labels(kind).set(longest)
        standing = {job: seconds for job, seconds in stalled.items() if seconds > self._timeout / 2}
        said = [f"{kind} {name} for {seconds:.0f} s" for (kind, name), seconds in standing.items()]
        self.problem = f"does not get done: {', '.join(said)}" if said else ""
        if max(standing.values(), default=0.0) > self._timeout:
            raise StalledError(self.problem)
        if said:
            logger.error("work does not get done", extra={"stalled": said})
