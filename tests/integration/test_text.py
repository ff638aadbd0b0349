"""The text stage on real Kafka: each comment becomes one verbatim, whoever dies; what is taken back is taken back."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import NewTopic

from stream.brokers.kafka import KafkaBroker
from stream.settings import Settings
from stream.text.comment import analyse
from stream.text.taxonomy import Taxonomy
from stream.topics import ensure_topics

from .harness import Sent, Services, admin_of, all_committed, end_offsets, eventually, produce, read_topic
from .traffic import Event, answer, records, rfc3339

SURVEYS, VERBATIMS, GROUP = "feedback.surveys", "feedback.verbatims", "feedback-text"
COMMENTS = (
    "45 min d'attente, inadmissible", "Conseillère très aimable, merci", "Livraison rapide", "RAS", "👍",
    "Far too expensive", "Friendly agent, problem solved", "The app keeps crashing",
)  # fmt: skip
TAXONOMY = Taxonomy.load()


def answers(now: float, first: int, last: int) -> Iterator[Event]:
    """Answers, most of them with a comment, some of them corrected or deleted right after."""
    for number in range(first, last):
        at, comment = now - 3_600 + number, COMMENTS[number % len(COMMENTS)]
        event = answer(f"r{number}", number % 11, rfc3339(at), channel="phone")
        yield event if number % 4 == 3 else event | {"comment": comment}
        later = {"updated_at": rfc3339(at + 60)}
        if number % 10 == 0:
            yield event | {"comment": "plus jamais"} | later
        elif number % 10 == 1:
            yield event | later
        elif number % 10 == 2:
            yield event | {"status": "deleted", "score": None} | later


def expected(events: Iterable[Event]) -> dict[str, tuple[Any, ...]]:
    """What is left of the comments, worked out from the events alone: the last version of each answer."""
    last: dict[str, Event] = {event["response_id"]: event for event in events}
    found = {}
    for key, event in last.items():
        if event.get("comment") and event.get("status") != "deleted":
            reading = analyse(event["comment"], None, TAXONOMY)
            assert reading is not None
            score = event["score"]
            group = "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"
            found[key] = (*reading, group, "phone")
    return found


def effect(found: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    """What the records come to, each counted once: the newest version of each identity, in whatever order they come."""
    newest: dict[str, tuple[tuple[str, int], Event]] = {}
    for record in found:
        event = orjson.loads(record.value)
        version = (event["updated_at"] or event["occurred_at"], event["revision"])
        before = newest.get(event["response_id"])
        assert before is None or before[0] != version or before[1] == event, "one version says two things"
        if before is None or version > before[0]:
            newest[event["response_id"]] = (version, event)
    return {
        key: (event["language"], event["sentiment"], tuple(event["themes"]), event["group"], event["channel"])
        for key, (_, event) in newest.items()
        if event["status"] == "answered"
    }


async def forget(broker: str) -> None:
    """Set the stage's group back to the beginning, as if it had died before each of its commits."""
    async with AIOKafkaConsumer(bootstrap_servers=broker, group_id=GROUP, enable_auto_commit=False) as consumer:
        partitions = await end_offsets(broker, [SURVEYS])
        consumer.assign(list(partitions))
        await consumer.commit(dict.fromkeys(partitions, 0))


async def test_each_comment_becomes_a_verbatim_also_where_the_stage_is_killed(
    module_kafka: str, services: Services
) -> None:
    now = time.time()
    stage = await services(module_kafka, role="text").ready()
    events = list(answers(now, 0, 2_000))
    await produce(module_kafka, [*records(events), Sent(SURVEYS, b"bad", b"no JSON"), Sent(SURVEYS, b"null", None)])

    async def begun() -> None:
        assert sum((await end_offsets(module_kafka, [VERBATIMS])).values()) > 0

    await eventually(begun)
    stage.kill()
    more = list(answers(now, 2_000, 2_500))
    await produce(module_kafka, records(more))
    stage.start()
    await stage.ready()
    await eventually(lambda: all_committed(module_kafka, GROUP, [SURVEYS]))
    assert effect(await read_topic(module_kafka, VERBATIMS)) == expected([*events, *more])

    stage.stop()
    await forget(module_kafka)
    stage.start()
    await stage.ready()
    await eventually(lambda: all_committed(module_kafka, GROUP, [SURVEYS]))
    found = await read_topic(module_kafka, VERBATIMS)
    assert len(found) > 2 * len(expected([*events, *more]))
    assert effect(found) == expected([*events, *more])
    places = {record.key: record.partition for record in await read_topic(module_kafka, SURVEYS)}
    assert all(places[record.key] == record.partition for record in found)
    assert not any(text.encode() in record.value for record in found for text in (*COMMENTS, "plus jamais"))


async def test_verbatims_have_as_many_partitions_as_the_answers_that_were_there(own_kafka: KafkaBroker) -> None:
    await own_kafka.start()
    async with admin_of(own_kafka.bootstrap) as admin:
        await admin.create_topics([NewTopic(SURVEYS, 6, 1)])
    made = await ensure_topics(Settings(broker=own_kafka.bootstrap, partitions=2))
    assert (made[SURVEYS], made[VERBATIMS], made["feedback.churn"]) == (6, 6, 2)


async def test_the_stage_tells_of_itself_and_the_engine_takes_what_it_sends(
    module_kafka: str, services: Services
) -> None:
    stage = await services(module_kafka, role="text", app_id="seen").ready()
    worker = await services(module_kafka, app_id="seen").ready()
    at = rfc3339(time.time())
    await produce(module_kafka, records([answer("seen1", 9, at, comment="Alles gut", language="de")]))
    await eventually(lambda: all_committed(module_kafka, "seen-text", [SURVEYS]))
    metrics = await stage.metrics()
    assert metrics.value("feedback_comments_total", language="unread") == 1.0
    assert metrics.total("feedback_comments_lag_records") == 0.0
    assert (await stage.get("/healthz"))[0] == 200

    async def taken() -> None:
        outcomes = (await worker.metrics()).by("feedback_events_total", "outcome", topic=VERBATIMS)
        ends = await end_offsets(module_kafka, [VERBATIMS])
        assert sum(outcomes.values()) == sum(ends.values())
        assert "rejected" not in outcomes

    await eventually(taken)
    stage.stop()
