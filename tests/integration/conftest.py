"""Brokers for tests: one of each kind for the whole session, and others for tests that stop or kill theirs."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from stream.brokers.embedded import EmbeddedBroker
from stream.brokers.kafka import KafkaBroker, fetch_jars, find_java
from stream.brokers.process import Broker, BrokerMissingError

from .harness import Services
from .pages import REPOSITORY

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


@pytest.fixture(scope="session")
def java(lacks: Lacks) -> None:
    """Asked for by what needs a Kafka of its own, to know that one can run."""
    try:
        find_java()
        fetch_jars()
    except BrokerMissingError as error:
        lacks("real Kafka", str(error))


@pytest.fixture
def own_kafka(java: None) -> Iterator[KafkaBroker]:
    """A Kafka for one test, to be started, stopped and killed there."""
    broker = KafkaBroker()
    yield broker
    asyncio.run(broker.close())


@pytest.fixture(scope="module")
def module_kafka(java: None) -> Iterator[str]:
    """The address of a Kafka that only this module uses: the topics' names are fixed, so modules must not share."""
    # The group must notice a killed member within seconds, not after the six that are the least by default.
    broker = KafkaBroker(properties={"group.min.session.timeout.ms": "1000"})
    try:
        asyncio.run(broker.start())
        yield broker.bootstrap
    finally:
        asyncio.run(broker.close())


@pytest.fixture(scope="module")
def module_embedded(lacks: Lacks) -> Iterator[str]:
    """The address of an embedded broker that only this module uses."""
    yield from _running(EmbeddedBroker(), "the embedded broker", lacks)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory where `.venv` is installed: with the interpreter that runs the tests."""
    command = tmp_path / ".venv" / "bin" / "feedback-stream"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stream "$@"\n')
    command.chmod(0o755)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    (tmp_path / ".venv" / ".installed").touch()
    return tmp_path


@pytest.fixture
def own_embedded(embedded: str) -> Iterator[EmbeddedBroker]:
    """An embedded broker for one test, likewise."""
    broker = EmbeddedBroker()
    yield broker
    asyncio.run(broker.close())


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Starts workers as child processes: `services(broker, role, **settings)`."""
    started = Services(tmp_path)
    yield started
    started.end()


@pytest.fixture(scope="module")
def module_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Likewise for workers that a whole module uses."""
    started = Services(tmp_path_factory.mktemp("services"))
    yield started
    started.end()


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
