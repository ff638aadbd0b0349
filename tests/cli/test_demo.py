"""`demo`: everything at once, which ends by itself or at Ctrl-C, and leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from stream.brokers.ports import LOOPBACK, free_ports
from tests.integration.harness import environment

from .conftest import Cli

#: Longer than anything takes on a busy machine: who waits so long waits in vain.
DEADLINE_S = 120.0


class Demo:
    """`feedback-stream demo` as a process with a directory for temporary files of its own."""

    def __init__(self, place: Path, *options: str) -> None:
        self.place = place / "temporary"
        self.place.mkdir()
        self.http = f"{LOOPBACK}:{free_ports(1)[0]}"
        self._log = place / "log.txt"
        command = [sys.executable, "-m", "stream", "demo", "--http", self.http, *options]
        with self._log.open("wb") as log:
            # A session of its own, so that a signal reaches the whole process group, as Ctrl-C in a terminal does.
            self._process = subprocess.Popen(
                command, cwd=place, env=environment("unused") | {"TMPDIR": str(self.place), "COLUMNS": "120"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page; 0 while nothing listens."""
        assert self._process.poll() is None, self.said()
        try:
            with urllib.request.urlopen(f"http://{self.http}{path}", timeout=DEADLINE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except (urllib.error.URLError, ConnectionError):
            return 0, ""

    def until(self, holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def processes(self) -> set[int]:
        """The demo's process and those it has started."""
        table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [tuple(map(int, line.split())) for line in table.splitlines()]
        return {self._process.pid} | {pid for pid, parent in pairs if parent == self._process.pid}

    def interrupt(self) -> None:
        os.killpg(self._process.pid, signal.SIGINT)

    def status(self) -> int:
        """Wait for the end."""
        return self._process.wait(DEADLINE_S)

    def end(self) -> None:
        """Kill what still runs: the broker dies with its parent."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture
def demo(tmp_path: Path, broker: str, lacks: Callable[[str, str], NoReturn]) -> Iterator[Callable[..., Demo]]:
    """Starts a demo; `broker` is asked for to know that the embedded one can run here."""
    if shutil.which("ps") is None:
        lacks("the demo", "ps is not installed")
    started: list[Demo] = []

    def start(*options: str) -> Demo:
        started.append(Demo(tmp_path, *options))
        return started[-1]

    yield start
    for each in started:
        each.end()


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_answers_while_it_runs_and_ends_at_ctrl_c(demo: Callable[..., Demo]) -> None:
    run = demo("--rate", "20")
    run.until(lambda: run.get("/readyz")[0] == 200)
    assert run.get("/healthz") == (200, "ok\n")
    assert "<html" in run.get("/")[1]
    run.until(lambda: json.loads(run.get("/api/scores?kpi=nps&scope=all")[1])["scores"])
    assert 'feedback_nps_score{member="all",scope="all",window="24h"}' in run.get("/metrics")[1]
    assert list(run.place.iterdir())
    processes = run.processes()
    assert len(processes) >= 2  # the broker is one

    run.interrupt()
    assert run.status() == 0, run.said()
    assert f"http://{run.http}/metrics" in run.said()
    assert run.said().endswith("stopped; nothing is left running\n")
    assert "Traceback" not in run.said()
    assert not [pid for pid in processes if runs(pid)]
    assert not list(run.place.iterdir())


def test_it_ends_by_itself_after_the_given_time(demo: Callable[..., Demo]) -> None:
    run = demo("--for", "15s", "--scenario", "nps-drop")
    run.until(lambda: len(run.processes()) >= 2)
    processes = run.processes()
    assert run.status() == 0, run.said()
    assert "Net Promoter Score" in run.said()
    assert run.said().endswith("stopped; nothing is left running\n")
    assert not [pid for pid in processes if runs(pid)]
    assert not list(run.place.iterdir())


def test_ctrl_c_while_it_starts_leaves_nothing_either(demo: Callable[..., Demo]) -> None:
    run = demo()
    run.until(lambda: len(run.processes()) >= 2)
    processes = run.processes()
    run.interrupt()
    assert run.status() == 0, run.said()
    assert "Traceback" not in run.said()
    assert not [pid for pid in processes if runs(pid)]
    assert not list(run.place.iterdir())


def test_an_address_that_is_taken_is_one_sentence(demo: Callable[..., Demo], broker: str) -> None:
    run = demo("--http", broker)
    assert run.status() == 1, run.said()
    assert "Traceback" not in run.said()
    assert f"error: cannot listen at {broker}" in run.said()
    assert not list(run.place.iterdir())


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--scenario", "storm"], "'storm'"),
        (["--for", "soon"], "'soon'"),
        (["--onset", "soon"], "'soon'"),
        (["--onset=-4h"], "'-4h'"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_named(cli: Cli, options: list[str], named: str) -> None:
    said = cli("demo", *options)
    assert (said.status, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert named in line


def test_a_broker_port_that_is_taken_is_named(cli: Cli, broker: str) -> None:
    said = cli("demo", "--port", broker.rpartition(":")[2])
    assert (said.status, said.out) == (2, "")
    assert f"{broker}: something does already; give another --port" in said.err
