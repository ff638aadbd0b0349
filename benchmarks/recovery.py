"""How long a worker takes to have its state keys back: `python -m benchmarks.recovery`."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
import uvloop
from aiokafka import TopicPartition

from stream import changelog, logs
from stream.brokers.kafka import KafkaBroker
from stream.kpi import KPIS
from stream.layout import schemes
from stream.settings import Settings
from stream.table import Table
from stream.topics import changelog as changelog_topic
from stream.topics import ensure_topics
from stream.worker import Worker

#: As many as a scope may have.
_MEMBERS = 1_000


class Recovery(NamedTuple):
    """So many keys were written and held again, after so many seconds, of the clock and of CPU."""

    written: int
    held: int
    wall: float
    cpu: float


def main(keys: Annotated[int, typer.Option(help="State keys in the changelogs.")] = 1_000_000) -> None:
    """Write changelogs as the service would, start a worker on them, and print the time until it is ready."""
    logs.configure("warning")
    found = uvloop.run(measure(keys))
    print(f"{found.held:,} of {found.written:,} keys back after {found.wall:.1f} s ({found.cpu:.1f} s of CPU)")
    if found.held != found.written:
        raise SystemExit(1)


async def measure(keys: int) -> Recovery:
    """Write so many keys to the changelogs of a broker of its own, and start a worker on them."""
    with tempfile.TemporaryDirectory() as directory:
        async with KafkaBroker(heap_mb=1_024) as bootstrap:
            settings = Settings(broker=bootstrap, data_dir=Path(directory), http="127.0.0.1:0", stall_timeout=60)
            await ensure_topics(settings)
            written = await _write(settings, keys)
            worker = Worker(settings, "agents")
            started, cpu = time.monotonic(), time.process_time()
            await worker.start()
            while worker.not_ready():  # noqa: ASYNC110  readiness is asked for, as a supervisor does
                await asyncio.sleep(0.01)
            took, cpu = time.monotonic() - started, time.process_time() - cpu
            held = sum(table.keys for kpi in KPIS.values() for table in worker.state.tables(kpi))
            await worker.stop()
    return Recovery(written, held, took, cpu)


async def _write(settings: Settings, keys: int) -> int:
    """Fill the tables of NPS and CSAT on every partition, and write their changelogs."""
    producer = changelog.new_producer(settings)
    await producer.start()
    tables = [(partition, Table(KPIS[name], schemes(settings))) for name in ("nps", "csat") for partition in range(4)]
    for _, table in tables:
        _fill(table, keys // len(tables))
    for partition, table in tables:
        target = TopicPartition(changelog_topic(settings, table.kpi.name), partition)
        await changelog.write(producer, target, changelog.pack(producer, table.changes(), 0))
    await producer.stop()
    return sum(table.keys for _, table in tables)


def _fill(table: Table, keys: int) -> None:
    """Rows of many teams in as many panes of now as it takes."""
    table.stream_time = int(time.time())
    grid = table.grids[0]
    rows = [grid.row("team", f"team-{number:04}") for number in range(_MEMBERS)]
    for _, (advance, start) in zip(range(keys // _MEMBERS), _panes(table), strict=False):
        pane = grid.pane(advance, start)
        pane.fields[rows], pane.offsets[rows], pane.dirty[rows] = 1, 0, True


def _panes(table: Table) -> Iterator[tuple[int, int]]:
    now = table.stream_time
    for advance, size in table.grids[0].scheme.sizes.items():
        yield from ((advance, start) for start in range((now - size) // advance * advance, now, advance))


if __name__ == "__main__":
    typer.run(main)
