"""`python -m tests.chaos.run --minutes 30`: every scenario, one after the other, and a table of what came of it."""

import asyncio
import gc
import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from . import report
from .scenarios import Outcome, long_run

_CONTROL = "negative control"


def main(
    minutes: Annotated[float, typer.Option(help="Minutes of the rotation; the other scenarios come on top.")] = 30.0,
    only: Annotated[list[str] | None, typer.Option(help="Only these scenarios.")] = None,
    report_to: Annotated[Path | None, typer.Option("--report", help="Write the tables as Markdown, too.")] = None,
) -> None:
    """Prove that nothing is lost and nothing counted twice; exit status 1 if it is not so."""
    logging.basicConfig(level="CRITICAL")  # brokers are away on purpose; clients would say so all the time
    gc.set_threshold(200_000, 50, 100)  # the oracle keeps millions of small tuples
    console = Console()
    scenarios = long_run(minutes * 60)
    unknown = set(only or ()) - scenarios.keys()
    if unknown:
        raise typer.BadParameter(f"there is no {', '.join(sorted(unknown))}; choose from {', '.join(scenarios)}")  # noqa: EM102
    outcomes: dict[str, Outcome] = {}
    for name, scenario in scenarios.items():
        if only and name not in only:
            continue
        with console.status(name):
            outcomes[name] = asyncio.run(scenario())
        console.print(str(outcomes[name]), style="dim", markup=False)
    control = outcomes.pop(_CONTROL, None)
    report.show(list(outcomes.values()), control, console)
    if report_to is not None:
        report.write(report_to, list(outcomes.values()), control)
    if not all(outcome.exact for outcome in outcomes.values()) or (control is not None and control.exact):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
