"""What was measured of latencies, as a table and as a page."""

from __future__ import annotations

from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.seen import Bounds, between, bucket, quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.latency import Stretch

#: Seconds that half of all records may take at most, and 99 of 100.
GOALS = {0.5: 0.3, 0.99: 1.0}

_HEADS = ("pages asked for", "measured", "records", "p50", "p99", "longest")


def table(stretches: Sequence[Stretch]) -> str:
    """Both sides of each stretch, in milliseconds."""
    lines = [f"| {' | '.join(_HEADS)} |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    for each in stretches:
        asked = f"every {each.every:g} s"
        own = [f"{1_000 * quantile(each.own, q):,.0f}" for q in GOALS]
        lines.append(_row(asked, "by the service", max(each.own.values()), [*own, _range(bucket(each.own, 1.0))]))
        outside = [_range(between(each.outside, q)) for q in (*GOALS, 1.0)]
        lines.append(_row("", "from outside", len(each.outside), outside))
    return "\n".join(lines) + "\n"


def _row(asked: str, measured: str, records: float, figures: Sequence[str]) -> str:
    return f"| {asked} | {measured} | {records:,.0f} | {' | '.join(f'{figure} ms' for figure in figures)} |"


def _range(bounds: Bounds) -> str:
    return f"{1_000 * bounds.low:,.0f} to {1_000 * bounds.high:,.0f}"


def agrees(stretch: Stretch) -> bool:
    """Whether what the service says of itself can be what was seen from outside, for each quantile."""
    bounds = [(bucket(stretch.own, q), between(stretch.outside, q)) for q in GOALS]
    return all(seen.low <= own.high and own.low <= seen.high for own, seen in bounds)


def goals(stretch: Stretch) -> str:
    """Whether the goals are met, by the worse of both sides."""
    worse = {q: max(quantile(stretch.own, q), between(stretch.outside, q).high) for q in GOALS}
    return "met" if all(worse[q] <= most for q, most in GOALS.items()) else "missed"


def page(stretches: Sequence[Stretch], command: str, rate: int) -> str:
    """The whole page."""
    seldom, often = stretches
    goal = " and ".join(f"p{100 * q:.0f} of {1_000 * most:,.0f} ms" for q, most in GOALS.items())
    return f"""\
# From a record to its effect, measured

Made by `{command}` on {datetime.now(UTC):%Y-%m-%d}; do not edit. [How it is done](README.md).

{table(stretches)}
A worker on one core is sent {rate:,} answers a second. Latency is from a record's timestamp, when its client hands it
to Kafka, to its effect in `/metrics`.

- **By the service**: `feedback_end_to_end_seconds`, quantiles as `histogram_quantile` of PromQL has them.
- **From outside**: an answer in each batch is a *mark*, from a team of its own, so that pages show how many there are.
  A mark was there when the first page with it had arrived, and not yet when the page before was asked for: its latency
  lies between the two. Pages that are asked for often say it closely, and are work for the worker.
- Does the histogram tell the truth? The buckets of its p50 and p99 overlap with what was seen from outside: \
{_yes(agrees(seldom))} with a page every {seldom.every:g} s, {_yes(agrees(often))} every {often.every:g} s.
- Goals at most {goal}: {goals(often)}, by what had arrived from outside with a page every {often.every:g} s.

| pages asked for | of | median | longest | flushes | compactions | CPU of the worker |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
{_work(seldom)}
{_work(often)}

Flushes write changelogs and index; compactions are RocksDB's, of the index. CPU is that of one core.

{chr(10).join(f"- {line}" for line in machine.described())}
- {machine.shared()}
"""


def _work(each: Stretch) -> str:
    cells = [f"every {each.every:g} s", f"{each.size / 1_000:,.0f} kB", f"{1_000 * median(each.pages):,.0f} ms"]
    cells += [f"{1_000 * max(each.pages):,.0f} ms", f"{each.flushes:,}", f"{each.compactions:,}"]
    return f"| {' | '.join(cells)} | {100 * each.cpu / each.seconds:.0f} % |"


def _yes(true: bool) -> str:
    return "yes" if true else "no"
