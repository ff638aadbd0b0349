"""The topics: names, how they are kept, and making those that are missing."""

import asyncio
from collections.abc import Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from stream.errors import ANEW, AccessError, BrokerError
from stream.events import SOURCES
from stream.events.survey import SurveyResponse
from stream.events.verbatim import Verbatim
from stream.kafka import is_forbidden, reach, told
from stream.settings import Settings

DEAD_LETTERS = "feedback.dead-letters"
SCORES = "feedback.scores"
ALERTS = "feedback.alerts"
#: Deliveries whose answers are to be fetched, at once or later; made only where there are such senders.
NOTIFICATIONS = "feedback.notifications"
NOTIFICATIONS_LATER = "feedback.notifications-later"

#: Topics whose records lie in the same partitions as those that they are made of.
BESIDE = {Verbatim.topic: SurveyResponse.topic}

#: What to do where they have fewer.
AS_MANY = "give it as many with kafka-topics.sh --alter, or delete it, and it is made anew"

#: A dead letter is the original, which may have been refused for its size, with headers on top; and so a notification.
_DEAD_LETTER_BYTES = 8 << 20
_ALERT_RETENTION_S = 60 * 86_400
_NOTIFICATION_RETENTION_S = 14 * 86_400


def changelog(settings: Settings, kpi: str) -> str:
    """The topic that a KPI's table is rebuilt from; named as Faust names it."""
    return f"{settings.app_id}-{kpi}-changelog"


async def ensure_topics(settings: Settings, more: Iterable[str] = ()) -> dict[str, int]:
    """Make the topics that are missing, and `more`; the number of partitions of every topic.

    Raises:
        BrokerError: if the broker cannot be reached or refuses, or a changelog does not fit its source topic.
    """
    options = await reach(settings)
    with told():
        admin = AIOKafkaAdminClient(**options)
        try:
            await admin.start()
            found = await _ensure(admin, settings, more)
        finally:
            await admin.close()
    _check(settings, found)
    return found


async def _ensure(admin: AIOKafkaAdminClient, settings: Settings, more: Iterable[str]) -> dict[str, int]:
    first = [name for name in SOURCES if name not in BESIDE]
    await create_missing(admin, settings, [_source(settings, name) for name in first], await partitions_of(admin))
    found = await wait_for(admin, first)
    beside = [_source(settings, name, found[other]) for name, other in BESIDE.items()]
    await create_missing(admin, settings, beside, await partitions_of(admin))
    found = await wait_for(admin, SOURCES)
    rest = [_changelog(settings, name, found[kpi.source]) for name, kpi in settings.kept.items()]
    rest += [_outgoing(settings, name) for name in (DEAD_LETTERS, SCORES, ALERTS, *more)]
    await create_missing(admin, settings, rest, found)
    return await wait_for(admin, [*SOURCES, *(topic.name for topic in rest)])


def _check(settings: Settings, found: dict[str, int]) -> None:
    for name, kpi in settings.kept.items():
        own, source = found[changelog(settings, name)], found[kpi.source]
        if own != source:
            msg = (
                f"topic {kpi.source} has {source} partitions, but {changelog(settings, name)} has {own}: "
                f"partitions were added; {ANEW}"
            )
            raise BrokerError(msg)


def check_beside(found: Mapping[str, int], name: str) -> None:
    """Go on only where a topic has a partition for each of those that its records are made of.

    Raises:
        BrokerError: if it has not; with what to do.
    """
    other = BESIDE[name]
    if found[name] < found[other]:
        msg = f"topic {other} has {found[other]} partitions, but {name} has {found[name]}: {AS_MANY}"
        raise BrokerError(msg)


async def partitions_of(admin: AIOKafkaAdminClient) -> dict[str, int]:
    """How many partitions each topic has."""
    topics = await admin.describe_topics()
    return {topic["topic"]: len(topic["partitions"]) for topic in topics}


async def wait_for(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, int]:
    """Partitions of every topic, once these are known; a broker may take a moment to learn of what was just made."""
    wanted = set(names)
    for _ in range(100):
        found = await partitions_of(admin)
        missing = wanted - found.keys()
        if not missing:
            return found
        await asyncio.sleep(0.1)
    msg = f"topics were made, but the broker does not show them: {', '.join(sorted(missing))}"
    raise BrokerError(msg)


async def create_missing(
    admin: AIOKafkaAdminClient, settings: Settings, topics: Iterable[NewTopic], found: Mapping[str, int]
) -> None:
    """Make those of the topics that were not found.

    Raises:
        AccessError: if this user may not.
        BrokerError: if the broker refuses otherwise.
    """
    missing = [topic for topic in topics if topic.name not in found]
    if not missing:
        return
    response = await admin.create_topics(missing)
    for name, code, *message in response.topic_errors:
        error = for_code(code)
        if is_forbidden(error):
            msg = (
                f"topic {name} is not there, or not to be seen by this user, who may not make it either: "
                "make the topics first, or give the rights in docs/security.md"
            )
            raise AccessError(msg)
        if code and error is not TopicAlreadyExistsError:
            msg = f"topic {name} could not be made at {settings.broker}: {error.__name__} {message}"
            raise BrokerError(msg)


def _source(settings: Settings, name: str, partitions: int | None = None) -> NewTopic:
    return NewTopic(name, partitions or settings.partitions, settings.replication, topic_configs=_in_sync(settings))


def _in_sync(settings: Settings) -> dict[str, str]:
    """What is acknowledged is on so many replicas: on all but one, so that one broker may be away."""
    return {"min.insync.replicas": str(max(1, settings.replication - 1))}


def _outgoing(settings: Settings, name: str) -> NewTopic:
    configs = _in_sync(settings) | ({"cleanup.policy": "compact"} if name == SCORES else {})
    if name == ALERTS:
        # An alert matters for as long as the panes that it spoiled are kept, and is known from here after a restart.
        longest = max(window.size for window in settings.windows)
        configs["retention.ms"] = str(1000 * max(_ALERT_RETENTION_S, 2 * longest))
    if name in {NOTIFICATIONS, NOTIFICATIONS_LATER}:
        # What waits longer than the patience is given up; the rest is for times when nobody fetches.
        least = _NOTIFICATION_RETENTION_S if name == NOTIFICATIONS else 0
        configs["retention.ms"] = str(1000 * max(least, 2 * settings.fetch_patience))
    if name in {DEAD_LETTERS, NOTIFICATIONS, NOTIFICATIONS_LATER}:
        configs["max.message.bytes"] = str(_DEAD_LETTER_BYTES)
    return NewTopic(name, settings.partitions, settings.replication, topic_configs=configs)


def _changelog(settings: Settings, kpi: str, partitions: int) -> NewTopic:
    configs = {
        "cleanup.policy": "compact",
        # Small, early segments: only closed ones are compacted, and recovery reads what is left.
        "segment.bytes": str(64 << 20),
        "segment.ms": str(600_000),
        "min.cleanable.dirty.ratio": "0.2",
        # Longer than any pause of a worker, so that what a zombie overwrote can still be seen beside it.
        "min.compaction.lag.ms": str(300_000),
        **_in_sync(settings),
    }
    return NewTopic(changelog(settings, kpi), partitions, settings.replication, topic_configs=configs)
