"""`score`: the stream's own computation over files."""

import sys
import time
from typing import Annotated, Literal

import orjson
import typer
from rich.console import Console
from rich.table import Table

from stream.cli import completion
from stream.cli.common import Files, moment, only, read_lines
from stream.errors import SettingsError
from stream.kpi import KPIS, SCORES
from stream.render import as_json
from stream.score import Report, Scorer
from stream.settings import AGENT, Settings
from stream.view import Score, chosen
from stream.windows import Window


def score(
    files: Files,
    as_of: Annotated[str | None, typer.Option(help="Time, RFC 3339 (left out: just after the last event).")] = None,
    window: Annotated[
        list[str],
        typer.Option(
            autocompletion=completion.windows, help="Only this window, by name or as size/advance; repeatable."
        ),
    ] = [],  # noqa: B006
    scope: Annotated[
        list[str],
        typer.Option(autocompletion=completion.scopes, help="Only this scope, such as all, channel, team; repeatable."),
    ] = [],  # noqa: B006
    kpi: Annotated[
        list[str],
        typer.Option(autocompletion=completion.scores, help="Only this score, such as nps, csat_mean; repeatable."),
    ] = [],  # noqa: B006
    min_sample: Annotated[int | None, typer.Option(min=1, help="Withhold scores on fewer (left out: 5).")] = None,
    format: Annotated[Literal["json", "table"], typer.Option(help="For programs or for people.")] = "table",  # noqa: A002
) -> None:
    """Compute the scores of events in files, exactly as the stream does.

    Example:

        feedback-stream simulate --for 1h --to events.jsonl && feedback-stream score events.jsonl --scope all
    """
    settings = _with_windows(Settings.load(min_sample=min_sample), window)
    if AGENT in scope and AGENT not in settings.scopes:
        msg = "the scope agent is off: name it in the setting scopes, and set a privacy key (docs/privacy.md)"
        raise SettingsError(msg)
    only("scope", scope, ["all", *settings.scopes])
    only("kpi", kpi, [name for name, (each, _) in SCORES.items() if each.name in settings.kept])
    for each in KPIS.values():
        each.configure(settings)
    scorer = Scorer(settings, time.time(), moment(as_of) if as_of else None)
    scorer.count(read_lines(files))
    report = scorer.report()
    shown = [row for row in report.scores if chosen(row, "scope", set(scope)) and chosen(row, "score", set(kpi))]
    (_print_json if format == "json" else _print_table)(report, shown)


def _with_windows(settings: Settings, windows: list[str]) -> Settings:
    """Only the windows that were asked for, which may be others than the settings'."""
    if not windows:
        return settings
    known = {window.name: window for window in settings.windows}
    chosen_windows = []
    for text in windows:
        if "/" not in text and text not in known:
            msg = f"window must be one of {', '.join(known)}, or be written size/advance; got {text!r}"
            raise SettingsError(msg)
        chosen_windows.append(known[text] if text in known else Window.parse(text))
    distinct = list(dict.fromkeys(chosen_windows))
    names = [window.name for window in distinct]
    if len(set(names)) < len(names):
        msg = f"windows must have different sizes; got {', '.join(windows)}"
        raise SettingsError(msg)
    return settings.model_copy(update={"windows": distinct})


def _print_json(report: Report, rows: list[Score]) -> None:
    out = sys.stdout.buffer
    for row in rows:
        out.write(orjson.dumps(as_json(row, report.as_of), option=orjson.OPT_APPEND_NEWLINE))
    out.write(orjson.dumps({"summary": report.summary()}, option=orjson.OPT_APPEND_NEWLINE))
    out.flush()


def _print_table(report: Report, rows: list[Score]) -> None:
    table = Table(header_style="bold", box=None)
    for name in ("score", "window", "scope", "member"):
        table.add_column(name)
    for name in ("value", "95 % interval", "n"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row.score, row.window, row.scope, row.member, *figures(row), str(row.n))
    console = Console()
    console.print(table)
    console.print(", ".join(f"{name} {count}" for name, count in report.summary().items() if count) or "no events")


def figures(row: Score) -> tuple[str, str]:
    """Value and interval for people: points with one decimal, ratios in per cent.

    >>> from stream.kpi.nps import Nps
    >>> from stream.view import scores_of
    >>> figures(next(scores_of(Nps(65, 20, 15), "1h", ("all", "all"), 5)))
    ('50.0', '34.1 … 62.9')
    """
    estimate = row.estimate
    if estimate is None:
        return "too few", ""
    ratio = SCORES[row.score][1].unit == "ratio"
    percent = " %" if ratio else ""
    value, lower, upper = ("–" if number is None else _figure(number, ratio) for number in estimate)
    return value + percent, f"{lower} … {upper}{percent}"


def _figure(number: float, ratio: bool) -> str:
    shown = 100 * number if ratio else number
    return f"{shown:.{1 if abs(shown) >= 10 or shown == 0 else 2}f}"
