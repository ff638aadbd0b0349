"""What was measured of scrapes, as a page."""

from __future__ import annotations

from datetime import UTC, datetime
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks import machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.scrape import Pair, Shown

_PAGE_S, _RSS_MB, _RATIO = 0.3, 500, 0.9


def page(shown: Sequence[Shown], pairs: Sequence[Pair], command: str) -> str:
    """The whole page; the first of what was shown is held to the time, the second to the memory."""
    ratio = median(pair.scraped / pair.alone for pair in pairs)
    slowest, memory = _p99(shown[0].seconds), shown[1].rss
    return f"""\
# What a scrape costs, measured

Made by `{command}` on {datetime.now(UTC):%Y-%m-%d}; do not edit. [How it is done](README.md).

| worker with | answers | KPIs | scope members | crosses | series | page | median | p99 | memory at most | at rest |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{chr(10).join(_row(each) for each in shown)}

Each page is made anew, by a worker on one core that has counted all answers: half of them over thirty days, a quarter
over the last day, a quarter over the last hour, from all members alike. Windows and all else are as by default. Memory
is what is resident. At most, it has just counted a month in a second or two; at rest, that was a minute ago, panes that
nobody changes are packed, and a page is asked for every second.

| counts what is sent at once | events/s | of the same turn |
| --- | ---: | ---: |
| alone | {_spread([pair.alone for pair in pairs])} | 1 |
| `/metrics` every second | {_spread([pair.scraped for pair in pairs])} | \
{ratio:.2f} ({min(p.scraped / p.alone for p in pairs):.2f}…{max(p.scraped / p.alone for p in pairs):.2f}) |

Medians (lowest…highest) of {len(pairs)} runs in turns, from the first tenth of the events to the last, of a worker \
that shows as many series all the while.

- A page of 20,000 series in at most {1_000 * _PAGE_S:.0f} ms: {_met(slowest <= _PAGE_S)}, by the p99.
- 10,000 members and crosses in at most {_RSS_MB} MB: {_met(memory <= _RSS_MB)}, at rest.
- At least {100 * _RATIO:.0f} % of the throughput while scraped: {_met(ratio >= _RATIO)}.

{chr(10).join(f"- {line}" for line in machine.described())}
- {machine.shared()}
"""


def _row(each: Shown) -> str:
    crowd = each.crowd
    numbers = (each.events, len(crowd.kpis), crowd.members, crowd.crosses, each.series)
    cells = [crowd.title, *(f"{number:,}" for number in numbers)]
    cells += [f"{each.size / 1_000:,.0f} kB", f"{1_000 * median(each.seconds):,.0f} ms"]
    cells += [f"{1_000 * _p99(each.seconds):,.0f} ms", f"{each.peak:,.0f} MB", f"{each.rss:,.0f} MB"]
    return f"| {' | '.join(cells)} |"


def _p99(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]


def _spread(rates: Sequence[float]) -> str:
    return f"{median(rates):,.0f} ({min(rates):,.0f}…{max(rates):,.0f})"


def _met(true: bool) -> str:
    return "met" if true else "missed"
