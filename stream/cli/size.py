"""`size`: how many partitions, workers and views a load needs, and how much memory, disk and network."""

from typing import Annotated, Literal

import orjson
import typer
from rich.console import Console
from rich.table import Table

from stream.kpi import KPIS
from stream.settings import Settings
from stream.sizing import Margins, Size, load_of
from stream.sizing import size as size_of


def size(
    rate: Annotated[
        list[str],
        typer.Option(help="Events a second, on the average of a day: 20000 for surveys, contacts:300; repeatable."),
    ],
    members: Annotated[int, typer.Option(min=0, help="Members of all scopes together, such as channels and teams.")],
    crosses: Annotated[int, typer.Option(min=0, help="Combinations of the crossed dimensions that occur.")] = 0,
    kpi: Annotated[list[str], typer.Option(help="Only this KPI has events; repeatable (left out: all).")] = [],  # noqa: B006
    labels: Annotated[int, typer.Option(min=1, help="Currencies of each member's orders, or themes of comments.")] = 1,
    bytes_: Annotated[int, typer.Option("--bytes", min=1, help="Bytes of an event, on average.")] = 350,
    peak: Annotated[float, typer.Option(min=1, help="The busiest minute has so many times the average rate.")] = 3.0,
    headroom: Annotated[
        float, typer.Option(min=0, max=0.9, help="The part of each core to be free at the peak.")
    ] = 0.5,
    growth: Annotated[int, typer.Option(min=1, help="Partitions are enough for so many times the rate.")] = 2,
    partitions: Annotated[
        int | None, typer.Option(min=1, max=4_096, help="Partitions that there are (left out: chosen).")
    ] = None,
    horizon: Annotated[str | None, typer.Option(help="How long answers can be corrected (left out: 14d).")] = None,
    windows: Annotated[str | None, typer.Option(help="Windows as size/advance, with commas (left out: 5).")] = None,
    format: Annotated[Literal["json", "table"], typer.Option(help="For programs or for people.")] = "table",  # noqa: A002
) -> None:
    """Say what a load needs, from measured costs; settings as FEEDBACK_FLUSH_INTERVAL count as in the service.

    Example:

        feedback-stream size --rate 20000 --members 500 --crosses 2000 --bytes 350
    """
    settings = Settings.load(edit_horizon=horizon, windows=windows)
    for each in KPIS.values():
        each.configure(settings)
    load = load_of(rate, kpi, members, crosses, settings, labels=labels, event_bytes=bytes_)
    found = size_of(settings, load, Margins(peak, headroom, growth), partitions)
    if format == "json":
        shown = found._asdict() | {"series": found.series._asdict()}
        typer.echo(orjson.dumps(shown).decode())
        return
    table = Table(show_header=False, box=None)
    for name, value, meaning in rows(found):
        table.add_row(f"[bold]{name}[/]", value, meaning)
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for note in found.notes:
        console.print(f"mind: {note}", markup=False)


def rows(found: Size) -> list[tuple[str, str, str]]:
    """The result for people: name, figure, meaning."""
    role = "agents" if found.views else "all"
    view = f"role view, {found.view_cores:.2f} of a core, {_bytes(found.view_bytes)} of memory each"
    shown = found.series
    parts = ", ".join(f"{name} {count:,}" for name, count in shown._asdict().items())
    return [
        ("partitions", f"{found.partitions:,}", "of every topic; none can be added later"),
        ("workers", f"{found.workers:,}", f"role {role}, {found.worker_cores:.2f} of a core at the peak"),
        ("  memory", _bytes(found.worker_bytes), "each"),
        ("  disk", _bytes(found.worker_disk_bytes), "each, for the index and its compaction"),
        ("  recovery", f"{found.recovery_s:,.0f} s", "of CPU, to have the tables back"),
        ("views", f"{found.views:,}", view if found.views else "the worker shows the scores"),
        ("events", f"{found.events_per_second:,.0f}/s", f"at the peak, {_bytes(found.source_bytes_per_second)}/s"),
        ("source topics", _bytes(found.source_bytes), "of the edit horizon, not compressed, one copy"),
        ("index", _bytes(found.index_bytes), f"{found.index_entries:,} answers, of all workers"),
        ("state keys", f"{found.state_keys:,}", f"flushed every {found.flush_s:.2g} s"),
        ("changelogs", _bytes(found.changelog_bytes), "one copy"),
        ("  traffic", f"{_bytes(found.changelog_bytes_per_second)}/s",
         f"at the peak, {found.changelog_records_per_second:,.0f} records a second"),
        ("series", f"{shown.all:,}", f"of a view: {parts}"),
        ("  in Prometheus", f"{found.series_in_prometheus:,}", "and what processes say of themselves"),
    ]  # fmt: skip


def _bytes(number: float) -> str:
    """Bytes for people.

    >>> _bytes(350), _bytes(1_500_000), _bytes(2.5e15)
    ('350 B', '1.5 MB', '2,500 TB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:,.3g} TB" if number < 1000 else f"{number:,.0f} TB"
