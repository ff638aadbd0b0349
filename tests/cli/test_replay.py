"""`replay`: what it prints of the simulator's scenarios, and of what cannot be replayed."""

import json
from pathlib import Path
from typing import Any

import pytest

from stream.events.times import parse_time
from tests.cli.conftest import Cli
from tests.drops.worlds import MONDAY, events

START = "2026-03-02T09:00:00Z"


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> "Scenario":
    return Scenario(tmp_path_factory.mktemp("scenarios"))


class Scenario:
    """Files of the simulator, each made once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, cli: Cli, name: str) -> str:
        path = self._directory / f"{name}.jsonl"
        if not path.exists():
            made = cli("simulate", "--scenario", name, "--rate", "10", "--for", "100m", "--seed", "4",
                       "--start", START, "--to", str(path))  # fmt: skip
            assert made.status == 0
        return str(path)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def seconds(time: str) -> float:
    return parse_time(time).timestamp() - parse_time(START).timestamp()


def test_the_drop_of_the_simulator_is_one_alert_from_its_onset_to_its_end(cli: Cli, scenario: Scenario) -> None:
    said = cli("replay", scenario(cli, "nps-drop"), "--alerts", "--kpi", "nps", "--format", "json")
    assert said.status == 0
    own = lines(said.out)
    raised, resolved = [alert for alert in own if alert["scope"] == "all"]
    assert (raised["state"], resolved["state"], raised["id"]) == ("raised", "resolved", resolved["id"])
    assert abs(seconds(raised["begin"]) - 600) <= 120
    assert seconds(raised["at"]) < 900
    assert abs(seconds(resolved["end"]) - 4_200) < 600
    assert raised["lower"] < 25 < raised["upper"]
    first = raised["explained_by"][0]
    assert (first["scope"], first["member"]) in {
        ("touchpoint", "billing"),
        ("channel", "phone"),
        ("survey", "post-call"),
    }
    assert any((alert["scope"], alert["member"]) == ("channel", "phone") for alert in own)


def test_an_ordinary_day_is_no_alert(cli: Cli, scenario: Scenario) -> None:
    assert cli("replay", scenario(cli, "steady"), "--alerts") == (0, "", "")


def test_people_read_sentences(cli: Cli, scenario: Scenario) -> None:
    said = cli("replay", scenario(cli, "nps-drop"), "--alerts", "--scope", "all", "--kpi", "nps")
    first, last = said.out.splitlines()
    assert "NPS of all is" in first
    assert "points below its usual" in first
    assert "is as usual again since" in last


def test_answers_come_from_standard_input_too(cli: Cli) -> None:
    hour = 3_600
    spans = [(MONDAY, MONDAY + hour, 3_000, {"web": 0.2}), (MONDAY + hour, MONDAY + 2 * hour, 800, {"web": 0.6})]
    stdin = b"\n".join(events("stdin", spans, kpi="csat"))
    said = cli("replay", "-", "--alerts", "--scope", "all", "--format", "json", stdin=stdin)
    [alert] = lines(said.out)
    assert (alert["kpi"], alert["state"]) == ("csat", "raised")
    assert alert["drop"] == pytest.approx(0.4, abs=0.12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "say --alerts"),
        (
            ["-", "--alerts", "--kpi", "retention"],
            "kpi must be one of nps, csat, ces, enps, churn, sentiment; got 'retention'",
        ),
        (["-", "--alerts", "--scope", "planet"], "scope must be one of all, channel"),
        (["-", "--alerts", "--every", "soon"], "a duration is a whole number"),
        (["nowhere.jsonl", "--alerts"], "nowhere.jsonl cannot be read"),
    ],
)
def test_what_cannot_be_replayed_is_said(cli: Cli, arguments: list[str], said: str) -> None:
    found = cli("replay", *arguments)
    assert found.status == 2
    assert said in found.err


def test_settings_move_the_bar(cli: Cli, scenario: Scenario) -> None:
    path = scenario(cli, "nps-drop")
    assert cli("replay", path, "--alerts", "--scope", "all", drop_min_sample=1_000_000).out == ""
