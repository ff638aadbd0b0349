"""`worker --role text`: the stage as a process of its own, with its metrics and its health."""

from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry

from stream.changelog import new_producer
from stream.clock import Clock, WallClock
from stream.events.verbatim import Verbatim
from stream.kafka import told
from stream.settings import Settings
from stream.text.stage import Stage, StageMetrics
from stream.text.taxonomy import Taxonomy
from stream.topics import check_beside, ensure_topics
from stream.web import Web
from stream.worker import background, watch_access


class TextService:
    """Runs until it is stopped; what goes wrong ends the process without a commit, and is read again.

    Raises:
        SettingsError: if the taxonomy cannot be used.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or WallClock()
        self._registry = CollectorRegistry()
        self._metrics = StageMetrics(self._registry)
        self._stage = Stage(settings, Taxonomy.load(settings.taxonomy), self._metrics, self._clock)
        self._web = Web(settings, None, self._metrics, self._clock, self.not_ready, self.not_alive)
        self._started = False
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Start everything, or nothing.

        Raises:
            BrokerError: if the broker is away or its topics do not fit.
        """
        check_beside(await ensure_topics(self._settings), Verbatim.topic)
        with told():
            async with AsyncExitStack() as stack:
                await self._web.start(self._registry)
                stack.push_async_callback(self._web.stop)
                await background(stack, watch_access(self._settings), "go on")
                await start_stage(stack, self._settings, self._stage)
                self._stack = stack.pop_all()
        self._started = True

    async def stop(self) -> None:
        """Leave the group, and stop."""
        self._started = False
        await self._stack.aclose()

    def not_ready(self) -> str:
        """What keeps it from working, or nothing."""
        return "" if self._started else "it is being started or stopped"

    def not_alive(self) -> str:
        """What keeps the process from living on, or nothing."""
        silent = self._clock.now() - self._stage.moved_at
        return f"nothing has moved for {silent:.0f} s" if silent > self._settings.stall_timeout / 2 else ""


async def start_stage(stack: AsyncExitStack, settings: Settings, stage: Stage) -> None:
    """Run the stage in the background until the stack is closed; if it fails, the process ends."""
    producer = new_producer(settings, linger_ms=5)
    await producer.start()
    stack.push_async_callback(producer.stop)
    await background(stack, stage.run(producer), "read comments")
