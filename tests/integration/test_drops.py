"""Drops in the running service: raised, shown, remembered over restarts, and resolved."""

import json
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from .harness import Service, Services, eventually, produce, read_topic
from .traffic import Event, answer, records, rfc3339

ALERTS = "feedback.alerts"
USUAL, ANGRY, PLEASED = (0.5, 0.3, 0.2), (0.1, 0.2, 0.7), (0.7, 0.3, 0.0)


def answers(name: str, count: int, begin: float, end: float, shares: dict[str, Sequence[float]]) -> list[Event]:
    """Answers of each channel, spread over a time, with these chances of promoters, passives and detractors."""
    chance = Random(name)
    events = []
    for number in range(count):
        channel = chance.choice(list(shares))
        score = chance.choices((10, 8, 2), shares[channel])[0]
        at = rfc3339(begin + (end - begin) * number / count)
        events.append(answer(f"{name}{number}", score, at, channel=channel, touchpoint=chance.choice("abc")))
    return events


async def said(broker: str) -> list[dict[str, Any]]:
    """The records of `feedback.alerts` about all answers."""
    alerts = [json.loads(record.value) for record in await read_topic(broker, ALERTS)]
    return [alert for alert in alerts if alert["scope"] == "all"]


async def raised(service: Service) -> float | None:
    return (await service.metrics()).value("feedback_nps_dropped", scope="all", member="all")


async def test_a_drop_is_raised_remembered_and_resolved(module_kafka: str, services: Services) -> None:
    service = await services(module_kafka, drop_interval=0.3).ready()
    now = time.time()
    await produce(
        module_kafka, records(answers("before", 3_000, now - 3_000, now - 500, {"phone": USUAL, "web": USUAL}))
    )
    await produce(module_kafka, records(answers("drop", 600, now - 400, now - 60, {"phone": ANGRY, "web": USUAL})))

    async def dropped() -> None:
        assert await raised(service) == 1.0
        [alert] = await said(module_kafka)
        assert (alert["kpi"], alert["state"], alert["member"]) == ("nps", "raised", "all")
        assert alert["lower"] < 42 < alert["upper"]
        assert (alert["explained_by"][0]["scope"], alert["explained_by"][0]["member"]) == ("channel", "phone")
        _, text = await service.get("/api/alerts")
        assert alert["id"] in {row["id"] for row in json.loads(text)["alerts"]}

    await eventually(dropped)
    [before] = await said(module_kafka)
    service.kill()
    await service.start().ready()
    await eventually(dropped)
    assert await said(module_kafka) == [before]

    good = answers("after", 1_500, now - 50, time.time(), {"phone": PLEASED, "web": USUAL})
    await produce(module_kafka, records(good))

    async def recovered() -> None:
        assert await raised(service) == 0.0
        first, last = await said(module_kafka)
        assert (first, last["state"], last["id"]) == (before, "resolved", before["id"])
        assert last["begin"] < last["end"] <= last["at"]

    await eventually(recovered)
