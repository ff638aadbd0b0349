"""What the service needs of its broker, its clock and its settings: looked at, with what to do where it is amiss."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from stream import generations
from stream.errors import ANEW, AccessError, BrokerError
from stream.events import SOURCES
from stream.generations import Generations
from stream.kafka import reach
from stream.settings import Settings
from stream.topics import ALERTS, AS_MANY, BESIDE, DEAD_LETTERS, SCORES, changelog, partitions_of


class Finding(NamedTuple):
    """One thing that was looked at; `advice` says what to do where it is not ok."""

    state: Literal["ok", "warning", "failed"]
    what: str
    found: str
    advice: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything; findings as they come."""
    yield _settings(settings)
    yield _data_dir(settings)
    yield _security(settings)
    try:
        options = await reach(settings)
    except BrokerError as error:
        refused = isinstance(error, AccessError)
        advice = "docs/security.md says how to connect" if refused else "start Kafka, or set FEEDBACK_BROKER"
        yield Finding("failed", "broker", str(error), advice)
        return
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=10_000)
    try:
        await admin.start()
        yield Finding("ok", "broker", settings.broker)
        found = await partitions_of(admin)
        known = await generations.read(settings)
        if known != Generations():
            yield _generation(known)
        settings = generations.of(settings, known.serving)
        for finding in _topics(settings, found):
            yield finding
        if settings.broker_kind == "kafka":
            async for finding in _configs(settings, admin, found):
                yield finding
    finally:
        await admin.close()
    yield await _clock(options, [name for name in SOURCES if name in found], found)


def _settings(settings: Settings) -> Finding:
    windows = ", ".join(window.name for window in settings.windows)
    days = settings.edit_horizon / 86_400
    return Finding("ok", "settings", f"windows {windows}; answers can be corrected for {days:g} days")


def _security(settings: Settings) -> Finding:
    user = f", {settings.kafka_sasl_mechanism} as {settings.kafka_username}" if settings.sasl else ""
    found = settings.kafka_security + user
    if settings.sasl and not settings.tls:
        advice = "passwords can be guessed from what is sent, and events read: set FEEDBACK_KAFKA_SECURITY=sasl_ssl"
        return Finding("warning", "security", found, advice)
    if settings.tls and not settings.kafka_check_hostname:
        advice = "another host can pass itself off as the broker: set FEEDBACK_KAFKA_CHECK_HOSTNAME=true"
        return Finding("warning", "security", f"{found}, host names not checked", advice)
    return Finding("ok", "security", found)


def _generation(known: Generations) -> Finding:
    """Which tables are served after a rebuild, and what is left to do."""
    found = f"{known.serving} is served"
    if known.building is not None:
        advice = "run `feedback-stream rebuild` to go on with it"
        return Finding("warning", "generation", f"{found}, {known.building} was begun", advice)
    return Finding("ok", "generation", found)


def _data_dir(settings: Settings) -> Finding:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        probe = settings.data_dir / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding("failed", "data directory", f"{settings.data_dir}: {error.strerror}", "set FEEDBACK_DATA_DIR")
    return Finding("ok", "data directory", str(settings.data_dir))


def _topics(settings: Settings, found: Mapping[str, int]) -> list[Finding]:
    changelogs = {changelog(settings, name): kpi.source for name, kpi in settings.kept.items()}
    findings = []
    missing = []
    for name in (*SOURCES, DEAD_LETTERS, SCORES, ALERTS, *changelogs):
        count, source = found.get(name), changelogs.get(name)
        if count is None:
            missing.append(name)
        elif source and found.get(source, count) != count:
            advice = f"{source} has {found[source]}: {ANEW}"
            findings.append(Finding("failed", f"topic {name}", f"{count} partitions", advice))
        elif name in BESIDE and count < found.get(BESIDE[name], 0):
            advice = f"{BESIDE[name]} has {found[BESIDE[name]]}, so worker --role text does not start: {AS_MANY}"
            findings.append(Finding("warning", f"topic {name}", f"{count} partitions", advice))
        else:
            findings.append(Finding("ok", f"topic {name}", f"{count} partitions"))
    if missing:
        advice = "they are made when the worker starts"
        findings.append(Finding("warning", "missing topics", ", ".join(missing), advice))
    return findings


async def _configs(settings: Settings, admin: AIOKafkaAdminClient, found: Mapping[str, int]) -> AsyncIterator[Finding]:
    changelogs = {changelog(settings, name) for name in settings.kept}
    for name in sorted({*SOURCES, *changelogs} & found.keys()):
        configs = await _config(admin, name)
        policy, retention = configs.get("cleanup.policy", ""), int(configs.get("retention.ms") or -1)
        if name in changelogs and policy != "compact":
            advice = "set cleanup.policy=compact: with deletion by age state is lost"
            yield Finding("failed", f"topic {name}", f"cleanup.policy={policy}", advice)
        if name in SOURCES and 0 <= retention < settings.edit_horizon * 1000:
            days = f"retention {retention / 86_400_000:.1f} days, edit_horizon {settings.edit_horizon / 86_400:.1f}"
            advice = "a new worker rebuilds its index from the topic: keep records for at least edit_horizon"
            yield Finding("warning", f"topic {name}", days, advice)


async def _config(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    responses: Any = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {entry[0]: entry[1] for response in responses for resource in response.resources for entry in resource[4]}


async def _clock(options: Mapping[str, Any], topics: list[str], counts: Mapping[str, int]) -> Finding:
    """The newest records' timestamps must not be ahead of this machine's clock."""
    if not topics:
        return Finding("ok", "clock", "no records to compare with yet")
    consumer = AIOKafkaConsumer(**options)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(counts[topic])]
        ends = await consumer.end_offsets(partitions)
        filled = [tp for tp, end in ends.items() if end > 0]
        consumer.assign(filled)
        for tp in filled:
            consumer.seek(tp, ends[tp] - 1)
        batches = await consumer.getmany(timeout_ms=2_000) if filled else {}
    finally:
        await consumer.stop()
    newest = max((record.timestamp for batch in batches.values() for record in batch), default=None)
    if newest is None:
        return Finding("ok", "clock", "no records to compare with yet")
    ahead = newest / 1000 - time.time()
    if ahead > 5:
        return Finding("failed", "clock", f"{ahead:.0f} s behind the newest record", "synchronise this machine's clock")
    return Finding("ok", "clock", f"newest record {-ahead:.0f} s ago")
