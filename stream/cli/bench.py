"""`bench`: how fast the engine is on this machine, against the limit."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def bench(
    events: Annotated[int, typer.Option(min=1_000, help="Survey responses in each run.")] = 100_000,
    repeat: Annotated[int, typer.Option(min=1, help="Runs of each, of which the median counts.")] = 5,
) -> None:
    """Measure decoding, which is the limit, and the whole engine, as events a CPU-second and as ratios.

    Example:

        feedback-stream bench --events 200000
    """
    from stream.bench import measure  # noqa: PLC0415

    table = Table("what", header_style="bold", box=None)
    for name in ("events/CPU-s", "spread", "of the limit"):
        table.add_column(name, justify="right")
    for row in measure(events, repeat):
        table.add_row(row.name, f"{row.per_second:,.0f}", f"{row.lowest:,.0f}…{row.highest:,.0f}", f"{row.ratio:.2f}")
    Console().print(table)
