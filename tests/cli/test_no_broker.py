"""`doctor`, and what commands say where no broker answers."""

import json
from pathlib import Path

import pytest

from stream.brokers.ports import LOOPBACK, free_ports
from tests.integration.harness import run

from .conftest import Cli


@pytest.fixture
def closed() -> str:
    """An address at which nothing listens."""
    return f"{LOOPBACK}:{free_ports(1)[0]}"


def test_doctor_is_content_with_a_new_broker(cli: Cli, broker: str, tmp_path: Path) -> None:
    own = {"broker": broker, "broker_kind": "embedded", "data_dir": tmp_path / "data"}
    said = cli("doctor", **own)
    assert said.status == 0, said.out
    lines = said.out.splitlines()
    assert {line.split()[0] for line in lines} == {"ok", "warning"}
    assert any("missing topics: feedback.surveys" in line and "made when the worker starts" in line for line in lines)

    cli("send", "-", "--quiet", stdin=b"{}", **own)  # makes the topics
    said = cli("doctor", "--format", "json", **own)
    findings = [json.loads(line) for line in said.out.splitlines()]
    assert said.status == 0, said.out
    assert {finding["state"] for finding in findings} == {"ok"}
    assert {"broker", "settings", "data directory", "clock", "topic feedback.surveys"} <= {
        finding["what"] for finding in findings
    }


def test_doctor_says_what_to_do_where_no_broker_answers(cli: Cli, closed: str, tmp_path: Path) -> None:
    said = cli("doctor", broker=closed, data_dir=tmp_path / "data")
    assert said.status == 1
    *_, last = said.out.splitlines()
    assert last.startswith("failed")
    assert closed in last
    assert last.endswith("start Kafka, or set FEEDBACK_BROKER")


def test_doctor_says_what_to_do_about_a_data_directory_that_cannot_be_used(
    cli: Cli, broker: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    said = cli("doctor", broker=broker, broker_kind="embedded", data_dir=tmp_path / "file")
    assert said.status == 1
    (failed,) = [line for line in said.out.splitlines() if line.startswith("failed")]
    assert failed.endswith("set FEEDBACK_DATA_DIR")


@pytest.mark.parametrize("setting", [{"partitions": "none"}, {"broker_kind": "rabbit"}], ids=str)
@pytest.mark.parametrize("command", ["doctor", "worker", "send"])
def test_a_setting_that_cannot_be_used_is_named(cli: Cli, command: str, setting: dict[str, str]) -> None:
    said = cli(command, *(["-"] if command == "send" else []), **setting)
    assert (said.status, said.out) == (2, "")
    ((name, value),) = setting.items()
    (line,) = said.err.splitlines()
    assert line.startswith(f"error: {name}: ")
    assert repr(value) in line


@pytest.mark.parametrize(
    "command",
    [
        ["send", "-"], ["erase", "c1"], ["worker"], ["worker", "--role", "view"], ["simulate", "--for", "1m"],
        ["dead-letters", "list"], ["dead-letters", "show", "0-1"], ["dead-letters", "replay", "--yes"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_where_no_broker_answers_one_sentence_says_so(command: list[str], closed: str) -> None:
    said = run(*command, broker=closed, stdin=b"{}\n")
    assert (said.status, said.out) == (1, "")
    assert "Traceback" not in said.err
    (line,) = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: no Kafka broker answers at {closed} (setting broker)")
