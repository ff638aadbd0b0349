"""`doctor`: is everything as the service needs it?"""

from collections import Counter
from typing import Annotated, Literal

import orjson
import typer
from rich.console import Console

from stream.loop import run
from stream.settings import Settings

_MARKS = {"ok": "[green]ok     [/]", "warning": "[yellow]warning[/]", "failed": "[red]failed [/]"}


def doctor(
    format: Annotated[Literal["json", "text"], typer.Option(help="For programs or for people.")] = "text",  # noqa: A002
) -> None:
    """Check broker, topics, partitions, retention, clock and settings; says what to do. Exit status 1 if one failed.

    Example:

        FEEDBACK_BROKER=kafka-1:9092 feedback-stream doctor
    """
    states: Counter[str] = Counter()
    console = Console(highlight=False, soft_wrap=True)

    async def look() -> None:
        from stream.doctor import examine  # noqa: PLC0415

        async for finding in examine(Settings.load()):
            states[finding.state] += 1
            if format == "json":
                typer.echo(orjson.dumps(finding._asdict()).decode())
            else:
                advice = f" — {finding.advice}" if finding.advice else ""
                console.print(f"{_MARKS[finding.state]} {finding.what}: {finding.found}{advice}")

    run(look())
    raise typer.Exit(1 if states["failed"] else 0)
