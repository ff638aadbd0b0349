"""A broker with its topics, a crew, a source of events: what every scenario takes place in."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError, for_code

from stream.brokers.kafka import KafkaBroker

from ..integration.harness import committed, end_offsets
from . import scores
from .crew import PATIENCE_S, Crew, StuckError
from .evidence import batches, behind, source_partitions, truth
from .verdict import Expected, Verdict, judge
from .world import BROKER, COMPACTION, DEAD_LETTERS, KPIS, PARTITIONS, SURVEYS, changelog


class Load:
    """The source of events: a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.sent = 0
        self.failed = 0

    async def finish(self, *, stop: bool = True) -> int:
        """Wait until all is acknowledged that was sent; tell it to end, or wait until it has sent its limit."""
        if stop and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        out, _ = await self._process.communicate()
        for line in out.splitlines():
            told = json.loads(line)
            self.sent += told.get("sent", 0)
            self.failed += "failed" in told
        assert self._process.returncode == 0, f"the source of events ended with status {self._process.returncode}"
        return self.sent

    def end(self) -> None:
        """End it, whatever it is doing."""
        if self._process.returncode is None:
            self._process.kill()


class Arena:
    """Made anew for each scenario, since the names of the topics are given."""

    def __init__(self, directory: Path, brokers: list[KafkaBroker]) -> None:
        self.directory = directory
        self.brokers = brokers
        self._stack = AsyncExitStack()

    @property
    def bootstrap(self) -> str:
        """The brokers' addresses."""
        return ",".join(broker.bootstrap for broker in self.brokers)

    async def __aenter__(self) -> Self:
        for broker in self.brokers:
            self._stack.push_async_callback(broker.close)
        await asyncio.gather(*(broker.start() for broker in self.brokers))
        await self._make({name: (number, {}) for name, number in PARTITIONS.items()} | {DEAD_LETTERS: (1, {})})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def crew(self, app_id: str = "chaos", **given: Any) -> Crew:
        """Workers, with changelogs that are compacted all the time."""
        configs = COMPACTION | ({"min.insync.replicas": "2"} if len(self.brokers) > 1 else {})
        await self._make({changelog(app_id, name): (PARTITIONS[kpi.topic], configs) for name, kpi in KPIS.items()})
        replication = min(3, len(self.brokers))
        crew = Crew(self.directory, self.bootstrap, app_id, replication=replication, **given)
        return await self._stack.enter_async_context(crew)

    async def stock(self) -> Crew:
        """Workers of the negative control, on a changelog of Faust's own making."""
        await self._make({"stock-answers-changelog": (PARTITIONS[SURVEYS], {"cleanup.policy": "compact"})})
        return await self._stack.enter_async_context(Crew(self.directory, self.bootstrap, "stock", run="stock"))

    async def load(self, **given: object) -> Load:
        """Begin to send; arguments are those of `tests.chaos.load`."""
        arguments = [f"--{name}={value}" for name, value in given.items()]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.load", f"--broker={self.bootstrap}", *arguments,
            stdout=asyncio.subprocess.PIPE, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        load = Load(process)
        self._stack.callback(load.end)
        return load

    async def _make(self, topics: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
        replication = min(3, len(self.brokers))
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            made = [NewTopic(name, count, replication, topic_configs={**own}) for name, (count, own) in topics.items()]
            answer = await admin.create_topics(made)
        finally:
            await admin.close()
        errors = {name: for_code(code).__name__ for name, code, *_ in answer.topic_errors if code}
        assert not errors, f"topics could not be made: {errors}"

    async def drain(self, crew: Crew) -> None:
        """Nobody is killed any more; wait until all there is is durable."""
        crew.arm = lambda: None
        for member in crew.members:
            if member.paused:
                crew.signal(member, signal.SIGCONT)
                member.paused = False
        crew.start()
        deadline = time.monotonic() + PATIENCE_S
        while waits := await behind(self.bootstrap, crew.app_id):
            if time.monotonic() > deadline:
                msg = f"not everything is durable after {PATIENCE_S:g} s: {waits}; the logs end with\n{crew.said()}"
                raise StuckError(msg)
            await asyncio.sleep(0.3)

    async def drain_stock(self, crew: Crew) -> None:
        """Wait until the group has committed everything; what it does not, the oracle finds."""
        ends = await end_offsets(self.bootstrap, [SURVEYS])
        with suppress(StuckError):
            await self._committed(crew, lambda done: all(done.get(tp, 0) >= end for tp, end in ends.items()), "all")

    async def group_progress(self, crew: Crew, records: int) -> None:
        """Wait until the group has committed so many more records."""
        wanted = sum((await self._offsets(crew)).values()) + records
        await self._committed(crew, lambda done: sum(done.values()) >= wanted, f"{records} more records")

    async def _committed(self, crew: Crew, enough: Callable[[Mapping[Any, int]], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not enough(await self._offsets(crew)):
            if time.monotonic() > deadline:
                msg = f"the group has not committed {what} after {PATIENCE_S:g} s; the logs end with\n{crew.said()}"
                raise StuckError(msg)
            await asyncio.sleep(0.3)

    async def _offsets(self, crew: Crew) -> Mapping[Any, int]:
        try:
            return await committed(self.bootstrap, crew.app_id)
        except GroupCoordinatorNotAvailableError:
            return {}  # the broker makes the topic of groups when the first one joins

    async def dead_letters_missing(self) -> list[str]:
        """A sentence for each partition whose bad records are not all among the dead letters."""
        found: set[tuple[str, int, int]] = set()
        async for records in batches(self.bootstrap, DEAD_LETTERS, 0):
            for record in records:
                said = dict(record.headers)
                found.add((
                    said["feedback-topic"].decode(), int(said["feedback-partition"]), int(said["feedback-offset"]),
                ))  # fmt: skip
        missing = []
        for topic, partition in source_partitions():
            rejected = (await truth(self.bootstrap, topic, partition)).outcomes["rejected"]
            there = sum(place[:2] == (topic, partition) for place in found)
            if there != rejected:
                missing.append(f"{topic}-{partition}: {rejected} bad records, {there} of them are dead letters")
        return missing

    async def judge(self, crew: Crew) -> Verdict:
        """Drain, and ask the oracle about the changelogs and about the scores of every worker."""
        await self.drain(crew)
        verdict, expected = await judge(self.bootstrap, crew.app_id)
        await self.look(crew, expected, verdict)
        return verdict

    async def look(self, crew: Crew, expected: Expected, verdict: Verdict) -> None:
        """Compare what every worker shows."""
        await crew.ready()
        for member in crew.members:
            verdict.shown += await scores.wrong(crew, member, expected)


@asynccontextmanager
async def arena(directory: Path | None = None, brokers: list[KafkaBroker] | None = None) -> AsyncIterator[Arena]:
    """An arena on one broker, or on those given."""
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=directory) as made:
        async with Arena(Path(made), brokers or [KafkaBroker(properties=BROKER)]) as inside:
            yield inside
