"""The gateway as a whole: started, connected to Kafka, and stopped without losing what it has begun with."""

import asyncio
import gc
import logging
from collections.abc import Sequence
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.changelog import new_producer
from stream.clock import WallClock
from stream.errors import AccessError, BrokerError
from stream.events import SOURCES
from stream.gateway.inlets import inlets
from stream.gateway.intake import Intake
from stream.gateway.outbox import Outbox
from stream.gateway.server import Server
from stream.settings import Settings
from stream.sources.fetching import FetchedSource
from stream.topics import DEAD_LETTERS, NOTIFICATIONS, ensure_topics

logger = logging.getLogger(__name__)

#: Between two attempts to find Kafka.
_AGAIN_S = 2.0
#: What is under way to Kafka when the gateway ends gets so long.
_STOP_S = 10.0
#: Records that come within so many milliseconds travel together.
_LINGER_MS = 2


async def serve(settings: Settings, stopped: asyncio.Event) -> None:
    """Run until `stopped` is set.

    It listens from the start, and asks senders to come again until Kafka is there.

    Raises:
        AccessError: if Kafka refuses.
        BrokerError: if Kafka's client cannot go on.
        SettingsError: if settings, sources or secrets cannot be used.
    """
    on = inlets(settings)
    if not on:
        logger.warning("no source is on: give one a secret, such as FEEDBACK_GATEWAY_EVENTS_SECRETS (docs/gateway.md)")
    gc.freeze()  # what is there now stays: looking through it again and again would make senders wait
    outbox = Outbox()
    server = Server(settings, on, Intake(settings, outbox, WallClock()), outbox.problem)
    address = await server.start()
    logger.info("listening at %s for %s", address, ", ".join(sorted(on)) or "nobody")
    ends = asyncio.create_task(stopped.wait())
    waiting = [NOTIFICATIONS] if any(isinstance(inlet.source, FetchedSource) for inlet in on.values()) else []
    runs = asyncio.create_task(_run(settings, outbox, waiting))
    try:
        await asyncio.wait((ends, runs), return_when=asyncio.FIRST_COMPLETED)
    finally:
        await server.stop()
        ends.cancel()
        runs.cancel()
        with suppress(asyncio.CancelledError):
            await runs  # raises what has ended it


async def _run(settings: Settings, outbox: Outbox, more: Sequence[str]) -> None:
    """Find Kafka, and be connected to it until cancelled."""
    producer = await _connected(settings, more)
    try:
        outbox.open(producer)
        logger.info("connected to Kafka at %s", settings.broker)
        await outbox.watch()
    finally:
        with suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(_STOP_S):
                await producer.stop()


async def _connected(settings: Settings, more: Sequence[str]) -> AIOKafkaProducer:
    while True:
        try:
            return await _connect(settings, more)
        except AccessError:
            raise
        except (BrokerError, KafkaError) as error:
            logger.warning("%s", error)
            await asyncio.sleep(_AGAIN_S)


async def _connect(settings: Settings, more: Sequence[str]) -> AIOKafkaProducer:
    await ensure_topics(settings, more)
    producer = new_producer(settings, linger_ms=_LINGER_MS)
    try:
        await producer.start()
        for topic in (*SOURCES, DEAD_LETTERS, *more):
            await producer.partitions_for(topic)  # asked for now, no delivery has to wait for it
    except BaseException:
        await producer.stop()
        raise
    return producer
