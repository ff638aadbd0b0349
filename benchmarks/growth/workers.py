"""A group of workers on real Kafka: what one counts a second, and what two do, each on a core of its own."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine
from benchmarks.events import load
from stream.brokers.kafka import KafkaBroker
from stream.settings import Settings
from stream.topics import ensure_topics

_ROOT = Path(__file__).parents[2]
_DEADLINE_S = 180
#: All members are there when partitions are given out: no second time disturbs the first.
_TOGETHER = {"group.initial.rebalance.delay.ms": "6000"}


class Report(NamedTuple):
    """What a worker says of itself: seconds of the clock and of CPU, bytes, partitions held, events counted."""

    wall: float
    cpu: float
    rss: int
    held: int
    counted: int


class Group(NamedTuple):
    """What a group did while all its workers had work: events a second, CPU of an event in microseconds.

    `idle_bytes` is a worker's memory when it has just begun, `busy_bytes` the busiest one's at the end.
    """

    workers: int
    per_second: float
    event_us: float
    idle_bytes: int
    busy_bytes: int


async def measure(events: int) -> list[Group]:
    """One worker and then two over the same backlog, each time as another group."""
    async with KafkaBroker(heap_mb=1_024, properties=_TOGETHER) as bootstrap:
        settings = Settings(broker=bootstrap)
        await ensure_topics(settings)
        await load(settings, events, {events}, "lz4")
        return [await _group(bootstrap, number, events) for number in (1, 2)]


async def _group(bootstrap: str, number: int, events: int) -> Group:
    cores: Sequence[int | None] = machine.two_cores() or (None, None)
    async with AsyncExitStack() as stack:
        told: list[list[Report]] = []
        for core in cores[:number]:
            told.append([])
            await stack.enter_async_context(_Member(bootstrap, f"growth-{number}", core, told[-1]))
        share = Settings.model_fields["partitions"].default // number
        async with asyncio.timeout(_DEADLINE_S):
            # From when each has its share, to when the first of them has nothing more to do.
            while not all(reports and reports[-1].held == share for reports in told):  # noqa: ASYNC110  nobody tells us
                await asyncio.sleep(0.05)
            while sum(reports[-1].counted for reports in told) < events and not any(map(_is_done, told)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        stretches = [stretch(reports, share) for reports in told]
    counted = sum(last.counted - first.counted for first, last in stretches)
    rates = [(last.counted - first.counted) / (last.wall - first.wall or 1) for first, last in stretches]
    cpu = sum(last.cpu - first.cpu for first, last in stretches)
    idle, busy = min(reports[0].rss for reports in told), max(last.rss for _, last in stretches)
    return Group(number, sum(rates), cpu / counted * 1e6, idle, busy)


def stretch(reports: Sequence[Report], share: int) -> tuple[Report, Report]:
    """From when a worker had its share of the partitions, to the last report that told of something new.

    With few events all is counted by the time that it says what it holds: then from before the last of them.

    >>> said = [Report(float(at), 0.0, 0, held, counted) for at, held, counted in ((1, 0, 0), (2, 2, 5), (3, 2, 9))]
    >>> [(report.wall, report.counted) for report in stretch([*said, said[-1]], 2)]
    [(2.0, 5), (3.0, 9)]
    >>> [(report.wall, report.counted) for report in stretch([said[0], said[-1]], 2)]
    [(1.0, 0), (3.0, 9)]
    """
    end = next(number for number, report in enumerate(reports) if report.counted == reports[-1].counted)
    shared = next(number for number, report in enumerate(reports) if report.held == share)
    return reports[min(shared, max(0, end - 1))], reports[end]


def _is_done(reports: Sequence[Report]) -> bool:
    """Whether nothing has come for a second."""
    return len(reports) > 10 and reports[-1].counted > 0 and reports[-1].counted == reports[-11].counted


class _Member:
    """A worker as a process, on a core, whose reports come into a list."""

    def __init__(self, bootstrap: str, group: str, core: int | None, reports: list[Report]) -> None:
        self._core, self._reports = core, reports
        self._directory = tempfile.TemporaryDirectory()
        self._environment = {
            "FEEDBACK_BROKER": bootstrap, "FEEDBACK_APP_ID": group, "FEEDBACK_DATA_DIR": self._directory.name,
            "FEEDBACK_HTTP": "127.0.0.1:0", "PYTHONPATH": str(_ROOT),
        }  # fmt: skip

    async def __aenter__(self) -> None:
        with machine.pinned(self._core):
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "benchmarks.growth.member", cwd=_ROOT, env=os.environ | self._environment,
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._reports.append(Report(**json.loads(line)))

    async def __aexit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()
        await self._reading
        self._directory.cleanup()
