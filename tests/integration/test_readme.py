"""The README's commands run, as they stand there, in an empty directory and against a real Kafka."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from stream.brokers.kafka import KafkaBroker
from stream.brokers.ports import LOOPBACK, free_ports

from .harness import DEADLINE_S, environment

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
#: The shell commands under each heading.
BLOCKS: dict[str, str] = {
    section.partition("\n")[0]: "".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    for section in re.split(r"^## ", README, flags=re.MULTILINE)
    if "```sh" in section
}
#: What takes longer than a test should: the same with less.
SHORTER = {"--for 60s": "--for 12s", "--for 2h": "--for 30m"}

Lacks = Callable[[str, str], NoReturn]


def test_every_block_is_run_here() -> None:
    assert set(BLOCKS) == {"See it", "Try it on files", "Use it", "Develop"}
    assert README.count("```sh") == len(BLOCKS)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory where `.venv` is installed: with the interpreter that runs the tests."""
    command = tmp_path / ".venv" / "bin" / "feedback-stream"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stream "$@"\n')
    command.chmod(0o755)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    (tmp_path / ".venv" / ".installed").touch()
    return tmp_path


@contextmanager
def running(script: str, place: Path, env: dict[str, str]) -> Iterator[Callable[[], tuple[int, str]]]:
    """A shell that ends at the first command that fails; call the result to wait for its status and output.

    What it leaves running is stopped at the end.
    """
    out, log = place / "out.txt", place / "log.txt"
    with out.open("wb") as stdout, log.open("wb") as stderr:
        shell = subprocess.Popen(
            ["sh", "-e", "-c", script], cwd=place, env=env, stdout=stdout, stderr=stderr, start_new_session=True
        )

    def ended() -> tuple[int, str]:
        status = shell.wait(DEADLINE_S)
        print(
            log.read_text(encoding="utf-8", errors="replace"), file=sys.stderr
        )  # pytest shows it where the test fails
        return status, out.read_text(encoding="utf-8")

    try:
        yield ended
    finally:
        _stop(shell)


def _stop(shell: "subprocess.Popen[bytes]") -> None:
    """End the shell's session, and wait until its last process is gone."""
    for number, patience in ((signal.SIGTERM, DEADLINE_S), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + patience
        try:
            os.killpg(shell.pid, number)
            while time.monotonic() < deadline:
                shell.poll()
                os.killpg(shell.pid, 0)
                time.sleep(0.1)
        except ProcessLookupError:
            return


def shorter(script: str) -> str:
    for long, short in SHORTER.items():
        script = script.replace(long, short)
    return script


def own_environment(**settings: object) -> dict[str, str]:
    return environment("unused", **settings) | {"COLUMNS": "120"}


@pytest.mark.usefixtures("embedded")
def test_see_it(place: Path, lacks: Lacks) -> None:
    if shutil.which("make") is None:
        lacks("the README's `make run`", "make is not installed")
    http = f"{LOOPBACK}:{free_ports(1)[0]}"
    with running(shorter(BLOCKS["See it"]), place, own_environment(http=http)) as ended:
        status, output = ended()
    assert status == 0
    assert f"http://{http}/" in output
    assert "Net Promoter Score" in output
    assert "nothing is left running" in output


def test_try_it_on_files(place: Path) -> None:
    with running(shorter(BLOCKS["Try it on files"]), place, own_environment()) as ended:
        status, output = ended()
    assert status == 0
    table, _, rows = output.partition("{")
    assert "nps" in table
    *scores, last = [json.loads(line) for line in ("{" + rows).splitlines()]
    assert {(score["kpi"], score["scope"], score["window"]) for score in scores} == {("nps", "channel", "24h")}
    assert last["summary"]["accepted"] > 0


def test_use_it(place: Path, own_kafka: KafkaBroker) -> None:
    asyncio.run(own_kafka.start())
    http = f"{LOOPBACK}:{free_ports(1)[0]}"
    made, _, scored = shorter(BLOCKS["Try it on files"]).partition("\n")
    script = BLOCKS["Use it"].replace("127.0.0.1:9092", own_kafka.bootstrap).replace("127.0.0.1:8420", http)
    assert own_kafka.bootstrap in script
    assert http in script
    with running(f"{made}\n{_with_curl(script)}", place, own_environment(http=http)) as ended:
        status, output = ended()
        assert status == 0, "a command failed"
        assert "ok" in output  # doctor
        answer = json.loads(output[output.index('{"scores"') :])
        assert {(score["kpi"], score["scope"]) for score in answer["scores"]} <= {("nps", "all")}
        expected = _by_file(place, scored)
        assert expected > 0
        _eventually(lambda: _answers(http), expected)


def _with_curl(script: str) -> str:
    """The script, with Python in the place of `curl` where that is not installed."""
    if shutil.which("curl"):
        return script
    fetch = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
    command = f"'{sys.executable}' -c '{fetch}'"
    return script.replace("curl -sf", command).replace("curl -s", command)


def _by_file(place: Path, scored: str) -> int:
    """How many answers `score` finds behind the NPS of the same events."""
    command = scored.strip().splitlines()[-1].replace("channel", "all")
    done = subprocess.run(command.split(), cwd=place, env=own_environment(), capture_output=True, check=True)
    return int(json.loads(done.stdout.splitlines()[0])["n"])


def _answers(http: str) -> int | None:
    with urllib.request.urlopen(f"http://{http}/api/scores?kpi=nps&scope=all&window=24h") as response:
        scores = json.load(response)["scores"]
    return scores[0]["n"] if scores else None


def _eventually(look: Callable[[], Any], expected: Any) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while (found := look()) != expected:
        assert time.monotonic() < deadline, f"{found} instead of {expected}"
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("target", "commands"),
    [
        ("run", ["feedback-stream demo --for 60s"]),
        ("test", ["python -m pytest --for 60s"]),
        ("check", ["ruff check", "ruff format --check", "mypy", "stream.schemas docs/schemas --check",
                   "stream.reference docs --check", "feedback-stream mixin validate deploy",
                   "tests.text.measure --check"]),
    ],
)  # fmt: skip
def test_make_runs_what_the_readme_says(place: Path, lacks: Lacks, target: str, commands: list[str]) -> None:
    if shutil.which("make") is None:
        lacks("the README's `make` commands", "make is not installed")
    assert f"make {target}" in BLOCKS["See it"] + BLOCKS["Develop"]
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", target, "ARGS=--for 60s"],
        cwd=place,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},  # this may run in one
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(commands), "and installs nothing anew"
    for line, command in zip(lines, commands, strict=True):
        assert line.lstrip("@").startswith(".venv/bin/")
        assert command in line
