"""The limit: aiokafka and the service's decoding, and nothing else: it keeps, counts and commits nothing."""

import os
import sys
from collections.abc import Callable

import uvloop
from aiokafka import AIOKafkaConsumer

from benchmarks.progress import report
from stream.bench import TOPIC
from stream.decode import Headers, decode, parse
from stream.errors import Rejected
from stream.events import Observation
from stream.kafka import client_options
from stream.settings import Settings

Decoder = Callable[[bytes | None, Headers, str, int], Observation]


def by_models(value: bytes | None, headers: Headers, topic: str, _: int) -> Observation:
    """The observation that a record holds, by pydantic's models alone."""
    return parse(value or b"", headers, topic).observe()


async def main(decoder: Decoder, target: int) -> None:
    """Decode until so many records are handled."""
    settings = Settings.load()
    consumer = AIOKafkaConsumer(
        TOPIC,
        **client_options(settings),
        group_id=settings.app_id,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    handled = 0
    while handled < target:
        for records in (await consumer.getmany(timeout_ms=1_000)).values():
            for record in records:
                try:
                    decoder(record.value, record.headers, TOPIC, settings.max_record_bytes)
                except Rejected:
                    continue
            handled += len(records)
            report(handled)
    report(handled, done=True)
    await consumer.stop()


if __name__ == "__main__":
    uvloop.run(main({"decode": decode, "models": by_models}[sys.argv[1]], int(os.environ["BENCH_EVENTS"])))
