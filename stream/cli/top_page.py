"""What `top` and `demo` show: scores by window, alerts and the feed, as a page of the terminal."""

from datetime import datetime
from typing import Any, NamedTuple

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text


class Shown(NamedTuple):
    """What a service says of one moment: the answers of its API, and what is the matter if it stopped answering."""

    url: str
    catalogue: dict[str, Any]
    scores: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    moves: list[dict[str, Any]]
    status: dict[str, Any]
    problem: str = ""

    def keys(self) -> set[tuple[str, ...]]:
        """Which scores there are, whatever they are."""
        return {(row["window"], *_row_of(row, self.info(row))) for row in self.scores}

    def info(self, row: dict[str, Any]) -> dict[str, Any]:
        """What the catalogue says of a row's score."""
        info: dict[str, Any] = next(each for each in self.catalogue["scores"] if each["name"] == row["kpi"])
        return info


#: Columns that a window takes, and the words for what stands in it.
_CELL = 18
_LEGEND = "grey: sample size; below: 95 % interval; ▲ ▼: moved more than chance against the window before"


def page(shown: Shown, width: int, height: int | None = None) -> Group:
    """The whole page, with as many windows as there is room for, the shortest first.

    What must be seen comes first: a terminal, of so many lines, shows no more than fits. Where not all scores fit, it
    shows the first one of each KPI.
    """
    live = height is not None
    lines = [f"board    {shown.url}/", f"metrics  {shown.url}/metrics", f"feed     {feed(shown.status)}"]
    if live:
        lines.append("Ctrl-C ends it.")
    parts: list[Any] = [Text("\n".join(lines), style="dim")]
    if shown.problem:
        parts.append(Text(shown.problem, style="yellow"))
    parts += [Text(sentence, style="bold red") for sentence in _alerts(shown)]
    if not shown.scores:
        return Group(*parts, Text("no answers yet"))
    table = _table(shown, width)
    if height is not None and 2 * table.row_count > height:
        table = _table(shown, width, headlines=True)
    return Group(*parts, table, Text(_LEGEND, style="dim"))


def _alerts(shown: Shown) -> list[str]:
    """The sentences of alerts on all, and on the scope that is shown; and how many others there are."""
    scopes = {"all", *(score["scope"] for score in shown.scores)}
    said = [alert["sentence"] for alert in shown.alerts if alert["scope"] in scopes]
    others = len(shown.alerts) - len(said)
    return [*said, f"and {others} more, of single members: see the board"] if others else said


def _table(shown: Shown, width: int, *, headlines: bool = False) -> Table:
    names = max(len(score["title"]) for score in shown.catalogue["scores"])
    windows = [window["name"] for window in shown.catalogue["windows"]][: max(1, (width - names - 2) // _CELL)]
    moved = {
        (moves["window"], *_row_of(move, shown.info(move))): move["change"] > 0
        for moves in shown.moves
        for move in moves["moves"]
    }
    table = Table(header_style="bold", box=None, padding=(0, 1))
    table.add_column("", no_wrap=True, min_width=names)
    for window in windows:
        table.add_column(window, justify="right", no_wrap=True)
    for info in shown.catalogue["scores"]:
        if headlines and not info["headline"]:
            continue
        rows: dict[tuple[str, ...], dict[str, str]] = {}
        for score in (score for score in shown.scores if score["kpi"] == info["name"]):
            row = _row_of(score, info)
            rows.setdefault(row, {})[score["window"]] = _cell(score, info, moved.get((score["window"], *row)))
        for (*_, member, label), cells in rows.items():
            title = " ".join([info["title"], *(name for name in (member, label) if name not in {"", "all"})])
            table.add_row(escape(title), *(cells.get(window, "") for window in windows))
    return table


def _row_of(row: dict[str, Any], info: dict[str, Any]) -> tuple[str, ...]:
    """Score, scope, member and label."""
    return row["kpi"], row["scope"], row["member"], row.get(info.get("label") or "", "")


def _cell(score: dict[str, Any], info: dict[str, Any], rises: bool | None) -> str:
    """Value, interval and sample size, and an arrow where it moved more than chance against the window before."""
    size = f"{score['n']:,}" if score["n"] < 10_000 else f"{score['n'] // 1000:,}k"
    if score["suppressed"]:
        return f"[dim]{size}[/]  too few"
    arrow = ""
    if rises is not None:
        colour = "green" if rises == info["higher_is_better"] else "red"
        arrow = f" [{colour}]{'▲' if rises else '▼'}[/]"
    bounds = [figure(bound, info["unit"]) for bound in (score["lower"], score["upper"]) if bound is not None]
    interval = " … ".join(bound.removesuffix(" %") for bound in bounds)
    return f"[dim]{size}[/]  {figure(score['value'], info['unit'])}{arrow}\n[dim]{interval}[/]"


def figure(value: float, unit: str) -> str:
    """A figure of a score, as the board has it.

    >>> figure(31.26, "points"), figure(0.764, "ratio"), figure(0.0042, "ratio"), figure(5.091, "ease")
    ('31.3', '76.4 %', '0.42 %', '5.09')
    >>> figure(95, "seconds"), figure(8000, "seconds"), figure(1234.5, "money"), figure(3074, "count")
    ('95 s', '2.2 h', '1,234', '3,074')
    """
    if unit == "ratio":
        near = value not in {0, 1} and min(abs(value), abs(1 - value)) < 0.02
        return f"{100 * value:.{2 if near else 1}f} %"
    if unit == "seconds":
        return next(f"{value / size:.{places}f} {name}" for least, size, name, places in _TIMES if value >= least)
    if unit == "money" or (unit == "count" and value == int(value)):
        return f"{value:,.0f}"
    return f"{value:.{1 if unit == 'points' else 2}f}"


#: From how many seconds on a time is shown in which unit.
_TIMES = ((172_800, 86_400, "d", 1), (7_200, 3_600, "h", 1), (120, 60, "min", 1), (0, 1, "s", 0))


def feed(status: dict[str, Any]) -> str:
    """How the feed does, in one line.

    >>> feed({"as_of": "2026-03-01T10:00:00Z", "problem": "", "last_event": {"a": "2026-03-01T09:59:57Z"}, "lag": 12,
    ...       "outcomes": {"accepted": 1000, "duplicate": 1}, "dead_letters": {"wrong_type": 2}})
    'ready, last event 3 s ago, 1,001 records counted, 12 waiting, 2 dead letters'
    """
    said = [status["problem"] or "ready"]
    if status["last_event"]:
        newest = max(map(datetime.fromisoformat, status["last_event"].values()))
        age = (datetime.fromisoformat(status["as_of"]) - newest).total_seconds()
        said.append(f"last event {figure(max(0.0, age), 'seconds')} ago")
    said.append(f"{sum(status['outcomes'].values()):,} records counted")
    if status["lag"] is not None:
        said.append(f"{status['lag']:,} waiting")
    said.append(f"{sum(status['dead_letters'].values()):,} dead letters")
    return ", ".join(said)
