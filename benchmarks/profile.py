"""Where the service spends its CPU, stage by stage: `python -m benchmarks.profile` writes `profile.md` (Linux)."""

import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from benchmarks.events import load
from stream.brokers.kafka import KafkaBroker
from stream.settings import Settings
from stream.topics import ensure_topics

_ROOT = Path(__file__).parent.parent
_FILE = Path(__file__).with_name("profile.md")
#: The sampler says nothing for so long only if the service has failed.
_SILENCE_S = 120

#: Stages, and what tells them in a stack: the innermost frame that has one of these words decides.
_STAGES = {
    "decompress, parse records": ("(stream/fetched.py",),
    "decode, make keys": ("Engine._read (", "(stream/decode.py", "(stream/fast.py"),
    "look up in the index": ("DiskIndex.get (",),
    "judge, note contributions": (
        "Engine._judge", "Engine.process (", "Identities.accept (", "Identities.judge (",
    ),
    "bring into the tables": (
        "Engine.settle (", "(stream/vocabulary.py", "(stream/panes.py", "Table.add (", "Table._learn (",
    ),
    "flush: changelog": (
        "Table.changes (", "(stream/changelog.py", "_keys (stream/table.py", "(aiokafka/producer/", "BatchBuilder.",
    ),
    "flush: index": ("DiskIndex.put (", "Identities.save (", "Identities.begin_save ("),
    "metrics": ("(stream/service_metrics.py", "Partitions._account ("),
}  # fmt: skip
_FETCH, _REST, _DISK = "fetch", "all else: Faust, event loop", "RocksDB's own threads"
#: Starting is no work on events.
_STARTING = ("importlib", "Worker.start (", "Partitions.open (")

_HOW = (
    "CPU is user and system time of the service's threads; a thread's is shared out by py-spy's samples of it. What is "
    "measured without a sampler is in [results](results.md)."
)

Cpu = Mapping[int, tuple[str, float]]


class Stretch(NamedTuple):
    """What a part of the run took: events, and the CPU seconds of each thread with its name."""

    events: int
    threads: dict[int, tuple[str, float]]


def main(
    events: Annotated[int, typer.Option(help="Events in the topic.")] = 1_000_000,
    rate: Annotated[int, typer.Option(help="Samples a second.")] = 200,
) -> None:
    """Run the service under py-spy over a backlog of events, and write where its CPU time goes."""
    with tempfile.TemporaryDirectory() as directory:
        samples = Path(directory, "samples")
        stretch = asyncio.run(_measure(events, rate, Path(directory), samples))
        shares = by_stage(samples.read_text(encoding="utf-8").splitlines(), stretch.threads)
    table = _table(shares, stretch.events)
    print(table)
    command = " ".join(["python -m benchmarks.profile", *sys.argv[1:]])
    lines = ["# Where the service's CPU goes", "", f"Made by `{command}`; do not edit.", _HOW, "", table, ""]
    _FILE.write_text("\n".join(lines), encoding="utf-8")


async def _measure(events: int, rate: int, directory: Path, samples: Path) -> Stretch:
    """Profile one run; the measured stretch begins with a tenth of the events."""
    async with KafkaBroker(heap_mb=1_024) as bootstrap:
        settings = Settings(broker=bootstrap)
        await ensure_topics(settings)
        await load(settings, events, {events}, "lz4")
        process = await asyncio.create_subprocess_exec(
            # Stopped for each sample, all threads would wake up so often with nothing to do.
            "py-spy", "record", "--nonblocking", "--threads", "--rate", str(rate),
            "--format", "raw", "--output", str(samples), "--",
            sys.executable, "-m", "benchmarks.peers.service", "whole",
            cwd=_ROOT,
            env=os.environ | {
                "BENCH_EVENTS": str(events), "FEEDBACK_BROKER": bootstrap, "FEEDBACK_DATA_DIR": str(directory),
                "FEEDBACK_HTTP": "127.0.0.1:0",
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            return await _stretch(process, events)
        finally:
            await process.wait()


async def _stretch(process: asyncio.subprocess.Process, events: int) -> Stretch:
    assert process.stdout is not None
    first: Stretch | None = None
    while line := await asyncio.wait_for(process.stdout.readline(), _SILENCE_S):
        if not line.startswith(b"{"):  # the sampler's own words
            continue
        done = json.loads(line)["events"]
        now = Stretch(done, _threads(process.pid))
        first = first or (now if done >= events / 10 else None)
        if first and done >= events:
            spent = {
                tid: (name, cpu - first.threads.get(tid, ("", 0.0))[1]) for tid, (name, cpu) in now.threads.items()
            }
            return Stretch(done - first.events, spent)
    msg = "the service did not get to its end under py-spy, which needs the right to trace processes"
    raise SystemExit(msg)


def _threads(sampler: int) -> dict[int, tuple[str, float]]:
    """The CPU seconds of each thread of the sampler's child, with its name."""
    (child, *_) = Path(f"/proc/{sampler}/task/{sampler}/children").read_text(encoding="ascii").split()
    found = {}
    for stat in Path(f"/proc/{child}/task").glob("*/stat"):
        name, _, fields = stat.read_text(encoding="utf-8").partition("(")[2].rpartition(") ")
        user, system = fields.split()[11:13]
        found[int(stat.parent.name)] = name, (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return found


def by_stage(samples: Iterable[str], threads: Cpu) -> dict[str, float]:
    """CPU seconds of each stage: those of each thread, shared out by the thread's samples.

    A thread that waits for the interpreter's lock is sampled, too, but spends nothing: so samples of different threads
    are not to be compared.

    >>> samples = ["thread (7): MainThread;run (a.py:1);DiskIndex.get (stream/index.py:9) 3",
    ...            "thread (7): MainThread;run (a.py:1) 1", "thread (8): Thread-1;select (selectors.py:4) 9"]
    >>> by_stage(samples, {7: ("python", 4.0), 8: ("python", 1.0), 9: ("rocksdb:high", 0.5)})
    {'look up in the index': 3.0, 'all else: Faust, event loop': 1.0, 'fetch': 1.0, "RocksDB's own threads": 0.5}
    """
    main = min(threads)  # the first thread of a process
    found: dict[int, Counter[str]] = {}
    for sample in samples:
        stack, _, count = sample.rpartition(" ")
        if not any(word in stack for word in _STARTING):
            thread, *frames = stack.split(";")
            tid = int(thread.partition("(")[2].partition(")")[0])
            stage = _stage(frames) or (_REST if tid == main else _FETCH)
            found.setdefault(tid, Counter())[stage] += int(count)
    seconds: dict[str, float] = {}
    for tid, (name, cpu) in threads.items():
        stages = found.get(tid, Counter({_DISK if name.startswith("rocksdb") else _REST: 1}))
        for stage, sampled in stages.items():
            seconds[stage] = seconds.get(stage, 0.0) + cpu * sampled / stages.total()
    return seconds


def _stage(frames: list[str]) -> str | None:
    for frame in reversed(frames):
        for stage, words in _STAGES.items():
            if any(word in frame for word in words):
                return stage
    return None


def _table(seconds: Mapping[str, float], events: int) -> str:
    order = [_FETCH, *_STAGES, _DISK, _REST]
    total = sum(seconds.values())
    rows = [(stage, seconds.get(stage, 0.0)) for stage in order] + [("all", total)]
    lines = [f"| {stage} | {cpu / total:.0%} | {cpu / events * 1e6:.2f} |" for stage, cpu in rows]
    return "\n".join(["| stage | share | µs an event |", "| --- | ---: | ---: |", *lines])


if __name__ == "__main__":
    typer.run(main)
