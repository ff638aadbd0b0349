"""Alertmanager: who is told of an alert, and what is kept quiet while something worse is known."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import yaml

from stream.brokers.ports import LOOPBACK, free_ports
from stream.mixin.catalogue import alerts
from tests.conftest import Lacks
from tests.integration.harness import DEADLINE_S, eventually

from .tools import DEPLOY, installed, said

FILES = sorted((DEPLOY / "alertmanager").glob("*.yml"))
ALERTS = {alert.name: alert for group in alerts().values() for alert in group}
RECEIVERS = {"page": "on-call", "ticket": "engineers", "inform": "experience"}


def test_amtool_accepts_both_files(amtool: str) -> None:
    assert [path.name for path in FILES] == ["alertmanager.example.yml", "alertmanager.yml"]
    assert said(amtool, "check-config", *map(str, FILES)).count("SUCCESS") == 2


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("severity", RECEIVERS)
def test_a_severity_tells_those_who_are_meant(amtool: str, file: Path, severity: str) -> None:
    text = said(amtool, "config", "routes", "test", f"--config.file={file}", f"severity={severity}", "kpi=nps")
    assert text.strip() == RECEIVERS[severity]


def test_an_alert_without_a_severity_is_not_lost(amtool: str) -> None:
    file = DEPLOY / "alertmanager" / "alertmanager.yml"
    assert said(amtool, "config", "routes", "test", f"--config.file={file}", "alertname=Other").strip() == "engineers"


def test_the_example_reads_secrets_from_files() -> None:
    text = (DEPLOY / "alertmanager" / "alertmanager.example.yml").read_text(encoding="utf-8")
    receivers = yaml.safe_load(text)["receivers"]
    assert {kind for receiver in receivers for kind in receiver if kind != "name"} == {
        "webhook_configs", "email_configs", "slack_configs",
    }  # fmt: skip
    secret = {
        line.strip() for line in text.splitlines() if any(word in line for word in ("password", "api_url", "cred"))
    }
    assert secret
    assert all("_file: /etc/alertmanager/secrets/" in line for line in secret)


@pytest.fixture
def alertmanager(tmp_path: Path, lacks: Lacks) -> Iterator[str]:
    """The address of a real Alertmanager with the configuration of deploy."""
    address = f"{LOOPBACK}:{free_ports(1)[0]}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                installed("prometheus-alertmanager", lacks),
                f"--config.file={DEPLOY / 'alertmanager' / 'alertmanager.yml'}",
                f"--storage.path={tmp_path}",
                f"--web.listen-address={address}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://{address}/api/v2/alerts"
    finally:
        process.terminate()
        process.wait(DEADLINE_S)
        print((tmp_path / "log").read_text())


async def quiet(api: str, *names: str) -> set[str]:
    """Which of these alerts are kept quiet while all of them fire."""
    topic = {"topic": "feedback.churn"}
    firing = [
        {"labels": {"alertname": name, "severity": ALERTS[name].severity} | topic | dict(ALERTS[name].labels)}
        for name in names
    ]
    async with aiohttp.ClientSession() as session:
        (await session.post(api, json=firing)).raise_for_status()
        found = await (await session.get(api)).json()
    assert {alert["labels"]["alertname"] for alert in found} == set(names)
    return {alert["labels"]["alertname"] for alert in found if alert["status"]["state"] == "suppressed"}


#: A pair of which one is quiet in any case: where it is, Alertmanager has judged all.
PAIR = ["FeedbackVolumeCollapsed", "FeedbackChurnSilent"]


@pytest.mark.parametrize(
    ("firing", "silenced"),
    [
        (["FeedbackSurveysSilent", "FeedbackWorkerDown", "FeedbackNpsDropped", "FeedbackDown"],
         {"FeedbackSurveysSilent", "FeedbackWorkerDown", "FeedbackNpsDropped", "FeedbackChurnSilent"}),
        (["FeedbackNpsDropped", "FeedbackCsatTargetMissed", "FeedbackDeadLettersRising", "FeedbackLag"],
         {"FeedbackNpsDropped", "FeedbackCsatTargetMissed"}),
        (["FeedbackWorkerDown", "FeedbackNpsDropped"], set()),
        (["FeedbackNpsDropped", "FeedbackCsatDropped"], set()),
    ],
    ids=["all workers down", "the pipeline lags", "one worker down", "only customers"],
)  # fmt: skip
async def test_the_pipeline_silences_the_scores(alertmanager: str, firing: list[str], silenced: set[str]) -> None:
    async def judged() -> None:
        assert await quiet(alertmanager, *firing, *PAIR) == silenced | {"FeedbackVolumeCollapsed"}

    await eventually(judged)
