"""Brokers for tests: one of each kind for the whole session, and others for tests that stop or kill theirs."""

import asyncio
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from stream.brokers.embedded import EmbeddedBroker
from stream.brokers.kafka import KafkaBroker
from stream.brokers.process import Broker, BrokerMissingError

Lacks = Callable[[str, str], NoReturn]


@pytest.fixture(scope="session")
def kafka(lacks: Lacks) -> Iterator[str]:
    """The address of a real Apache Kafka."""
    yield from _running(KafkaBroker(), "real Kafka", lacks)


@pytest.fixture(scope="session")
def embedded(lacks: Lacks) -> Iterator[str]:
    """The address of an embedded broker."""
    yield from _running(EmbeddedBroker(), "the embedded broker", lacks)


@pytest.fixture(scope="session", params=["kafka", "embedded"])
def broker(request: pytest.FixtureRequest) -> str:
    """The address of each kind of broker in turn."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def own_kafka(kafka: str) -> Iterator[KafkaBroker]:
    """A Kafka for one test, to be started, stopped and killed there; it asks for `kafka` to know that one can run."""
    broker = KafkaBroker()
    yield broker
    asyncio.run(broker.close())


@pytest.fixture
def own_embedded(embedded: str) -> Iterator[EmbeddedBroker]:
    """An embedded broker for one test, likewise."""
    broker = EmbeddedBroker()
    yield broker
    asyncio.run(broker.close())


def _running(broker: Broker, what: str, lacks: Lacks) -> Iterator[str]:
    # Started in an event loop of its own, so that tests are free in the scope of theirs.
    try:
        missing = asyncio.run(_start(broker))
        if missing:
            lacks(what, missing)
        yield broker.bootstrap
    finally:
        asyncio.run(broker.close())


async def _start(broker: Broker) -> str:
    try:
        await broker.start()
    except BrokerMissingError as error:
        return str(error)
    return ""
