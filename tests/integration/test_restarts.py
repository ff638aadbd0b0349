"""A worker that ends, well or not, and starts again, goes on as if nothing had happened."""

import shutil
import time

import pytest

from .harness import Service, Services, all_committed, committed, eventually
from .oracle import outcomes
from .traffic import Event, Feed, answer, rfc3339, traffic


@pytest.fixture(scope="module")
def feed(module_kafka: str) -> Feed:
    return Feed(module_kafka)


async def counted(service: Service) -> float:
    """How many records the process has counted since its start."""
    return (await service.metrics()).total("feedback_events_total")


async def test_a_worker_that_was_stopped_goes_on(feed: Feed, services: Services) -> None:
    service = await services(feed.broker, app_id="stopped").ready()
    await feed.send(traffic(time.time(), 600, seed=1, name="a"))

    async def some() -> None:
        assert await counted(service) > 0

    await eventually(some)
    service.stop()  # in the middle of it
    saved = await committed(feed.broker, "stopped")
    assert sum(saved.values()) > 0
    await feed.send(traffic(time.time(), 400, seed=2, name="b"))

    await service.start().ready()
    await feed.all_counted(service, "stopped")
    # What was saved before the stop was not counted again.
    assert await counted(service) == len(feed.events) - sum(saved.values())


async def test_a_worker_that_was_killed_goes_on(feed: Feed, services: Services) -> None:
    service = await services(feed.broker, app_id="killed", flush_interval=2).ready()
    await eventually(lambda: all_committed(feed.broker, "killed"))
    before = len(feed.events)
    await feed.send(traffic(time.time(), 500, seed=3, name="c"))

    async def counted_but_not_saved() -> None:
        saved = sum((await committed(feed.broker, "killed")).values())
        assert before <= saved < await counted(service)

    await eventually(counted_but_not_saved)
    service.kill()
    await feed.send(traffic(time.time(), 300, seed=4, name="d"))

    await service.start().ready()
    await feed.all_counted(service, "killed")


async def test_killing_again_and_again_loses_nothing(feed: Feed, services: Services) -> None:
    service = services(feed.broker, app_id="often", flush_interval=0.1)
    for round_ in range(2):
        await service.ready()
        before = await counted(service)
        await feed.send(traffic(time.time(), 200, seed=10 + round_, name=f"often{round_}-"))

        async def more(before: float = before) -> None:
            assert await counted(service) > before

        await eventually(more)
        service.kill()
        service.start()

    await service.ready()
    await feed.all_counted(service, "often")


async def test_answers_are_recognised_after_the_index_was_lost(feed: Feed, services: Services) -> None:
    service = await services(feed.broker, app_id="emptied").ready()
    now = time.time()
    first: list[Event] = [answer(f"known{n}", 9, rfc3339(now - 60), channel="post") for n in range(40)]
    await feed.send(first)
    await feed.all_counted(service, "emptied")
    service.stop()
    assert service.data_dir.is_dir()
    shutil.rmtree(service.data_dir)

    repeated = first[:20]
    corrected = [event | {"score": 0, "updated_at": rfc3339(now), "team": "later"} for event in first[20:30]]
    deleted = [event | {"score": None, "status": "deleted", "revision": 1} for event in first[30:]]
    await service.start().ready()
    await feed.send([*repeated, *corrected, *deleted])

    await feed.all_counted(service, "emptied")
    metrics = await service.metrics()
    (window,) = {row["window"] for row in await service.scores("?kpi=nps&scope=channel&member=post&window=24h")}
    assert metrics.value("feedback_nps_sample_size", window=window, scope="channel", member="post") == 30
    # Only topics that feed a KPI know from their tables what was counted before.
    shown = metrics.by("feedback_events_total", "outcome", topic="feedback.surveys")
    assert shown == {"duplicate": 20, "corrected": 10, "deleted": 10}
    assert outcomes(feed.events)["duplicate"] >= 20


async def test_a_worker_that_cannot_go_on_ends(feed: Feed, services: Services) -> None:
    """Faust alone would stay, and do nothing for ever."""
    service = await services(feed.broker, app_id="ends").ready()
    service.stop()
    index = service.data_dir / "ends" / "feedback.surveys" / "0"
    shutil.rmtree(index)
    index.touch()

    assert service.start().wait() == 70, service.said()
    assert "could not take up partitions; the process ends" in service.said()


@pytest.mark.parametrize("role", ["all", "agents"])
async def test_no_broker_is_one_sentence(role: str, services: Services) -> None:
    service = services("127.0.0.1:1", role)
    assert service.wait() == 1
    said = service.said()
    assert "Traceback" not in said
    assert "error: no Kafka broker answers at 127.0.0.1:1 (setting broker)" in said.splitlines()[-1]
