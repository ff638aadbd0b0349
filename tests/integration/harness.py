"""What integration tests share: workers as child processes, plain Kafka clients, and waiting with a deadline."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

import aiohttp
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from prometheus_client.parser import text_string_to_metric_families

from stream.brokers.ports import LOOPBACK, free_ports

SOURCES = (
    "feedback.surveys", "feedback.churn", "feedback.contacts", "feedback.orders", "feedback.invitations",
    "feedback.cases", "feedback.verbatims",
)  # fmt: skip
DEAD_LETTERS = "feedback.dead-letters"
APP_ID = "feedback"

#: Longer than anything takes on a busy machine: who waits so long waits in vain.
DEADLINE_S = 90.0

#: Under `make coverage` workers end by themselves: who is killed takes with it the lines that it has run.
_MEASURED = "COVERAGE_PROCESS_CONFIG" in os.environ

Result = TypeVar("Result")
Labels = frozenset[tuple[str, str]]


class Sent(NamedTuple):
    """A record as a client sends it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


def environment(broker: str, **settings: object) -> dict[str, str]:
    """This process's environment with these settings and no others."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("FEEDBACK_")}
    given = {f"FEEDBACK_{name.upper()}": str(value) for name, value in settings.items()}
    return own | {"FEEDBACK_BROKER": broker} | given


class Service:
    """`feedback-stream worker` as a child process that can be stopped, killed and started again."""

    def __init__(self, directory: Path, broker: str, role: str = "all", **settings: object) -> None:
        self.http = f"{LOOPBACK}:{free_ports(1)[0]}"
        self.url = f"http://{self.http}"
        self.log = directory / f"{role}-{self.http.rpartition(':')[2]}.log"
        self.data_dir = directory / self.log.stem
        self._command = [sys.executable, "-m", "stream", "worker", "--role", role]
        defaults = {"http": self.http, "data_dir": self.data_dir, "session_timeout": 3}
        self._environment = environment(broker, **(defaults | settings))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        return self

    def change(self, **settings: object) -> None:
        """Other settings, from the next start on."""
        self._environment |= {f"FEEDBACK_{name.upper()}": str(value) for name, value in settings.items()}

    def signal(self, number: int) -> None:
        """Send a signal, and go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def end(self, number: int) -> int:
        """Send a signal, and wait for the end; the exit status."""
        self.signal(number)
        return self.wait()

    def stop(self) -> None:
        """Ask it to end, as a supervisor would; it must end well."""
        assert self.end(signal.SIGTERM) == 0, self.said()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None and self._process.poll() is None:
            self.end(signal.SIGKILL)

    def wait(self) -> int:
        """Wait for the process to end by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(DEADLINE_S)

    @property
    def status(self) -> int | None:
        """The exit status, None while it runs."""
        return None if self._process is None else self._process.poll()

    def said(self) -> str:
        """All that it has printed."""
        return self.log.read_text(errors="replace")

    async def get(self, path: str) -> tuple[int, str]:
        """HTTP status and text of a page."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
            return response.status, await response.text()

    async def ready(self) -> "Service":
        """Wait until `/readyz` says so."""

        async def asked() -> None:
            assert self.status is None, f"the worker has ended with status {self.status}; it said:\n{self.said()}"
            status, text = await self.get("/readyz")
            assert status == 200, text

        await eventually(asked)
        return self

    async def scores(self, query: str = "") -> list[dict[str, Any]]:
        """What `/api/scores` shows."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/api/scores{query}") as response:
            assert response.status == 200
            rows: list[dict[str, Any]] = (await response.json())["scores"]
            return rows

    async def metrics(self) -> "Metrics":
        """What `/metrics` shows."""
        status, text = await self.get("/metrics")
        assert status == 200, text
        return Metrics(text)


class Services:
    """Starts workers, and ends those that still run."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: list[Service] = []

    def __call__(self, broker: str, role: str = "all", **settings: object) -> Service:
        service = Service(self._directory, broker, role, **settings).start()
        self._started.append(service)
        return service

    def end(self) -> None:
        """Kill what still runs, and print what all have said: pytest shows it where a test has failed."""
        for service in self._started:
            if _MEASURED and service.status is None:
                service.end(signal.SIGTERM)
            service.kill()
            print(f"--- {service.log.name}\n{service.said()[-5000:]}")


class Metrics:
    """A parsed page of metrics."""

    def __init__(self, text: str) -> None:
        self.samples: dict[tuple[str, Labels], float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                place = sample.name, frozenset(sample.labels.items())
                assert place not in self.samples, f"{place} is there twice"
                self.samples[place] = sample.value

    def value(self, name: str, **labels: str) -> float | None:
        return self.samples.get((name, frozenset(labels.items())))

    def count(self, name: str) -> int:
        """How many samples there are of that name."""
        return sum(each == name for each, _ in self.samples)

    def total(self, name: str, **labels: str) -> float:
        """The sum of all samples of that name that have these labels."""
        wanted = frozenset(labels.items())
        return sum(value for (each, own), value in self.samples.items() if each == name and wanted <= own)

    def by(self, name: str, label: str, **wanted: str) -> dict[str, float]:
        """The samples of a name that have the wanted labels, by one label, zeros left out."""
        values: dict[str, float] = {}
        for (each, labels), value in self.samples.items():
            if each == name and value and wanted.items() <= labels:
                part = dict(labels)[label]
                values[part] = values.get(part, 0.0) + value
        return values


async def eventually(check: Callable[[], Awaitable[Result]], deadline_s: float = DEADLINE_S) -> Result:
    """What the check returns, once nothing in it fails any more."""
    deadline = time.monotonic() + deadline_s
    while True:
        try:
            return await check()
        except (AssertionError, aiohttp.ClientConnectionError):
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.1)


async def produce(broker: str, records: Iterable[Sent]) -> None:
    """Send records with a plain client, in their order."""
    async with AIOKafkaProducer(bootstrap_servers=broker, max_request_size=4 << 20, acks="all") as producer:
        sent = [
            await producer.send(record.topic, record.value, record.key, headers=list(record.headers))
            for record in records
        ]
        for future in sent:
            await future


async def read_topic(broker: str, topic: str) -> list[Any]:
    """Every record that a topic holds now, by partition and offset."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker, auto_offset_reset="earliest", max_partition_fetch_bytes=8 << 20
    )
    records: list[Any] = []
    async with consumer, asyncio.timeout(DEADLINE_S):
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=100)).values():
                records += batch
    return sorted(records, key=lambda record: (record.partition, record.offset))


async def end_offsets(broker: str, topics: Iterable[str] = SOURCES) -> dict[TopicPartition, int]:
    """Where each partition of the topics ends; not to be trusted on the embedded broker."""
    async with AIOKafkaConsumer(*topics, bootstrap_servers=broker) as consumer:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(consumer.assignment())
        return ends


async def committed(broker: str, group: str = APP_ID) -> dict[TopicPartition, int]:
    """What the consumer group has committed."""
    async with admin_of(broker) as admin:
        offsets = await admin.list_consumer_group_offsets(group)
        return {tp: found.offset for tp, found in offsets.items() if found.offset >= 0}


async def all_committed(broker: str, group: str = APP_ID, topics: Iterable[str] = SOURCES) -> None:
    """Fails until the group has committed all that its source topics hold."""
    ends, done = await end_offsets(broker, topics), await committed(broker, group)
    assert {tp: done.get(tp, 0) for tp in ends} == ends


class admin_of:  # noqa: N801  reads as a function
    """An admin client for a block."""

    def __init__(self, broker: str) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=broker)

    async def __aenter__(self) -> AIOKafkaAdminClient:
        await self._admin.start()
        return self._admin

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()


def run(*arguments: str, broker: str, stdin: bytes | None = None, **settings: object) -> "Ran":
    """Run the command line as a process to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "stream", *arguments],
        env=environment(broker, **settings) | {"COLUMNS": "200"},
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        timeout=DEADLINE_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str
