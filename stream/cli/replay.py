"""`replay`: the detector over files, in event time."""

import sys
import time
from typing import Annotated, Literal

import orjson
import typer

from stream.cli import completion
from stream.cli.common import Files, only, read_lines
from stream.drops.alerts import Alert
from stream.drops.replay import Replay
from stream.drops.say import sentence
from stream.errors import SettingsError
from stream.kpi import KPIS
from stream.settings import Settings
from stream.windows import seconds


def replay(
    files: Files,
    alerts: Annotated[bool, typer.Option("--alerts", help="Print each drop raised and resolved.")] = False,
    kpi: Annotated[
        list[str],
        typer.Option(autocompletion=completion.watched, help="Only this KPI, such as nps, churn; repeatable."),
    ] = [],  # noqa: B006
    scope: Annotated[
        list[str],
        typer.Option(autocompletion=completion.scopes, help="Only this scope, such as all, channel; repeatable."),
    ] = [],  # noqa: B006
    every: Annotated[str, typer.Option(help="Event time between two looks.")] = "1m",
    format: Annotated[Literal["json", "table"], typer.Option(help="For programs or for people.")] = "table",  # noqa: A002
) -> None:
    """Go through events in files as the stream does, and print each drop as it is found and as it is over.

    Example:

        feedback-stream replay events.jsonl --alerts --scope all
    """
    if not alerts:
        msg = "replay prints alerts only so far: say --alerts"
        raise SettingsError(msg)
    settings = Settings.load()
    watched = [name for name, each in settings.kept.items() if each.watch is not None]
    only("kpi", kpi, watched)
    only("scope", scope, ["all", *settings.groups])
    for each in KPIS.values():
        each.configure(settings)
    for alert in Replay(settings, time.time(), seconds(every)).alerts(read_lines(files)):
        if (not kpi or alert.kpi in kpi) and (not scope or alert.scope in scope):
            _print(alert, format)


def _print(alert: Alert, form: str) -> None:
    if form == "json":
        sys.stdout.buffer.write(orjson.dumps(alert.as_json(), option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
    else:
        typer.echo(sentence(alert))
