"""The events of the benchmark: a reproducible backlog of survey responses (a million are two hours), on real Kafka."""

import time
from collections import Counter

from aiokafka import AIOKafkaProducer

from stream.bench import TOPIC, Response, responses
from stream.kafka import client_options
from stream.settings import Settings

#: Seconds of event time between two events: a million in two hours.
APART_S = 0.0072


async def load(settings: Settings, count: int, compression: str | None) -> Counter[str]:
    """Write the events, keyed by `response_id`; what is in them, counted here and not by the service."""
    truth: Counter[str] = Counter()
    producer = AIOKafkaProducer(
        **client_options(settings),
        compression_type=compression,
        linger_ms=20,
        max_batch_size=128 << 10,
    )
    await producer.start()
    try:
        now = time.time()
        for response in responses(count, now - count * APART_S, now):
            await producer.send(TOPIC, key=response.id.encode(), value=response.value)
            truth.update(_meaning(response))
    finally:
        await producer.stop()
    return truth


def _meaning(response: Response) -> tuple[str, ...]:
    if response.kpi is None:
        return ("rejected",)
    if response.kpi != "nps":
        return ("accepted", response.kpi)
    group = "promoters" if response.score >= 9 else "passives" if response.score >= 7 else "detractors"
    return ("accepted", "nps", group)
