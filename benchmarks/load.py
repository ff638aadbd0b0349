"""Survey responses of now, each with an identity of its own, sent at a steady rate."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from stream.bench import TOPIC, responses
from stream.events.times import isoformat

_TICK_S = 0.05
_TEMPLATES = 20_000
_PARTITIONS = 4
#: Events of the past that fill the windows, over each of two spans.
_PAST = 60_000
PAST = 2 * _PAST


def past(now: float) -> Iterator[float]:
    """Times over all windows, dense where panes are short: memory has all its panes from the start."""
    for span in (31 * 86_400, 3 * 3_600):
        yield from (now - span * (1 - number / _PAST) for number in range(_PAST))


def events(times: Iterator[float]) -> Iterator[bytes]:
    """An answer for each time."""
    templates = [(response.value, response.id.encode()) for response in responses(_TEMPLATES, 0.0, 1.0)]
    for number, (at, (value, identity)) in enumerate(zip(times, itertools.cycle(templates), strict=False)):
        begin = value.find(b'"occurred_at":"1970') + len('"occurred_at":"')
        timed = value[:begin] + isoformat(round(at, 3)).encode() + value[value.find(b'"', begin) :]
        yield timed.replace(identity, b"s-%014d" % number)


async def feed(
    producer: AIOKafkaProducer,
    values: Iterator[bytes],
    rate: float,
    seconds: float,
    at_once: int = 0,
    mark: Callable[[BatchBuilder, int], None] = lambda batch, partition: None,
) -> None:
    """Send values at a steady rate, to each partition in turn; the first ones `at_once`.

    `mark` may add to each batch before it goes to its partition.
    """
    begun = time.monotonic()
    sent = -at_once
    for turn in itertools.count():
        elapsed = time.monotonic() - begun
        if elapsed > seconds:
            return
        batch, partition = producer.create_batch(), turn % _PARTITIONS
        for value in itertools.islice(values, max(0, int(elapsed * rate) - sent)):
            if batch.append(key=None, value=value, timestamp=None) is None:
                break
            sent += 1
        if batch.record_count():
            mark(batch, partition)
            batch.close()
            await producer.send_batch(batch, TOPIC, partition=partition)
        if int(elapsed * rate) - sent < rate * _TICK_S:
            await asyncio.sleep(_TICK_S / 4)
