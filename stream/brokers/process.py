"""A broker as a child process: started, waited for until it answers, stopped, and never left behind."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stream.brokers.ports import LOOPBACK
from stream.errors import BrokerError

_POLL_S = 0.02
_PROBE_S = 5

# Linux ends the child with its parent, however the parent ended. Asked for in a helper that then becomes the broker,
# because code between fork and exec (`preexec_fn`) is not safe in a process with threads. 1 is PR_SET_PDEATHSIG.
_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class BrokerMissingError(BrokerError):
    """What it takes to start this broker is not on this machine; the message says what to install."""


class Broker(ABC):
    """A broker with one address on loopback; `async with` starts it, yields the address, and cleans up.

    The same object can be stopped or killed and started again: it keeps its port and what it stored. Start it from a
    thread that outlives it: on Linux the broker is killed when that thread ends.
    """

    title: ClassVar[str]

    def __init__(self, *, port: int, cluster_id: str, directory: Path | None, timeout_s: float) -> None:
        self.port = port
        self.cluster_id = cluster_id
        self.directory = directory or Path(tempfile.gettempdir(), f"feedback-stream-{uuid.uuid4().hex}")
        self._temporary = directory is None
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, `host:port`."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's process, while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def log(self) -> Path:
        """The file with all that the broker prints."""
        return self.directory / "broker.log"

    @abstractmethod
    async def command(self) -> list[str]:
        """Make ready what the broker needs; the program and its arguments."""

    async def start(self) -> None:
        """Start the broker and wait until it answers."""
        if self.pid:
            msg = f"{self.title} at {self.bootstrap} runs already, as process {self.pid}; stop it first"
            raise BrokerError(msg)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._process = _spawn(await self.command(), self.log)
        try:
            await self._until_it_answers(self._process)
        except BaseException:  # also when cancelled: nobody else knows the process
            self._end()
            raise

    async def stop(self, grace_s: float = 10) -> None:
        """Ask the broker to end, kill it after `grace_s`; what it stored stays."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._process.wait, grace_s)
        finally:
            self._end()

    async def kill(self) -> None:
        """End the broker as a power cut would (SIGKILL); what it stored stays."""
        self._end()

    async def restart(self) -> None:
        """Stop and start, at the same address."""
        await self.stop()
        await self.start()

    async def close(self) -> None:
        """Stop for good, and remove what was stored unless it is in a directory of the caller's."""
        try:
            await self.stop()
        finally:
            if self._temporary:
                shutil.rmtree(self.directory, ignore_errors=True)

    async def __aenter__(self) -> str:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self.bootstrap

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def _until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                # The name is compared because another program may have been faster at taking the port.
                while await _cluster_id(self.bootstrap) != self.cluster_id:
                    if (status := process.poll()) is not None:
                        msg = f"{self.title} ended with status {status} instead of starting; it said:\n{self._tail()}"
                        raise BrokerError(msg)
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            msg = (
                f"{self.title} did not answer at {self.bootstrap} within {self._timeout_s:g} s; "
                f"allow it more time, or look at what it said:\n{self._tail()}"
            )
            raise BrokerError(msg) from error

    def _tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) or "(nothing)"


def _spawn(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    # The output goes to a file, not a pipe: nobody has to read it for the broker to go on.
    with log.open("ab") as output:
        return subprocess.Popen(
            _dies_with_parent(command) if sys.platform == "linux" else command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C in a terminal reaches every process of its group: the broker must outlive those that use it.
            start_new_session=True,
        )


def _dies_with_parent(command: list[str]) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid()), *command]


async def _cluster_id(bootstrap: str) -> str | None:
    """What the broker at this address calls its cluster, None while it cannot serve clients yet."""
    if not await _listens(bootstrap):  # asked first, because aiokafka logs an error for each attempt that fails
        return None
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_PROBE_S * 1000)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    except (KafkaError, OSError):
        return None
    finally:
        await admin.close()
    return str(cluster["cluster_id"]) if cluster["brokers"] else None


async def _listens(bootstrap: str) -> bool:
    host, port = bootstrap.split(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
