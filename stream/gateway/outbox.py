"""To Kafka, and not done before it has acknowledged; while it does not, nothing more is taken."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream.errors import BrokerError
from stream.gateway.records import Record
from stream.kafka import explained

logger = logging.getLogger(__name__)


class AwayError(Exception):
    """Kafka has not acknowledged in time, or did not for those before."""


class Outbox:
    """Sends records and waits for their acknowledgement.

    What was sent and not acknowledged in time is sent by the client again and again: as long as there is any, Kafka
    is taken to be away, and everything else is refused at once. So memory stays bounded, and the last acknowledgement
    opens the door again: one partition without a leader keeps it closed. A sender who was refused comes again; what
    both attempts have written counts once.
    """

    def __init__(self) -> None:
        self._producer: Any = None
        self._overdue: set[asyncio.Future[Any]] = set()
        self._broken = asyncio.Event()

    def open(self, producer: AIOKafkaProducer) -> None:
        """Begin to send by this producer, which is connected."""
        self._producer = producer

    def problem(self) -> str:
        """What keeps Kafka from taking records, or nothing."""
        if self._producer is None:
            return "Kafka has not been reached yet"
        return f"Kafka owes the acknowledgement of {len(self._overdue)} records" if self._overdue else ""

    async def put(self, records: Iterable[Record], within: float) -> None:
        """Send records, and wait until Kafka has all of them, at most so many seconds.

        Raises:
            AwayError: if that has not come about; some of them, or all, may be written nevertheless.
        """
        if self.problem():
            raise AwayError
        sent: list[asyncio.Future[Any]] = []
        loop = asyncio.get_running_loop()
        ends = loop.time() + within
        try:
            async with asyncio.timeout_at(ends):
                for topic, key, value, headers in records:
                    # One by one: where the time is up, those that were sent must be known.
                    sent.append(await self._producer.send(topic, value, key, headers=list(headers)))
        except TimeoutError:
            self._wait_on(sent)
            raise AwayError from None
        except KafkaError as error:
            self._wait_on(sent)
            raise _away(error) from None
        await self._acknowledged(sent, ends - loop.time())

    async def _acknowledged(self, sent: Sequence["asyncio.Future[Any]"], within: float) -> None:
        if not sent:
            return
        done, late = await asyncio.wait(sent, timeout=max(0.0, within))
        self._wait_on(late)
        failed = [error for future in done if (error := future.exception()) is not None]
        if failed:
            self._look_at(failed)
            raise _away(failed[0])
        if late:
            raise AwayError

    def _wait_on(self, futures: Iterable["asyncio.Future[Any]"]) -> None:
        for future in futures:
            self._overdue.add(future)
            future.add_done_callback(self._settled)

    def _settled(self, future: "asyncio.Future[Any]") -> None:
        self._overdue.discard(future)
        if not future.cancelled() and (error := future.exception()) is not None:
            self._look_at([error])

    def _look_at(self, failed: Iterable[BaseException]) -> None:
        """What Kafka refused for good leaves a hole in its partition's numbers: none after it is taken."""
        if any(not getattr(error, "retriable", False) for error in failed):
            self._broken.set()

    async def watch(self) -> None:
        """Wait for the client's end, or for what only a new client can mend; neither should ever come.

        Raises:
            BrokerError: when it has; only a new process can go on.
        """
        task = self._producer._sender.sender_task  # noqa: SLF001  it tells nobody else
        broken = asyncio.create_task(self._broken.wait())
        try:
            await asyncio.wait([task, broken], return_when=asyncio.FIRST_COMPLETED)
        finally:
            broken.cancel()
        if not task.done():
            msg = "Kafka has refused a record for good, and takes no others from this client; start the gateway again"
            raise BrokerError(msg)
        problem = None if task.cancelled() else task.exception()
        msg = f"Kafka's client has ended by itself ({type(problem).__name__}); start the gateway again"
        raise BrokerError(msg)


def _away(error: BaseException) -> AwayError:
    logger.warning("%s", explained(error) if isinstance(error, KafkaError) else type(error).__name__)
    return AwayError()
