"""Several workers share the partitions; each view shows the sum of all, whoever comes and goes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from . import oracle
from .harness import Service, Services, eventually
from .traffic import Feed, record, traffic


@pytest.fixture(scope="module")
def feed(module_kafka: str) -> Feed:
    return Feed(module_kafka)


async def partitions(service: Service) -> set[str]:
    """The partitions of the surveys that a worker has records of."""
    labels = [
        dict(labels)
        for name, labels in (await service.metrics()).samples
        if name == "feedback_watermark_timestamp_seconds"
    ]
    return {each["partition"] for each in labels if each["topic"] == "feedback.surveys"}


async def shared(*services: Service) -> None:
    """Wait until every partition is counted by exactly one of the workers, and each of them has one."""

    async def seen() -> None:
        held = [await partitions(service) for service in services]
        assert all(held), held
        assert sorted(number for numbers in held for number in numbers) == ["0", "1", "2", "3"], held

    await eventually(seen)


@asynccontextmanager
async def flowing(feed: Feed, name: str) -> AsyncIterator[None]:
    """Events come while the block runs, a hundred a second."""
    ended = asyncio.Event()

    async def flow() -> None:
        async with AIOKafkaProducer(bootstrap_servers=feed.broker, acks="all") as producer:
            number = 0
            while not ended.is_set():
                for event in traffic(time.time(), 200, seed=number, name=f"{name}{number}-"):
                    sent = record(event)
                    await producer.send_and_wait(sent.topic, sent.value, sent.key)
                    feed.events.append(event)
                    if ended.is_set():
                        break
                    await asyncio.sleep(0.01)
                number += 1

    async with asyncio.TaskGroup() as group:
        group.create_task(flow())
        try:
            yield
        finally:
            ended.set()


async def same(feed: Feed, *services: Service, app_id: str) -> None:
    for service in services:
        await feed.all_counted(service, app_id)


async def test_two_workers_share_the_partitions_and_each_shows_the_whole(feed: Feed, services: Services) -> None:
    first = await services(feed.broker, app_id="two").ready()
    await feed.send(traffic(time.time(), 500, seed=1, name="two"))
    second = await services(feed.broker, app_id="two").ready()
    await feed.send(traffic(time.time(), 500, seed=2, name="more"))
    await shared(first, second)

    await same(feed, first, second, app_id="two")


async def test_workers_that_come_and_go_lose_nothing_and_count_nothing_twice(feed: Feed, services: Services) -> None:
    async with flowing(feed, "go"):
        first = await services(feed.broker, app_id="go").ready()
        second = await services(feed.broker, app_id="go").ready()
        await shared(first, second)
        first.stop()
        await shared(second)
        await first.start().ready()
        await shared(first, second)
        second.kill()
        await shared(first)
        await second.start().ready()
        await shared(first, second)

    await same(feed, first, second, app_id="go")


async def test_a_view_shows_what_agents_count(feed: Feed, services: Services) -> None:
    agents = [services(feed.broker, "agents", app_id="roles") for _ in range(2)]
    view = await services(feed.broker, "view", app_id="roles").ready()
    for agent in agents:
        await agent.ready()
    await feed.send(traffic(time.time(), 300, seed=3, name="roles"))
    await shared(*agents)
    await same(feed, view, app_id="roles")
    assert await agents[0].scores() == []
    assert (await agents[0].metrics()).count("feedback_nps_score") == 0
    assert (await view.metrics()).total("feedback_events_total") == 0

    # Agents that start again have nothing but the changelogs to recover from.
    agents[0].stop()
    agents[1].kill()
    await feed.send(traffic(time.time(), 300, seed=4, name="recovered"))
    for agent in agents:
        agent.start()
    for agent in agents:
        await agent.ready()
    await feed.send(traffic(time.time(), 100, seed=5, name="after"))
    await shared(*agents)
    await same(feed, view, app_id="roles")
    recovered = [(await agent.metrics()).value("feedback_recovery_seconds") for agent in agents]
    assert all(seconds is not None and seconds > 0 for seconds in recovered)


async def test_a_view_that_starts_anew_shows_no_part_of_the_state(feed: Feed, services: Services) -> None:
    counting = await services(feed.broker, app_id="late").ready()
    await same(feed, counting, app_id="late")
    counting.stop()

    view = services(feed.broker, "view", app_id="late")

    async def first_shown() -> list[dict[str, Any]]:
        rows = await view.scores()
        assert rows
        return rows

    rows = await eventually(first_shown)
    oracle.check_rows(rows, oracle.scores(feed.events, oracle.time_of(rows)))
