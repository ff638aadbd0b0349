"""Who is measured, and how: a process a run, read by its own reports, from a tenth of the events to the last one."""

import asyncio
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).parent.parent
#: A contestant that says nothing for so long has failed.
_SILENCE_S = 120


class Contestant(NamedTuple):
    """A command that handles events and reports them; `leaves_out` says what it does not do."""

    name: str
    command: Sequence[str]
    events: int
    leaves_out: str


class Run(NamedTuple):
    """One measured stretch: how many events, and the seconds they took, on the wall and of the process's CPU."""

    events: int
    wall: float
    cpu: float
    last: dict[str, Any]


async def run(contestant: Contestant, bootstrap: str) -> Run:
    """Run a contestant from the start of the topic, as a consumer group of its own.

    Raises:
        RuntimeError: if it ends or falls silent before it has handled its events; with what it said.
    """
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *contestant.command,
            cwd=_ROOT,
            env=os.environ | _environment(bootstrap, directory),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
        try:
            return await _measured(process, contestant.events)
        except (TimeoutError, EOFError) as error:
            log.seek(0)
            said = log.read().decode(errors="replace")[-2_000:]
            msg = f"{contestant.name} did not handle {contestant.events} events; it said:\n{said}"
            raise RuntimeError(msg) from error
        finally:
            await _end(process)


def _environment(bootstrap: str, directory: str) -> dict[str, str]:
    group = f"bench-{uuid.uuid4().hex[:8]}"
    return {
        "FEEDBACK_BROKER": bootstrap,
        "FEEDBACK_APP_ID": group,
        "FEEDBACK_DATA_DIR": directory,
        "FEEDBACK_HTTP": "127.0.0.1:0",
        "STOCK_FAUST_BROKER": bootstrap,
        "STOCK_FAUST_APP_ID": group,
        "FAUST_DATADIR": directory,
    }


async def _measured(process: asyncio.subprocess.Process, events: int) -> Run:
    assert process.stdout is not None
    first: dict[str, Any] = {}
    while True:
        line = await asyncio.wait_for(process.stdout.readline(), _SILENCE_S)
        if not line:
            raise EOFError
        if not line.startswith(b"{"):  # Faust's banner
            continue
        report = json.loads(line)
        if not first and report["events"] >= events / 10:
            first = report
        if report["events"] >= events:
            events, wall, cpu = (report[name] - first[name] for name in ("events", "wall", "cpu"))
            return Run(events, wall, cpu, report)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it if it has not: asked first, then made to."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.communicate(), 30)
    except TimeoutError:
        process.kill()
        await process.wait()
