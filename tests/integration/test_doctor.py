"""The doctor names what is amiss on a real Kafka, and says what to do."""

import json
import time
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from .harness import admin_of, run


def findings(broker: str, data_dir: Path, app_id: str = "feedback") -> tuple[int, dict[str, dict[str, str]]]:
    """Exit status, and what was found amiss."""
    done = run("doctor", "--format", "json", broker=broker, data_dir=data_dir, app_id=app_id, edit_horizon="7d")
    assert not done.err
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert {"settings", "data directory", "broker", "clock"} <= {row["what"] for row in rows}
    return done.status, {row["what"]: row for row in rows if row["state"] != "ok"}


async def topic(broker: str, name: str, partitions: int = 4, **configs: str) -> None:
    named = {key.replace("_", "."): value for key, value in configs.items()}
    async with admin_of(broker) as admin:
        created = await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=named)])
        assert [code for _, code, *_ in created.topic_errors] == [0]


async def test_each_topic_that_is_amiss_is_named(module_kafka: str, tmp_path: Path) -> None:
    status, amiss = findings(module_kafka, tmp_path)
    assert (status, set(amiss)) == (0, {"missing topics"})

    await topic(module_kafka, "feedback.surveys", 3, retention_ms="3600000")
    await topic(module_kafka, "feedback.churn", retention_ms="604800000")
    await topic(module_kafka, "feedback-nps-changelog", 3, cleanup_policy="delete")
    await topic(module_kafka, "feedback-csat-changelog", 4, cleanup_policy="compact")
    status, amiss = findings(module_kafka, tmp_path)
    assert status == 1
    assert {what: row["state"] for what, row in amiss.items()} == {
        "missing topics": "warning",
        "topic feedback.surveys": "warning",
        "topic feedback-nps-changelog": "failed",
        "topic feedback-csat-changelog": "failed",
    }
    assert amiss["topic feedback.surveys"]["found"].startswith("retention 0.0 days")
    assert amiss["topic feedback-nps-changelog"]["found"] == "cleanup.policy=delete"
    assert "set cleanup.policy=compact" in amiss["topic feedback-nps-changelog"]["advice"]
    assert "feedback.surveys has 3: `feedback-stream rebuild`" in amiss["topic feedback-csat-changelog"]["advice"]

    # Another app_id has changelogs of its own, which the worker makes as they must be.
    status, amiss = findings(module_kafka, tmp_path, "other")
    assert (status, set(amiss)) == (0, {"missing topics", "topic feedback.surveys"})


async def test_a_clock_that_is_behind_is_found(module_kafka: str, tmp_path: Path) -> None:
    await topic(module_kafka, "feedback.cases")
    async with AIOKafkaProducer(bootstrap_servers=module_kafka) as producer:
        ahead = int((time.time() + 600) * 1000)
        await producer.send_and_wait("feedback.cases", b"{}", timestamp_ms=ahead)
    status, amiss = findings(module_kafka, tmp_path, "other")
    assert (status, amiss["clock"]["state"]) == (1, "failed")
    assert "synchronise this machine's clock" in amiss["clock"]["advice"]
