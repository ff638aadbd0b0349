"""A contestant's run: a process, measured by its own reports, from when it is warm to the last event."""

import asyncio
import json
import os
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.events import Backlog
from benchmarks.machine import pinned
from benchmarks.peers import job

_ROOT = Path(__file__).parent.parent
#: A contestant that says nothing for so long has failed.
_SILENCE_S = 120
#: So many characters of what a contestant said last are shown when it has failed.
_SAID = 600


class FailedError(RuntimeError):
    """A contestant did not handle its events; the message says how far it came, and what it said."""


class Run(NamedTuple):
    """One measured stretch: how many events, and the seconds they took, on the wall and of the process's CPU."""

    events: int
    wall: float
    cpu: float
    last: Mapping[str, Any]


async def run(command: Sequence[str], backlog: Backlog, bootstrap: str, core: int | None, warm_up: float) -> Run:
    """Run a command on a core, from the start of the backlog's topic, as a consumer group of its own.

    The part of the events that is its `warm_up` is not in what was measured.

    Raises:
        FailedError: if it ends or falls silent before it is done.
    """
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryFile() as log:
        with pinned(core):
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=_ROOT,
                env=os.environ | _environment(backlog, bootstrap, directory),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=1 << 20,
            )
        reports = Reports(warm_up * backlog.events)
        try:
            return await _measured(process, reports)
        except (TimeoutError, EOFError) as error:
            log.seek(0)
            said = " ".join(log.read().decode(errors="replace").split())[-_SAID:]
            how = "fell silent" if isinstance(error, TimeoutError) else "ended"
            msg = f"it {how} after {reports.last.get('events', 0):,} of {backlog.events:,} events; it said: {said}"
            raise FailedError(msg) from error
        finally:
            await _end(process)


def _environment(backlog: Backlog, bootstrap: str, directory: str) -> dict[str, str]:
    group = f"bench-{uuid.uuid4().hex[:8]}"
    return {
        "BENCH_BROKER": bootstrap,
        "BENCH_TOPIC": backlog.topic,
        "BENCH_GROUP": group,
        "BENCH_DIRECTORY": directory,
        "BENCH_EVENTS": str(backlog.events),
        "BENCH_ANSWERS": str(sum(backlog.counts.values())),
        # For those who cannot import them.
        "BENCH_WINDOW_S": str(job.WINDOW_S),
        "BENCH_GRACE_S": str(job.GRACE_S),
        "BENCH_SAVE_S": str(job.SAVE_S),
        "FEEDBACK_BROKER": bootstrap,
        "FEEDBACK_APP_ID": group,
        "FEEDBACK_DATA_DIR": directory,
        "FEEDBACK_HTTP": "127.0.0.1:0",
        "PYTHONPATH": str(_ROOT),
    }


class Reports:
    """What a contestant has reported so far; the stretch to measure begins when it has read so many events.

    >>> reports = Reports(begin=10)
    >>> reports.take('{"events": 20, "wall": 1.0, "cpu": 1.0}')
    >>> reports.take('{"events": 100, "wall": 3.0, "cpu": 2.0, "done": true}')[:3]
    (80, 2.0, 1.0)
    """

    def __init__(self, begin: float) -> None:
        self._begin = begin
        self._first: dict[str, Any] = {}
        self.last: dict[str, Any] = {}

    def take(self, line: str) -> Run | None:
        """Take in a line; the measured stretch, if this ends it.

        Raises:
            FailedError: if there is no such stretch.
        """
        self.last = json.loads(line)
        if not self._first and self.last["events"] >= self._begin:
            self._first = self.last
        if not self.last.get("done"):
            return None
        events, wall, cpu = (self.last[name] - self._first[name] for name in ("events", "wall", "cpu"))
        if not events or not cpu:
            msg = f"it was done at once; {self.last['events']:,} events are too few to measure it"
            raise FailedError(msg)
        return Run(events, wall, cpu, self.last)


async def _measured(process: asyncio.subprocess.Process, reports: Reports) -> Run:
    assert process.stdout is not None
    while True:
        line = await asyncio.wait_for(process.stdout.readline(), _SILENCE_S)
        if not line:
            raise EOFError
        # Banners and warnings are none of ours.
        if line.startswith(b'{"events"') and (done := reports.take(line.decode())):
            return done


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it if it has not: asked first, then made to."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.communicate(), 30)
    except TimeoutError:
        process.kill()
        await process.wait()
