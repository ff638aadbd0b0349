"""A worker as a process that is measured: on a core of its own, with its pages, its memory and its CPU."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple, Self

import aiohttp

from benchmarks.machine import pinned
from stream.brokers.ports import LOOPBACK, free_ports

_TICKS = os.sysconf("SC_CLK_TCK")
_READY_S = 120


class Page(NamedTuple):
    """A page with the times at which it was asked for, and had arrived."""

    asked: float
    arrived: float
    body: bytes

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.arrived - self.asked


class Worker:
    """Runs in a block; `core` None leaves it to the system where it runs."""

    def __init__(self, bootstrap: str, data: Path, core: int | None = None, **settings: object) -> None:
        self.data = data
        self._core = core
        self._http = f"{LOOPBACK}:{free_ports(1)[0]}"
        own = {"broker": bootstrap, "http": self._http, "data_dir": data, "log_level": "error", **settings}
        self._environment = os.environ | {f"FEEDBACK_{name.upper()}": str(value) for name, value in own.items()}

    async def __aenter__(self) -> Self:
        command = [sys.executable, "-m", "stream", "worker"]
        with pinned(self._core):
            self._process = await asyncio.create_subprocess_exec(
                *command, env=self._environment, stderr=subprocess.DEVNULL
            )
        self._session = aiohttp.ClientSession(f"http://{self._http}")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()

    async def ready(self) -> None:
        """Wait until it shows everything that was there when it started.

        Raises:
            RuntimeError: if it has ended.
            TimeoutError: if it takes too long.
        """
        async with asyncio.timeout(_READY_S):
            while not await self._is_ready():
                if self._process.returncode is not None:
                    msg = f"the worker has ended with status {self._process.returncode}; run it to see why"
                    raise RuntimeError(msg)
                await asyncio.sleep(0.1)

    async def _is_ready(self) -> bool:
        try:
            async with self._session.get("/readyz") as response:
                return response.status == 200
        except aiohttp.ClientConnectionError:  # not there yet
            return False

    async def page(self, path: str) -> Page:
        """A page, and how long it took."""
        asked = time.time()
        async with self._session.get(path) as response:
            body = await response.read()
        return Page(asked, time.time(), body)

    @property
    def rss(self) -> float:
        """Resident memory in MB."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def peak(self) -> float:
        """The most resident memory that it ever had, in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1_024 / 1e6

    @property
    def cpu(self) -> float:
        """Seconds of CPU that it has used, all threads."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / _TICKS
