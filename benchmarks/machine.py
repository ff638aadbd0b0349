"""The machine that is measured on: pinning to its cores, and what it is."""

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream.brokers.kafka import KAFKA_VERSION, find_java


def two_cores() -> tuple[int, int] | None:
    """One core for the broker and one for who is measured; None where that cannot be."""
    if not hasattr(os, "sched_getaffinity"):  # not on macOS
        return None
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[-1]) if len(cores) > 1 else None


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """What this thread does and starts within runs on that core alone; None leaves it as it is."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def shared() -> str:
    """Who has which core."""
    cores = two_cores()
    if cores is None:
        return "Nothing is pinned"
    return f"The worker has core {cores[1]}, Kafka and its client have core {cores[0]}"


def described() -> list[str]:
    """Processor, memory, systems and versions, as lines of a list."""
    model = _field("/proc/cpuinfo", "model name") or platform.machine()
    return [
        f"{model}, {os.cpu_count()} cores, {_memory()}, {platform.system()} {platform.release()}",
        f"{platform.python_implementation()} {platform.python_version()}; Java {_java()}; Apache Kafka {KAFKA_VERSION}",
    ]


def _memory() -> str:
    kilobytes = _field("/proc/meminfo", "MemTotal").partition(" ")[0]
    return f"{int(kilobytes) / 2**20:.0f} GiB" if kilobytes else "memory unknown"


def _field(file: str, name: str) -> str:
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _java() -> str:
    said = subprocess.run([find_java(), "-version"], capture_output=True, text=True, check=True).stderr
    return said.splitlines()[0].partition('"')[2].partition('"')[0]
