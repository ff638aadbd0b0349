"""What was measured, as a table for the terminal and as `results.md` with its chart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from rich.table import Table

from benchmarks import chart, machine
from benchmarks.contestants import COMMON, FAUST, FAUST_WHOLE, LIMIT, SERVICE, Contestant
from benchmarks.processes import Run

_PROFILE = Path(__file__).with_name("profile.md")
_LIBRARIES = ("faust-streaming", "aiokafka", "msgspec", "pydantic", "numpy", "uvloop")

_INTRODUCTION = """\
![Events per CPU-second, medians](results.svg)

A backlog of survey responses in a topic of 4 partitions on Apache Kafka is read to its end. Two jobs are done on it:

- **The whole job**, by feedback-stream, and by Faust as far as its tables do it: every event validated, duplicates,
  corrections and deletions told apart by its identity, NPS, eNPS, CSAT and CES counted by channel, touchpoint, segment,
  team, survey, their cross and overall, in the panes of all windows (5 minutes to 30 days), bad events kept as dead
  letters, every count acknowledged by the broker and exact after a crash.
- **The common job**, by the others, and by feedback-stream with settings to that end: how many promoters, passives and
  detractors answered NPS by channel, in tumbling windows of one hour, with durable state where they have any. With the
  others bad events are dropped, and nothing is told apart by its identity; there is no other KPI, dimension or window,
  and no score.
"""

_READING = """\
Medians (lowest…highest), {runs} runs of each in turns, from a tenth of its events to the last one (*warm*: a third).
CPU is the contestant's own, user and system, all threads; the broker's is not in it. Ratios are of runs of the same
turn. Compare them, not rates: broker and contestant share the machine. *exact*: after every run the counts were what
the events were made of.
"""


@dataclass
class Result:
    """All runs of a contestant, over so many events.

    `wrong` says what is wrong with its counts, `failed` why it has none.
    """

    contestant: Contestant
    events: int
    command: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    wrong: str = ""
    failed: str = ""

    @property
    def per_second(self) -> list[float]:
        """Events per second on the wall, of each run."""
        return [run.events / run.wall for run in self.runs]

    @property
    def per_cpu_second(self) -> list[float]:
        """Events per second of the process's CPU, of each run."""
        return [run.events / run.cpu for run in self.runs]

    @property
    def verdict(self) -> str:
        """Whether it counted what is there."""
        if self.failed:
            return "failed"
        return self.wrong or ("exact" if "counts" in self.runs[0].last else "–")


HEADS = ("", "events", "events/s", "events/CPU-s", "of the limit, CPU", "times Faust, CPU", "durable state", "counts")
#: So many of them are a name and figures.
_FIGURES = 6


def rows(results: Sequence[Result]) -> list[list[str]]:
    """The cells of the table, a row for each contestant."""
    by_key = {result.contestant.key: result for result in results}
    limit, faust = by_key.get(LIMIT.key), by_key.get(FAUST.key)
    return [
        [
            result.contestant.name,
            f"{result.events:,}",
            _spread(result.per_second),
            _spread(result.per_cpu_second),
            _ratio(result, limit, "{:.2f}"),
            _ratio(result, faust, "{:.1f}"),
            result.contestant.durable,
            result.verdict,
        ]
        for result in results
    ]


def _spread(figures: Sequence[float]) -> str:
    return f"{median(figures):,.0f} ({min(figures):,.0f}…{max(figures):,.0f})" if figures else "–"


def _ratio(result: Result, base: Result | None, form: str) -> str:
    if not result.runs or base is None or not base.runs:
        return "–"
    return form.format(_times(result, base))


def _times(result: Result, base: Result) -> float:
    """Of runs of the same turn, because the machine has slow and quick minutes."""
    pairs = zip(result.per_cpu_second, base.per_cpu_second, strict=False)
    return median(figure / other for figure, other in pairs)


def _goals(results: Sequence[Result]) -> list[str]:
    """What the service is to reach, and whether it did, in lines of a list; only of what was measured."""
    run = {result.contestant.key: result for result in results if result.runs}
    apart = {LIMIT.key, "limit-models", SERVICE.key, COMMON.key, FAUST.key, FAUST_WHOLE.key}
    peers = [(COMMON.key, key, 1.0) for key in run if key not in apart]
    goals = [
        (SERVICE.key, LIMIT.key, 0.6), (SERVICE.key, FAUST.key, 40.0), (SERVICE.key, FAUST_WHOLE.key, 40.0),
        (COMMON.key, FAUST.key, 40.0), *peers,
    ]  # fmt: skip
    return [
        f"- {run[own].contestant.name}, against {run[base].contestant.name}: {times:.2f}, at least {least:g} wanted: "
        + ("met" if times >= least else "missed")
        for own, base, least in goals
        if own in run and base in run
        for times in [_times(run[own], run[base])]
    ]


def profile() -> list[str]:
    """Where the time of the whole job goes, as `python -m benchmarks.profile` has found."""
    found = _PROFILE.read_text(encoding="utf-8").splitlines()
    return [line for line in found if line.startswith("|")]


def table(results: Sequence[Result]) -> Table:
    """The results for a terminal."""
    shown = Table(title="Medians (lowest…highest); CPU is the contestant's own, user and system")
    for head in (*HEADS[:_FIGURES], HEADS[-1]):  # a terminal has no room for the durable state
        shown.add_column(head, justify="right" if head in HEADS[1:_FIGURES] else "left", overflow="fold")
    for row in rows(results):
        shown.add_row(*row[:_FIGURES], row[-1])
    return shown


def write(results: Sequence[Result], directory: Path, command: str, setting: Sequence[str]) -> None:
    """Write `results.md` and `results.svg`; `setting` says how it was measured, in lines of a list."""
    text = "\n".join(_lines(results, command, setting))
    (directory / "results.md").write_text(text, encoding="utf-8")
    (directory / "results.svg").write_text(chart.draw(_bars(results)), encoding="utf-8")


def _bars(results: Sequence[Result]) -> list[chart.Bar]:
    return [
        chart.Bar(result.contestant.name, median(rates), min(rates), max(rates), result.contestant.key)
        for result in results
        if (rates := result.per_cpu_second)
    ]


def _lines(results: Sequence[Result], command: str, setting: Sequence[str]) -> list[str]:
    aligned = ["---", *["---:"] * (_FIGURES - 1), "---", "---"]
    return [
        "# Measured throughput",
        "",
        f"Made by `{command}` on {datetime.now(UTC):%Y-%m-%d}; do not edit. [How it is done](README.md).",
        "",
        _INTRODUCTION,
        *(f"| {' | '.join(row)} |" for row in [HEADS, aligned, *rows(results)]),
        "",
        _READING.format(runs=max(len(result.runs) for result in results)),
        *(f"**{each.contestant.name}** failed: {each.failed}\n" for each in results if each.failed),
        *(["## Goals", "", "By events per CPU-second.", "", *goals, ""] if (goals := _goals(results)) else []),
        "## Where the time of the whole job goes",
        "",
        "Under a [sampler](profile.md), which makes all of it dearer.",
        "",
        *profile(),
        "",
        "## What each does, and does not",
        "",
        *(f"- **{result.contestant.name}**: {result.contestant.note}" for result in results),
        "",
        "## Where",
        "",
        *(f"- {line}" for line in (*machine.described(), *setting)),
        "- " + ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
        "",
        "## Again",
        "",
        "```sh",
        command,
        "```",
        "",
    ]
