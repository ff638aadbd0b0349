"""What was measured of growth, as `growth.md` with a chart for each part."""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks import machine
from benchmarks.growth.engine import Cost, Race
from benchmarks.growth.index import Filled
from benchmarks.growth.lines import Line, draw
from benchmarks.growth.workers import Group
from benchmarks.recovery import Recovery
from stream.sizing.costs import COSTS

_HOW = "CPU is user and system time of one process; medians (lowest…highest). Broker and service share the machine."

_WORKERS = """\
Both workers of a group are on real Kafka, whose broker has the same two cores: what it takes, they lack. That ratio is
of the machine; the goal is 1.7. *The part that is ours* is two engines in two processes, each with tables and an index
of its own and pinned to a core, against one: nothing is shared but memory and caches. They run several times in turns,
and of these the one with the median ratio is here. Where something else runs on the machine, compare the CPU of an
event, not what is counted a second.
"""


class Page:
    """The page, part by part; each is what it says alone."""

    def __init__(self, directory: Path, command: str) -> None:
        self._directory, self._command = directory, command
        self._parts: list[str] = []
        self._load = os.getloadavg()[0]

    def members(self, costs: Sequence[Cost]) -> None:
        """What an event costs with so many members and crosses."""
        title = "CPU of an event in µs, by members and crosses (engine alone, index in memory)"
        self._draw("members", title, "members, and as many crosses", [Line("a new answer", [c.point for c in costs])])
        rows = [(f"{c.size:,}", _spread(c.point[1:]), f"{c.keys:.2f}") for c in costs]
        few, many = costs[0], costs[-1]
        grown = (many.point[1] - few.point[1]) / ((many.keys - few.keys) or 1)
        self._part("Members and crosses", "members", rows, ("members, crosses", "µs an event", "state keys an event"), (
            "Teams, and as many combinations of channel, touchpoint and segment; 20,000 answers a second of event time "
            "on one partition, a flush each 6,000. The engine without a broker; what fills the tables is not measured. "
            "An event costs as much whomever it is about; what grows is what a flush has to write, by "
            f"{grown:.2f} µs for each state key more."
        ))  # fmt: skip

    def index(self, found: Sequence[Filled]) -> None:
        """What an answer costs beside so many in the index."""
        lines = [
            Line("a new answer", [(each.size, *each.new) for each in found]),
            Line("a correction", [(each.size, *each.correction) for each in found]),
        ]
        self._draw("index", "CPU of an event in µs, by answers in the index (engine alone)", "answers", lines)
        rows = [
            (f"{e.size:,}", _spread(e.new), _spread(e.correction), f"{e.entry_bytes:.0f}", f"{e.fill_s:.0f}")
            for e in found
        ]
        heads = ("answers in the index", "µs a new answer", "µs a correction", "bytes an answer on disk", "s to fill")
        self._part("The index", "index", rows, heads, (
            "Ids are drawn, so that a lookup can be anywhere. It is filled with sorted files, which RocksDB takes in; "
            "each size is what was there before and more. Where the files fit into the system's cache, reading them is "
            "not in it."
        ))  # fmt: skip

    def workers(self, groups: Sequence[Group], engines: Sequence[Race]) -> None:
        """What two workers count a second, against one."""
        pairs: dict[str, Sequence[Group | Race]] = {"a group on real Kafka": groups, "the part that is ours": engines}
        rows = [
            (name, f"{one.per_second:,.0f}", f"{two.per_second:,.0f}", f"{two.per_second / one.per_second:.2f}",
             f"{one.event_us:.1f}", f"{two.event_us:.1f}")
            for name, (one, two) in pairs.items()
        ]  # fmt: skip
        heads = ("", "one, events/s", "two, events/s", "ratio", "one, µs of CPU an event", "two, µs of CPU an event")
        self._part("Two workers on two cores", "", rows, heads, _WORKERS.replace("\n", " ").strip())

    def recovery(self, found: Sequence[Recovery]) -> None:
        """How long tables take to come back."""
        line = Line("until ready, s", [(each.held, each.wall, each.wall, each.wall) for each in found])
        cpu = Line("CPU, s", [(each.held, each.cpu, each.cpu, each.cpu) for each in found])
        self._draw("recovery", "Recovery in seconds, by state keys", "state keys", [line, cpu], logarithmic=False)
        rows = [
            (
                f"{e.held:,}",
                f"{e.wall:.1f}",
                f"{e.cpu:.1f}",
                f"{1e6 * (e.cpu - before.cpu) / (e.held - before.held):.1f}",
            )
            for before, e in pairwise([Recovery(0, 0, 0.0, 0.0), *found])
        ]
        self._part("Recovery", "recovery", rows, ("state keys", "s until ready", "s of CPU", "µs each further key"), (
            "A worker alone on four partitions of real Kafka, which shares the machine. Starting it is in the first "
            "row; each further key costs alike where recovery is linear."
        ))  # fmt: skip

    def costs(self, measured: Mapping[str, float]) -> None:
        """What the model takes for granted, and what was measured this time."""
        rows = [(f"`{name}`", f"{value:.3g}", f"{getattr(COSTS, name):.3g}") for name, value in measured.items()]
        self._part("Costs of the model", "", rows, ("cost", "measured", "in the model"), (
            "[Scaling](../docs/scaling.md) computes with `stream/sizing/costs.py`, which says what each of them is."
        ))  # fmt: skip

    def write(self) -> Path:
        """Write the page; where it is."""
        file = self._directory / "growth.md"
        made = f"Made by `{self._command}` on {datetime.now(UTC):%Y-%m-%d}; do not edit. {_HOW}"
        head = ["# How it grows", "", made, ""]
        where = ["## Where", "", *(f"- {line}" for line in machine.described()), f"- {_busy(self._load)}", ""]
        file.write_text("\n".join([*head, *self._parts, *where]), encoding="utf-8")
        return file

    def _part(self, title: str, chart: str, rows: Iterable[Sequence[str]], heads: Sequence[str], about: str) -> None:
        image = [f"![{title}](growth-{chart}.svg)", ""] if chart else []
        table = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
        lines = [f"| {' | '.join(row)} |" for row in table]
        self._parts += [f"## {title}", "", *image, about, "", *lines, ""]
        print("\n".join([title, *lines, ""]), flush=True)

    def _draw(self, name: str, title: str, across: str, lines: Sequence[Line], *, logarithmic: bool = True) -> None:
        file = self._directory / f"growth-{name}.svg"
        file.write_text(draw(title, across, lines, logarithmic=logarithmic), encoding="utf-8")


def _busy(load: float) -> str:
    """Whether the machine had other work, in a sentence.

    >>> _busy(0.25)
    'Load of the machine when it began: 0.2'
    """
    quiet = load < 1
    more = "" if quiet else ": it was busy, so that these figures are too high, and ratios by the clock mean nothing"
    return f"Load of the machine when it began: {load:.1f}{more}"


def _spread(figures: Sequence[float]) -> str:
    middle, low, high = figures
    return f"{middle:.1f} ({low:.1f}…{high:.1f})"
