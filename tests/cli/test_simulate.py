"""`simulate`: the same traffic again, to standard output and to files."""

import json
from pathlib import Path

import pytest

from .conftest import Cli

START = ("--start", "2026-03-02T09:00:00Z", "--for", "2m", "--rate", "20")


def test_the_same_seed_and_start_give_the_same_bytes(cli: Cli) -> None:
    first = cli("simulate", *START, "--seed", "7", "--to", "-")
    assert (first.status, first.err) == (0, "")
    assert len(first.out.splitlines()) > 100
    assert cli("simulate", *START, "--seed", "7", "--to", "-") == first


def test_another_seed_gives_another_traffic(cli: Cli) -> None:
    first, second = (cli("simulate", *START, "--seed", seed, "--to", "-").out for seed in ("7", "8"))
    assert first != second


@pytest.mark.parametrize("scenario", ["steady", "nps-drop", "churn-wave", "bad-input", "duplicates"])
def test_a_file_holds_the_same_as_standard_output(cli: Cli, tmp_path: Path, scenario: str) -> None:
    path = tmp_path / "events.jsonl"
    written = cli("simulate", *START, "--scenario", scenario, "--to", str(path))
    assert written == (0, "", "")
    shown = cli("simulate", *START, "--scenario", scenario, "--to", "-")
    assert shown.status == 0
    assert path.read_bytes().decode("utf-8", "replace").splitlines() == shown.out.splitlines()


def test_a_file_can_be_scored(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    cli("simulate", *START, "--scenario", "bad-input", "--to", str(path))
    *_, last = cli("score", str(path), "--format", "json").out.splitlines()
    summary = json.loads(last)["summary"]
    rejected = summary.pop("rejected")
    assert rejected
    assert sum(summary.values()) + sum(rejected.values()) == path.read_bytes().count(b"\n")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--scenario", "storm"], "'storm'"),
        (["--for", "5x"], "'5x'"),
        (["--for", "0s"], "'0s'"),
        (["--start", "never"], "'never'"),
        (["--to", "missing/events.jsonl"], "missing/events.jsonl"),
        (["--to", "."], ". cannot be written"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_named_in_one_sentence(cli: Cli, options: list[str], named: str) -> None:
    said = cli("simulate", "--to", "-", *options)
    assert (said.status, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith("error: ")
    assert named in line
