"""Events in, scores out, on both brokers: every number compared with one worked out from the definitions."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition

from stream import __version__

from . import oracle, traffic
from .flow import MEGABYTE, NOW, Flow
from .harness import (
    DEAD_LETTERS,
    SOURCES,
    Services,
    all_committed,
    end_offsets,
    eventually,
    read_topic,
    run,
)
from .settled import SECOND, instant
from .traffic import record


@pytest.fixture(scope="module", params=["kafka", "embedded"])
def flow(request: pytest.FixtureRequest, module_services: Services) -> Iterator[Flow]:
    flow = Flow(request.param, request.getfixturevalue(f"module_{request.param}"), module_services)
    asyncio.run(flow.fill())
    yield flow
    flow.service.stop()


async def test_scores_are_those_of_the_definitions(flow: Flow) -> None:
    rows = await flow.service.scores()
    expected = oracle.scores(flow.events, oracle.time_of(rows))
    assert len(expected) > 300
    assert any(each.value is None for each in expected.values())
    oracle.check_rows(rows, expected)


async def test_metrics_show_the_same_scores(flow: Flow) -> None:
    async def scraped() -> None:
        before = time.time()
        metrics = await flow.service.metrics()
        for moment in (before, time.time()):  # a window may have moved on in between
            expected = oracle.scores(flow.events, moment)
            if metrics.value("feedback_nps_sample_size", window="5m", scope="all", member="all") == getattr(
                expected.get(("nps", "5m", "all", "all")), "n", None
            ):
                break
        oracle.check_metrics(metrics.value, metrics.count, expected)

    await eventually(scraped)


async def test_metrics_show_the_fields_of_the_cross(flow: Flow) -> None:
    async def scraped() -> None:
        metrics = await flow.service.metrics()
        expected = oracle.slices(flow.events, time.time())
        names = {name for name, *_ in expected}
        shown = {
            (
                name,
                *(dict(labels)[label] for label in ("window", *oracle.CROSS, "currency") if label in dict(labels)),
            ): value
            for (name, labels), value in metrics.samples.items()
            for own in [dict(labels)]
            if name in names and value
        }
        assert shown == expected
        assert {window for _, window, *_ in expected} == {"24h", "7d", "30d"}

    await eventually(scraped)


async def test_the_score_command_says_the_same(flow: Flow) -> None:
    rows = await flow.service.scores()
    done = await asyncio.to_thread(
        run, "score", "-", "--format", "json", "--as-of", rows[0]["as_of"],
        broker="nowhere:1", stdin=traffic.lines(flow.events),
    )  # fmt: skip
    assert (done.status, done.err) == (0, "")
    *printed, last = [json.loads(line) for line in done.out.splitlines()]
    assert sorted(printed, key=str) == sorted(rows, key=str)
    said = oracle.outcomes(flow.events)
    assert last["summary"] == {
        "accepted": said["accepted"], "duplicates": said["duplicate"], "corrections": said["corrected"],
        "deletions": said["deleted"], "late": 0, "rejected": {},
    }  # fmt: skip


async def test_every_record_is_in_one_outcome(flow: Flow) -> None:
    metrics = await flow.service.metrics()
    said = oracle.outcomes(flow.events)
    assert all(said[outcome] > 20 for outcome in ("accepted", "duplicate", "corrected", "deleted"))
    assert metrics.by("feedback_events_total", "outcome") == said | {"rejected": len(flow.bad)}
    sent = Counter(record(event).topic for event in flow.events) + Counter(bad.sent.topic for bad in flow.bad)
    assert metrics.by("feedback_events_total", "topic") == sent
    assert set(sent) == set(SOURCES)
    assert metrics.by("feedback_dead_letters_total", "reason") == Counter(bad.reason for bad in flow.bad)
    assert metrics.by("feedback_dead_letters_total", "topic") == Counter(bad.sent.topic for bad in flow.bad)


async def test_dead_letters_hold_the_original_and_its_origin(flow: Flow) -> None:
    async def parked() -> list[Any]:
        letters = await read_topic(flow.broker, DEAD_LETTERS)
        assert len(letters) == len(flow.bad)
        return letters

    letters = await eventually(parked)
    found = []
    for letter in letters:
        told = {name: value.decode() for name, value in letter.headers if name.startswith("feedback-")}
        own = tuple((name, value) for name, value in letter.headers if not name.startswith("feedback-"))
        found.append(
            (told["feedback-reason"], told["feedback-field"], told["feedback-topic"], letter.key, letter.value, own)
        )
        assert told["feedback-message"]
        assert NOW < instant(told["feedback-time"]) / SECOND < time.time()
        origin = TopicPartition(told["feedback-topic"], int(told["feedback-partition"]))
        source = {(r.partition, r.offset): r for r in await read_topic(flow.broker, origin.topic)}
        original = source[origin.partition, int(told["feedback-offset"])]
        assert (original.key, original.value) == (letter.key, letter.value)
    wanted = [
        (reason, field, sent.topic, sent.key, sent.value, tuple(sent.headers)) for reason, field, sent in flow.bad
    ]
    assert sorted(found, key=str) == sorted(wanted, key=str)


async def test_dead_letters_can_be_listed_shown_and_sent_back(flow: Flow) -> None:
    def cli(*arguments: str) -> str:
        done = run("dead-letters", *arguments, broker=flow.broker, broker_kind=flow.kind)
        assert done.status == 0, done.err
        return done.out

    listed = [json.loads(line) for line in cli("list", "--format", "json").splitlines()]
    assert Counter(row["reason"] for row in listed) == Counter(bad.reason for bad in flow.bad)
    assert all(row["origin"].startswith("feedback.") for row in listed)
    ids = {row["reason"]: row["id"] for row in listed}
    (big,) = [row for row in listed if row["reason"] == "too_large"]
    assert (big["bytes"], big["headers"]) == (len(MEGABYTE), {"source": "a vendor"})
    orders = cli("list", "--topic", "feedback.orders", "--reason", "invalid_amount")
    assert [line.split()[0] for line in orders.splitlines()] == ["id", ids["invalid_amount"]]

    shown = cli("show", ids["fractional_score"])
    (bad,) = [bad for bad in flow.bad if bad.reason == "fractional_score"]
    assert (bad.sent.value or b"").decode() in shown.splitlines()
    assert '"reason": "fractional_score"' in shown

    # Still wrong, so they come back as new dead letters; bytes, key and headers are those of the first.
    again = {"fractional_score", "too_large", "null_value"}
    cli("replay", *(ids[reason] for reason in again), "--yes")
    flow.bad += [bad for bad in flow.bad if bad.reason in again]
    await flow.all_counted()
    await test_dead_letters_hold_the_original_and_its_origin(flow)


async def test_the_topic_of_scores_holds_the_same(flow: Flow) -> None:
    async def published() -> None:
        before = time.time()
        kept = {record.key: record.value for record in await read_topic(flow.broker, "feedback.scores")}
        rows = [json.loads(value) for value in kept.values() if value is not None]
        keys = {tuple(json.loads(key)) for key, value in kept.items() if value is not None}
        # Windows move on while scores are published and read.
        moments = [oracle.scores(flow.events, before - behind) for behind in (0, 5, 10, 15)]
        expected = min(
            moments, key=lambda each: sum(row["n"] != getattr(each.get(oracle.place(row)), "n", 0) for row in rows)
        )
        assert keys == expected.keys()
        oracle.check_rows(rows, expected)

    await eventually(published)


# The embedded broker's end offsets are not the topics' ends.
only_kafka = pytest.mark.parametrize("flow", ["kafka"], indirect=True)


@only_kafka
async def test_the_group_commits_all_that_there_is(flow: Flow) -> None:
    await eventually(lambda: all_committed(flow.broker))


@only_kafka
async def test_changelogs_hold_offsets_and_position(flow: Flow) -> None:
    """What a plain consumer reads of the state: sums with the source offset they stand for, and the position."""
    ends = await end_offsets(flow.broker)

    async def materialised() -> dict[tuple[int, bytes], Any]:
        kept = {}
        for letter in await read_topic(flow.broker, "feedback-nps-changelog"):
            kept[letter.partition, letter.key] = None if letter.value is None else orjson.loads(letter.value)
        positions = {
            partition: value["offset"] for (partition, key), value in kept.items() if value and key == b'["position"]'
        }
        surveys = {tp.partition: end for tp, end in ends.items() if tp.topic == "feedback.surveys"}
        assert positions == surveys
        return kept

    kept = await eventually(materialised)
    sums: Counter[str] = Counter()
    at = time.time()
    (size, advance), names = oracle.WINDOWS["30d"], ("promoters", "passives", "detractors", "skipped")
    for (partition, key), value in kept.items():
        if key == b'["position"]':
            assert value["fields"] == [*names]
            continue
        if value is None:  # a tombstone: no window can reach that pane any more
            continue
        scope, _, width, start = orjson.loads(key)
        offset, *fields = value
        assert 0 <= offset < ends[TopicPartition("feedback.surveys", partition)]
        if (scope, width) == ("all", advance) and start >= at - size:
            sums.update(dict(zip(names, fields, strict=True)))
    expected = oracle.scores(flow.events, at)["nps", "30d", "all", "all"]
    assert sums == dict(expected.fields)


async def test_the_service_tells_of_itself(flow: Flow) -> None:
    metrics = await flow.service.metrics()
    assert metrics.by("feedback_build_info", "version") == {__version__: 1}
    assert metrics.total("feedback_end_to_end_seconds_count") >= len(flow.events)
    assert metrics.total("feedback_flush_seconds_count") >= 1
    newest = metrics.value("feedback_last_event_timestamp_seconds", topic="feedback.surveys")
    assert newest is not None
    assert NOW - 200 < newest <= NOW + 1
    if flow.kind == "kafka":
        partitions = {tp.partition for tp in await end_offsets(flow.broker, ["feedback.surveys"])}
        for partition in partitions:
            labels = {"topic": "feedback.surveys", "partition": str(partition)}
            assert metrics.value("feedback_consumer_lag_records", **labels) == 0
            assert metrics.value("feedback_watermark_timestamp_seconds", **labels) is not None


async def test_state_keys_are_counted_now_and_then(flow: Flow) -> None:
    async def counted() -> None:
        assert (await flow.service.metrics()).total("feedback_state_keys", table="nps") > 100

    await eventually(counted)


async def test_healthz_and_readyz_and_the_board_answer(flow: Flow) -> None:
    assert await flow.service.get("/healthz") == (200, "ok\n")
    assert await flow.service.get("/readyz") == (200, "ok\n")
    status, page = await flow.service.get("/")
    assert (status, page[:15]) == (200, "<!doctype html>")
