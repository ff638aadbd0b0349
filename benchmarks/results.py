"""What was measured, as a table for the terminal and as `results.md`."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rich.table import Table

from benchmarks.contestants import Contestant, Run
from stream.brokers.kafka import KAFKA_VERSION

_LIBRARIES = ("faust-streaming", "aiokafka", "msgspec", "numpy", "uvloop")

FILE = Path(__file__).with_name("results.md")


class Result(NamedTuple):
    """All runs of a contestant."""

    contestant: Contestant
    runs: Sequence[Run]

    @property
    def per_second(self) -> list[float]:
        """Events per second on the wall, of each run."""
        return [run.events / run.wall for run in self.runs]

    @property
    def per_cpu_second(self) -> list[float]:
        """Events per second of the process's CPU, of each run."""
        return [run.events / run.cpu for run in self.runs]

    def cells(self, base: "Result") -> list[str]:
        """The row of the table; ratios are to the base."""
        return [
            self.contestant.name,
            f"{self.contestant.events:,}",
            _spread(self.per_second),
            _spread(self.per_cpu_second),
            _ratio(self.per_second, base.per_second),
            _ratio(self.per_cpu_second, base.per_cpu_second),
        ]


def _spread(figures: Sequence[float]) -> str:
    return f"{median(figures):,.0f} ({min(figures):,.0f}…{max(figures):,.0f})"


def _ratio(figures: Sequence[float], base: Sequence[float]) -> str:
    """Of runs of the same turn, because the machine has slow and quick minutes."""
    ratios = [figure / other for figure, other in zip(figures, base, strict=True)]
    return f"{median(ratios):.1f} ({min(ratios):.1f}…{max(ratios):.1f})"


def _heads(base: Result) -> list[str]:
    name = base.contestant.name
    return ["", "events", "events/s", "events/CPU-s", f"times {name}, wall", f"times {name}, CPU"]


def table(results: Sequence[Result], base: Result) -> Table:
    """The results for a terminal."""
    shown = Table(title="Medians (lowest…highest); CPU is the contestant's own, user and system")
    for number, head in enumerate(_heads(base)):
        shown.add_column(head, justify="right" if number else "left", overflow="fold")
    for result in results:
        shown.add_row(*result.cells(base))
    return shown


def write(results: Sequence[Result], base: Result, command: str, compression: str) -> None:
    """Write `results.md`."""
    rows = [_heads(base), ["---", *["---:"] * 5], *(result.cells(base) for result in results)]
    lines = [
        "# Measured throughput",
        "",
        f"Made by `{command}` on {datetime.now(UTC):%Y-%m-%d}; do not edit.",
        "",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        f"Medians of {len(base.runs)} runs in turns (lowest…highest), each from a tenth of its events to the last one.",
        "CPU is the contestant's own, user and system, all threads; the broker's is not in it.",
        "Ratios are of runs of the same turn. Compare them, not rates: broker and contestant share the machine.",
        "",
        "## What each does not do",
        "",
        *(f"- **{result.contestant.name}**: {result.contestant.leaves_out}" for result in results),
        "",
        "## Where",
        "",
        f"- {_cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        f"- {platform.python_implementation()} {platform.python_version()}; "
        + ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
        f"- Apache Kafka {KAFKA_VERSION}, one node on the same machine; one topic of 4 partitions, {compression}",
        "- Survey responses of 350 bytes on average, 139 a second of event time; one in a thousand cannot be read",
        "",
        "## Again",
        "",
        "```",
        "pip install -e '.[dev]'",
        command,
        "```",
        "",
    ]
    FILE.write_text("\n".join(lines), encoding="utf-8")


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
