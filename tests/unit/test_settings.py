"""Settings: where they come from, which source wins, and what is said of one that cannot be used."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stream.errors import SettingsError
from stream.kpi import KPIS, SCORES
from stream.settings import DIMENSIONS, Settings
from stream.windows import Window

Configure = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FEEDBACK_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Write the settings file, and let it be used."""

    def write(text: str) -> Path:
        path = tmp_path / "feedback.toml"
        path.write_text(text)
        monkeypatch.setenv("FEEDBACK_CONFIG", str(path))
        return path

    return write


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = Settings.load()

    assert settings.windows == [Window.parse(text) for text in ("5m/10s", "1h/1m", "24h/15m", "7d/1h", "30d/6h")]
    assert settings.scopes == list(DIMENSIONS) == ["channel", "touchpoint", "segment", "team", "survey"]
    assert (settings.cross, settings.cross_from) == (["channel", "touchpoint", "segment"], 86_400)
    assert (settings.http, settings.min_sample) == ("127.0.0.1:8420", 5)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("broker", "kafka-1:9092,kafka-2:9092", "kafka-1:9092,kafka-2:9092"),
        ("windows", "1h/1m, 24h/15m", [Window("1h", 3_600, 60), Window("24h", 86_400, 900)]),
        ("kpis", "ces, nps,ces", ["nps", "ces"]),
        ("scopes", "channel,team", ["channel", "team"]),
        ("scopes", "", []),
        ("cross", "", []),
        ("grace", "90m", 5_400),
        ("edit_horizon", "14d", 1_209_600),
        ("max_ahead", "30s", 30),
        ("cross_from", "86400", 86_400),
        ("min_sample", "3", 3),
        ("data_dir", "state", Path("state")),
        ("csat_thresholds", "0-100:80, 1-9:7", {(0, 100): 80, (1, 9): 7}),
        ("csat_thresholds", "-3-3:2", {(-3, 3): 2}),
        ("targets", "nps:40, csat:0.9", {"nps": 40, "csat": 0.9}),
        ("targets", "", {}),
    ],
)
def test_settings_come_from_the_environment(name: str, text: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"FEEDBACK_{name.upper()}", text)

    assert getattr(Settings.load(), name) == value


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ('windows = ["1h/1m", "24h/15m"]', "windows", [Window("1h", 3_600, 60), Window("24h", 86_400, 900)]),
        ('windows = "1h/1m"', "windows", [Window("1h", 3_600, 60)]),
        ('kpis = ["ces", "nps"]', "kpis", ["nps", "ces"]),
        ('scopes = ["team"]', "scopes", ["team"]),
        ("cross = []", "cross", []),
        ('grace = "2h"', "grace", 7_200),
        ("grace = 60", "grace", 60),
        ('csat_thresholds = "0-100:80"', "csat_thresholds", {(0, 100): 80}),
        ('[csat_thresholds]\n"0-100" = 80', "csat_thresholds", {(0, 100): 80}),
        ("[targets]\nnps = 40\nces = 5.5", "targets", {"nps": 40, "ces": 5.5}),
    ],
)
def test_settings_come_from_the_file(line: str, name: str, value: Any, configure: Configure) -> None:
    configure(line)

    assert getattr(Settings.load(), name) == value


def test_arguments_win_over_the_environment_and_that_over_the_file(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure("partitions = 2\nreplication = 2\nmin_sample = 2")
    monkeypatch.setenv("FEEDBACK_PARTITIONS", "3")
    monkeypatch.setenv("FEEDBACK_REPLICATION", "3")

    settings = Settings.load(partitions=4, min_sample=None)

    assert (settings.partitions, settings.replication, settings.min_sample) == (4, 3, 2)


def problem_of(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(f"FEEDBACK_{name.upper()}", text)
    with pytest.raises(SettingsError) as refused:
        Settings.load()
    return str(refused.value)


DURATION = "a duration is a whole number above 0 and one of s, m, h, d, such as `15m`"
DIVIDES = "a window's size must be a whole number of its advances"
STEPS = "settings: a CSAT scale needs a number of steps that divides 25200, and a threshold on it"
THRESHOLD = "csat_thresholds: a threshold is written low-high:lowest, such as `0-100:80`"
ONE_OF = "Input should be 'channel', 'touchpoint', 'segment', 'team', 'survey' or 'agent'"
KEYLESS = (
    "the scope agent shows single people, by pseudonyms: set privacy_key or privacy_key_file as well, "
    "or leave agent out of scopes"
)
INTEGER = "partitions: Input should be a valid integer, unable to parse string as an integer"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("grace", "soon", f"grace: {DURATION}; got 'soon'"),
        ("grace", "0s", f"grace: {DURATION}; got '0s'"),
        ("grace", "0", "grace: Input should be greater than 0; got '0'"),
        ("partitions", "0", "partitions: Input should be greater than or equal to 1; got '0'"),
        ("partitions", "many", f"{INTEGER}; got 'many'"),
        ("log_level", "loud", "log_level: Input should be 'debug', 'info', 'warning' or 'error'; got 'loud'"),
        ("windows", "24h", "windows: a window is written size/advance, such as `24h/15m`; got '24h'"),
        ("windows", "1h/soon", f"windows: {DURATION}; got 'soon'"),
        ("windows", "1h/7m", f"windows: {DIVIDES}; got size 3600 s and advance 420 s in window '1h'"),
        ("windows", "", "settings: windows must have different sizes; got none"),
        ("windows", "1h/1m,1h/5m", "settings: windows must have different sizes; got 1h, 1h"),
        ("windows", "1h/1m,60m/1m", "settings: windows must have different sizes; got 1h, 60m"),
        ("scopes", "channel,country", f"scopes.1: {ONE_OF}; got 'country'"),
        ("scopes", "team,team", "settings: scopes must be different dimensions; got team, team"),
        ("scopes", "team,agent", f"settings: {KEYLESS}"),
        ("agent_min_sample", "5", "agent_min_sample: Input should be greater than or equal to 10; got '5'"),
        ("cross", "team,team", "settings: cross must be different dimensions; got team, team"),
        ("cross", "team", "settings: cross must name two dimensions or more, or none; got team, which is a scope"),
        ("csat_thresholds", "0-100", f"{THRESHOLD}; got '0-100'"),
        ("csat_thresholds", "0-11:9", f"{STEPS}; got 0-11:9"),
        ("csat_thresholds", "5-1:4", f"{STEPS}; got 5-1:4"),
        ("csat_thresholds", "1-5:6", f"{STEPS}; got 1-5:6"),
        ("kpis", "nps,mood", f"kpis: a KPI is one of {', '.join(KPIS)}; got 'mood'"),
        ("kpis", "", "kpis: name at least one KPI; got none"),
        ("kpis", "clv,nps", "kpis: clv looks at churn, which must be named as well; got clv, nps"),
        ("targets", "mood:0.7", f"targets: a target is for one of {', '.join(SCORES)}; got 'mood'"),
        ("targets", "cases_open:-1", "targets: the target for cases_open must be a number of at least 0; got '-1'"),
        ("targets", "clv:inf", "targets: the target for clv must be a number; got 'inf'"),
        ("targets", "nps:101", "targets: the target for nps must be a number from -100 to 100; got '101'"),
        ("targets", "csat:80", "targets: the target for csat must be a number from 0 to 1; got '80'"),
        ("targets", "ces", "targets: the target for ces must be a number from 1 to 7; got ''"),
        ("targets", "ces:nan", "targets: the target for ces must be a number from 1 to 7; got 'nan'"),
    ],
)
def test_an_error_names_the_setting_its_value_and_what_would_be_right(
    name: str, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert problem_of(name, text, monkeypatch) == said


def test_every_wrong_setting_is_named_on_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBACK_MIN_SAMPLE", "0")
    lines = problem_of("grace", "soon", monkeypatch).splitlines()

    assert [line.partition(":")[0] for line in lines] == ["grace", "min_sample"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("min_sampel = 5", "min_sampel: there is no such setting"),
        ("grace = 1.5", "grace: Input should be a valid integer, got a number with a fractional part; got 1.5"),
        ("windows = 5", "windows: a list is written with commas, or as a list of TOML; got 5"),
        (
            "targets = 5",
            "targets: targets are written score:value, such as `nps:30, csat:0.8`, or as a table of TOML; got 5",
        ),
        ("[targets]\nnps = true", "targets: the target for nps must be a number from -100 to 100; got True"),
        ("csat_thresholds = 5", "csat_thresholds: a list is written with commas, or as a list of TOML; got 5"),
    ],
)
def test_what_cannot_be_used_in_the_file_is_refused(text: str, said: str, configure: Configure) -> None:
    configure(text)

    with pytest.raises(SettingsError) as refused:
        Settings.load()

    assert str(refused.value) == said


def test_a_file_that_is_no_toml_is_named(configure: Configure) -> None:
    path = configure("windows = ")

    with pytest.raises(SettingsError, match=r"the settings file .* cannot be read: Invalid value") as refused:
        Settings.load()

    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_an_error_and_not_no_settings(configure: Configure) -> None:
    configure("").unlink()

    with pytest.raises(SettingsError, match=r"\(FEEDBACK_CONFIG\) cannot be read: .*No such file"):
        Settings.load()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().grace = 5  # type: ignore[misc]
