"""Which generation of tables is served: the newest record of a small topic, which workers read when they start.

A generation is a set of changelogs with a consumer group and index directories of its own. The first one bears the
plain `app_id`; the topic is made by the first `rebuild`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stream.kafka import reach, told, up_to_now
from stream.settings import Settings
from stream.topics import create_missing, wait_for

_KEY = b"generation"


class Generations(NamedTuple):
    """The generation that is served, the one that is being built, the one that was served before, the newest of all."""

    serving: int = 1
    building: int | None = None
    before: int | None = None
    newest: int = 1

    def begin(self, *, anew: bool = False) -> "Generations":
        """A new one is being built, unless one is already; `anew` gives that one up.

        >>> Generations().begin()
        Generations(serving=1, building=2, before=None, newest=2)
        >>> Generations().begin().begin() == Generations().begin()
        True
        >>> Generations().begin().begin(anew=True).building
        3
        """
        if self.building is not None and not anew:
            return self
        return self._replace(building=self.newest + 1, newest=self.newest + 1)

    def switch(self) -> "Generations":
        """The one that was being built is served.

        >>> Generations().begin().switch()
        Generations(serving=2, building=None, before=1, newest=2)
        """
        assert self.building is not None  # noqa: S101  there is nothing to switch to otherwise
        return self._replace(serving=self.building, building=None, before=self.serving)

    def back(self) -> "Generations":
        """The one that was served before is served again.

        >>> Generations().begin().switch().back()
        Generations(serving=1, building=None, before=2, newest=2)
        """
        assert self.before is not None  # noqa: S101  likewise
        return self._replace(serving=self.before, before=self.serving)

    def alone(self) -> "Generations":
        """Nothing is left of those that are not served."""
        return Generations(self.serving, newest=self.newest)

    @property
    def old(self) -> list[int]:
        """Those that are neither served nor being built.

        >>> Generations().begin().switch().old
        [1]
        """
        return [each for each in range(1, self.newest + 1) if each not in {self.serving, self.building}]


def of(settings: Settings, number: int) -> Settings:
    """The settings by which a generation's changelogs, group and indexes are named.

    >>> of(Settings(), 1).app_id, of(Settings(), 2).app_id
    ('feedback', 'feedback-g2')
    """
    return settings if number == 1 else settings.model_copy(update={"app_id": f"{settings.app_id}-g{number}"})


def topic_of(settings: Settings) -> str:
    """Where it is written down."""
    return f"{settings.app_id}-generation"


async def served(settings: Settings) -> Settings:
    """The settings of the generation that is served.

    Raises:
        BrokerError: if the broker cannot be reached, or refuses.
    """
    return of(settings, (await read(settings)).serving)


async def read(settings: Settings) -> Generations:
    """What is written down; the first generation where nothing is.

    Raises:
        BrokerError: if the broker cannot be reached, or refuses.
    """
    options = await reach(settings)
    topic = topic_of(settings)
    with told():
        async with administrator(options) as admin:
            if topic not in await admin.list_topics():
                return Generations()
        async with AIOKafkaConsumer(**options, auto_offset_reset="earliest") as consumer:
            consumer.assign([TopicPartition(topic, 0)])
            value = None
            async for record in up_to_now(consumer):
                value = record.value
    return Generations(**orjson.loads(value)) if value else Generations()


async def write(settings: Settings, generations: Generations) -> None:
    """Write it down; workers that start from now on go by it.

    Raises:
        BrokerError: if the broker cannot be reached, or refuses.
    """
    options, topic = await reach(settings), topic_of(settings)
    configs = {"cleanup.policy": "compact", "min.insync.replicas": str(max(1, settings.replication - 1))}
    with told():
        async with administrator(options) as admin:
            new = NewTopic(topic, 1, settings.replication, topic_configs=configs)
            await create_missing(admin, settings, [new], dict.fromkeys(await admin.list_topics(), 1))
            await wait_for(admin, [topic])
        async with AIOKafkaProducer(**options, acks="all") as producer:
            await producer.send_and_wait(topic, orjson.dumps(generations._asdict()), _KEY, partition=0)


@asynccontextmanager
async def administrator(options: dict[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    """An administrator of the broker, for a block."""
    admin = AIOKafkaAdminClient(**options)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
