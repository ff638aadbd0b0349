"""A worker that was paused for longer than its session must do no harm when it wakes up."""

import signal
import time
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from .harness import Services, all_committed, eventually, produce, read_topic
from .traffic import Feed, answer, records, rfc3339, traffic

POSITION = b'["position"]'


@pytest.fixture(scope="module")
def feed(module_kafka: str) -> Feed:
    return Feed(module_kafka)


async def fields_of(broker: str, changelog: str) -> dict[tuple[int, bytes], list[int] | None]:
    """What the last record of each key says, source offset and all; the positions as offset and time."""
    last: dict[tuple[int, bytes], list[int] | None] = {}
    for record in await read_topic(broker, changelog):
        value: Any = None if record.value is None else orjson.loads(record.value)
        last[record.partition, record.key] = [value["offset"]] if record.key == POSITION else value
    return last


async def test_a_worker_that_wakes_up_does_no_harm(feed: Feed, services: Services) -> None:
    first = await services(feed.broker, app_id="paused").ready()
    await feed.send(traffic(time.time(), 300, seed=1, name="a"))
    await eventually(lambda: all_committed(feed.broker, "paused"))
    first.signal(signal.SIGSTOP)
    second = await services(feed.broker, app_id="paused").ready()
    await feed.send(traffic(time.time(), 300, seed=2, name="b"))
    await feed.all_counted(second, "paused")

    first.signal(signal.SIGCONT)
    await feed.send(traffic(time.time(), 300, seed=3, name="c"))
    await feed.all_counted(second, "paused")

    async def woken() -> None:
        # It finds out before it would write, or the group tells it first, and it joins again.
        assert first.status == 70 or (await first.get("/readyz"))[0] == 200

    await eventually(woken)
    if first.status is None:
        await feed.all_counted(first, "paused")


async def write_again(broker: str, changelog: str) -> None:
    """What a zombie does: append old values behind the new ones."""
    old = [record for record in await read_topic(broker, changelog) if record.value is not None]
    async with AIOKafkaProducer(bootstrap_servers=broker, acks="all") as producer:
        for record in old[: len(old) // 2]:
            await producer.send_and_wait(changelog, record.value, record.key, partition=record.partition)


@pytest.mark.parametrize("then", ["more comes", "nothing comes"])
async def test_what_another_writer_left_is_not_the_last_word(then: str, feed: Feed, services: Services) -> None:
    app_id = then.replace(" ", "-")
    service = await services(feed.broker, app_id=app_id, stall_timeout=10).ready()
    for number in range(3):  # values that differ
        await feed.send([answer(f"{app_id}{number}{each}", 9, rfc3339(time.time() - 1)) for each in range(20)])
        await eventually(lambda: all_committed(feed.broker, app_id))
    changelog = f"{app_id}-nps-changelog"
    before = await fields_of(feed.broker, changelog)

    await write_again(feed.broker, changelog)
    if then == "more comes":
        await produce(feed.broker, records(traffic(time.time(), 1, seed=5, name=app_id)))

    async def repaired() -> None:
        assert (await service.metrics()).total("feedback_foreign_writes_total", table="nps") > 0
        after = await fields_of(feed.broker, changelog)
        late = {key for key, value in before.items() if value is not None and (after[key] or [-1])[0] < value[0]}
        assert not late, f"older values stand last: {sorted(late)[:5]}"

    await eventually(repaired)
