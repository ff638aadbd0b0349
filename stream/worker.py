"""The service in one process: agents, view and HTTP, by role."""

import asyncio
import logging
import os
from collections.abc import Collection
from contextlib import AsyncExitStack, suppress
from typing import Any, Literal

import faust
from aiokafka.errors import KafkaError
from faust.types import TP
from prometheus_client import CollectorRegistry

from stream import app as faust_app
from stream import memory
from stream.changelog import new_producer
from stream.clock import Clock, WallClock
from stream.drops.live import Lookout
from stream.errors import AccessError, BrokerError, FeedbackError
from stream.events import SOURCES
from stream.follower import Follower
from stream.kafka import client_options, explained, is_forbidden, reach, told
from stream.kpi import KPIS
from stream.partitions import Partitions
from stream.publisher import Publisher
from stream.service_metrics import ServiceMetrics
from stream.settings import Settings
from stream.store import State
from stream.topics import ALERTS, ensure_topics
from stream.view import View
from stream.watch.catch_up import CatchUp
from stream.watch.offsets import Offsets
from stream.watch.watchdog import Watchdog
from stream.web import Web

logger = logging.getLogger(__name__)

Role = Literal["all", "agents", "view"]

#: Exit status of a process that could not go on: its supervisor starts it again, and nothing is lost.
FATAL = 70

#: So often a worker looks whether its credentials still hold; open connections outlive them.
_ACCESS_S = 30


class Worker:
    """Runs until it is stopped.

    Whatever goes wrong while counting ends the process at once and without a commit: what was not acknowledged is
    counted again by whoever takes over. One that does not park writes no dead letters: another worker does.
    """

    def __init__(
        self, settings: Settings, role: Role = "all", clock: Clock | None = None, *, parks: bool = True
    ) -> None:
        self.settings = settings
        self.role = role
        self.clock = clock or WallClock()
        self.registry = CollectorRegistry()
        self.state = State(settings)
        self.metrics = ServiceMetrics(settings, self.state, self.registry)
        self.partitions = Partitions(settings, self.state, self.metrics, self.clock, parks=parks)
        self.view = None if role == "agents" else View(settings, self.state, self.partitions.settle)
        self.lookout: Lookout | None = None
        if self.view is not None and settings.drop_interval:
            self.lookout = Lookout(
                settings, self.state, self.clock, lambda: not self.not_ready(), self.partitions.settle
            )
        self.web = Web(
            settings,
            self.view,
            self.metrics,
            self.clock,
            self.not_ready,
            self.not_alive,
            self.lookout,
            self.metrics.feed,
        )
        self.address = ""
        self._app: faust.App | None = None
        self._follower: Follower | None = None
        self._watchdog: Watchdog | None = None
        self._started = False
        self._caught_up = asyncio.Event()
        self._flushed_at = self.clock.now()
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Start everything, or nothing.

        Raises:
            BrokerError: if the broker is away or its topics do not fit.
        """
        for kpi in KPIS.values():
            kpi.configure(self.settings)
        counts = await ensure_topics(self.settings)
        with told():
            await self._start_all(counts)
        self._started = True
        memory.pace_collection()

    async def _start_all(self, counts: dict[str, int]) -> None:
        async with AsyncExitStack() as stack:
            self.address = await self.web.start(self.registry)
            stack.push_async_callback(self.web.stop)
            producer = self.partitions.flusher.producer = new_producer(self.settings)
            stack.push_async_callback(producer.stop)  # also where it was cancelled while it started
            await producer.start()
            await background(stack, watch_access(self.settings), "go on")
            await background(stack, memory.give_back_regularly(self.state), "give back memory")
            if self.role != "agents":
                self._follower = Follower(self.settings, self.state, counts, self._held)
                await background(stack, self._follower.run(), "follow the changelogs")
                if self.settings.publish_interval:
                    publisher = Publisher(self.settings, self.web.latest)
                    await background(stack, publisher.run(producer), "publish scores")
                if self.lookout is not None:
                    await background(stack, self.lookout.run(producer, counts[ALERTS]), "look for drops")
            if self.role != "view":
                await self._start_agents(stack, counts)
            self._stack = stack.pop_all()

    async def _start_agents(self, stack: AsyncExitStack, counts: dict[str, int]) -> None:
        self.metrics.announce(SOURCES)
        self.metrics.lag = self._lag
        self.metrics.recovery_begins()
        app = self._app = faust_app.build(self.settings, self.state, self.partitions, self.metrics, counts, fatal)
        app.finalize()
        self.partitions.flusher.silence = app.consumer.silence
        offsets = None
        if self.settings.broker_kind == "kafka":
            offsets = self.partitions.flusher.offsets = Offsets(self.settings)
            await offsets.start()
            stack.push_async_callback(offsets.stop)
        await background(stack, self._watch_group(app), "be a member of the group")
        await app.start()
        stack.push_async_callback(self._stop_agents, app)
        await background(stack, self._flush_regularly(), "keep counting")
        if offsets is not None:
            await background(stack, self._catch_up(offsets), "catch up")
            self._watchdog = Watchdog(self.settings, offsets, self.partitions, self.metrics, counts, self._recovering)
            await background(stack, self._watchdog.run(), "get its work done")
        else:
            self._caught_up.set()

    def _recovering(self) -> int | None:
        """How many changelog records were taken in, while partitions are being taken up."""
        if self._opened():
            return None
        return sum(table.changelog_offset or 0 for kpi in KPIS.values() for table in self.state.tables(kpi))

    async def _catch_up(self, offsets: Offsets) -> None:
        """Wait until all is counted that was there when partitions were first taken up."""
        catch_up = None
        while not self._caught_up.is_set():
            await asyncio.sleep(self.settings.flush_interval)
            if catch_up is None and not self._opened():
                continue
            try:
                catch_up = catch_up or CatchUp(offsets, await offsets.ends(self._held()))
                missing = await catch_up.missing(self.partitions.reading())
            except KafkaError as error:
                logger.warning("the broker does not answer", extra={"error": str(error)})
            else:
                if not missing:
                    self._caught_up.set()

    async def _watch_group(self, app: faust.App) -> None:
        """End where the broker refuses the group: Faust would wait without end and without a word."""
        while True:
            await asyncio.sleep(self.settings.flush_interval)
            problem = app.consumer.group_problem()
            if problem is not None:
                raise problem

    async def _stop_agents(self, app: faust.App) -> None:
        """Save, commit, leave the group."""
        consumer = app.consumer
        consumer.stop_flow()
        durable = await self.partitions.close()
        if durable:
            await consumer._commit(durable)  # noqa: SLF001  the public commit asks for acks, which we do not keep
        await app.stop()

    async def _flush_regularly(self) -> None:
        while True:
            await asyncio.sleep(self.settings.flush_interval)
            await self.partitions.flush()
            self._flushed_at = self.clock.now()
            if self._app is not None and self._app.should_stop:  # nobody else looks whether Faust has crashed
                raise self._app.crash_reason or FeedbackError("Faust has stopped by itself")

    async def stop(self) -> None:
        """Save everything and stop."""
        self._started = False
        await self._stack.aclose()

    def _held(self) -> Collection[TP]:
        return self.partitions.reading().keys()

    def _lag(self) -> dict[TP, int]:
        """Records that wait; the embedded broker's end offsets are wrong, so there is no lag with it."""
        if self._app is None or self.settings.broker_kind == "embedded":
            return {}
        consumer = self._app.consumer
        ends = {tp: consumer.highwater(tp) for tp in self._held()}
        reading = self.partitions.reading()
        return {tp: max(0, end - reading[tp]) for tp, end in ends.items() if end is not None and tp in reading}

    def not_alive(self) -> str:
        """What keeps the process from living on, or nothing."""
        silent = self.clock.now() - self._flushed_at
        if self._app is not None and silent > self.settings.stall_timeout / 2:
            return f"nothing was made durable for {silent:.0f} s"
        return self._watchdog.problem if self._watchdog is not None else ""

    def not_ready(self) -> str:
        """What keeps the scores from being complete, or nothing."""
        if not self._started:
            return "it is being started or stopped"
        if self._app is not None and (self._app.rebalancing or self._app.in_recovery or not self._opened()):
            return "partitions are being assigned, or tables recovered"
        if self._app is not None and not self._caught_up.is_set():
            return "records that were there at the start are still to be counted"
        if self._follower is not None and not self._follower.caught_up.is_set():
            return "the changelogs of other workers' partitions are still being read"
        return ""

    def _opened(self) -> bool:
        """Whether every source partition that is assigned is worked on."""
        assert self._app is not None  # noqa: S101
        assigned = {tp for tp in self._app.consumer.assignment() if tp.topic in SOURCES}
        return self._app.tables.recovery.completed.is_set() and assigned == set(self._held())


async def watch_access(settings: Settings) -> None:
    """End where Kafka refuses us twice in a row: clients would try again without end.

    Once may be a broker that is being started or stopped, and one that is away will come back.
    """
    options = client_options(settings)  # what the clients go on using, whatever the files hold later
    refused = 0
    while True:
        await asyncio.sleep(_ACCESS_S)
        try:
            await reach(settings, options)
        except AccessError:
            refused += 1
            if refused == 2:
                raise
        except BrokerError:
            refused = 0
        else:
            refused = 0


async def background(stack: AsyncExitStack, work: Any, name: str) -> None:
    """Run something beside the rest; if it fails, the process ends."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_end_on_failure)

    async def cancel() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(cancel)


def _end_on_failure(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled() and task.exception() is not None:
        fatal(f"could not {task.get_name()}", task.exception())


def fatal(what: str, error: BaseException | None) -> None:
    """Say why, and end the process at once: no clean-up could make things better, and a commit could lose events."""
    if isinstance(error, KafkaError) and is_forbidden(error):
        error = explained(error)
    if isinstance(error, FeedbackError):
        logger.critical("%s: %s", what, error)
    else:
        logger.critical("%s; the process ends, to be started again", what, exc_info=error)
    logging.shutdown()
    os._exit(FATAL)
