"""Pictures for the documents, from the program's own figures: `python -m tests.pictures docs/images`.

With `--check` nothing is written, and files that differ are named.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import takewhile

from stream.drops.alerts import Alert
from stream.drops.replay import Replay
from stream.events.times import parse_time
from stream.kpi import Estimate
from stream.kpi.intervals import net
from stream.schemas import write
from stream.score import Scorer
from stream.settings import Settings
from stream.simulate import simulate

_WIDTH = 720
_STYLE = """\
<style>
  text { fill: #1f2328; font: 13px sans-serif } .soft { fill: #59636e } .grid { stroke: #d0d7de }
  .line { stroke: #2b7a78; stroke-width: 2; fill: none } .area { fill: #2b7a78; fill-opacity: .22 }
  .dot { fill: #2b7a78 } .pane { fill: none; stroke: #59636e } .in { fill: #2b7a78; fill-opacity: .22 }
  .bad { fill: #b3261e } .mark { stroke: #b3261e; stroke-width: 2; stroke-dasharray: 5 4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .soft { fill: #9198a1 } .grid { stroke: #3d444d }
    .line { stroke: #4fb3af } .area, .dot, .in { fill: #4fb3af } .pane { stroke: #9198a1 }
    .bad { fill: #ff8a80 } .mark { stroke: #ff8a80 }
  }
</style>"""


def pictures() -> dict[str, str]:
    """Every picture by its file name."""
    return {"window.svg": window(), "interval.svg": interval(), "drop.svg": drop()}


def _svg(title: str, description: str, height: int, shapes: Sequence[str]) -> str:
    """A picture that is read out by its title and description, and has the colours of the page around it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{description}</desc>\n'
        f"{_STYLE}\n" + "\n".join(shapes) + "\n</svg>\n"
    )


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


# Panes and windows

#: Promoters and detractors of the answers that fall into each pane of a quarter of an hour.
_PANES = [(2, 1), (1, 1), (3, 0), (2, 0), (1, 2), (4, 1)]


def window() -> str:
    """Answers fall into panes, and a window is the sum of its last ones."""
    width, top, count = 100, 60, 4
    shapes = [
        _text(60, 24, "each answer falls into the pane of its own time (above promoters, below detractors) …", "soft")
    ]
    for number, (up, down) in enumerate(_PANES):
        left = 60 + number * width
        inside = number >= len(_PANES) - count
        shapes.append(f'<rect class="pane{" in" if inside else ""}" x="{left}" y="{top}" width="{width}" height="60"/>')
        shapes += [f'<circle class="dot" cx="{left + 18 + 16 * each}" cy="{top + 20}" r="5"/>' for each in range(up)]
        shapes += [f'<circle class="bad" cx="{left + 18 + 16 * each}" cy="{top + 40}" r="5"/>' for each in range(down)]
        shapes.append(_text(left, top + 80, f"{9 + number // 4}:{number % 4 * 15:02}", "soft", "middle"))
    begin, end = 60 + (len(_PANES) - count) * width, 60 + len(_PANES) * width
    up, down = (sum(pane[each] for pane in _PANES[-count:]) for each in (0, 1))
    shapes += [
        _line("line", begin, top + 96, end, top + 96),
        _line("line", begin, top + 90, begin, top + 102),
        _line("line", end, top + 90, end, top + 102),
        _text((begin + end) / 2, top + 120, "… the window 1h/15m is the sum of four of them:", "", "middle"),
        _text((begin + end) / 2, top + 140, f"{up} promoters, {down} detractors of {up + down}: "
              f"NPS {100 * (up - down) / (up + down):+.1f}", "", "middle"),
    ]  # fmt: skip
    description = "Six panes of a quarter of an hour with answers in them; the last four are the window of an hour."
    return _svg("Panes and windows", description, top + 156, shapes)


# Uncertainty

_SAMPLES = (10, 50, 200, 1_000, 5_000)


def interval() -> str:
    """The same score on more and more answers, with its interval."""
    left, right, top, row = 130, _WIDTH - 40, 30, 34

    def x(points: float) -> float:
        return left + (points + 40) / 140 * (right - left)

    bottom = top + row * len(_SAMPLES)
    shapes = []
    for points in range(-40, 101, 20):
        shapes += [_line("grid", x(points), top - 10, x(points), bottom)]
        shapes += [_text(x(points), bottom + 18, f"{points:+}" if points else "0", "soft", "middle")]
    told = []
    for number, n in enumerate(_SAMPLES):
        y = top + row * number + 10
        value, lower, upper = _bounded(net(n // 2, n // 5, n))
        low, high = x(lower), x(upper)
        shapes += [
            _text(left - 14, y + 4, f"{n:,} answers", "", "end"),
            f'<rect class="area" x="{low:.1f}" y="{y - 9}" width="{high - low:.1f}" height="18"/>',
            f'<circle class="dot" cx="{x(value):.1f}" cy="{y}" r="5"/>',
        ]
        told.append(f"{n} answers: {lower:.0f} to {upper:.0f}")
    return _svg("An NPS of +30 and its 95 % interval, by the number of answers", "; ".join(told), bottom + 30, shapes)


# A drop

_START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_LASTS_S = 5_400
_STEP_S = 300


def drop() -> str:
    """The NPS of a simulated contact centre in slices of five minutes, and the alert that it led to."""
    records = simulate("nps-drop", rate=20, seed=1, start=_START)
    lines = [
        record.value.replace(b"\n", b" ")
        for record in takewhile(lambda record: record.at.timestamp() < _START.timestamp() + _LASTS_S, records)
        if record.value is not None
    ]
    alert = next(each for each in Replay(Settings(), now=2e9).alerts(lines) if (each.kpi, each.scope) == ("nps", "all"))
    return _drawn(list(_slices(lines)), alert)


def _slices(lines: Sequence[bytes]) -> Iterator[tuple[float, float, float]]:
    """The NPS of all answers in each slice, by their own times, and its bounds."""
    parts: list[list[bytes]] = [[] for _ in range(_LASTS_S // _STEP_S)]
    for line in lines:
        at = _time_of(line)
        if at is not None and 0 <= at < _LASTS_S:
            parts[int(at) // _STEP_S].append(line)
    settings = Settings(windows="5m/5m", scopes="", cross="")
    for number, part in enumerate(parts, 1):
        scorer = Scorer(settings, now=2e9, as_of=_START.timestamp() + number * _STEP_S)
        scorer.count(part)
        yield _bounded(next(score.estimate for score in scorer.report().scores if score.score == "nps"))


def _bounded(estimate: Estimate | None) -> tuple[float, float, float]:
    """A score that there is, with its bounds."""
    assert estimate is not None
    assert estimate.lower is not None
    assert estimate.upper is not None
    return estimate.value, estimate.lower, estimate.upper


def _time_of(line: bytes) -> float | None:
    """Seconds from the start to an answer's time; None where it is no answer, or cannot be read."""
    event = json.loads(line)
    if event.get("type") != "survey_response":
        return None
    at: datetime = parse_time(event["occurred_at"])
    return at.timestamp() - _START.timestamp()


def _drawn(slices: Sequence[tuple[float, float, float]], alert: Alert) -> str:
    left, right, top, bottom = 60, _WIDTH - 20, 30, 250

    def x(second: float) -> float:
        return left + second / _LASTS_S * (right - left)

    def y(points: float) -> float:
        return bottom - (points + 20) / 80 * (bottom - top)

    shapes = []
    for points in range(-20, 61, 20):
        shapes += [_line("grid", left, y(points), right, y(points))]
        shapes += [_text(left - 8, y(points) + 4, f"{points:+}" if points else "0", "soft", "end")]
    for second in range(0, _LASTS_S + 1, 900):
        at = datetime.fromtimestamp(_START.timestamp() + second, UTC)
        shapes.append(_text(x(second), bottom + 18, f"{at:%H:%M}", "soft", "middle"))
    middles = [x(number * _STEP_S + _STEP_S / 2) for number in range(len(slices))]
    value, lower, upper = (
        [f"{at:.1f},{y(each[part]):.1f}" for at, each in zip(middles, slices, strict=True)] for part in range(3)
    )
    raised = alert.at - _START.timestamp()
    begin = alert.begin - _START.timestamp()
    why = ", ".join(f"{part.scope} {part.member}" for part in alert.explained_by[:2])
    shapes += [
        f'<polygon class="area" points="{" ".join([*upper, *reversed(lower)])}"/>',
        f'<polyline class="line" points="{" ".join(value)}"/>',
        _line("mark", x(raised), top, x(raised), bottom),
        _text(x(raised) + 8, top + 16, f"{_clock(raised)}: {alert.drop:.0f} points below its usual "
              f"{alert.baseline:.0f}, since {_clock(begin)}", "bad"),
        _text(x(raised) + 8, top + 34, f"explained by {why}", "bad"),
    ]  # fmt: skip
    description = (
        f"The Net Promoter Score of all answers, every five minutes with its 95 % interval. It drops at "
        f"{_clock(begin)}, and the alert comes at {_clock(raised)}."
    )
    return _svg("A drop of the NPS, and its alert", description, bottom + 30, shapes)


def _clock(second: float) -> str:
    return f"{datetime.fromtimestamp(_START.timestamp() + second, UTC):%H:%M}"


if __name__ == "__main__":
    sys.exit(write(pictures(), "tests.pictures", (__doc__ or "").partition("\n")[0], None))
