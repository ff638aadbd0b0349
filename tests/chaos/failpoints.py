"""Places where a worker kills itself, put around the service's own functions from outside.

A point fires once, and only where it proves something: after a flush of this process was acknowledged, and while
something is at stake that is not. It leaves a mark first, so that what is counted is what has happened.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import stream.store
from stream import changelog
from stream.flush import Flusher, Partition
from stream.identity import Identities
from stream.kpi import KPIS
from stream.partitions import Partitions
from stream.store import PaneStore
from stream.table import Table
from stream.worker import Worker

from .tally import Tally


class Fuse:
    """Counts how often its point was reached since the process is worth killing, and burns at the wanted time."""

    def __init__(self, mark: Path, hit: int) -> None:
        self._mark = mark
        self._left = hit
        self.flushed = False

    def due(self) -> bool:
        """Whether this is the time; counts."""
        if self.flushed:
            self._left -= 1
        return self.flushed and self._left <= 0

    def burn(self) -> None:
        """End this process as a power cut would."""
        self._mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()  # the signal may take a moment, in which nothing must happen

    def reached(self) -> None:
        """Burn if it is the time."""
        if self.due():
            self.burn()


def install(environment: Mapping[str, str]) -> None:
    """Arm this process with `CHAOS_POINT`, and let it report to `CHAOS_DIRECTORY`."""
    directory = Path(environment["CHAOS_DIRECTORY"])
    point = environment.get("CHAOS_POINT", "")
    fuse = Fuse(directory / f"{os.getpid()}.{point}.fired", int(environment.get("CHAOS_HIT", "1")))
    _report(directory, fuse)
    if point:
        POINTS[point](fuse)


def _report(directory: Path, fuse: Fuse) -> None:
    """Note what was acknowledged as it happens, and at a good end what was counted in this life."""
    acknowledged, counted = Tally(directory / "acknowledged"), Tally(directory / "counted")
    save, stop = Flusher.save, Worker.stop
    noted_to: WeakKeyDictionary[Partition, int] = WeakKeyDictionary()

    async def noted(self: Flusher, tp: Any, partition: Partition) -> None:
        noted_to.setdefault(partition, partition.durable)  # two flushes may wait for each other
        await save(self, tp, partition)
        if partition.durable > noted_to[partition]:
            fuse.flushed = True
            acknowledged.add(partition.durable - noted_to[partition])
            noted_to[partition] = partition.durable

    async def told(self: Worker) -> None:
        await stop(self)
        (events,) = self.metrics.events.collect()
        counted.add(sum(int(each.value) for each in events.samples if each.name == "feedback_events_total"))

    Flusher.save = noted  # type: ignore[method-assign]
    Worker.stop = told  # type: ignore[method-assign]


def _after_apply(fuse: Fuse) -> None:
    """A batch was counted in memory, and nothing of it was sent."""
    account = Partitions._account

    def counted(self: Partitions, tp: Any, partition: Partition, records: Any, processed: Any) -> None:
        account(self, tp, partition, records, processed)
        fuse.reached()

    Partitions._account = counted  # type: ignore[method-assign]


def _around_write(before: Callable[[Any], Awaitable[None]] | None, after: Callable[[], None] | None) -> None:
    write = changelog.write

    async def written(producer: Any, target: Any, batches: Any) -> changelog.Written:
        if before is not None:
            await before((write, producer, target, batches))
        end = await write(producer, target, batches)
        if after is not None:
            after()
        return end

    changelog.write = written


def _before_send(fuse: Fuse) -> None:
    """A flush was packed, and is not sent."""

    async def before(_: Any) -> None:
        fuse.reached()

    _around_write(before, None)


def _before_acknowledgement(fuse: Fuse) -> None:
    """The broker has the changelog records; the worker has not yet learnt it."""
    _around_write(None, fuse.reached)


def _between_batches(fuse: Fuse) -> None:
    """A flush was split, and its last batch, which holds the position, is missing."""

    async def before(call: Any) -> None:
        write, producer, target, batches = call
        if len(batches) > 1 and fuse.due():
            await write(producer, target, batches[:-1])
            fuse.burn()

    _around_write(before, None)


def _before_index(fuse: Fuse) -> None:
    """The changelogs are acknowledged, the index knows nothing of it."""
    save = Identities.save

    def saved(self: Identities, position: int) -> None:
        fuse.reached()
        save(self, position)

    Identities.save = saved  # type: ignore[method-assign]


def _before_commit(fuse: Fuse) -> None:
    """Everything is durable, and the group does not know."""
    save = Flusher.save

    async def saved(self: Flusher, tp: Any, partition: Partition) -> None:
        before = partition.durable
        await save(self, tp, partition)
        if partition.durable > before:
            fuse.reached()

    Flusher.save = saved  # type: ignore[method-assign]


def _half_written(fuse: Fuse) -> None:
    """One KPI's changelog has the flush, those of the others do not."""
    _write_the_first_only(fuse, lambda: True)


def _half_released(fuse: Fuse) -> None:
    """Likewise in the flush by which partitions are let go of."""
    release = Partitions.release
    releasing = 0

    async def released(self: Partitions, tps: Iterable[Any]) -> Any:
        nonlocal releasing
        releasing += 1
        try:
            return await release(self, tps)
        finally:
            releasing -= 1

    Partitions.release = released  # type: ignore[method-assign]
    _write_the_first_only(fuse, lambda: releasing > 0)


def _write_the_first_only(fuse: Fuse, wanted: Callable[[], bool]) -> None:
    write = Flusher._write
    burning = False

    async def written(self: Flusher, table: Table, partition: int, batches: Any) -> bool:
        nonlocal burning
        first = next(kpi for kpi in KPIS.values() if kpi.source == table.kpi.source) is table.kpi
        if burning:
            await asyncio.Event().wait()  # until the process has ended
        burning = first and wanted() and fuse.due()
        alone = await write(self, table, partition, batches)
        if burning:
            fuse.burn()
        return alone

    Flusher._write = written  # type: ignore[method-assign]


def _before_release(fuse: Fuse) -> None:
    """Partitions are being taken away, and what was counted on them is not flushed."""
    release = Partitions.release

    async def released(self: Partitions, tps: Iterable[Any]) -> Any:
        tps = list(tps)
        if any(self._held[tp].unsaved for tp in tps if tp in self._held):
            fuse.reached()
        return await release(self, tps)

    Partitions.release = released  # type: ignore[method-assign]


def _in_recovery(fuse: Fuse) -> None:
    """Batches of a changelog were taken in, and more are to come."""
    apply, restore = PaneStore.apply_changelog_batch, stream.store.restore_all

    def restored(table: Table, records: Any) -> None:
        restore(table, records)
        fuse.flushed = True  # here the flushes that matter are those of others, which are being read
        fuse.reached()

    def applied(self: PaneStore, *arguments: Any, **named: Any) -> None:
        stream.store.restore_all = restored
        apply(self, *arguments, **named)
        stream.store.restore_all = restore

    PaneStore.apply_changelog_batch = applied  # type: ignore[method-assign]


POINTS: dict[str, Callable[[Fuse], None]] = {
    "after apply": _after_apply,
    "before send": _before_send,
    "half of the KPIs written": _half_written,
    "between two batches of a flush": _between_batches,
    "sent, not acknowledged": _before_acknowledgement,
    "between changelog and index": _before_index,
    "acknowledged, not committed": _before_commit,
    "before the flush of a revocation": _before_release,
    "half-way through a revocation": _half_released,
    "during recovery": _in_recovery,
}

#: How often a point may be passed before it fires, at most: what happens once in a life is not waited for again.
PASSED = {
    point: 1 if point in {"before the flush of a revocation", "half-way through a revocation"} else 6
    for point in POINTS
}
PASSED["during recovery"] = 3
