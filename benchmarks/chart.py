"""A chart of rates: a bar each, with its spread, as an SVG that is readable on light and on dark pages."""

from collections.abc import Callable, Sequence
from html import escape
from math import floor, log10
from typing import NamedTuple

_WIDTH, _ROW, _LEFT, _RIGHT, _TOP = 780, 34, 220, 90, 44

_TITLE = "Events per CPU-second: median, lowest and highest run; peers: common job"

#: Of all charts: colours for light and for dark pages.
STYLE = """\
<style>
  .page { fill: #ffffff } text { fill: #1f2328; font: 13px sans-serif } .line { stroke: #d0d7de }
  .bar { fill: #6e7781 } .limit { fill: #b1bac4 } .service { fill: #2b7a78 } .spread { stroke: #1f2328 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .line { stroke: #30363d }
    .bar { fill: #8b949e } .limit { fill: #57606a } .service { fill: #4fb3af } .spread { stroke: #e6edf3 }
  }
</style>"""


class Bar(NamedTuple):
    """A rate with its spread; `kind` begins with the class that colours it, `service` or `limit`."""

    name: str
    rate: float
    lowest: float
    highest: float
    kind: str


def draw(bars: Sequence[Bar]) -> str:
    """The chart, in the order of the bars.

    >>> draw([Bar("ours", 100_000, 90_000, 120_000, "service")]).count('class="bar service"')
    1
    """
    apart = grid_step(max((bar.highest for bar in bars), default=1.0))
    longest = apart * (int(max((bar.highest for bar in bars), default=1.0) / apart) + 1)

    def x(rate: float) -> float:
        return _LEFT + rate / longest * (_WIDTH - _LEFT - _RIGHT)

    bottom = _TOP + _ROW * len(bars)
    shapes = [f'<text x="{_LEFT}" y="20">{_TITLE}</text>']
    for number in range(round(longest / apart) + 1):
        at = x(number * apart)
        shapes.append(f'<line class="line" x1="{at:.1f}" y1="{_TOP - 8}" x2="{at:.1f}" y2="{bottom}"/>')
        shapes.append(f'<text x="{at:.1f}" y="{bottom + 18}" text-anchor="middle">{number * apart:,.0f}</text>')
    for number, bar in enumerate(bars):
        shapes += _row(bar, _TOP + _ROW * number, x)
    height = bottom + 30
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        f"<title>{_TITLE}</title>\n"
        f'{STYLE}\n<rect class="page" width="100%" height="100%"/>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


def _row(bar: Bar, top: float, x: Callable[[float], float]) -> list[str]:
    middle = top + 10
    kind = bar.kind.partition("-")[0]
    return [
        f'<text x="{_LEFT - 10}" y="{middle + 4:.0f}" text-anchor="end">{escape(bar.name)}</text>',
        f'<rect class="bar {kind}" x="{_LEFT}" y="{top}" width="{x(bar.rate) - _LEFT:.1f}" height="20"/>',
        f'<line class="spread" x1="{x(bar.lowest):.1f}" y1="{middle}" x2="{x(bar.highest):.1f}" y2="{middle}"/>',
        f'<text x="{x(bar.highest) + 8:.1f}" y="{middle + 4:.0f}">{bar.rate:,.0f}</text>',
    ]


def grid_step(highest: float) -> float:
    """Between two lines of the grid: 1, 2 or 5 times a power of ten, so that there are at most six.

    >>> grid_step(270_000), grid_step(90)
    (50000.0, 20.0)
    """
    power = 10.0 ** floor(log10(highest / 6))
    return next(power * times for times in (1, 2, 5, 10) if highest <= power * times * 6)
