"""What is made to fail, and how it must end: one function a scenario, for the tests in short and for the long run."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from stream.brokers.kafka import KafkaBroker
from stream.brokers.ports import LOOPBACK, free_ports

from .arena import Arena, Load, arena
from .crew import Crew, in_turns
from .failpoints import PASSED
from .faults import ROTATION, kill, rotate, terminate
from .negative import judge_stock
from .verdict import Verdict
from .world import BROKER

_DAY_S = timedelta(days=1).total_seconds()


@dataclass
class Outcome:
    """How a scenario went: faults by kind, records that the source says it has sent, what the oracle found."""

    name: str
    verdict: Verdict
    sent: int = 0
    faults: "Counter[str]" = field(default_factory=Counter)
    ends: "Counter[int]" = field(default_factory=Counter)
    seconds: float = 0.0
    reprocessed: int = 0
    wiped: int = 0

    @property
    def exact(self) -> bool:
        """Whether nothing was lost, doubled, wrong or, where that was asked, read again."""
        return self.verdict.exact and not self.reprocessed

    def __str__(self) -> str:
        ends = {status: self.ends[status] for status in sorted(self.ends)}
        read_again = f"; {self.reprocessed} records counted again" if self.reprocessed else ""
        return f"{self.name}: {dict(self.faults)}, exits {ends}{read_again}\n{self.verdict}"


async def _ended(name: str, inside: Arena, crew: Crew, load: Load, faults: "Counter[str]", began: float) -> Outcome:
    """Let the source finish, judge, and stop the workers."""
    seconds = time.monotonic() - began
    sent = await load.finish()
    verdict = await inside.judge(crew)
    outcome = Outcome(name, verdict, sent, faults + crew.fired(), crew.ends, seconds, wiped=crew.wiped)
    await crew.stop()
    return outcome


async def rotation(seconds: float, *, rate: int = 3_500, seed: int = 1) -> Outcome:
    """Every kind of fault in turns, while changelogs are compacted; afterwards all workers start anew from the logs."""
    chance = random.Random(seed)
    async with arena() as inside:
        crew, load = await inside.crew(), await inside.load(rate=rate, seed=seed)
        crew.start()
        await crew.progress(1_000)
        crew.arm = in_turns(chance, PASSED, 0.7)
        began = time.monotonic()
        faults = await rotate(crew, seconds, chance, ROTATION, records=rate)
        seconds = time.monotonic() - began
        sent = await load.finish()
        await inside.drain(crew)
        fired = crew.fired()
        await crew.stop()
        crew.start()
        verdict = await inside.judge(crew)
        outcome = Outcome("rotation", verdict, sent, faults + fired, crew.ends, seconds, wiped=crew.wiped)
        await crew.stop()
        return outcome


async def rebalances(seconds: float, *, rate: int = 3_000, seed: int = 2) -> Outcome:
    """Workers join and leave as they are asked to: nothing may be counted a second time, not even to be undone."""
    chance = random.Random(seed)
    async with arena() as inside:
        crew, load = await inside.crew(), await inside.load(rate=rate, seed=seed)
        crew.start()
        await crew.progress(1_000)
        await crew.ready()  # a worker that is asked to end while it starts ends by the signal, and tells no counts
        began, faults = time.monotonic(), Counter[str]()
        while time.monotonic() - began < seconds:
            member = chance.choice(crew.members)
            await crew.stop(member)
            faults["worker leaves"] += 1
            await crew.progress(rate // 2)
            crew.start(member)
            faults["worker joins"] += 1
            await crew.ready([member])
        outcome = await _ended("rebalances alone", inside, crew, load, faults, began)
        outcome.reprocessed = crew.counted - outcome.verdict.records
        return outcome


async def broker_restarts(seconds: float, *, rate: int = 2_000, seed: int = 3) -> Outcome:
    """The broker is restarted, killed, and away for a while, in which a worker is killed too."""
    async with arena() as inside:
        (broker,) = inside.brokers
        crew, load = await inside.crew(), await inside.load(rate=rate, seed=seed)
        crew.start()
        await crew.progress(rate)
        began, faults = time.monotonic(), Counter[str]()
        await broker.restart()
        faults["broker restarted"] += 1
        await crew.progress(rate)
        await broker.kill()
        await broker.start()
        faults["broker killed"] += 1
        await crew.progress(rate)
        faults += await _outage(broker, crew, seconds)
        await crew.progress(rate)
        return await _ended("broker", inside, crew, load, faults, began)


async def _outage(broker: KafkaBroker, crew: Crew, seconds: float) -> "Counter[str]":
    await broker.kill()
    await asyncio.sleep(seconds / 2)
    killed = crew.signal(crew.members[0], signal.SIGKILL)
    await asyncio.sleep(seconds / 2)
    await broker.start()
    return Counter({f"outage of {seconds:g} s": 1, "kill -9 during the outage": int(killed)})


async def cluster(*, rate: int = 1_500, seed: int = 4) -> Outcome:
    """Of three brokers one is killed, and comes back; state has three replicas, two of which must have it."""
    async with arena(brokers=_three()) as inside:
        crew, load = await inside.crew(), await inside.load(rate=rate, seed=seed)
        crew.start()
        await crew.progress(rate)
        began, faults = time.monotonic(), Counter[str]()
        for broker in inside.brokers[:2]:
            await broker.kill()
            faults["one broker of three killed"] += 1
            await crew.progress(rate)
            await broker.start()
            await crew.progress(rate)
        return await _ended("cluster of three", inside, crew, load, faults, began)


def _three() -> list[KafkaBroker]:
    ports = free_ports(6)
    voters = ",".join(f"{number}@{LOOPBACK}:{port}" for number, port in enumerate(ports[3:], 1))
    properties = BROKER | {
        "offsets.topic.replication.factor": "3", "transaction.state.log.replication.factor": "3",
        "transaction.state.log.min.isr": "2", "min.insync.replicas": "2",
    }  # fmt: skip
    first = KafkaBroker()
    return [
        KafkaBroker(
            port=ports[number - 1], controller_port=ports[number + 2], node_id=number, voters=voters,
            cluster_id=first.cluster_id, properties=properties, heap_mb=320,
        )
        for number in (1, 2, 3)
    ]  # fmt: skip


async def bad_input(records: int, *, share: float, rate: int = 4_000, seed: int = 5) -> Outcome:
    """So many of the records cannot be read, while workers are killed and deployed; each is a dead letter."""
    chance = random.Random(seed)
    async with arena() as inside:
        crew, load = await inside.crew(), await inside.load(rate=rate, seed=seed, bad=share, limit=records)
        crew.start()
        await crew.progress(1_000)
        began, faults = time.monotonic(), Counter[str]()
        for fault, name in ((kill, "kill -9"), (terminate, "SIGTERM")):
            faults[name] += await fault(crew, chance.choice(crew.members), chance)
            await crew.progress(1_000)
        await load.finish(stop=False)
        verdict = await inside.judge(crew)
        verdict.shown += await inside.dead_letters_missing()
        outcome = Outcome(f"{share:.0%} bad input", verdict, load.sent, faults + crew.fired(), crew.ends)
        outcome.seconds = time.monotonic() - began
        await crew.stop()
        return outcome


async def replay(records: int, *, rate: int = 8_000, seed: int = 6) -> Outcome:
    """A topic whose events are a day old, late and out of order, is read from its beginning by a new group."""
    chance = random.Random(seed)
    async with arena() as inside:
        load = await inside.load(rate=rate, seed=seed, behind=_DAY_S, limit=records)
        await load.finish(stop=False)
        crew = await inside.crew("replay", flush_events=2_000)
        began = time.monotonic()
        crew.start()
        await crew.progress(records // 10)
        faults = Counter({"kill -9": int(await kill(crew, chance.choice(crew.members), chance))})
        verdict = await inside.judge(crew)
        outcome = Outcome("replay of a day-old topic", verdict, load.sent, faults, crew.ends)
        outcome.seconds = time.monotonic() - began
        await crew.stop()
        return outcome


async def negative_control(seconds: float, *, rate: int = 400, seed: int = 7) -> Outcome:
    """A plain Faust job under `kill -9` and SIGTERM alone: it must not come out exact."""
    chance = random.Random(seed)
    faults = {name: (fault, weight) for name, (fault, weight) in ROTATION.items() if fault in {kill, terminate}}
    async with arena() as inside:
        crew, load = await inside.stock(), await inside.load(rate=rate, seed=seed)
        crew.start()
        await inside.group_progress(crew, rate)
        began = time.monotonic()
        injected = Counter[str]()
        while time.monotonic() - began < seconds:
            name = chance.choice(sorted(faults))
            injected[name] += await faults[name][0](crew, chance.choice(crew.members), chance)
            await inside.group_progress(crew, rate)
        outcome = Outcome("negative control", Verdict(), await load.finish(), injected, crew.ends)
        outcome.seconds = time.monotonic() - began
        await inside.drain_stock(crew)
        for member in crew.members:
            member.wanted = False
            crew.signal(member, signal.SIGTERM)
        await crew.until(lambda: all(member.pid is None for member in crew.members), "the workers end when asked to")
        outcome.verdict = await judge_stock(inside.bootstrap, crew.app_id)
        return outcome


Scenario = Callable[[], Coroutine[Any, Any, Outcome]]


def long_run(seconds: float) -> dict[str, Scenario]:
    """Every scenario of `make chaos`; most of the time is the rotation's."""
    return {
        "negative control": lambda: negative_control(min(60.0, seconds / 10)),
        "rebalances": lambda: rebalances(seconds * 0.08),
        "broker": lambda: broker_restarts(min(30.0, max(8.0, seconds / 10))),
        "cluster": cluster,
        "5 % bad input": lambda: bad_input(100_000, share=0.05),
        "100 % bad input": lambda: bad_input(20_000, share=1.0),
        "replay": lambda: replay(200_000),
        "rotation": lambda: rotation(seconds),
    }
