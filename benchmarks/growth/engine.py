"""The engine alone, without a broker: what an event costs with many members, and on two cores."""

import asyncio
import gc
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import machine
from benchmarks.growth.events import answers
from stream.bench import TOPIC, Line, collecting_as_the_worker, save
from stream.engine import Engine
from stream.identity import Outcome
from stream.index import DiskIndex, Index, MemoryIndex
from stream.kpi import KPIS
from stream.layout import horizon, schemes
from stream.settings import Settings
from stream.table import Table

#: Records that the service counts in one go, and events between two flushes.
_CHUNK, FLUSH = 2_000, 6_000
_ROOT = Path(__file__).parents[2]


class Cost(NamedTuple):
    """Of an event with so many members and crosses: microseconds of CPU of each run, and state keys written."""

    size: int
    us: Sequence[float]
    keys: float

    @property
    def point(self) -> tuple[float, float, float, float]:
        """For a chart: size, median, lowest, highest."""
        return self.size, median(self.us), min(self.us), max(self.us)


def members(sizes: Iterable[int], events: int, repeat: int) -> Iterator[Cost]:
    """What an event costs with so many members and crosses; as many events before are not measured."""
    for size in sizes:
        now = time.time()
        values = list(answers(2 * events, now, size))
        runs = [_run(new_engine(MemoryIndex(), max_members=10_000), values, now) for _ in range(repeat)]
        yield Cost(size, [us for us, _ in runs], runs[0][1])


def _run(engine: Engine, values: Sequence[bytes], now: float) -> tuple[float, float]:
    half = len(values) // 2
    with collecting_as_the_worker():
        feed(engine, values[:half], now)
        gc.freeze()
        began = time.process_time()
        keys = feed(engine, values[half:], now).keys
        spent = time.process_time() - began
    return spent / (len(values) - half) * 1e6, keys / (len(values) - half)


def new_engine(index: Index, topic: str = TOPIC, **settings: int) -> Engine:
    """An engine of one partition, with the tables that its topic feeds."""
    own = Settings(**settings)  # type: ignore[arg-type]  # of those that are numbers
    tables = [Table(kpi, schemes(own, kpi=kpi)) for kpi in KPIS.values() if kpi.source == topic]
    return Engine(topic, tables, index, own, late_after=horizon(own))


class Fed(NamedTuple):
    """How many changelog records a feed made, and what became of its events."""

    keys: int
    outcomes: Counter[Outcome]


def feed(engine: Engine, values: Iterable[bytes], now: float) -> Fed:
    """Count events, and flush as the service does."""
    rest, keys, unsaved, outcomes = iter(values), 0, 0, Counter[Outcome]()
    while chunk := list(islice(rest, _CHUNK)):
        records = [Line(offset, value) for offset, value in enumerate(chunk, engine.position)]
        outcomes += engine.process(records, now).outcomes
        unsaved += len(chunk)
        if unsaved >= FLUSH or len(chunk) < _CHUNK:
            keys += save(engine)
            unsaved = 0
    return Fed(keys, outcomes)


class Race(NamedTuple):
    """Engines that began at the same time, each on a core: events a second together, CPU of an event in µs."""

    per_second: float
    event_us: float


async def side_by_side(events: int, repeat: int) -> list[Race]:
    """One engine, and then two, so often in turns; of the turns the one whose ratio is the median."""
    cores = machine.two_cores() or ()
    turns = [[await _race(events, cores[:number]) for number in range(1, len(cores) + 1)] for _ in range(repeat)]
    turns.sort(key=lambda turn: turn[-1].per_second / turn[0].per_second if turn else 0.0)
    return turns[len(turns) // 2]


async def _race(events: int, cores: Sequence[int]) -> Race:
    command = [sys.executable, "-m", "benchmarks.growth.engine", str(events)]
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    processes = []
    for core in cores:
        with machine.pinned(core):
            processes.append(await asyncio.create_subprocess_exec(*command, cwd=_ROOT, **pipes))  # type: ignore[arg-type]
    for process in processes:
        assert process.stdout is not None
        await process.stdout.readline()  # it has its events
    told = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    walls, cpus = zip(*(map(float, said.split()) for said, _ in told), strict=True)
    counted = events * len(cores)
    return Race(counted / max(walls), sum(cpus) / counted * 1e6)


def _alone(events: int) -> None:
    """One of the processes: makes its events, waits for a line, counts them, and prints seconds of clock and CPU."""
    now = time.time()
    values = list(answers(events, now))
    with tempfile.TemporaryDirectory() as directory:
        engine = new_engine(DiskIndex(Path(directory, "index"), 86_400))
        print("ready", flush=True)
        sys.stdin.readline()
        with collecting_as_the_worker():
            began, cpu = time.monotonic(), time.process_time()
            feed(engine, values, now)
            print(time.monotonic() - began, time.process_time() - cpu, flush=True)


if __name__ == "__main__":
    _alone(int(sys.argv[1]))
