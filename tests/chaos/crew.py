"""Workers of one group under a supervisor that starts again at once whatever has ended."""

import asyncio
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import aiohttp

from stream.brokers.ports import LOOPBACK, free_ports

from ..integration.harness import Metrics
from .tally import Tally
from .world import SETTINGS

#: What a process is armed with: a point and how often it must be reached; None for nothing.
Arm = Callable[[], tuple[str, int] | None]
#: Who waits so long waits in vain.
PATIENCE_S = 120.0
_NO_BROKER_S = 0.5


class StuckError(AssertionError):
    """The workers should have got on, and did not."""


class Member:
    """A place in the crew: its directory and address stay, processes come and go."""

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        self.directory = directory / name
        self.directory.mkdir(parents=True)
        self.log = self.directory / "log"
        self.http = f"{LOOPBACK}:{free_ports(1)[0]}"
        self.url = f"http://{self.http}"
        self.acknowledged = Tally(self.directory / "acknowledged")
        self.counted = Tally(self.directory / "counted")
        self.pid: int | None = None
        self.wanted = False
        self.paused = False
        self.wipe = False
        self.lives = 0

    @property
    def data(self) -> Path:
        """The worker's own disk."""
        return self.directory / "data"

    def fired(self) -> "Counter[str]":
        """Failpoints that have killed a process here, by name."""
        return Counter(path.name.split(".")[1] for path in self.directory.glob("*.fired"))


class Crew:
    """Starts, supervises and counts; `async with` ends everything it started."""

    def __init__(
        self, directory: Path, broker: str, app_id: str, size: int = 3, run: str = "service", **settings: object
    ) -> None:
        self.app_id = app_id
        self.members = [Member(directory / app_id, f"worker-{number}") for number in range(size)]
        self.ends: Counter[int] = Counter()
        self.wiped = 0
        self.arm: Arm = lambda: None
        self._run = run
        self._settings: dict[str, object] = {"broker": broker, "app_id": app_id, **SETTINGS, **settings}
        self._parent: asyncio.subprocess.Process | None = None
        self._heard: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._errors = directory / f"{app_id}.parent.log"

    async def __aenter__(self) -> Self:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FEEDBACK_")}
        with self._errors.open("ab") as errors:
            self._parent = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.worker",
                env=environment | {"OPENBLAS_NUM_THREADS": "1"},
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        assert self._parent.stdout is not None
        line = await self._parent.stdout.readline()
        assert line, f"no worker can be started:\n{self._errors.read_text()}"
        self._heard = asyncio.create_task(self._hear(self._parent.stdout))
        return self

    async def __aexit__(self, *_: object) -> None:
        for member in self.members:
            member.wanted = False
            self.signal(member, signal.SIGKILL)
        assert self._parent is not None
        assert self._heard is not None
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        await self._parent.wait()
        self._heard.cancel()
        with suppress(asyncio.CancelledError):
            await self._heard

    async def _hear(self, lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            told = json.loads(line)
            if "name" in told:
                member = next(each for each in self.members if each.name == told["name"])
                member.pid = told["pid"]
                member.lives += 1
            else:
                self._ended(told["pid"], told["status"])
            self._changed.set()

    def _ended(self, pid: int, status: int) -> None:
        self.ends[status] += 1
        member = next(each for each in self.members if each.pid == pid)
        member.pid, member.paused = None, False
        if not member.wanted:
            return
        if status == 1:  # no broker: at once would be hundreds of times
            asyncio.get_running_loop().call_later(_NO_BROKER_S, self._start_again, member)
        else:
            self._start(member)

    def _start_again(self, member: Member) -> None:
        if member.wanted and member.pid is None:
            self._start(member)

    def start(self, *members: Member) -> None:
        """Start processes that shall run from now on."""
        for member in members or self.members:
            member.wanted = True
            if member.pid is None:
                self._start(member)

    def _start(self, member: Member) -> None:
        if member.wipe:
            member.wipe = False
            shutil.rmtree(member.data, ignore_errors=True)
            self.wiped += 1
        settings = self._settings | {"http": member.http, "data_dir": member.data}
        environment = {f"FEEDBACK_{name.upper()}": str(value) for name, value in settings.items()}
        environment["CHAOS_DIRECTORY"] = str(member.directory)
        armed = self.arm()
        if armed is not None:
            environment |= {"CHAOS_POINT": armed[0], "CHAOS_HIT": str(armed[1])}
        order = {"name": member.name, "run": self._run, "log": str(member.log), "environment": environment}
        assert self._parent is not None
        assert self._parent.stdin is not None
        member.pid = -1  # until the parent tells
        self._parent.stdin.write(json.dumps(order).encode() + b"\n")

    def signal(self, member: Member, number: int) -> bool:
        """Send a signal; whether there was a process to get it."""
        if member.pid is None or member.pid < 0:
            return False
        try:
            os.kill(member.pid, number)
        except ProcessLookupError:
            return False
        return True

    async def pause(self, member: Member, seconds: float) -> bool:
        """Stop a process and let it go on, as a virtual machine is moved; whether it was still there in the end."""
        pid = member.pid
        if not self.signal(member, signal.SIGSTOP):
            return False
        member.paused = True
        await asyncio.sleep(seconds)
        if member.pid != pid:
            return False
        member.paused = False
        return self.signal(member, signal.SIGCONT)

    async def stop(self, *members: Member) -> None:
        """Ask processes to end, as an operator does, and wait until they have; they must end well."""
        chosen = members or tuple(self.members)
        before = self.ends[0]
        asked = 0
        for member in chosen:
            member.wanted = False
            asked += self.signal(member, signal.SIGTERM)
        await self.until(lambda: all(member.pid is None for member in chosen), "the workers end when asked to")
        assert self.ends[0] - before == asked, f"{asked} workers were asked to end; status: {dict(self.ends)}"

    async def until(self, true: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Wait until something holds.

        Raises:
            StuckError: saying what did not come true.
        """
        deadline = time.monotonic() + patience_s
        while not true():
            if time.monotonic() > deadline:
                msg = f"it did not come true within {patience_s:g} s that {what}; the logs end with\n{self.said()}"
                raise StuckError(msg)
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 0.05)

    @property
    def acknowledged(self) -> int:
        """Records whose effect is durable, each as often as it was made so."""
        return sum(member.acknowledged.value for member in self.members)

    @property
    def counted(self) -> int:
        """The sum of `feedback_events_total` at the end of every process that ended well."""
        return sum(member.counted.value for member in self.members)

    async def progress(self, records: int, patience_s: float = PATIENCE_S) -> None:
        """Wait until so many more records are durable."""
        wanted = self.acknowledged + records
        await self.until(lambda: self.acknowledged >= wanted, f"{records} more records are durable", patience_s)

    async def ready(self, members: Collection[Member] = ()) -> None:
        """Wait until these workers show everything."""
        deadline = time.monotonic() + PATIENCE_S
        for member in members or self.members:
            while await self.get(member, "/readyz") is None:
                if time.monotonic() > deadline:
                    msg = f"{member.name} did not become ready; the logs end with\n{self.said()}"
                    raise StuckError(msg)
                await asyncio.sleep(0.1)

    async def get(self, member: Member, path: str) -> str | None:
        """A page, or None where it cannot be had."""
        try:
            async with aiohttp.ClientSession() as session, session.get(member.url + path) as response:
                return await response.text() if response.status == 200 else None
        except aiohttp.ClientError:
            return None

    async def scores(self, member: Member) -> list[dict[str, Any]] | None:
        """What `/api/scores` shows."""
        text = await self.get(member, "/api/scores")
        rows: list[dict[str, Any]] | None = None if text is None else json.loads(text)["scores"]
        return rows

    async def metrics(self, member: Member) -> Metrics | None:
        """What `/metrics` shows."""
        text = await self.get(member, "/metrics")
        return None if text is None else Metrics(text)

    def fired(self) -> "Counter[str]":
        """Failpoints that have killed a process, by name."""
        return sum((member.fired() for member in self.members), Counter[str]())

    def said(self, lines: int = 12) -> str:
        """The end of every log."""
        ends = {
            member.name: member.log.read_text(errors="replace").splitlines()[-lines:]
            for member in self.members
            if member.log.exists()
        }
        return "\n".join(f"--- {name}\n" + "\n".join(said) for name, said in ends.items())


def in_turns(chance: random.Random, points: Mapping[str, int], share: float) -> Arm:
    """Arm so many of the processes, each with the next point; `points` says how often one may be reached at most."""
    deck: list[str] = []

    def arm() -> tuple[str, int] | None:
        if chance.random() >= share:
            return None
        if not deck:
            deck.extend(chance.sample(sorted(points), len(points)))
        point = deck.pop()
        return point, chance.randint(1, points[point])

    return arm
