"""A chart of measured points over a size that grows by powers of ten, as an SVG for light and for dark pages."""

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

from benchmarks.chart import STYLE, grid_step

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 320, 70, 30, 44, 80
#: Classes of the style, a line each.
_COLOURS = ("service", "bar", "limit")
_LINES = """\
<style>
  polyline { fill: none; stroke-width: 2 } polyline.service { stroke: #2b7a78 } polyline.bar { stroke: #6e7781 }
  polyline.limit { stroke: #b1bac4; stroke-dasharray: 4 4 }
  @media (prefers-color-scheme: dark) { polyline.service { stroke: #4fb3af } polyline.bar { stroke: #8b949e } }
</style>"""


class Line(NamedTuple):
    """A name, and for each size what was measured: median, lowest and highest."""

    name: str
    points: Sequence[tuple[float, float, float, float]]


def draw(title: str, across: str, lines: Sequence[Line], *, logarithmic: bool = True) -> str:
    """The chart; `across` says what the sizes are.

    >>> draw("Cost", "members", [Line("ours", [(10, 5, 4, 6), (1_000, 7, 6, 8)])]).count("<polyline")  # and the legend
    2
    """
    sizes = sorted({point[0] for line in lines for point in line.points})
    most = max((point[3] for line in lines for point in line.points), default=1.0) or 1.0
    each = grid_step(most)
    top = each * ceil(most / each)
    first, last = (log10(sizes[0]), log10(sizes[-1])) if logarithmic else (0.0, sizes[-1])
    bottom = _TOP + _HEIGHT

    def x(size: float) -> float:
        place = log10(size) if logarithmic else size
        return _LEFT + (place - first) / ((last - first) or 1) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return bottom - value / top * _HEIGHT

    shapes = [f'<text x="{_LEFT}" y="20">{escape(title)}</text>']
    for number in range(round(top / each) + 1):
        at = y(number * each)
        shapes.append(f'<line class="line" x1="{_LEFT}" y1="{at:.1f}" x2="{_WIDTH - _RIGHT}" y2="{at:.1f}"/>')
        shapes.append(f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{number * each:,.4g}</text>')
    shapes += [
        f'<text x="{x(size):.1f}" y="{bottom + 18}" text-anchor="middle">{_short(size)}</text>' for size in sizes
    ]
    shapes.append(f'<text x="{(_LEFT + _WIDTH) / 2}" y="{bottom + 36}" text-anchor="middle">{escape(across)}</text>')
    for number, line in enumerate(lines):
        shapes += _line(line, _COLOURS[number], bottom + 58 + 18 * number, x, y)
    height = bottom + _BOTTOM + 18 * max(0, len(lines) - 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n"
        f'{STYLE}\n{_LINES}\n<rect class="page" width="100%" height="100%"/>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


def _line(line: Line, kind: str, below: int, x: Callable[[float], float], y: Callable[[float], float]) -> list[str]:
    corners = " ".join(f"{x(size):.1f},{y(middle):.1f}" for size, middle, *_ in line.points)
    return [
        f'<polyline class="{kind}" points="{corners}"/>',
        *(
            f'<line class="spread" x1="{x(size):.1f}" y1="{y(low):.1f}" x2="{x(size):.1f}" y2="{y(high):.1f}"/>'
            for size, _, low, high in line.points
        ),
        f'<polyline class="{kind}" points="{_LEFT},{below - 4} {_LEFT + 24},{below - 4}"/>',
        f'<text x="{_LEFT + 32}" y="{below}">{escape(line.name)}</text>',
    ]


def _short(size: float) -> str:
    """A size for an axis.

    >>> _short(300), _short(10_000), _short(2_500_000)
    ('300', '10k', '2.5M')
    """
    power = min(2, floor(log10(size) / 3)) if size >= 1 else 0
    return f"{size / 1000**power:.3g}{('', 'k', 'M')[power]}"
