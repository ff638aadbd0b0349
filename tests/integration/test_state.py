"""State that must not be read, members that come and go, and what is bounded."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewPartitions

from . import oracle
from .harness import Service, Services, admin_of, eventually, read_topic
from .traffic import Feed, answer, rfc3339, traffic

POSITION = b'["position"]'


@pytest.fixture(scope="module")
def feed(module_kafka: str) -> Feed:
    return Feed(module_kafka)


async def with_state(feed: Feed, services: Services, app_id: str) -> None:
    """Leave behind the changelogs of a worker that has counted something."""
    service = await services(feed.broker, app_id=app_id).ready()
    await feed.send(traffic(time.time(), 60, seed=len(feed.events), name=app_id))
    await feed.all_counted(service, app_id)
    service.stop()


async def refused(feed: Feed, services: Services, app_id: str, *reasons: str, **settings: object) -> None:
    """Whatever the role: the process ends by itself, says why, and has shown no score before."""
    for service in [services(feed.broker, role, app_id=app_id, **settings) for role in ("all", "agents", "view")]:
        await eventually(partial(ended_and_showed_nothing, service))
        assert service.status, service.said()
        for reason in ("feedback-stream rebuild", *reasons):
            assert reason in service.said(), service.said()


async def ended_and_showed_nothing(service: Service) -> None:
    """Fails while the process runs, for good if it shows a score."""
    if service.status is None and await service.scores():
        pytest.fail("a score was shown")
    assert service.status is not None, service.said()


async def rewrite(feed: Feed, app_id: str, change: Mapping[str, Any]) -> None:
    """Write the positions of NPS anew as another version of the program would."""
    topic = f"{app_id}-nps-changelog"
    newest = {
        record.partition: record.value for record in await read_topic(feed.broker, topic) if record.key == POSITION
    }
    assert newest
    async with AIOKafkaProducer(bootstrap_servers=feed.broker) as producer:
        for partition, value in newest.items():
            position = orjson.loads(value) | change
            await producer.send_and_wait(topic, orjson.dumps(position), POSITION, partition=partition)


async def test_state_of_another_version_is_refused(feed: Feed, services: Services) -> None:
    await with_state(feed, services, "version")
    await rewrite(feed, "version", {"version": 99})
    await refused(
        feed,
        services,
        "version",
        "the changelog of nps, written by feedback-stream ",
        "its format is version 99, not 1",
    )


async def test_state_with_other_fields_is_refused(feed: Feed, services: Services) -> None:
    await with_state(feed, services, "fields")
    topic = "fields-nps-changelog"
    async with AIOKafkaProducer(bootstrap_servers=feed.broker) as producer:
        for partition in range(4):
            key = orjson.dumps(["all", "all", 10, int(time.time()) // 10 * 10])
            await producer.send_and_wait(topic, b"[3,1,2]", key, partition=partition)
    await rewrite(feed, "fields", {"fields": ["up", "down"]})
    await refused(feed, services, "fields", "the changelog of nps holds 2 fields")


async def test_windows_that_the_state_was_not_kept_for_are_refused(feed: Feed, services: Services) -> None:
    await with_state(feed, services, "windows")
    await refused(feed, services, "windows", "the changelog of ", windows="5m/10s,2h/1m")


async def test_fewer_windows_are_served_from_the_same_state(feed: Feed, services: Services) -> None:
    await with_state(feed, services, "fewer")
    service = await services(feed.broker, app_id="fewer", windows="1h/1m,24h/15m", scopes="channel").ready()
    rows = await service.scores()
    expected = oracle.scores(feed.events, oracle.time_of(rows))
    kept = {key: each for key, each in expected.items() if key[1] in ("1h", "24h") and key[2] in ("all", "channel")}
    oracle.check_rows(rows, kept)


async def test_a_member_without_answers_in_the_window_is_gone(feed: Feed, services: Services) -> None:
    service = await services(feed.broker, app_id="fleeting", windows="4s/1s,1h/1m", min_sample=1).ready()
    name, fleeting = "feedback_nps_score", {"window": "4s", "scope": "channel", "member": "fleeting"}

    async def shown() -> None:
        await feed.send([answer(f"f{time.time()}", 10, rfc3339(time.time()), channel="fleeting")])
        assert (await service.metrics()).value(name, **fleeting) == 100

    async def gone() -> None:
        metrics = await service.metrics()
        for each in (name, f"{name}_lower", f"{name}_upper", "feedback_nps_sample_size"):
            assert metrics.value(each, **fleeting) is None
        # Not because all is gone: the longer window still has it.
        assert metrics.value(name, **(fleeting | {"window": "1h"})) == 100

    await eventually(shown)
    await eventually(gone)


async def test_members_beyond_the_bound_are_other(feed: Feed, services: Services) -> None:
    service = await services(feed.broker, app_id="bounded", max_members=4, min_sample=1).ready()
    at = rfc3339(time.time() - 1)
    await feed.send([answer(f"bounded{n}", n % 11, at, team=f"team {n % 50}") for n in range(400)])

    async def shown() -> None:
        rows = await service.scores("?kpi=nps&window=30d")
        expected = oracle.scores(feed.events, oracle.time_of(rows), min_sample=1)
        whole = expected["nps", "30d", "all", "all"].n
        assert sum(row["n"] for row in rows if row["scope"] == "all") == whole
        teams = {row["member"]: row for row in rows if row["scope"] == "team"}
        assert sum(row["n"] for row in teams.values()) == whole
        assert teams["other"]["n"] > 300
        # Four on each of four partitions, which may be different ones.
        assert len(teams) <= 4 * 4 + 1

    await eventually(shown)


async def test_added_partitions_are_refused(feed: Feed, services: Services) -> None:
    """Stays the last: it changes the topic that all tests of this file use."""
    await with_state(feed, services, "partitions")
    async with admin_of(feed.broker) as admin:
        await admin.create_partitions({"feedback.surveys": NewPartitions(5)})
    reason = "topic feedback.surveys has 5 partitions, but partitions-nps-changelog has 4: partitions were added"
    started = [services(feed.broker, role, app_id="partitions") for role in ("all", "agents", "view")]
    for service in started:
        assert service.wait() == 1
        assert "Traceback" not in service.said()
        assert f"error: {reason}" in service.said().splitlines()[-1]
