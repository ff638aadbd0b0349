"""`score`: which files, windows and scores; for programs and for people; and what cannot be used."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cli

WINDOWS = {"5m", "1h", "24h", "7d", "30d"}


def answer(identity: str, score: int, at: str = "09:30:00", **more: object) -> str:
    fixed = {"type": "survey_response", "response_id": identity, "kpi": "nps", "score": score}
    return json.dumps(fixed | {"occurred_at": f"2026-03-01T{at}Z"} | more) + "\n"


#: Five answers on two channels, of which one was given an hour before the others.
EVENTS = (
    answer("a", 10, channel="phone")
    + answer("b", 9, channel="phone")
    + answer("c", 7, channel="chat")
    + answer("d", 0, channel="chat")
    + answer("e", 10, at="08:20:00", channel="chat")
)


@pytest.fixture
def events(tmp_path: Path) -> str:
    path = tmp_path / "events.jsonl"
    path.write_text(EVENTS)
    return str(path)


def parsed(out: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Every line must be JSON; rows and summary."""
    *rows, last = [json.loads(line) for line in out.splitlines()]
    return rows, last["summary"]


def test_only_json_is_on_standard_output(cli: Cli, events: str) -> None:
    said = cli("score", events, "--format", "json")
    assert (said.status, said.err) == (0, "")
    rows, summary = parsed(said.out)
    assert {row["window"] for row in rows} == WINDOWS
    assert summary["accepted"] == 5


def test_left_out_the_time_is_just_after_the_last_event(cli: Cli, events: str) -> None:
    rows, _ = parsed(cli("score", events, "--format", "json", "--scope", "all").out)
    assert {row["as_of"] for row in rows} == {"2026-03-01T09:30:00.000001Z"}
    assert {row["window"]: row["n"] for row in rows} == {"5m": 4, "1h": 4, "24h": 5, "7d": 5, "30d": 5}


def test_the_time_may_have_any_offset(cli: Cli, events: str) -> None:
    options = ("--format", "json", "--window", "1h", "--as-of")
    there = cli("score", events, *options, "2026-03-01T10:00:00+01:00")
    assert there == cli("score", events, *options, "2026-03-01T09:00:00Z")
    rows, summary = parsed(there.out)
    assert {row["n"] for row in rows} == {1}
    assert summary["accepted"] == 5


def test_a_dash_is_standard_input(cli: Cli, events: str) -> None:
    said = cli("score", "-", "--format", "json", stdin=EVENTS.encode())
    assert said == cli("score", events, "--format", "json")


def test_several_files_are_one_flow(cli: Cli, events: str, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text(answer("f", 10, channel="email") + answer("a", 10, channel="phone"))
    said = cli("score", str(more), events, "-", "--format", "json", "--scope", "all", stdin=answer("g", 0).encode())
    rows, summary = parsed(said.out)
    assert {row["n"] for row in rows if row["window"] == "24h"} == {7}
    assert (summary["accepted"], summary["duplicates"]) == (7, 1)


@pytest.mark.parametrize(
    ("windows", "shown"),
    [
        (["1h"], {"1h": 4}),
        (["24h", "5m"], {"24h": 5, "5m": 4}),
        (["2h/30m"], {"2h": 5}),
        (["2h/30m", "1h"], {"2h": 5, "1h": 4}),
        (["1h", "1h/1m", "1h"], {"1h": 4}),
    ],
    ids=str,
)
def test_windows_by_name_and_by_size(cli: Cli, events: str, windows: list[str], shown: dict[str, int]) -> None:
    chosen = [option for window in windows for option in ("--window", window)]
    rows, _ = parsed(cli("score", events, "--format", "json", "--scope", "all", *chosen).out)
    assert {row["window"]: row["n"] for row in rows} == shown
    assert len(rows) == len(shown)


def test_windows_of_the_settings_are_known_by_name(cli: Cli, events: str) -> None:
    rows, _ = parsed(cli("score", events, "--format", "json", "--window", "2h", windows="2h/1h,4h/1h").out)
    assert {row["window"] for row in rows} == {"2h"}


def test_scopes_and_scores_can_be_repeated(cli: Cli, events: str) -> None:
    csat = answer("s", 5, kpi="csat").encode()
    options = ("--scope", "all", "--scope", "channel", "--kpi", "nps", "--kpi", "csat_mean", "--window", "24h")
    rows, _ = parsed(cli("score", events, "-", "--format", "json", *options, stdin=csat).out)
    assert {(row["kpi"], row["scope"], row["member"]) for row in rows} == {
        ("nps", "all", "all"), ("nps", "channel", "phone"), ("nps", "channel", "chat"),
        ("csat_mean", "all", "all"), ("csat_mean", "channel", "unknown"),
    }  # fmt: skip


def test_fewer_than_five_are_withheld_unless_asked_for(cli: Cli, events: str) -> None:
    options = ("score", events, "--format", "json", "--scope", "all")
    rows, _ = parsed(cli(*options).out)
    assert {row["window"]: row["value"] for row in rows} == {"5m": None, "1h": None, "24h": 40, "7d": 40, "30d": 40}
    rows, _ = parsed(cli(*options, "--min-sample", "4").out)
    assert {row["window"]: row["value"] for row in rows} == {"5m": 25, "1h": 25, "24h": 40, "7d": 40, "30d": 40}
    assert cli(*options, min_sample=4) == cli(*options, "--min-sample", "4")
    assert cli(*options, "--min-sample", "5", min_sample=4) == cli(*options)


def test_agents_are_shown_where_their_scope_is_on(cli: Cli) -> None:
    lines = "".join(answer(f"r{n}", 9, agent_id="anna") for n in range(30)) + answer("r", 9, agent_id="bob")
    command = ("score", "-", "--format", "json", "--scope", "agent", "--kpi", "nps", "--window", "24h")
    on = {"scopes": "team,agent", "privacy_key": "a key for pseudonyms"}
    for options in ([], ["--min-sample", "1"]):
        said = cli(*command, *options, stdin=lines.encode(), **on)
        rows, _ = parsed(said.out)
        assert sorted((row["n"], row["value"], bool(row["fields"])) for row in rows) == [
            (1, None, False),
            (30, 100, True),
        ]
        assert "anna" not in said.out + said.err


def test_agents_are_refused_where_their_scope_is_off_or_there_is_no_key(cli: Cli, events: str) -> None:
    said = cli("score", events, "--scope", "agent")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("error: the scope agent is off: name it in the setting scopes")
    said = cli("score", events, "--scope", "agent", scopes="agent")
    assert (said.status, said.out) == (2, "")
    assert "set privacy_key or privacy_key_file" in said.err


def test_people_get_a_table(cli: Cli, events: str) -> None:
    said = cli("score", events, "-", "--scope", "all", "--window", "1h", "--window", "24h", stdin=b"oops\n")
    assert (said.status, said.err) == (0, "")
    lines = [line.split() for line in said.out.splitlines()]
    assert lines[0] == ["score", "window", "scope", "member", "value", "95", "%", "interval", "n"]
    assert lines[1] == ["nps", "1h", "all", "all", "too", "few", "4"]
    assert lines[2][:5] == ["nps", "24h", "all", "all", "40.0"]
    assert said.out.splitlines()[-1] == "accepted 5, rejected {'invalid_json': 1}"


def test_nothing_is_no_error(cli: Cli) -> None:
    said = cli("score", "-", "--format", "json")
    assert said.status == 0
    rows, summary = parsed(said.out)
    assert not rows
    assert summary == {"accepted": 0, "duplicates": 0, "corrections": 0, "deletions": 0, "late": 0, "rejected": {}}
    assert "no events" in cli("score", "-").out


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--window", "2h"], "'2h'"),
        (["--window", "2h/7m"], "'2h'"),
        (["--window", "2h/"], "''"),
        (["--window", "x/1m"], "'x'"),
        (["--window", "5m", "--window", "5m/1m"], "5m, 5m/1m"),
        (["--scope", "city"], "'city'"),
        (["--scope", "all", "--scope", ""], "''"),
        (["--kpi", "loyalty"], "'loyalty'"),
        (["--as-of", "yesterday"], "'yesterday'"),
        (["--as-of", "2026-03-01T09:30:00"], "'2026-03-01T09:30:00'"),
        (["missing.jsonl"], "missing.jsonl"),
        (["."], ". cannot be read"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_named_in_one_sentence(cli: Cli, events: str, options: list[str], named: str) -> None:
    said = cli("score", events, *options)
    assert said.status == 2
    assert not said.out
    (line,) = said.err.splitlines()
    assert line.startswith("error: ")
    assert named in line


@pytest.mark.parametrize("options", [["--min-sample", "0"], ["--min-sample", "x"], ["--format", "xml"]], ids=str)
def test_what_an_option_cannot_be_is_named(cli: Cli, events: str, options: list[str]) -> None:
    said = cli("score", events, *options)
    assert said.status == 2
    assert not said.out
    assert options[0] in said.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_sample", "none"), ("min_sample", "0"), ("windows", "1h"), ("windows", "1h/7m"),
        ("windows", "1h/1m,1h/5m"), ("scopes", "city"), ("grace", "soon"), ("csat_thresholds", "0-100"),
        ("log_level", "loud"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named_with_its_value(cli: Cli, events: str, name: str, value: str) -> None:
    said = cli("score", events, **{name: value})
    assert (said.status, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith("error: ")
    assert name in line
    assert value.partition(",")[0].partition("/")[0] in line


def test_a_settings_file_that_is_missing_is_named(cli: Cli, events: str) -> None:
    said = cli("score", events, config="missing.toml")
    assert said.status == 2
    assert "missing.toml" in said.err
