"""The table and the chart of the alerts benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from benchmarks.alerts import Result

FILE = Path(__file__).with_name("alerts.md")
_COLOURS = ("#2b7a78", "#b3261e", "#8a6d00")
_WIDTH, _HEIGHT, _LEFT, _TOP = 560, 260, 60, 20

_TEXT = """\
# Alerts

Answers are simulated, NPS +30 with three in ten passive, and judged one by one. The detector's constants were chosen
on such runs; these have other seeds. It learns from two weeks of {settled:,} answers and then keeps that baseline; its
budget is one false alarm in {budget:,} answers, the default. A drop takes 20 points off everybody. The other rules
compare the last 100 answers with the 100 before, as dashboards do.

`python -m benchmarks.alerts` makes this page; how the detector works is in [Drops](../docs/drops.md).

"""


def line(result: Result) -> str:
    """One row: false alarms in 100,000 answers with a 95 % interval, and how soon drops were found."""
    often = 1e5 * result.false_alarms / result.answers
    half = 1.96e5 * np.sqrt(max(result.false_alarms, 1)) / result.answers
    low, high, median = max(0.0, often - half), often + half, float(np.median(result.delays))
    delay = f"{median:.0f}" if np.isfinite(median) else "–"
    found = f"{100 * result.found:.1f} %"
    return f"| {result.world} | {result.rule} | {often:.2f} ({low:.2f}…{high:.2f}) | {delay} | {found} |"


def write(
    results: list[Result], small: list[Result], sizes: list[tuple[int, Result]], blame: list[tuple[float, int, int]]
) -> None:
    """Write `alerts.md` and `alerts.svg`."""
    from benchmarks.alerts import FOLLOWED, SETTLED  # noqa: PLC0415  which imports this module
    from stream.drops.charts import Rule  # noqa: PLC0415

    head = (
        f"| answers | rule | false alarms in 100,000 answers | median answers to find a drop | found in {FOLLOWED} |\n"
        "|---|---|---|---|---|\n"
    )
    text = _TEXT.format(settled=SETTLED, budget=Rule().false_alarms)
    text += head + "\n".join(map(line, results)) + "\n\n![Drops found](alerts.svg)\n\n"
    text += (
        "## Small changes\n\nThe mean is lower by less than the detector looks for, and the baseline stays as it was. "
    )
    text += "Such\nalarms are not quite false, but too many.\n\n" + head + "\n".join(map(line, small)) + "\n\n"
    text += "## With a shorter past\n\nThe less is known of what is usual, the higher the threshold is, and the longer "
    text += "a drop takes.\n\n" + head.replace("| answers |", "| answers in the baseline |")
    text += "\n".join(line(result._replace(world=f"{size:,}")) for size, result in sizes) + "\n\n"
    text += (
        "## What is blamed\n\nOne member of three dimensions has a drop alone, which takes 20 points off all if the "
    )
    text += "member is large enough.\n\n"
    text += "| members | drops found | explained by that member before all others |\n|---|---|---|\n"
    for smallest, right, raised in blame:
        whose = f"with a share of at least {100 * smallest:.0f} %" if smallest else "of any share, from 5 %"
        text += f"| {whose} | {raised:,} | {100 * right / raised:.1f} % |\n"
    FILE.write_text(text, encoding="utf-8")
    FILE.with_suffix(".svg").write_text(_chart(results[:3], FOLLOWED), encoding="utf-8")


def _chart(results: list[Result], longest: int) -> str:
    """Which part of the drops each rule has found by when, as a drawing."""

    def x(answers: float) -> float:
        return _LEFT + answers / longest * _WIDTH

    def y(part: float) -> float:
        return _TOP + (1 - part) * _HEIGHT

    shapes = []
    for part in (0, 0.25, 0.5, 0.75, 1):
        shapes.append(
            f'<line x1="{_LEFT}" y1="{y(part):.0f}" x2="{x(longest):.0f}" y2="{y(part):.0f}" stroke="#8884"/>'
        )
        shapes.append(f'<text x="{_LEFT - 8}" y="{y(part) + 4:.0f}" text-anchor="end">{100 * part:.0f} %</text>')
    shapes += [
        f'<text x="{x(answers):.0f}" y="{y(0) + 18:.0f}" text-anchor="middle">{answers}</text>'
        for answers in range(0, longest + 1, 100)
    ]
    for number, result in enumerate(results):
        steps = range(0, longest + 1, 5)
        points = " ".join(f"{x(step):.1f},{y(float(np.mean(result.delays <= step))):.1f}" for step in steps)
        often = 1e5 * result.false_alarms / result.answers
        said = f"{result.rule}: {often:,.1f} false alarms in 100,000"
        shapes.append(f'<polyline points="{points}" fill="none" stroke="{_COLOURS[number]}" stroke-width="2"/>')
        shapes.append(f'<text x="{_LEFT}" y="{y(0) + 58 + 18 * number:.0f}" fill="{_COLOURS[number]}">{said}</text>')
    shapes.append(
        f'<text x="{x(longest / 2):.0f}" y="{y(0) + 36:.0f}" text-anchor="middle">answers since the drop</text>'
    )
    width, height = _LEFT + _WIDTH + 30, _TOP + _HEIGHT + 110
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
        "<title>Part of the drops of 20 points that was found, by answers since the drop</title>\n"
        '<rect width="100%" height="100%" fill="#fff"/>\n'
        '<g font-family="sans-serif" font-size="13" fill="#333">\n' + "\n".join(shapes) + "\n</g>\n</svg>\n"
    )
