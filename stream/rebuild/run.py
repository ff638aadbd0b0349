"""One rebuild: a worker of the next generation, which nobody looks at, until it has caught up; then the switch."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient
from faust.types import TP

from stream import generations
from stream.errors import BrokerError
from stream.events import SOURCES
from stream.generations import Generations
from stream.kafka import reach, told
from stream.kpi import KPIS
from stream.rebuild.compare import compare, said
from stream.rebuild.sources import Source, look
from stream.settings import Settings
from stream.topics import changelog, partitions_of
from stream.watch.catch_up import CatchUp
from stream.watch.offsets import Offsets
from stream.worker import Worker

#: Who reaches the ends of a moment within this many seconds is nearly at the end.
_NEARLY_S = 15.0
#: Between two looks at how far it is.
_LOOK_S = 0.5

#: Told of records that are counted, of all there are.
Progress = Callable[[int, int], None]


class Rebuild:
    """The next generation of the tables of some settings; `say` is told what happens, in lines for people."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say

    async def check(self) -> list[Source]:
        """What the source topics still have.

        Raises:
            BrokerError: if the broker fails, or is the embedded one.
        """
        if self._settings.broker_kind != "kafka":
            msg = "the embedded broker keeps nothing to count anew (setting broker_kind)"
            raise BrokerError(msg)
        there = await self._there()  # asked, not made: the tables that are served may not fit their sources
        async with _offsets(self._settings) as offsets:
            return await look(self._settings, offsets, _sources(there), time.time())

    async def run(self, progress: Progress, *, anew: bool = False) -> Generations:
        """Build the next generation, or go on building it, and serve it.

        Raises:
            BrokerError: if the broker fails, or what was begun was begun by other rules.
        """
        known = (await generations.read(self._settings)).begin(anew=anew)
        await generations.write(self._settings, known)
        assert known.building is not None  # noqa: S101  it was begun
        self._say(f"generation {known.building} is being built; generation {known.serving} is served meanwhile")
        new = generations.of(self._settings, known.building)
        # Nobody is told what is counted anew: dead letters and cases are those of the generation that is served.
        quiet = new.model_copy(update={"http": "127.0.0.1:0", "open_cases": False})
        worker = Worker(quiet, "agents", parks=False)
        await worker.start()
        try:
            async with _offsets(new) as offsets:
                there = await self._there()
                await self._catch_up(offsets, _sources(there), progress)
                old = generations.of(self._settings, known.serving)
                with told():
                    begins = await offsets.begins(_sources(there))
                    found = await compare(old, new, begins, there)
            for line in said(found):
                self._say(line)
        finally:
            await worker.stop()  # before the switch: what is rejected from here on, the workers park
        known = known.switch()
        await generations.write(self._settings, known)
        return known

    async def _catch_up(self, offsets: Offsets, tps: list[TP], progress: Progress) -> None:
        """Wait until the group is nearly at the end of the source topics."""
        with told():
            begins = await offsets.begins(tps)
            while True:
                taken, ends = time.monotonic(), await offsets.ends(tps)
                full = {tp: end for tp, end in ends.items() if end > begins[tp]}
                total = sum(end - begins[tp] for tp, end in full.items())
                catch_up = CatchUp(offsets, full)
                while missing := await catch_up.missing(begins | await offsets.committed()):
                    progress(total - missing, total)
                    await asyncio.sleep(_LOOK_S)
                if time.monotonic() - taken < _NEARLY_S:
                    progress(total, total)
                    return

    async def back(self) -> Generations:
        """Serve the generation before again.

        Raises:
            BrokerError: if there is none.
        """
        known = await generations.read(self._settings)
        if known.before is None:
            msg = f"generation {known.serving} is served, and none before it is left to go back to"
            raise BrokerError(msg)
        known = known.back()
        await generations.write(self._settings, known)
        return known

    async def delete_old(self) -> list[str]:
        """Delete the changelogs of all generations that are neither served nor being built; their names.

        Raises:
            BrokerError: if a worker still works on one of them.
        """
        known = await generations.read(self._settings)
        options = await reach(self._settings)
        with told():
            async with generations.administrator(options) as admin:
                for number in known.old:
                    await _check_left(admin, number, generations.of(self._settings, number).app_id)
                wanted = {changelog(generations.of(self._settings, n), kpi) for n in known.old for kpi in KPIS}
                gone = sorted(wanted & set(await admin.list_topics()))
                # Nobody may be sent back to what is about to be gone.
                await generations.write(self._settings, known.alone()._replace(building=known.building))
                if gone:
                    await admin.delete_topics(gone)
        return gone

    async def _there(self) -> Mapping[str, int]:
        """How many partitions each topic has."""
        options = await reach(self._settings)
        with told():
            async with generations.administrator(options) as admin:
                return await partitions_of(admin)


async def _check_left(admin: AIOKafkaAdminClient, number: int, group: str) -> None:
    for response in await admin.describe_consumer_groups([group]):
        for _, _, state, *_ in response.groups:
            if state not in {"Dead", "Empty"}:
                msg = f"generation {number} is still worked on by the group {group}: restart those workers first"
                raise BrokerError(msg)


def _sources(counts: Mapping[str, int]) -> list[TP]:
    return [TP(topic, number) for topic in SOURCES for number in range(counts.get(topic, 0))]


@asynccontextmanager
async def _offsets(settings: Settings) -> AsyncIterator[Offsets]:
    offsets = Offsets(settings)
    with told():
        await offsets.start()
    try:
        yield offsets
    finally:
        await offsets.stop()
