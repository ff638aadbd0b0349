"""The README's commands run, as they stand there, in an empty directory and against a real Kafka."""

import asyncio
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from stream.brokers.kafka import KafkaBroker
from stream.brokers.ports import LOOPBACK, free_ports

from .harness import DEADLINE_S
from .pages import commands, own_environment, running, with_curl

#: The shell commands under each heading.
BLOCKS = {heading: "".join(blocks) for heading, blocks in commands("README.md").items()}
#: What takes longer than a test should: the same with less.
SHORTER = {"--for 60s": "--for 20s", "--for 2h": "--for 30m"}

Lacks = Callable[[str, str], NoReturn]


def test_every_block_is_run_here() -> None:
    assert set(BLOCKS) == {"See it", "Try it on files", "Use it", "Develop"}


def shorter(script: str) -> str:
    for long, short in SHORTER.items():
        script = script.replace(long, short)
    return script


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
    with running(f"{made}\n{with_curl(script)}", place, own_environment(http=http)) as ended:
        status, output = ended()
        assert status == 0, "a command failed"
        assert "ok" in output  # doctor
        answer = json.loads(output[output.index('{"scores"') :])
        assert {(score["kpi"], score["scope"]) for score in answer["scores"]} <= {("nps", "all")}
        expected = _by_file(place, scored)
        assert expected > 0
        _eventually(lambda: _answers(http), expected)


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
                   "tests.text.measure --check", "tests.pictures docs/images --check"]),
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
