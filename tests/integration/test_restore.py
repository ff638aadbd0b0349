"""The restore drills of docs/operations.md: brokers from a snapshot of their disks, everything from events alone."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.brokers.kafka import KafkaBroker

from .harness import SOURCES, Services, read_topic, run
from .traffic import Feed, traffic


@pytest.fixture
def another_kafka(java: None) -> Iterator[KafkaBroker]:
    broker = KafkaBroker()
    yield broker
    asyncio.run(broker.close())


async def test_brokers_come_back_from_a_snapshot(own_kafka: KafkaBroker, services: Services, tmp_path: Path) -> None:
    await own_kafka.start()
    feed = Feed(own_kafka.bootstrap)
    service = await services(feed.broker, session_timeout=6).ready()
    await feed.send(traffic(time.time(), 80, seed=1, name="before"))
    await feed.all_counted(service, "feedback")
    service.stop()
    await own_kafka.stop()
    shutil.copytree(own_kafka.data, tmp_path / "snapshot")
    await own_kafka.start()
    kept, lost = list(feed.events), traffic(time.time(), 60, seed=2, name="after")
    await service.start().ready()
    await feed.send(lost)
    await feed.all_counted(service, "feedback")
    service.stop()
    await own_kafka.stop()

    shutil.rmtree(own_kafka.data)
    shutil.copytree(tmp_path / "snapshot", own_kafka.data)
    await own_kafka.start()
    feed.events = kept
    await service.start().ready()  # its index is newer than what the brokers know
    await feed.all_counted(service, "feedback")
    await feed.send(lost)
    await feed.all_counted(service, "feedback")


async def test_events_alone_are_enough(
    own_kafka: KafkaBroker, another_kafka: KafkaBroker, services: Services, tmp_path: Path
) -> None:
    await own_kafka.start()
    feed = Feed(own_kafka.bootstrap)
    service = await services(feed.broker, session_timeout=6).ready()
    await feed.send(traffic(time.time(), 80, seed=3))
    await feed.all_counted(service, "feedback")
    files = [tmp_path / f"{topic}.jsonl" for topic in SOURCES]
    for topic, file in zip(SOURCES, files, strict=True):
        values = [record.value for record in await read_topic(feed.broker, topic)]
        file.write_bytes(b"".join(value.replace(b"\n", b" ") + b"\n" for value in values))
    service.stop()

    await another_kafka.start()
    copy = Feed(another_kafka.bootstrap)
    copy.events = feed.events
    for _ in range(2):  # what is sent twice counts once
        sent = await asyncio.to_thread(run, "send", *map(str, files), broker=copy.broker)
        assert sent.status == 0, sent.err
    restored = await services(copy.broker, app_id="feedback-2", session_timeout=6).ready()
    await copy.all_counted(restored, "feedback-2")
