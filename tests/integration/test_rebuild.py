"""Everything counted anew while the service goes on: no gap, no wrong number, and then the new tables are served."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewPartitions, RecordsToDelete

from .harness import (
    DEAD_LETTERS,
    DEADLINE_S,
    Ran,
    Sent,
    Service,
    Services,
    admin_of,
    committed,
    end_offsets,
    environment,
    eventually,
    produce,
    read_topic,
    run,
)
from .traffic import Event, Feed, answer, rfc3339, traffic

SURVEYS = "feedback.surveys"
STEADY = {"window": "30d", "scope": "channel", "member": "steady"}


class Load:
    """Answers of one channel, all promoters, sent without end; each comes twice and is corrected once.

    So the score is always 100, and the sample is at least what was acknowledged, and at most what was begun to be sent.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.acknowledged = 0
        self.begun = 0
        self.stopped = False

    async def run(self) -> None:
        """Send until it is told to stop."""
        while not self.stopped:
            at = time.time() - 1
            events = [self._answer(number, at) for number in range(self.begun, self.begun + 3)]
            corrected = [event | {"updated_at": rfc3339(at + 1), "score": 9} for event in events]
            self.begun += len(events)
            await self._feed.send([*events, *corrected, *events])
            self.acknowledged = self.begun
            await asyncio.sleep(0.3)

    @staticmethod
    def _answer(number: int, at: float) -> Event:
        return answer(f"load{number}", 10, rfc3339(at), channel="steady")


class Watch:
    """Looks at `/metrics` of a service, which is to be right whenever it shows anything."""

    def __init__(self, service: Service, load: Load) -> None:
        self._service = service
        self._load = load
        self._least = load.acknowledged  # what was there before the service was taken up
        self.looks = 0
        self.stopped = False

    async def run(self) -> None:
        """Look until it is told to stop; once a score was shown, it may not be missing any more."""
        while not self.stopped:
            with suppress(aiohttp.ClientConnectionError):  # it is being started
                await self.look()
            await asyncio.sleep(0.05)

    async def look(self) -> None:
        """Look once: the score is right, and nothing that was shown before is gone."""
        metrics = await self._service.metrics()
        if not self.looks and not metrics.count("feedback_nps_score"):
            return
        assert metrics.value("feedback_nps_score", **STEADY) == 100
        sample = metrics.value("feedback_nps_sample_size", **STEADY)
        assert sample is not None
        assert self._least <= sample <= self._load.begun
        self._least = int(sample)
        self.looks += 1

    async def seen(self, more: int) -> None:
        """Wait until it has looked so often again."""
        before = self.looks

        async def looked() -> None:
            assert self.looks >= before + more

        await eventually(looked)


@asynccontextmanager
async def beside(work: Load | Watch) -> AsyncIterator[None]:
    """Let work go on beside a block; what fails there fails here."""
    task = asyncio.create_task(work.run())
    try:
        yield
    finally:
        work.stopped = True
        await task


class Rebuild:
    """`feedback-stream rebuild` as a process that can be killed and started again."""

    def __init__(self, broker: str, directory: Path, app_id: str) -> None:
        self._asked = partial(run, "rebuild", broker=broker, app_id=app_id)
        self._environment = environment(
            broker, app_id=app_id, data_dir=directory / "rebuild", session_timeout=2, flush_interval=0.1
        )
        self._log = directory / "rebuild.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "stream", "rebuild", *options],
                env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    async def run(self, *options: str) -> None:
        """Run it to its end, which must be a good one."""
        self.start(*options)
        assert self._process is not None
        assert await asyncio.to_thread(self._process.wait, DEADLINE_S) == 0, self.said()

    def kill(self) -> None:
        """End it as a power cut would, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def asked(self, *options: str) -> Ran:
        """Run it with options that are done soon."""
        return await asyncio.to_thread(self._asked, *options)

    def said(self) -> str:
        return self._log.read_text(errors="replace")


Rebuilds = Callable[[str], Rebuild]


@pytest.fixture
def rebuilds(module_kafka: str, tmp_path: Path) -> Iterator[Rebuilds]:
    """Rebuilds of an app id, which end with the test."""
    made: list[Rebuild] = []

    def make(app_id: str) -> Rebuild:
        made.append(Rebuild(module_kafka, tmp_path, app_id))
        return made[-1]

    yield make
    for each in made:
        each.kill()
        print(each.said())


async def test_the_service_goes_on_while_its_tables_are_counted_anew(
    module_kafka: str, services: Services, rebuilds: Rebuilds
) -> None:
    app, feed = "rebuilt", Feed(module_kafka)
    old = await services(module_kafka, app_id=app).ready()
    await produce(module_kafka, [Sent(SURVEYS, b"bad", b"not json")])
    await feed.send(traffic(time.time(), 200, seed=3, name="before"))
    load, rebuild = Load(feed), rebuilds(app)
    first = Watch(old, load)

    async with beside(load):
        await eventually(lambda: showing(first))
        async with beside(first):
            for moment in (lambda: begun(module_kafka, app), lambda: counted(module_kafka, app)):
                rebuild.start()
                await eventually(moment)
                rebuild.kill()
            await rebuild.run()
            assert rebuild.said().count("generation 2 is being built; generation 1 is served meanwhile") == 3
            assert "the new tables equal the old ones" in rebuild.said()

            new = services(module_kafka, app_id=app)  # with an empty disk
            second = Watch(new, load)
            async with beside(second):
                await new.ready()
                await first.seen(5)
                assert "generation 1 is still worked on" in (await rebuild.asked("--delete-old")).err
                await second.seen(5)
    old.stop()
    await feed.all_counted(new, f"{app}-g2")
    assert [record.value for record in await read_topic(module_kafka, DEAD_LETTERS)] == [b"not json"]

    deleted = await rebuild.asked("--delete-old")
    assert f"{app}-nps-changelog" in deleted.err
    assert "none before it is left" in (await rebuild.asked("--back")).err
    async with admin_of(module_kafka) as admin:
        assert [topic for topic in await admin.list_topics() if topic.startswith(f"{app}-nps")] == []


async def test_what_retention_has_removed_is_said_before_and_after(
    module_kafka: str, services: Services, rebuilds: Rebuilds
) -> None:
    app, feed = "trimmed", Feed(module_kafka)
    service = await services(module_kafka, app_id=app).ready()
    await feed.send([answer(f"t{number}", 9, rfc3339(time.time() - 1), channel="gone") for number in range(40)])
    await eventually(lambda: all_counted(module_kafka, app))
    async with admin_of(module_kafka) as admin:
        ends = await end_offsets(module_kafka, [SURVEYS])
        await admin.delete_records(
            {TopicPartition(tp.topic, tp.partition): RecordsToDelete(end) for tp, end in ends.items()}
        )
    rebuild = rebuilds(app)

    checked = await rebuild.asked("--check")
    assert checked.status == 0
    (line,) = [line for line in checked.err.splitlines() if "LOST" in line]
    assert line.startswith(f"{SURVEYS}: 0 records, ")
    assert "feedback.orders: " in checked.err
    refused = await rebuild.asked()
    assert (refused.status, "nothing was begun" in refused.err) == (1, True)

    await rebuild.run("--yes")
    assert "DIFFER" in rebuild.said()
    assert "    nps all/all, " in rebuild.said()
    back = await rebuild.asked("--back")
    assert "serve generation 1 again" in back.err

    service.stop()
    again = await service.start().ready()
    assert (await again.metrics()).value("feedback_nps_sample_size", **(STEADY | {"member": "gone"})) == 40


async def test_after_a_rebuild_what_was_refused_is_served(
    module_kafka: str, services: Services, rebuilds: Rebuilds
) -> None:
    """Stays the last: it changes the topic that all tests of this file use."""
    app, feed = "refused", Feed(module_kafka)
    service = await services(module_kafka, app_id=app, windows="1h/1m").ready()
    await feed.send([answer(f"k{number}", 9, rfc3339(time.time() - 1), channel="kept") for number in range(40)])
    await eventually(lambda: all_counted(module_kafka, app))
    service.stop()
    async with admin_of(module_kafka) as admin:
        await admin.create_partitions({SURVEYS: NewPartitions(6)})
    service.change(windows="1h/1m,30d/6h")
    assert service.start().wait() == 1
    assert "`feedback-stream rebuild` counts everything anew" in service.said().splitlines()[-1]

    rebuild = rebuilds(app)
    await rebuild.run("--yes")
    await service.start().ready()
    assert (await service.metrics()).value("feedback_nps_sample_size", **(STEADY | {"member": "kept"})) == 40


@pytest.mark.parametrize("options", [["--check", "--back"], ["--anew", "--delete-old"]], ids=" ".join)
def test_only_one_thing_at_a_time(options: list[str]) -> None:
    refused = run("rebuild", *options, broker="127.0.0.1:1")
    assert (refused.status, "give one of --check" in refused.err) == (2, True)


async def showing(watch: Watch) -> None:
    """Fails until the service shows the score."""
    await watch.look()
    assert watch.looks


async def begun(broker: str, app: str) -> None:
    """Fails until a generation was begun."""
    async with admin_of(broker) as admin:
        assert f"{app}-g2-nps-changelog" in await admin.list_topics()


async def counted(broker: str, app: str) -> None:
    """Fails until the new generation has saved something."""
    assert any((await committed(broker, f"{app}-g2")).values())


async def all_counted(broker: str, app: str) -> None:
    """Fails until the surveys are counted."""
    ends, done = await end_offsets(broker, [SURVEYS]), await committed(broker, app)
    assert {tp: done.get(tp, 0) for tp in ends} == ends
